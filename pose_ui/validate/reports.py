"""The report of a validation in the language of its reader, for the page and for programs."""

from __future__ import annotations

from datetime import datetime

from pose_core.evaluation.outcomes import Protocol
from pose_core.evaluation.validate import ValidationResult
from pose_ui.texts import Language, Translator

__all__ = ["report_in"]


def report_in(result: ValidationResult, language: Language, protocol: Protocol = "crop") -> bytes:
    """One HTML file; the protocol is what its verdict is about."""
    from pose_core.export.validation_report import validation_report  # with Plotly, half a second

    t = Translator(language)
    made = t("validate.report_made", time=f"{datetime.now():%Y-%m-%d %H:%M}", data=result.dataset.name)
    return validation_report(result, protocol, t, language=language, made=made, reason_of=t.error)
