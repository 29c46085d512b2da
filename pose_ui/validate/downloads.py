"""A validation's files; each is made when its button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pose_core.evaluation.outcomes import Protocol
from pose_core.evaluation.validate import ValidationResult
from pose_core.export import validations
from pose_core.export.file_names import safe_stem
from pose_ui.texts import Translator
from pose_ui.validate.reports import report_in

__all__ = ["validation_downloads"]

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def validation_downloads(result: ValidationResult, model: str, protocol: Protocol, t: Translator) -> None:
    """Buttons in a row."""
    stem = f"posedeck_validation_{safe_stem(result.dataset.name)}"
    files: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
        ("html", f"{stem}.html", "text/html", partial(report_in, result, t.language, protocol)),
        ("csv", f"{stem}.csv", "text/csv", partial(validations.to_csv, result)),
        ("xlsx", f"{stem}.xlsx", _XLSX, partial(validations.to_xlsx, result, t)),
        ("json", f"{stem}.json", "application/json", partial(validations.to_json, result)),
        (
            "coco",
            f"{stem}_{safe_stem(model)}_{protocol}_coco.json",
            "application/json",
            partial(validations.to_coco, result, model, protocol),
        ),
    )
    with st.container(horizontal=True, gap="small"):
        for kind, name, mime, make in files:
            st.download_button(
                t(f"validate.download_{kind}"),
                data=make,
                file_name=name,
                mime=mime,
                key=f"validate_download_{kind}",
                help=t(f"validate.download_help_{kind}"),
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
            )
