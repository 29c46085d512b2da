"""A validation's files; each is made when its button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pose_core.evaluation.outcomes import Protocol
from pose_core.evaluation.validate import ValidationResult
from pose_core.export import validations
from pose_core.export.file_names import safe_stem
from pose_ui.texts import Translator
from pose_ui.validate.reports import report_in
from pose_ui.widgets.download_row import XLSX, download_row

__all__ = ["validation_downloads"]


def validation_downloads(result: ValidationResult, model: str, protocol: Protocol, t: Translator) -> None:
    """Buttons in a row."""
    stem = f"posedeck_validation_{safe_stem(result.dataset.name)}"
    files: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
        ("html", f"{stem}.html", "text/html", partial(report_in, result, t.language, protocol)),
        ("csv", f"{stem}.csv", "text/csv", partial(validations.to_csv, result)),
        ("xlsx", f"{stem}.xlsx", XLSX, partial(validations.to_xlsx, result, t)),
        ("json", f"{stem}.json", "application/json", partial(validations.to_json, result)),
        (
            "coco",
            f"{stem}_{safe_stem(model)}_{protocol}_coco.json",
            "application/json",
            partial(validations.to_coco, result, model, protocol),
        ),
    )
    download_row("validate", files, lambda kind: t(f"validate.download_help_{kind}"), t)
