"""A validation as one HTML file: three answers, every figure with its definition, the worst pictures, the limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pose_core.errors import PictureError, PoseCoreError
from pose_core.evaluation.cases import Case, case_picture, cases, worst_first
from pose_core.evaluation.charts import (
    curve_figure,
    errors_figure,
    joints_figure,
    sizes_figure,
    summary_figure,
)
from pose_core.evaluation.outcomes import Protocol
from pose_core.evaluation.validate import ValidationResult
from pose_core.evaluation.words import (
    answers,
    best_model,
    data_table,
    definitions,
    errors_table,
    figures_table,
    groups_table,
    joints_table,
    notes,
    paired_table,
    published_table,
    widths_text,
)
from pose_core.export.report import Beside, Chart, Facts, Heading, Part, Picture, Table, Text, html_report
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.models.landmarker import runtime_version
from pose_core.translate import Translate
from pose_core.version import VERSION

__all__ = ["case_text", "validation_report"]

_WORST: Final = 6
_WORST_PX: Final = 640
_NAMED: Final = 20


def validation_report(
    result: ValidationResult,
    protocol: Protocol,
    t: Translate,
    *,
    language: str,
    made: str = "",
    reason_of: Callable[[PoseCoreError], str] = str,
) -> bytes:
    """The report.

    Parameters
    ----------
    result : ValidationResult
    protocol : {"whole", "crop"}
        What the answers, the joints and the worst pictures are about; figures of both are given.
    t : callable
        Translator.
    language : str
        Tag of its language, such as ``"en"``.
    made : str, optional
        When it was made.
    reason_of : callable, optional
        The sentence of an error in that language.

    Returns
    -------
    bytes
        UTF-8, about 5 MB, most of it Plotly.
    """
    return html_report(
        t("validate.report_title"), _parts(result, protocol, t, reason_of), language=language, made=made
    )


def _parts(
    result: ValidationResult, protocol: Protocol, t: Translate, reason_of: Callable[[PoseCoreError], str]
) -> Iterator[Part]:
    best = best_model(result, protocol)
    for question, answer in answers(result, best, protocol, t):
        yield Heading(question, 3)
        yield Text(answer, "lead")
    yield from (Text(note, "note") for note in notes(result, t))
    yield Heading(t("validate.tab_summary"))
    yield Text(t(f"validate.about_{protocol}"))
    yield Chart(summary_figure(result, protocol, t), t("validate.alt_summary"))
    yield Table(*figures_table(result, t))
    yield from (Text(line, "quiet") for line in definitions(t))
    if result.paired:
        yield Heading(t("validate.paired_heading"), 3)
        yield Table(*paired_table(result, t), t("validate.paired_text"))
    yield Chart(curve_figure(result, protocol, t), t("validate.alt_curve"))
    yield Heading(t("validate.tab_joints"))
    yield Text(t("validate.about_joints", model=best))
    yield Chart(joints_figure(result, best, protocol, t), t("validate.alt_joints"))
    yield Table(*joints_table(result, best, protocol, t), t("validate.define_joints"))
    yield Text(widths_text(result, best, protocol, t))
    yield Heading(t("validate.tab_errors"))
    yield Text(t("validate.define_errors"), "quiet")
    yield Chart(errors_figure(result, best, protocol, t), t("validate.alt_errors"))
    yield Table(*errors_table(result, protocol, t))
    yield Heading(t("validate.tab_sizes"))
    sizes = sizes_figure(result, best, t)
    if sizes is not None:
        yield Chart(sizes, t("validate.alt_sizes"))
    yield Table(*groups_table(result, best, t), t("validate.define_groups"))
    yield Heading(t("validate.worst_heading"))
    yield Text(t("validate.about_worst", model=best), "quiet")
    yield from _worst(result, best, protocol, t)
    yield Heading(t("validate.published_heading"))
    yield Text(t("validate.published_text"), "note")
    yield Table(*published_table(t))
    yield Heading(t("report.made_heading"))
    yield Text(t("validate.method"))
    versions = (t("report.versions"), f"PoseDeck {VERSION}, MediaPipe {runtime_version()}")
    yield Facts([*data_table(result, t), versions])
    if result.unreadable:
        yield Table(
            [t("validate.picture"), t("validate.why")],
            [[name, reason_of(error)] for name, error in result.unreadable[:_NAMED]],
            t("validate.left_out_list"),
        )
    yield Heading(t("report.limits_heading"))
    yield Text(t("validate.limits"))


def case_text(case: Case, t: Translate) -> str:
    """A person's figures in a line."""
    if not case.found:
        return t("validate.case_not_found")
    known = case.pck == case.pck and case.error_torso == case.error_torso
    figures = t("validate.case_oks", oks=f"{case.oks:.2f}")
    if known:
        figures = t(
            "validate.case_figures",
            oks=f"{case.oks:.2f}",
            pck=f"{100 * case.pck:.0f}",
            error=f"{100 * case.error_torso:.0f}",
        )
    return figures


def _worst(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> Iterator[Part]:
    shown: list[Part] = []
    for case in worst_first(cases(result, model, protocol))[:_WORST]:
        try:
            _, drawn_rgb = case_picture(result, model, protocol, case)
        except (PictureError, FileNotFoundError):
            continue
        jpeg = encode_jpeg(fit_within(drawn_rgb, _WORST_PX), 85)
        shown.append(
            Picture(jpeg, t("validate.alt_case", name=case.name), f"{case.name}: {case_text(case, t)}")
        )
    for start in range(0, len(shown), 2):
        yield Beside(shown[start : start + 2])
