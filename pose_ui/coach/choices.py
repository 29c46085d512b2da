"""What a visitor can choose on the Coach page: the exercise, the source, whether cues are said aloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast, get_args

import streamlit as st

from pose_core.movement.limits import limits_as_text, limits_from_text
from pose_core.performer.exercises import RIGHT_MOTIONS
from pose_core.pipeline.live import LiveSettings
from pose_core.settings import PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings
from pose_ui.coach.session import CHOICES, CoachSession
from pose_ui.live_view.choices import SIZES_WH, LiveChoices, Place
from pose_ui.live_view.session import LiveSession, SourceKind
from pose_ui.shell.remembered import Choice, on_off, one_of, recalled, remembered
from pose_ui.shell.state import COACH_DEFAULTS, LIVE_DEFAULTS, coach_key, live_key
from pose_ui.texts import Translator
from pose_ui.widgets.labels import landmark_labels

__all__ = ["choose_exercise", "choose_speech", "coach_choices", "coach_keys", "remember_choices"]

_CHOICES: Final = {
    "exercise": one_of(CHOICES, COACH_DEFAULTS["exercise"]),
    "speak": on_off(bool(COACH_DEFAULTS["speak"])),
    "limits": Choice(COACH_DEFAULTS["limits"], limits_from_text, limits_as_text),
}
_MODEL_IN: Final = one_of(get_args(Place), LIVE_DEFAULTS["model_in"])
#: What the performer shows while the exercise is to be recognised.
_SHOWN_FOR_AUTO: Final = "squat"


def remember_choices() -> None:
    """Set each choice that this session has not made yet."""
    remembered("coach", _CHOICES)
    # Chosen on the Live page, perhaps on another day: who keeps pictures on their device does so here, too.
    if live_key("model_in") not in st.session_state:
        st.session_state[live_key("model_in")] = recalled("live", "model_in", _MODEL_IN)
    for name, value in LIVE_DEFAULTS.items():
        st.session_state.setdefault(live_key(name), value)


def choose_exercise(session: CoachSession, live: LiveSession, t: Translator) -> str:
    """Choose the exercise, or to have it recognised; and camera, performer or film."""
    key, source_key = coach_key("exercise"), live_key("source")

    def other_exercise() -> None:
        if st.session_state[source_key] == "performer":
            live.restart()  # the performer does something else now
        else:
            session.choose(st.session_state[key])

    st.selectbox(
        t("coach.exercise"),
        CHOICES,
        key=key,
        format_func=lambda name: t(f"exercise.{name}"),
        on_change=other_exercise,
        persist_state="session",
        label_visibility="collapsed",
        width=200,
    )
    st.segmented_control(
        t("live.source"),
        get_args(SourceKind),
        required=True,
        key=source_key,
        format_func=lambda kind: t("coach.source_film" if kind == "clip" else f"live.source_{kind}"),
        on_change=live.restart,
        persist_state="session",
        label_visibility="collapsed",
    )
    return cast(str, st.session_state[key])


def choose_speech(t: Translator) -> bool:
    """Choose whether numbers and cues are said aloud."""
    return st.toggle(
        t("coach.speak"), key=coach_key("speak"), help=t("coach.speak_help"), persist_state="session"
    )


def coach_choices(exercise: str, pose: PoseSettings, t: Translator) -> LiveChoices:
    """The choices of the Live page, with the performer doing this exercise."""
    state = st.session_state
    source = cast(SourceKind, state[live_key("source")])
    height_px = cast(int, state[live_key("height")])
    shown = exercise if exercise in RIGHT_MOTIONS else _SHOWN_FOR_AUTO
    return LiveChoices(
        source=source,
        scene=RIGHT_MOTIONS[shown],
        size_wh=SIZES_WH[height_px],
        fps=cast(int, state[live_key("fps")]),
        settings=LiveSettings(
            pose=pose,
            height_px=height_px,
            mirror=bool(state[live_key("mirror")]) and source == "camera",
            smoothing=SmoothingSettings(),
            adaptive=bool(state[live_key("adaptive")]),
            target_fps=cast(int, state[live_key("target")]),
            labels=landmark_labels(t),
        ),
        drawn_in=cast(Place, state[live_key("drawn_in")]),
        in_step=bool(state[live_key("in_step")]),
        model_in=cast(Place, state[live_key("model_in")]) if source == "camera" else "server",
    )


def coach_keys(live: LiveSession) -> dict[str, Callable[[], object]]:
    """By key, as browsers name it: space starts and stops."""
    return {" ": lambda: live.stop() if live.connection.on else live.connection.ask()}
