"""The choices on the Benchmark page: how thorough, on what, and which cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar, cast, get_args

import streamlit as st

from pose_core.benchmark import PRESETS, Plan, Preset, SourceKind, make_plan
from pose_core.benchmark.plan import MODES, SIZES_WH
from pose_core.benchmark.recommend import GOALS, Goal
from pose_core.benchmark.run import expected_s
from pose_core.errors import SettingsError
from pose_core.settings import VARIANTS
from pose_ui.benchmark.session import BenchmarkSession
from pose_ui.shell.problems import show_problem
from pose_ui.shell.remembered import one_of, remembered
from pose_ui.shell.state import BENCHMARK_DEFAULTS, benchmark_key
from pose_ui.shell.upload_gate import ANY_SIZE_MB
from pose_ui.texts import Translator

__all__ = ["choose_goal", "choose_run", "duration", "remember_choices"]

_T = TypeVar("_T")

_OWN: Final = "own"
_PEOPLE: Final = (1, 2)
_CHOICES: Final = {
    "preset": one_of(PRESETS, BENCHMARK_DEFAULTS["preset"]),
    "source": one_of(get_args(SourceKind), BENCHMARK_DEFAULTS["source"]),
    "goal": one_of(GOALS, BENCHMARK_DEFAULTS["goal"]),
}
_MINUTE_S: Final = 90  # from this on, minutes are easier to read


def duration(seconds: float, t: Translator) -> str:
    """A duration, rounded to seconds or minutes."""
    if seconds < _MINUTE_S:
        return t("benchmark.seconds", value=max(1, round(seconds)))
    return t("benchmark.minutes", value=round(seconds / 60))


def _key(name: str) -> str:
    """Key of a choice, set to its default if no choice was made yet."""
    key = benchmark_key(name)
    st.session_state.setdefault(key, BENCHMARK_DEFAULTS[name])
    return key


def _choice(name: str, options: Sequence[_T], t: Translator, explain: str | None = None) -> _T:
    """Let the visitor choose one of several options."""
    key = _key(name)
    st.segmented_control(
        t(f"benchmark.{name}"),
        options,
        required=True,
        key=key,
        format_func=lambda option: t(f"benchmark.{name}_{option}"),
        help=explain,
        persist_state="session",
    )
    return cast(_T, st.session_state[key])


def _choose_preset(t: Translator) -> Preset:
    """Choose how thorough to be."""
    return _choice("preset", PRESETS, t, t("benchmark.preset_help"))


def remember_choices() -> None:
    """Set what is remembered; called before the first widget."""
    remembered("benchmark", _CHOICES)


def choose_run(session: BenchmarkSession, t: Translator) -> tuple[Plan | None, SourceKind]:
    """Choose how thorough to be, on what, and which cells; the plan is None while there is nothing to run."""
    plan: Plan | None = None
    with st.popover(t("benchmark.what"), icon=":material/tune:"):
        preset = _choose_preset(t)
        kind = _choose_source(t)
        ready = _upload(session, kind, t)
        if not ready and session.problem is None:
            st.info(t("benchmark.upload_first"))
        try:
            plan = _choose_cells(preset, t)
        except SettingsError as error:
            show_problem(error, t)
    return plan if ready else None, kind


def choose_goal(t: Translator) -> Goal:
    """Choose what the recommendation is for."""
    return _choice("goal", GOALS, t, t("benchmark.goal_help"))


def _choose_source(t: Translator) -> SourceKind:
    """Choose what to measure on."""
    kinds: tuple[SourceKind, ...] = get_args(SourceKind)
    return _choice("source", kinds, t)


def _upload(session: BenchmarkSession, kind: SourceKind, t: Translator) -> bool:
    """Show the uploader if the source needs a file; return whether there is something to measure on."""
    if kind == "performer":
        return True
    key = benchmark_key(f"upload_{kind}")

    def take() -> None:
        file = st.session_state[key]
        session.take_file(kind, file.getvalue() if file is not None else None)

    st.file_uploader(
        t(f"benchmark.upload_{kind}"),
        key=key,
        max_upload_size=ANY_SIZE_MB,
        help=t("benchmark.upload_help"),
        on_change=take,
    )
    return kind in session.files


def _pills(name: str, options: Sequence[_T], label: Callable[[_T], str], t: Translator) -> list[_T]:
    return st.pills(
        t(f"benchmark.{name}"),
        options,
        selection_mode="multi",
        key=_key(name),
        format_func=label,
        persist_state="session",
    )


def _choose_cells(preset: Preset, t: Translator) -> Plan:
    """The plan: the preset's, or the visitor's own grid.

    Raises
    ------
    SettingsError
        If a choice is empty or a size cannot be measured.
    """
    own = st.toggle(t("benchmark.own"), key=_key("own"), persist_state="session")
    if not own:
        return make_plan(preset)
    names = {f"{width}x{height}": (width, height) for width, height in SIZES_WH}
    sizes = _pills(
        "sizes",
        [*names, _OWN],
        lambda name: t("benchmark.size_own") if name == _OWN else name.replace("x", "×"),
        t,
    )
    chosen = [names[size] for size in sizes if size != _OWN]
    if _OWN in sizes:
        chosen.append(_own_size(t))
    with st.container(horizontal=True):
        models = _pills("models", VARIANTS, str, t)
        modes = _pills("modes", MODES, lambda mode: t(f"benchmark.mode_{mode}"), t)
        people = _pills("people", _PEOPLE, str, t)
    plan = make_plan(preset, sizes_wh=chosen, models=models, modes=modes, people=people)
    st.caption(t("benchmark.cells_count", cells=len(plan.cells), duration=duration(expected_s(plan), t)))
    return plan


def _own_size(t: Translator) -> tuple[int, int]:
    with st.container(horizontal=True):
        width, height = (
            st.number_input(
                t(f"benchmark.{side}"), min_value=0, step=2, key=_key(side), persist_state="session"
            )
            for side in ("width", "height")
        )
    return int(width), int(height)
