"""What all visitors share: one pool of landmarkers, warm before the first of them arrives."""

from __future__ import annotations

import streamlit as st

from pose_core.drawing import draw_poses
from pose_core.images import decode_picture, encode_jpeg
from pose_core.pool import PosePool
from pose_core.samples import sample_bytes
from pose_core.settings import DetectionSettings, DrawSettings

__all__ = ["close_pool", "pool", "warm_up"]


@st.cache_resource(show_spinner=False, on_release=PosePool.close)
def pool() -> PosePool:
    """The one `PosePool` of this process; pages and routes get the same object."""
    return PosePool()


def warm_up() -> None:
    """Do once what the first visitor would else wait for: load models, open fonts, import what pages need.

    Called by the application's start-up hook, before the port is open.
    """
    import plotly.graph_objects  # noqa: F401  - half a second

    frame_rgb = decode_picture(sample_bytes("stand")).frame_rgb
    pool().warm(frame_rgb)
    poses = pool().detect(frame_rgb, DetectionSettings())
    encode_jpeg(draw_poses(frame_rgb, poses, DrawSettings(names=True), names={"nose": "nose 鼻"}))


def close_pool() -> None:
    """Free all landmarkers; the last thing before the process ends."""
    pool().close()
    pool.clear()
