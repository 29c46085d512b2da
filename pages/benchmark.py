"""Benchmark: what this machine is good for in one sentence, three charts, and the details for engineers."""

from __future__ import annotations

import streamlit as st

from pose_core.benchmark import shipped_result
from pose_ui.benchmark.choices import choose_goal, choose_run, remember_choices
from pose_ui.benchmark.result import details, quiet_notes, verdict
from pose_ui.benchmark.running import other_run, running_panel, tell_end
from pose_ui.benchmark.session import benchmark_session
from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import benchmark_runner, pool

t = language.current()
page_header(t("benchmark.title"), t)
session = benchmark_session()
runner = benchmark_runner()
remember_choices()
running = session.run is not None and session.run.running
above = st.container()

with st.container(horizontal=True, vertical_alignment="bottom"):
    goal = choose_goal(t)
    plan, kind = choose_run(session, t)
    if running and session.run is not None:
        st.button(t("benchmark.stop"), icon=":material/stop:", on_click=session.run.stop, args=(2.0,))
    else:
        st.button(
            t("benchmark.again" if session.run else "benchmark.run"),
            type="primary" if session.run is None else "secondary",
            icon=":material/speed:",
            disabled=plan is None or runner.current is not None,
            on_click=session.start,
            args=(plan, kind, runner, pool()),
        )
if session.problem is not None:
    show_problem(session.problem, t)
watching = pool().status().streams
if watching:
    st.warning(t("benchmark.viewers_on", count=watching), icon=":material/groups:")

if running:
    running_panel(session, goal, t)
else:
    if runner.current is not None:
        other_run(runner, t)
    own = session.result()
    tell_end(session, t)
    result = own or shipped_result()
    verdict(result, goal, t, into=above, shipped=own is None)
    details(result, goal, t)
    quiet_notes(result, t, shipped=own is None)
