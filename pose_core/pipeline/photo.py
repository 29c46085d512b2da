"""One picture, from file bytes to poses with timings: what the Photo page and the REST routes call."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.media.images import Note, Picture, decode_picture, enlarge_small
from pose_core.models.pool import DEFAULT_WAIT_S, PosePool
from pose_core.pose import Pose
from pose_core.settings import MAX_PEOPLE, DetectionSettings, PoseSettings
from pose_core.stopping import Stop

__all__ = [
    "PHOTO_STEPS",
    "PhotoResult",
    "analyse_photo",
    "annotate_photo",
    "looked_for",
    "most_prominent",
]

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
    others : int
        How many more people were found than were asked for, and left out.
    doubtful : tuple of bool
        For each of `poses`: whether it was found only because a confidence below the default was allowed. Nobody is
        doubtful unless given.
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
    others: int = 0
    doubtful: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        if not self.doubtful:
            object.__setattr__(self, "doubtful", (False,) * len(self.poses))


@contextmanager
def _timed(times_ms: dict[str, float], step: str) -> Iterator[None]:
    start_s = time.perf_counter()
    yield
    times_ms[step] = (time.perf_counter() - start_s) * 1000


def _height_px(pose: Pose) -> float:
    y_px = pose.image_xy_px[:, 1]
    return float(y_px.max() - y_px.min())


def looked_for(settings: DetectionSettings) -> DetectionSettings:
    """What the model is asked for in a single picture: as many people as it can find.

    Asked for fewer, MediaPipe returns any of those that are there. Asked for `MAX_PEOPLE`, it takes no longer where
    only one is there, and a run of the landmark network more for each other person; so the right ones can be chosen.
    """
    return replace(settings, people=MAX_PEOPLE)


def _prominence(pose: Pose) -> float:
    """Share of the picture's height that somebody takes up, less the farther they stand from its middle."""
    width, height = pose.size_wh
    inside = np.clip(pose.image_xy_px, 0, (width, height))
    x_px = float(inside[:, 0].mean())
    return float(np.ptp(inside[:, 1])) / height * (1 - abs(x_px / width - 0.5))


def most_prominent(poses: Iterable[Pose], count: int) -> tuple[Pose, ...]:
    """The largest and most central people, at most `count`, the tallest first."""
    chosen = sorted(poses, key=_prominence, reverse=True)[:count]
    return tuple(sorted(chosen, key=_height_px, reverse=True))


def _doubtful(
    poses: Iterable[Pose],
    landmarkers: PosePool,
    frame_rgb: FrameRGB,
    settings: DetectionSettings,
    wait_s: float,
) -> tuple[bool, ...]:
    """For each pose whether only a confidence below the default has found it; costs a second run, if any was lower."""
    default = DetectionSettings()
    usual = replace(
        settings,
        detection_confidence=max(settings.detection_confidence, default.detection_confidence),
        presence_confidence=max(settings.presence_confidence, default.presence_confidence),
    )
    poses = tuple(poses)
    if usual == settings or not poses:
        return (False,) * len(poses)
    certain = landmarkers.detect(frame_rgb, usual, wait_s=wait_s)
    return tuple(not any(_same_person(pose, other) for other in certain) for pose in poses)


def _same_person(one: Pose, other: Pose) -> bool:
    """Whether two poses of a picture are less than a quarter of the body apart."""
    apart_px = float(np.median(np.linalg.norm(one.image_xy_px - other.image_xy_px, axis=1)))
    return apart_px < 0.25 * float(np.linalg.norm(np.ptp(one.image_xy_px, axis=0)))


def analyse_photo(
    data: bytes,
    settings: PoseSettings,
    pool: PosePool,
    *,
    name: str = "picture",
    sha256: str | None = None,
    wait_s: float = DEFAULT_WAIT_S,
    stop: Stop | None = None,
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
    stop : Stop, optional
        Ends decoding when it is set; then nobody is looked for either.

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
    StoppedError
        If `stop` was set before anybody was looked for.
    """
    stop = stop or Stop()
    times_ms: dict[str, float] = {}
    with _timed(times_ms, "decode"):
        picture = decode_picture(data, wait_s=wait_s, stop=stop)
    stop.check()
    frame_rgb = picture.frame_rgb
    with _timed(times_ms, "enlarge"):
        if settings.enlarge_small:
            frame_rgb = enlarge_small(frame_rgb)
    detection = looked_for(settings.detection)
    with pool.borrow(detection, wait_s=wait_s) as landmarker, _timed(times_ms, "inference"):
        found = landmarker.detect(frame_rgb)
    chosen = most_prominent(found, settings.detection.people)
    doubtful = _doubtful(chosen, pool, frame_rgb, detection, wait_s)
    result = PhotoResult(
        name=name,
        sha256=sha256 or hashlib.sha256(data).hexdigest(),
        format=picture.format,
        size_wh=picture.size_wh,
        analysed_wh=(frame_rgb.shape[1], frame_rgb.shape[0]),
        notes=picture.notes,
        poses=tuple(pose.resized(picture.size_wh) for pose in chosen),
        settings=settings,
        times_ms=times_ms,
        others=len(found) - len(chosen),
        doubtful=doubtful,
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
