"""One picture, from file bytes to poses with timings: what the Photo page and the REST routes call."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.media.images import Note, Picture, decode_picture, enlarge_small
from pose_core.models.pool import DEFAULT_WAIT_S, PosePool
from pose_core.pose import Pose
from pose_core.settings import PoseSettings

__all__ = ["PHOTO_STEPS", "PhotoResult", "analyse_photo", "annotate_photo", "largest_first"]

#: The steps that are timed, in order.
PHOTO_STEPS: Final[tuple[str, ...]] = ("decode", "enlarge", "inference", "draw")


@dataclass(frozen=True, eq=False)
class PhotoResult:
    """What was found in one picture. Contains no pixels, so many can be kept.

    Attributes
    ----------
    name : str
        Name of the file; only for people to read.
    sha256 : str
        Of the file.
    format : str
        ``"JPEG"``, ``"PNG"``, ``"WEBP"``, ``"GIF"``, ``"HEIC"`` or ``"AVIF"``.
    size_wh : tuple of int
        Upright size in pixels; landmarks refer to it.
    analysed_wh : tuple of int
        Size that the model was given: larger if a small picture was enlarged.
    notes : tuple of Note
        What had to be converted.
    poses : tuple of Pose
        Largest person first; empty if nobody was found.
    settings : PoseSettings
    times_ms : mapping of str to float
        Milliseconds of each of `PHOTO_STEPS` done so far.
    """

    name: str
    sha256: str
    format: str
    size_wh: tuple[int, int]
    analysed_wh: tuple[int, int]
    notes: tuple[Note, ...]
    poses: tuple[Pose, ...]
    settings: PoseSettings
    times_ms: Mapping[str, float]


@contextmanager
def _timed(times_ms: dict[str, float], step: str) -> Iterator[None]:
    start_s = time.perf_counter()
    yield
    times_ms[step] = (time.perf_counter() - start_s) * 1000


def _height_px(pose: Pose) -> float:
    y_px = pose.image_xy_px[:, 1]
    return float(y_px.max() - y_px.min())


def largest_first(poses: Iterable[Pose], size_wh: tuple[int, int]) -> tuple[Pose, ...]:
    """Poses of a picture at its own size, the largest person first."""
    return tuple(sorted((pose.resized(size_wh) for pose in poses), key=_height_px, reverse=True))


def analyse_photo(
    data: bytes,
    settings: PoseSettings,
    pool: PosePool,
    *,
    name: str = "picture",
    sha256: str | None = None,
    wait_s: float = DEFAULT_WAIT_S,
) -> tuple[PhotoResult, Picture]:
    """Decode a picture and find people in it.

    Parameters
    ----------
    data : bytes
        A whole picture file.
    settings : PoseSettings
    pool : PosePool
    name : str
        Kept in the result.
    sha256 : str, optional
        Checksum of `data`, if the caller has it already.
    wait_s : float
        Longest wait for a free landmarker, and before that for room to decode the picture.

    Returns
    -------
    PhotoResult
    Picture
        The decoded pixels, for drawing.

    Raises
    ------
    PictureError
        If the file cannot be read.
    BusyError
        If there is no room for the picture or no landmarker is free in time.
    """
    times_ms: dict[str, float] = {}
    with _timed(times_ms, "decode"):
        picture = decode_picture(data, wait_s=wait_s)
    frame_rgb = picture.frame_rgb
    with _timed(times_ms, "enlarge"):
        if settings.enlarge_small:
            frame_rgb = enlarge_small(frame_rgb)
    with pool.borrow(settings.detection, wait_s=wait_s) as landmarker, _timed(times_ms, "inference"):
        found = landmarker.detect(frame_rgb)
    result = PhotoResult(
        name=name,
        sha256=sha256 or hashlib.sha256(data).hexdigest(),
        format=picture.format,
        size_wh=picture.size_wh,
        analysed_wh=(frame_rgb.shape[1], frame_rgb.shape[0]),
        notes=picture.notes,
        poses=largest_first(found, picture.size_wh),
        settings=settings,
        times_ms=times_ms,
    )
    return result, picture


def annotate_photo(
    result: PhotoResult,
    frame_rgb: FrameRGB,
    settings: PoseSettings,
    *,
    names: Mapping[str, str] | None = None,
    chosen: int | None = None,
    in_place: bool = False,
) -> tuple[FrameRGB, float]:
    """The picture with its skeletons, at the size that was analysed, and how many milliseconds drawing took.

    Parameters
    ----------
    result : PhotoResult
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        The decoded picture.
    settings : PoseSettings
        Only those for drawing are used, so they may differ from the settings of the analysis.
    names, chosen
        As in `pose_core.drawing.skeleton.draw_poses`.
    in_place : bool
        Draw on `frame_rgb` itself, which saves the memory of a copy.
    """
    start_s = time.perf_counter()
    if result.analysed_wh != result.size_wh:
        frame_rgb = enlarge_small(frame_rgb)
    drawn = draw_poses(
        frame_rgb,
        result.poses,
        settings.draw,
        names=names,
        visibility_limit=settings.visibility_limit,
        chosen=chosen,
        into=frame_rgb if in_place else None,
    )
    return drawn, (time.perf_counter() - start_s) * 1000
