"""A comparison's files; each is made when its button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from pose_core.export import sides
from pose_core.export.file_names import safe_stem
from pose_core.export.sides_report import sides_report
from pose_ui.side_by_side.work import Outcome
from pose_ui.texts import Translator
from pose_ui.widgets.download_row import XLSX, download_row

__all__ = ["sides_downloads"]


def _report(outcome: Outcome, t: Translator) -> bytes:
    made = t("validate.report_made", time=f"{datetime.now():%Y-%m-%d %H:%M}", data=_name(outcome, t))
    files = outcome.film or dict(outcome.pictures)
    return sides_report(outcome.comparison, files, t, language=t.language, made=made)


def _name(outcome: Outcome, t: Translator) -> str:
    return outcome.name or t(f"sides.source_{outcome.source}")


def sides_downloads(outcome: Outcome, t: Translator) -> None:
    """Buttons in a row."""
    comparison, stem = (
        outcome.comparison,
        f"posedeck_side_by_side_{safe_stem(outcome.name or outcome.source)}",
    )
    files: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
        ("html", f"{stem}.html", "text/html", partial(_report, outcome, t)),
        ("csv", f"{stem}.csv", "text/csv", partial(sides.to_csv, comparison)),
        ("xlsx", f"{stem}.xlsx", XLSX, partial(sides.to_xlsx, comparison, t)),
        ("json", f"{stem}.json", "application/json", partial(sides.to_json, comparison, outcome.name)),
    )
    download_row("sides", files, lambda kind: t(f"sides.download_help_{kind}"), t)
