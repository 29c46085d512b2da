"""What all visitors share, such as the pool of landmarkers, warm before the first visitor arrives."""

from __future__ import annotations

import gc
import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import streamlit as st

from ops.configuration import read_configuration
from ops.rate import RateLimit
from pose_core.benchmark import BenchmarkRunner
from pose_core.figures.landmarks import picture_figure
from pose_core.media.images import (
    MAX_MEGAPIXELS,
    close_decoders,
    decode_picture,
    encode_jpeg,
    limit_pictures_under_way,
)
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_bytes
from pose_core.pipeline.photo import analyse_photo, annotate_photo
from pose_core.settings import PoseSettings
from pose_core.translate import untranslated

__all__ = ["PASSWORD_ATTEMPTS", "benchmark_runner", "close_pool", "password_attempts", "pool", "warm_up"]

#: Passwords a minute from one address: enough for typing errors, and no more than 14 400 guesses a day.
PASSWORD_ATTEMPTS = 10
_WARM_RUNS = 3  # full analyses of a picture; after these it is as fast as it gets


@st.cache_resource(show_spinner=False, on_release=PosePool.close)
def pool() -> PosePool:
    """The one `PosePool` of this process; pages and routes get the same object.

    Raises
    ------
    SettingsError
        If a variable of the configuration cannot be used.
    """
    return PosePool(stream_limit=read_configuration(os.environ).seats)


@st.cache_resource(show_spinner=False, on_release=BenchmarkRunner.close)
def benchmark_runner() -> BenchmarkRunner:
    """The one `BenchmarkRunner` of this process."""
    return BenchmarkRunner()


@st.cache_resource(show_spinner=False)
def password_attempts() -> RateLimit:
    """How often each address may still try a password."""
    return RateLimit(PASSWORD_ATTEMPTS)


def _import_for_pages() -> None:
    import pandas  # noqa: F401  - takes a third of a second, and nothing else here imports it

    # Not at the top: streamlit-webrtc needs Streamlit's runtime, which does not exist yet at that time.
    from pose_ui.webrtc import video

    video.apply()


def warm_up() -> None:
    """Do what the first visitor would otherwise wait for: load models, open fonts, import what pages need.

    Called by the application's start-up hook, before the port opens.
    """
    limit_pictures_under_way(MAX_MEGAPIXELS)  # one of the largest, or several smaller ones
    data = sample_bytes("stand")
    with ThreadPoolExecutor(1) as importer:
        imports = importer.submit(_import_for_pages)
        pool().warm(decode_picture(data).frame_rgb)  # mostly outside Python
        imports.result()
    settings = PoseSettings()
    for _ in range(_WARM_RUNS):
        result, picture = analyse_photo(data, settings, pool())
        drawn_rgb, _ = annotate_photo(result, picture.frame_rgb, settings, names={"nose": "nose 鼻"})
        jpeg = encode_jpeg(drawn_rgb)
        picture_figure(jpeg, result.poses, untranslated, visibility_limit=0.5).to_json()
    # Pictures and streams share the cores: OpenCV's own threads cost more than they gain.
    cv2.setNumThreads(1)
    # What is loaded now stays. Garbage collections, which halt all streams, then need not scan it.
    gc.collect()
    gc.freeze()


def close_pool() -> None:
    """End a running benchmark and free all landmarkers; the last step before the process ends."""
    benchmark_runner().close()
    pool().close()
    pool.clear()
    close_decoders()
