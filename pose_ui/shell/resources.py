"""What all visitors share, such as the pool of landmarkers, warm before the first visitor arrives.

None of it is in Streamlit's caches: anyone can empty those by a message on Streamlit's socket.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

import cv2

from ops.configuration import read_configuration
from ops.films import FilmStudio
from ops.newest import Newest
from ops.rate import RateLimit
from ops.validations import ValidationStudio
from pose_core.benchmark import BenchmarkRunner
from pose_core.evaluation.own.checking import OwnModelChecks
from pose_core.evaluation.running import ValidationRunner
from pose_core.evaluation.side_by_side.live import OwnPlaces
from pose_core.export.onnx_background import OnnxExporter
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
from pose_core.pipeline.photo import analyse_photo, annotate_photo, looked_for
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.translate import untranslated
from pose_ui.shell.upload_refusals import UploadRefusals
from pose_ui.shell.visitors import Visitors

__all__ = [
    "PASSWORD_ATTEMPTS",
    "benchmark_runner",
    "close_pool",
    "film_studio",
    "import_late",
    "onnx_exporter",
    "own_live_places",
    "own_model_checks",
    "password_attempts",
    "performer_comparisons",
    "pool",
    "upload_refusals",
    "validation_runner",
    "validation_studio",
    "visitors",
    "warm_up",
]

#: Passwords a minute from one address: enough for typing errors, and no more than 14 400 guesses a day.
PASSWORD_ATTEMPTS = 10
#: Comparisons on the performer that are kept: 5 MB each.
PERFORMER_COMPARISONS = 4
T = TypeVar("T")
_WARM_RUNS = 3  # full analyses of a picture; after these it is as fast as it gets


class Shared(Generic[T]):
    """One object for the whole process, made when it is first asked for; from any thread.

    Parameters
    ----------
    make : callable
        Makes it. What it raises reaches the caller, and the next call tries again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def __call__(self) -> T:
        """The object."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    def clear(self) -> None:
        """Forget it, without closing it: the next call makes another."""
        with self._lock:
            self._made.clear()


#: The one `PosePool`; pages and routes get the same object. Raises SettingsError if the configuration cannot be used.
pool = Shared(lambda: PosePool(stream_limit=read_configuration(os.environ).seats))
#: The one `FilmStudio`; pages and routes get the same object. Live viewers come first.
film_studio = Shared(lambda: FilmStudio(lambda: pool().status().streams > 0))
#: The one `BenchmarkRunner`.
benchmark_runner = Shared(BenchmarkRunner)
#: The one `ValidationRunner`.
validation_runner = Shared(ValidationRunner)
#: What visitors have found on the performer side by side, by the settings: the same for everybody.
performer_comparisons: Shared[Newest[object, Any]] = Shared(lambda: Newest(PERFORMER_COMPARISONS))
#: The one `OnnxExporter`.
onnx_exporter = Shared(OnnxExporter)
#: The one `OwnModelChecks`.
own_model_checks = Shared(OwnModelChecks)
#: The one `OwnPlaces`.
own_live_places = Shared(OwnPlaces)
#: The one `ValidationStudio`, for programs. Live viewers come first.
validation_studio = Shared(
    lambda: ValidationStudio(pool, lambda: pool().status().streams > 0, checks=own_model_checks)
)
#: How often each address may still try a password.
password_attempts = Shared(lambda: RateLimit(PASSWORD_ATTEMPTS))
#: Which browsers have signed in.
visitors = Shared(Visitors)
#: Uploads that were refused, for the pages to say so.
upload_refusals = Shared(UploadRefusals)


def import_late() -> None:
    """Import what the first page needs, but opening the port does not; called once it is about to open."""
    with suppress(ImportError, MemoryError, OSError):  # without memory for it, the page that needs it says so
        import pandas  # noqa: F401  - takes a fifth of a second, and nothing else here imports it

    gc.freeze()  # as at the end of `warm_up`


def _import_for_pages() -> None:
    # Not at the top: streamlit-webrtc needs Streamlit's runtime, which does not exist yet at that time.
    from pose_ui.webrtc import video

    video.apply(lambda: pool().status().streams)


def warm_up() -> None:
    """Do what the first visitor would otherwise wait for: load models, open fonts, import what pages need.

    Called by the application's start-up hook, before the port opens.
    """
    limit_pictures_under_way(MAX_MEGAPIXELS)  # one of the largest, or several smaller ones
    data = sample_bytes("stand")
    with ThreadPoolExecutor(1) as importer:
        imports = importer.submit(_import_for_pages)
        warm_rgb, detection = decode_picture(data).frame_rgb, looked_for(DetectionSettings())
        pool().warm(warm_rgb, detection)  # mostly outside Python
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
    """End what runs, and free all landmarkers; the last step before the process ends."""
    close_decoders()  # the work that ends next may wait for them
    film_studio().close()
    film_studio.clear()
    benchmark_runner().close()
    benchmark_runner.clear()
    validation_runner().close()
    validation_runner.clear()
    performer_comparisons.clear()
    validation_studio().close()
    validation_studio.clear()
    pool().close()
    pool.clear()
    close_decoders()
