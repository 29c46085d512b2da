"""Benchmark: how fast this machine is, where the time goes, what is lost, and what to choose."""

from __future__ import annotations

import streamlit as st

from pose_core.benchmark import shipped_result
from pose_core.errors import SettingsError
from pose_ui.benchmark.choices import choose_cells, choose_goal, choose_preset, choose_source, upload
from pose_ui.benchmark.downloads import benchmark_downloads
from pose_ui.benchmark.result import result_view
from pose_ui.benchmark.running import other_run, running_panel
from pose_ui.benchmark.session import benchmark_session
from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import benchmark_runner, pool

t = language.current()
page_header(t("benchmark.title"), t)
st.caption(t("benchmark.lead"))
session = benchmark_session()
runner = benchmark_runner()

plan = None
with st.container(horizontal=True, vertical_alignment="bottom"):
    preset = choose_preset(t)
    kind = choose_source(t)
    goal = choose_goal(t)
    buttons = st.container()
ready = upload(session, kind, t)
try:
    plan = choose_cells(preset, t)
except SettingsError as error:
    show_problem(error, t)
if session.problem is not None:
    show_problem(session.problem, t)
elif not ready:
    st.info(t("benchmark.upload_first"))
watching = pool().status().streams
if watching:
    st.warning(t("benchmark.viewers_on", count=watching), icon=":material/groups:")

if session.run is not None and session.run.running:
    buttons.button(t("benchmark.stop"), icon=":material/stop:", on_click=session.run.stop, args=(2.0,))
    running_panel(session, goal, t)
    st.stop()
buttons.button(
    t("benchmark.again" if session.run else "benchmark.run"),
    type="primary" if session.run is None else "secondary",
    icon=":material/speed:",
    disabled=plan is None or not ready or runner.current is not None,
    on_click=session.start,
    args=(plan, kind, runner, pool()),
)
if runner.current is not None:
    other_run(runner, t)
result = session.result()
if session.run is not None:
    status = session.run.status()
    if status.error is not None:
        show_problem(status.error, t)
    elif status.phase == "stopped":
        st.info(t("benchmark.stopped" if result is not None else "benchmark.stopped_empty"))
if result is None:
    result = shipped_result()
    st.caption(t("benchmark.shipped", processor=result.machine["processor"], cores=result.machine["cores"]))
result_view(result, goal, t)
benchmark_downloads(result, goal, t)
