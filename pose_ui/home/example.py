"""The example on the Home page: the samples with their skeletons, one after another."""

from __future__ import annotations

import time

import streamlit as st

from pose_core.drawing.skeleton import draw_poses
from pose_core.media.images import decode_picture, encode_jpeg
from pose_core.performer.samples import SAMPLES, sample_bytes
from pose_core.settings import DetectionSettings, DrawSettings
from pose_ui.shell.resources import pool
from pose_ui.texts import Language, Translator
from pose_ui.widgets.labels import landmark_labels

__all__ = ["changing_example"]

_EVERY_S = 5.0
_KEY = "home_example"
_TURNING_KEY = "home_turning"
#: The empty room shows what "nobody" looks like; it belongs on the Photo page, not here.
_SHOWN = [sample.id for sample in SAMPLES if sample.people]


@st.cache_data(show_spinner=False)
def _example_jpeg(sample: str, language: Language) -> tuple[bytes, int]:
    """A sample with its skeleton, and how many people were found. Only for shipped pictures."""
    frame_rgb = decode_picture(sample_bytes(sample)).frame_rgb
    poses = pool().detect(frame_rgb, DetectionSettings(people=2))
    drawn = draw_poses(
        frame_rgb, poses, DrawSettings(names=True), names=landmark_labels(Translator(language))
    )
    return encode_jpeg(drawn), len(poses)


def changing_example(t: Translator) -> None:
    """Show one example and, unless the visitor turns that off, the next one every few seconds."""
    turning = st.session_state.setdefault(_TURNING_KEY, True)
    since_s = st.session_state.setdefault("home_since_s", time.monotonic())

    @st.fragment(run_every=_EVERY_S if turning else None)
    def example() -> None:
        if turning != st.session_state[_TURNING_KEY]:
            st.rerun()  # the whole page, so that this fragment's timer stops or starts
        if turning:
            turn = int((time.monotonic() - since_s) / _EVERY_S)
            st.session_state[_KEY] = _SHOWN[turn % len(_SHOWN)]
        jpeg, people = _example_jpeg(st.session_state[_KEY], t.language)
        name = t(f"sample.{st.session_state[_KEY]}")
        st.image(jpeg, width="stretch", alt=t("photo.alt", name=name, people=t.people(people)))
        st.segmented_control(
            t("home.example"),
            _SHOWN,
            key=_KEY,
            required=True,
            format_func=lambda sample: t(f"sample.{sample}"),
            label_visibility="collapsed",
            persist_state="session",
            on_change=lambda: st.session_state.update({_TURNING_KEY: False}),
        )

    example()
    st.toggle(t("home.turning"), key=_TURNING_KEY, persist_state="session")
