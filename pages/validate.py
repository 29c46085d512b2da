"""Validate: drop annotated pictures, and learn how good each model is on them, and whether a difference is real."""

from __future__ import annotations

import streamlit as st

from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.shell.mailbox import take_wish_to_start
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import pool, validation_runner
from pose_ui.validate.choices import choose_models, choose_source, preview, remember_choices, take_upload
from pose_ui.validate.onnx_export import onnx_export
from pose_ui.validate.result import show_result, tell_other_choices
from pose_ui.validate.running import running_panel, tell_end
from pose_ui.validate.session import validate_session
from pose_ui.widgets.own_model import own_model_upload

t = language.current()
page_header(t("validate.title"), t)
session = validate_session()
runner = validation_runner()
remember_choices()
run = session.run if session.run is not None and session.run.running else None
result = session.result()

with st.container(horizontal=True, vertical_alignment="bottom"):
    source = choose_source(t)
    settings = choose_models(t)
    dataset = session.chosen(source)
    if run is not None:
        st.button(t("validate.stop"), icon=":material/stop:", on_click=run.stop, args=(2.0,))
    else:
        if take_wish_to_start("validate") and result is None and dataset and settings and runner.free:
            session.start(dataset, settings, runner, pool())
            st.rerun()
        st.button(
            t("validate.again" if result is not None else "validate.run"),
            type="primary" if result is None or session.chosen_otherwise(dataset, settings) else "secondary",
            icon=":material/play_arrow:",
            disabled=dataset is None or settings is None or not runner.free,
            on_click=session.start,
            args=(dataset, settings, runner, pool()),
        )
    own_model_upload(t)
    onnx_export(t)
if settings is None:
    st.info(t("validate.no_model"))
if source == "own":
    take_upload(session, t)
elif session.problem is not None:
    show_problem(session.problem, t)

if run is not None:
    running_panel(session, t)
else:
    if not runner.free:
        st.info(t("validate.busy"), icon=":material/hourglass_top:")
    tell_end(session, t)
if run is None and result is not None:
    tell_other_choices(session, dataset, settings, t)
    show_result(session, result, t)
elif dataset is not None:
    st.write(t("validate.lead"))
    preview(session, source, dataset, t)
