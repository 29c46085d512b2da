"""Repetitions in a film that has been analysed: bars below its curves, and a choice that shows each of them."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import streamlit as st

from ops.films import Version
from pose_core.movement.catalogue import EXERCISE_NAMES
from pose_core.movement.coach import AUTO
from pose_core.movement.holds import Hold
from pose_core.movement.recorded import count_recorded
from pose_core.movement.repetitions import Judgement, Repetition
from pose_ui.shell.layout import number
from pose_ui.shell.state import video_key
from pose_ui.texts import Translator
from pose_ui.video.player import At, TimelineEvent
from pose_ui.video.session import Counted, VideoSession

__all__ = ["repetition_bars", "repetitions"]

_NONE: Final = "none"
_CHOICES: Final = (AUTO, *EXERCISE_NAMES, _NONE)
_FULL: Final = "#00704F"
_PARTIAL: Final = "#6A6F78"
#: More frames than this take more than a second.
_WITH_PROGRESS: Final = 2000


def _is_full(one: Repetition | Hold) -> bool:
    return isinstance(one, Hold) or one.full


def repetition_bars(session: VideoSession, job_id: str, version: Version) -> list[TimelineEvent]:
    """The bars of what was counted last, if it is of this version; a click on one goes to its far end."""
    counted = session.counted
    if counted is None or counted.of[:2] != (job_id, version.number):
        return []
    return [
        TimelineEvent(
            one.start_s,
            one.end_s,
            "" if not _is_full(one) else str(place if isinstance(one, Hold) else one.number),
            _FULL if _is_full(one) else _PARTIAL,
            at_s=_shown_s(one),
        )
        for place, one in enumerate(counted.found, start=1)
    ]


def _shown_s(one: Repetition | Hold) -> float:
    """What a click shows: the far end, or a hold's start."""
    return one.start_s if isinstance(one, Hold) else one.bottom_s


def _count(version: Version, exercise: str, who: tuple[int, ...] | None, t: Translator) -> Counted:
    result = version.result
    if exercise == _NONE or not result.people:
        return Counted((), None, ())
    frames = len(result.time_s)
    bar = st.progress(0.0, t("film.reps_working")) if frames > _WITH_PROGRESS else None

    def seen(frame: int) -> None:
        if bar is not None and frame % 200 == 0:
            bar.progress(frame / frames, t("film.reps_working"))

    state = count_recorded(result, exercise, who=who, cuts_s=result.cuts_s, on_frame=seen).state
    if bar is not None:
        bar.empty()
    return Counted((), state.exercise, state.holds or state.repetitions)


def repetitions(session: VideoSession, job_id: str, version: Version, at: At, t: Translator) -> None:
    """Choose an exercise, and one of its repetitions to see; counts what has not been counted yet."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        exercise = st.selectbox(
            t("film.reps"),
            _CHOICES,
            key=video_key("exercise"),
            format_func=lambda name: t("film.reps_none" if name == _NONE else f"exercise.{name}"),
            persist_state="session",
            width=220,
        )
        below = st.container()
    # Where one person was looked for, numbers only tell where they were lost for a while.
    who = None if version.result.settings.detection.people == 1 or at.person is None else (at.person,)
    of = (job_id, version.number, exercise, who)
    if session.counted is None or session.counted.of != of:
        with below:
            counted = _count(version, exercise, who, t)
        session.counted = Counted(of, counted.exercise, counted.found)
        st.rerun()  # the bars are drawn above
    with below:
        _found(session, session.counted, version, t)


def _found(session: VideoSession, counted: Counted, version: Version, t: Translator) -> None:
    if counted.exercise is None or not counted.found:
        if counted.of[2] != _NONE:
            st.caption(t("film.reps_unknown" if counted.exercise is None else "film.reps_nothing"))
        return
    places = range(len(counted.found))

    def name(place: int) -> str:
        one = counted.found[place]
        return str(place + 1 if isinstance(one, Hold) else one.number) if _is_full(one) else "\u2013"

    key = f"video_rep_{hash(counted.of)}"

    def show() -> None:
        place = st.session_state[key]
        if place is not None:
            at_s = _shown_s(counted.found[place])
            session.go_to(int(np.abs(version.result.time_s - at_s).argmin()))

    place = st.pills(_lead(counted, t), places, key=key, format_func=name, on_change=show)
    if place is not None:
        st.caption(_details(counted.exercise, counted.found[place], t))


def _lead(counted: Counted, t: Translator) -> str:
    name = t(f"exercise.{counted.exercise}")
    held_s = math.fsum(one.duration_s for one in counted.found if isinstance(one, Hold))
    if held_s:
        return t("coach.lead_held", exercise=name, seconds=f"{held_s:.1f}")
    full = sum(map(_is_full, counted.found))
    lead = t("coach.lead", exercise=name, count=full)
    partial = len(counted.found) - full
    return t("coach.lead_partial", lead=lead, partial=partial) if partial else lead


def _details(exercise: str, one: Repetition | Hold, t: Translator) -> str:
    parts = [t("film.reps_times", start=f"{one.start_s:.1f}", end=f"{one.end_s:.1f}")]
    if isinstance(one, Repetition):
        parts.append(t("film.reps_range", range=number(one.range_deg), depth=number(one.depth_deg)))
        if not one.full:
            parts.append(t("coach.kind_partial"))
    parts += [_fault(exercise, fault, t) for fault in one.faults]
    return t("film.reps_and").join(parts)


def _fault(exercise: str, fault: Judgement, t: Translator) -> str:
    text = t(f"fault.{exercise}_{fault.fault}")
    return text if fault.certain else t("coach.about", cue=text)
