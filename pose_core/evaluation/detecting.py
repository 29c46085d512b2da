"""Models on pictures: each decoded once, for all models, several at a time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import PoseCoreError
from pose_core.evaluation.dataset import AnnotatedPicture, Dataset
from pose_core.evaluation.finding import Find, with_landmarker
from pose_core.evaluation.outcomes import Predictions
from pose_core.evaluation.own.process import OwnProcess
from pose_core.evaluation.pictures import WAIT_S, Read, read_placed
from pose_core.evaluation.placing import Truth
from pose_core.evaluation.settings import Model, ValidationSettings
from pose_core.machine import usable_cores
from pose_core.media.images import enlarge_small
from pose_core.models.pool import PosePool

__all__ = ["Cancelled", "Detected", "Progress", "crop_box", "detect_all"]

#: Pixels that are kept while all models look at them: 48 MB, or one larger picture.
_PIXELS_AT_ONCE: Final = 16_000_000
_SMALLEST_CROP_PX: Final = 4
#: Of one model of one's own: each may take much memory.
_MOST_PROCESSES: Final = 4


class Cancelled(Exception):
    """The validation was cancelled."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a validation is.

    Attributes
    ----------
    done, total : int
        Looks of a model at a picture.
    left_s : float
        Estimated seconds to go; NaN at the beginning.
    """

    done: int
    total: int
    left_s: float


@dataclass(frozen=True, eq=False, slots=True)
class Detected:
    """What the models found.

    Attributes
    ----------
    pictures : tuple of AnnotatedPicture
        Those that could be read, in their order.
    truths : tuple of Truth
    predictions : mapping of str to list of Predictions
        By the model's name, in the order of `pictures`.
    unreadable : tuple of (str, PoseCoreError)
        Name of each other picture, and why.
    """

    pictures: tuple[AnnotatedPicture, ...]
    truths: tuple[Truth, ...]
    predictions: dict[str, list[Predictions]]
    unreadable: tuple[tuple[str, PoseCoreError], ...]


#: Gives what finds people with a model, for the duration of a ``with`` block.
_Borrow = Callable[[Model], AbstractContextManager[Find]]


class _Count:
    """Counts what is done, for any thread."""

    def __init__(self, total: int, on_progress: Callable[[Progress], None] | None) -> None:
        self._total, self._done, self._start_s = total, 0, time.monotonic()
        self._report = on_progress
        self._lock = threading.Lock()

    def add(self, count: int = 1) -> None:
        with self._lock:
            self._done += count
            took_s = time.monotonic() - self._start_s
            left_s = took_s / self._done * (self._total - self._done) if self._done else float("nan")
            if self._report is not None:
                self._report(Progress(self._done, self._total, left_s))


def detect_all(
    dataset: Dataset,
    settings: ValidationSettings,
    pool: PosePool,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Detected:
    """Let every model look at every picture and crop.

    Parameters
    ----------
    dataset : Dataset
    settings : ValidationSettings
    pool : PosePool
        A landmarker is borrowed for one picture at a time, so that visitors get their turn.
    on_progress : callable, optional
        Called from several threads, one at a time.
    cancelled : callable, optional
        Asked before each picture and crop.

    Raises
    ------
    Cancelled
    BusyError, BundleError, SetupError
        As `PosePool.borrow`.
    """
    count = _Count(len(dataset.pictures) * len(settings.models), on_progress)
    stop = threading.Event()

    def check() -> None:
        if stop.is_set() or (cancelled is not None and cancelled()):
            stop.set()
            raise Cancelled

    joints = len(dataset.keypoints.joints)
    pictures, truths, unreadable = [], [], []
    predictions: dict[str, list[Predictions]] = {model.name: [] for model in settings.models}
    with ThreadPoolExecutor(usable_cores()) as threads, _borrowers(settings, pool) as borrow:

        def read(picture: AnnotatedPicture) -> Read | PoseCoreError:
            check()
            return read_placed(picture, joints)

        def look(model: Model, one: Read) -> Predictions:
            check()
            with borrow(model) as find:
                found = _look(find, one, settings, check)
            count.add()
            return found

        try:
            for chunk in _chunks(dataset.pictures, lambda part: list(threads.map(read, part))):
                good = [one for _, one in chunk if isinstance(one, Read)]
                for picture, one in chunk:
                    if isinstance(one, PoseCoreError):
                        unreadable.append((picture.name, one))
                        count.add(len(settings.models))
                pictures += [one.picture for one in good]
                truths += [one.truth for one in good]
                for model in settings.models:
                    predictions[model.name] += threads.map(look, [model] * len(good), good)
        except BaseException:
            stop.set()
            raise
    return Detected(tuple(pictures), tuple(truths), predictions, tuple(unreadable))


def _chunks(
    pictures: Sequence[AnnotatedPicture],
    read: Callable[[Sequence[AnnotatedPicture]], list[Read | PoseCoreError]],
) -> Iterator[list[tuple[AnnotatedPicture, Read | PoseCoreError]]]:
    """Pictures with their pixels, as many as fit into memory at a time."""
    chunk: list[tuple[AnnotatedPicture, Read | PoseCoreError]] = []
    pixels, few = 0, usable_cores()
    for start in range(0, len(pictures), few):
        part = pictures[start : start + few]
        for picture, one in zip(part, read(part), strict=True):
            chunk.append((picture, one))
            pixels += one.frame_rgb.size // 3 if isinstance(one, Read) else 0
        if pixels >= _PIXELS_AT_ONCE:
            yield chunk
            chunk, pixels = [], 0
    if chunk:
        yield chunk


def crop_box(box_px: FloatArray, factor: float, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a person's crop, in whole pixels.

    The box, ``factor`` times as wide and as high around its middle, its edges rounded outwards, cut off at the
    picture's.
    """
    middle = box_px[:2] + box_px[2:] / 2
    low = np.clip(np.floor(middle - box_px[2:] * factor / 2), 0, size_wh)
    high = np.clip(np.ceil(middle + box_px[2:] * factor / 2), 0, size_wh)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _look(find: Find, one: Read, settings: ValidationSettings, check: Callable[[], None]) -> Predictions:
    whole_px, whole_scores = _detect(find, one.frame_rgb, settings)
    crops, scores = [], []
    for person in one.truth.scored:
        check()
        left, top, right, bottom = crop_box(one.truth.box_px[person], settings.crop_factor, one.truth.size_wh)
        if min(right - left, bottom - top) < _SMALLEST_CROP_PX:
            found_px, found_scores = np.empty((0, 33, 2)), np.empty(0)
        else:
            found_px, found_scores = _detect(find, one.frame_rgb[top:bottom, left:right], settings)
        crops.append(found_px + np.array((left, top)))
        scores.append(found_scores)
    return Predictions(whole_px, whole_scores, tuple(crops), tuple(scores))


def _detect(find: Find, frame_rgb: FrameRGB, settings: ValidationSettings) -> tuple[FloatArray, FloatArray]:
    size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
    seen = enlarge_small(frame_rgb) if settings.enlarge_small else frame_rgb
    found_px, scores = find(np.ascontiguousarray(seen))
    return found_px * (size_wh[0] / seen.shape[1], size_wh[1] / seen.shape[0]), scores


@contextmanager
def _borrowers(settings: ValidationSettings, pool: PosePool) -> Iterator[_Borrow]:
    """Shipped models from the pool; those of one's own in processes of their own, kept here."""
    own: dict[str, queue.LifoQueue[OwnProcess]] = {}
    made: list[OwnProcess] = []

    @contextmanager
    def borrow(model: Model) -> Iterator[Find]:
        if model.bundle is None:
            with pool.borrow(settings.detection(model), wait_s=WAIT_S) as landmarker:
                yield with_landmarker(landmarker)
            return
        process = own[model.name].get()
        try:
            yield process.detect
        finally:
            own[model.name].put(process)

    try:
        for model in settings.models:
            if model.bundle is not None:
                own[model.name] = queue.LifoQueue()
                for _ in range(min(usable_cores(), _MOST_PROCESSES)):
                    process = OwnProcess(model.bundle, model.declaration, settings.detection(model))
                    made.append(process)
                    own[model.name].put(process)
        yield borrow
    finally:
        for process in made:
            process.close()
