"""The result: three answers in plain words, what to know before trusting them, a tab for each question."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_core.evaluation.charts import (
    curve_figure,
    errors_figure,
    joints_figure,
    sizes_figure,
    summary_figure,
)
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.outcomes import Protocol
from pose_core.evaluation.settings import ValidationSettings
from pose_core.evaluation.validate import ValidationResult
from pose_core.evaluation.words import (
    answers,
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
from pose_ui.shell.layout import open_tab, plain
from pose_ui.shell.state import VALIDATE_TAB, validate_key
from pose_ui.texts import Translator
from pose_ui.validate.downloads import validation_downloads
from pose_ui.validate.session import ValidateSession
from pose_ui.validate.worst import worst_pictures
from pose_ui.widgets.tables import show_chart, show_table

__all__ = ["show_result", "tell_other_choices"]

_TABS: Final = ("summary", "joints", "errors", "worst", "sizes", "method")
_NAMED: Final = 20


def tell_other_choices(
    session: ValidateSession, dataset: Dataset | None, settings: ValidationSettings | None, t: Translator
) -> None:
    """Say so if the last result is of other pictures or models than those that are chosen now."""
    last = session.run
    if last is not None and session.chosen_otherwise(dataset, settings):
        models = ", ".join(model.name for model in last.settings.models)
        st.warning(t("validate.changed", models=models, data=plain(last.dataset.name)))


def show_result(session: ValidateSession, result: ValidationResult, t: Translator) -> None:
    """Show everything."""
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        protocol = _choose_protocol(t)
        model = _choose_model(result, t)
    validation_downloads(result, model, protocol, t)
    with above:
        for question, answer in answers(result, model, protocol, t):
            st.markdown(t("validate.answer", question=question, answer=plain(answer)))
        for note in notes(result, t):
            st.warning(note, icon=":material/info:")
    tab, inside = open_tab({name: t(f"validate.tab_{name}") for name in _TABS}, VALIDATE_TAB, t)
    with inside:
        if tab == "summary":
            _summary(result, protocol, t)
        elif tab == "joints":
            _joints(result, model, protocol, t)
        elif tab == "errors":
            _errors(result, model, protocol, t)
        elif tab == "worst":
            worst_pictures(session, result, model, protocol, t)
        elif tab == "sizes":
            _sizes(result, model, t)
        else:
            _method(result, t)


def _choose_protocol(t: Translator) -> Protocol:
    options: tuple[Protocol, ...] = ("crop", "whole")
    chosen = st.segmented_control(
        t("validate.protocol"),
        options,
        required=True,
        key=validate_key("protocol"),
        format_func=lambda name: t(f"validate.{name}"),
        help=t("validate.protocol_help"),
        persist_state="session",
    )
    return chosen if chosen is not None else "crop"


def _choose_model(result: ValidationResult, t: Translator) -> str:
    names = [model.name for model in result.settings.models]
    if len(names) == 1:
        return names[0]
    chosen = st.segmented_control(
        t("validate.shown_model"),
        names,
        default=names[-1],
        required=True,
        key=f"validate_shown_{'_'.join(names)}",
        persist_state="session",
    )
    return chosen if chosen is not None else names[-1]


def _summary(result: ValidationResult, protocol: Protocol, t: Translator) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        show_chart(summary_figure(result, protocol, t), "validate_summary", t("validate.alt_summary"))
    with right:
        show_chart(curve_figure(result, protocol, t), "validate_curve", t("validate.alt_curve"))
    show_table(figures_table(result, t), t("validate.alt_table"))
    if result.paired:
        st.caption(t("validate.paired_text"))
        show_table(paired_table(result, t), t("validate.paired_heading"))
    st.caption("  \n".join([t(f"validate.about_{protocol}"), *definitions(t)]))


def _joints(result: ValidationResult, model: str, protocol: Protocol, t: Translator) -> None:
    st.write(widths_text(result, model, protocol, t))
    show_chart(joints_figure(result, model, protocol, t), "validate_joints", t("validate.alt_joints"))
    show_table(joints_table(result, model, protocol, t), t("validate.alt_table"))
    st.caption(t("validate.define_joints"))


def _errors(result: ValidationResult, model: str, protocol: Protocol, t: Translator) -> None:
    show_chart(errors_figure(result, model, protocol, t), "validate_errors", t("validate.alt_errors"))
    show_table(errors_table(result, protocol, t), t("validate.alt_table"))
    st.caption(t("validate.define_errors"))


def _sizes(result: ValidationResult, model: str, t: Translator) -> None:
    chart = sizes_figure(result, model, t)
    if chart is None:
        st.write(t("validate.no_sizes"))
    else:
        show_chart(chart, "validate_sizes", t("validate.alt_sizes"))
    show_table(groups_table(result, model, t), t("validate.alt_table"))
    st.caption(t("validate.define_groups"))


def _method(result: ValidationResult, t: Translator) -> None:
    for line in t("validate.method").split("\n"):
        st.write(plain(line))
    facts = [f"**{name}** &nbsp; {plain(value)}" for name, value in data_table(result, t)]
    st.markdown("  \n".join(facts))
    if result.unreadable:
        st.write(t("validate.left_out_list"))
        rows = [[name, t.error(error)] for name, error in result.unreadable[:_NAMED]]
        show_table(([t("validate.picture"), t("validate.why")], rows), t("validate.left_out_list"))
    st.write(plain(t("validate.limits").replace("\n", " ")))
    st.header(t("validate.published_heading"), anchor=False)
    st.caption(t("validate.published_text"))
    show_table(published_table(t), t("validate.published_heading"))
