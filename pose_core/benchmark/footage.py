"""What is measured on: the source's frames, encoded at each size as a stream and as photos, and the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

import av
import cv2
import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.benchmark.plan import Plan, Size
from pose_core.media.clips import read_clip
from pose_core.media.fitting import box_scale, letterbox
from pose_core.media.images import decode_picture, encode_jpeg
from pose_core.media.vp8 import max_bits_per_s, new_vp8_encoder, to_yuv
from pose_core.models.landmarker import ImageLandmarker
from pose_core.performer.samples import clip_landmarks_px, sample_clip
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings
from pose_core.skeleton import N_LANDMARKS

__all__ = ["TICK_S", "BenchmarkSource", "Fit", "Footage", "SourceKind", "nearest_px", "prepare"]

#: Streams are encoded as if at 30 frames a second, whatever the source's rate: the encoder's rate control uses it.
TICK_S: Final = Fraction(1, 30)
SourceKind = Literal["performer", "clip", "picture"]
#: A picture is repeated this often to make a stream.
_PICTURE_FRAMES: Final = 30
_PICTURE_FPS: Final = 25.0


@dataclass(frozen=True, slots=True)
class BenchmarkSource:
    """Where the frames come from.

    Attributes
    ----------
    kind : {"performer", "clip", "picture"}
    data : bytes
        The file; unused for the performer, whose clip ships with the project.
    """

    kind: SourceKind = "performer"
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a source's frame lies in a picture of another size: a point (x, y) maps to ``(x, y) * scale + offset``."""

    scale_xy: tuple[float, float]
    offset_xy: tuple[float, float]

    def to_source_px(self, xy_px: FloatArray) -> FloatArray:
        """Points of the picture, shape (..., 2), in pixels of the source."""
        source_px: FloatArray = (xy_px - np.array(self.offset_xy)) / np.array(self.scale_xy)
        return source_px


@dataclass(frozen=True, eq=False)
class Footage:
    """Everything that a run needs, encoded: only the few frames for small pictures are kept as pixels.

    Attributes
    ----------
    kind : {"performer", "clip", "picture"}
    native_wh : tuple of int
        Size of the source's frames.
    fps : float
    time_s : ndarray, shape (T,)
    whole : bool
        Whether these are all frames of the source.
    streams : dict of size to tuple of bytes
        VP8 frames, the first a key frame.
    photos : dict of size to tuple of bytes
        JPEG files.
    fits : dict of size to Fit
    reference_px : ndarray, shape (T, 33, 2)
        In pixels of the source; NaN where nobody was found. For the performer the truth, otherwise what ``heavy``
        finds in each frame at full size, as a single picture.
    pictures : tuple of ndarray of uint8, shape (H, W, 3)
        Some of the frames at full size.
    """

    kind: SourceKind
    native_wh: Size
    fps: float
    time_s: FloatArray
    whole: bool
    streams: dict[Size, tuple[bytes, ...]]
    photos: dict[Size, tuple[bytes, ...]]
    fits: dict[Size, Fit]
    reference_px: FloatArray
    pictures: tuple[FrameRGB, ...]

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.time_s)


@dataclass(frozen=True, slots=True)
class _Frames:
    frames: Iterator[tuple[float, FrameRGB]]
    fps: float
    count: int  # estimated from what the file says


def _frames(source: BenchmarkSource) -> _Frames:
    if source.kind == "picture":
        frame_rgb = decode_picture(source.data).frame_rgb
        scale = box_scale(frame_rgb.shape[1], frame_rgb.shape[0])
        if scale < 1:
            size_wh = (round(frame_rgb.shape[1] * scale), round(frame_rgb.shape[0] * scale))
            frame_rgb = np.asarray(
                cv2.resize(frame_rgb, size_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8
            )
        still = ((number / _PICTURE_FPS, frame_rgb) for number in range(_PICTURE_FRAMES))
        return _Frames(still, _PICTURE_FPS, _PICTURE_FRAMES)
    clip = read_clip(sample_clip() if source.kind == "performer" else source.data, longest_s=math.inf)
    known = math.isfinite(clip.duration_s)
    return _Frames(clip.frames(), clip.fps, round(clip.duration_s * clip.fps) if known else 10**9)


def _fit(frame_rgb: FrameRGB, size_wh: Size) -> tuple[FrameRGB, Fit]:
    """The whole frame, centred in another size; the margins repeat its edge."""
    height, width = frame_rgb.shape[:2]
    scale, _, _ = letterbox((width, height), size_wh)
    inner_wh = (min(size_wh[0], round(width * scale)), min(size_wh[1], round(height * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inner = cv2.resize(frame_rgb, inner_wh, interpolation=interpolation)
    left, top = (size_wh[0] - inner_wh[0]) // 2, (size_wh[1] - inner_wh[1]) // 2
    right, bottom = size_wh[0] - inner_wh[0] - left, size_wh[1] - inner_wh[1] - top
    fitted = cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE)
    fit = Fit((inner_wh[0] / width, inner_wh[1] / height), (float(left), float(top)))
    return np.asarray(fitted, dtype=np.uint8), fit


class _StreamEncoder:
    """Encodes frames of one size as a browser would send them."""

    def __init__(self, size_wh: Size) -> None:
        self._encoder = new_vp8_encoder(*size_wh, max_bits_per_s(*size_wh))
        self._number = 0

    def add(self, frame_rgb: FrameRGB) -> bytes:
        frame = av.VideoFrame.from_ndarray(frame_rgb, format="rgb24")
        frame.pts, frame.time_base = self._number, TICK_S
        self._number += 1
        return b"".join(bytes(packet) for packet in self._encoder.encode(to_yuv(frame)))


def nearest_px(poses: tuple[Pose, ...], fit: Fit, reference_px: FloatArray) -> FloatArray:
    """Landmarks of the person nearest to the reference, shape (33, 2), in pixels of the source; NaN without anybody.

    Without a reference, those of the first person.
    """
    if not poses:
        return np.full((N_LANDMARKS, 2), np.nan)
    places = [fit.to_source_px(pose.image_xy_px) for pose in poses]
    if not np.isfinite(reference_px).any():
        return places[0]
    return min(places, key=lambda xy_px: float(np.nanmean(np.abs(xy_px - reference_px))))


def prepare(source: BenchmarkSource, plan: Plan, tick: Callable[[], None]) -> Footage:
    """Read the source, encode it at each size, and find the reference.

    Parameters
    ----------
    source : BenchmarkSource
    plan : Plan
    tick : callable
        Called after each frame; may raise to stop.

    Raises
    ------
    ClipError, PictureError
        If the file cannot be used.
    """
    read = _frames(source)
    stream_sizes = {cell.size_wh for cell in plan.cells if cell.mode == "video"}
    stream_sizes |= {plan.scaling_cell.size_wh} if plan.scaling else set()
    photo_sizes = {cell.size_wh for cell in plan.cells if cell.mode == "photo"}
    encoders = {size: _StreamEncoder(size) for size in stream_sizes}
    streams: dict[Size, list[bytes]] = {size: [] for size in stream_sizes}
    photos: dict[Size, list[bytes]] = {size: [] for size in photo_sizes}
    fits: dict[Size, Fit] = {}
    time_s: list[float] = []
    reference: list[FloatArray] = []
    pictures: list[FrameRGB] = []
    wanted = min(plan.source_frames, read.count)
    every = max(1, wanted // max(1, plan.small_frames))
    heavy = None if source.kind == "performer" else ImageLandmarker(DetectionSettings("heavy"))
    whole = True
    try:
        for number, (at_s, frame_rgb) in enumerate(read.frames):
            if number >= plan.source_frames:
                whole = False
                break
            time_s.append(at_s)
            for size in plan.sizes_wh:
                fitted_rgb, fits[size] = _fit(frame_rgb, size)
                if size in streams:
                    streams[size].append(encoders[size].add(fitted_rgb))
                if size in photos:
                    photos[size].append(encode_jpeg(fitted_rgb))
            reference.append(_reference_px(source, heavy, frame_rgb, number, reference))
            if number % every == 0 and len(pictures) < plan.small_frames:
                pictures.append(frame_rgb.copy())
            tick()
    finally:
        if heavy is not None:
            heavy.close()
    return Footage(
        kind=source.kind,
        native_wh=(frame_rgb.shape[1], frame_rgb.shape[0]),
        fps=read.fps,
        time_s=np.array(time_s),
        whole=whole,
        streams={size: tuple(packets) for size, packets in streams.items()},
        photos={size: tuple(files) for size, files in photos.items()},
        fits=fits,
        reference_px=np.array(reference),
        pictures=tuple(pictures),
    )


def _reference_px(
    source: BenchmarkSource,
    heavy: ImageLandmarker | None,
    frame_rgb: FrameRGB,
    number: int,
    before: list[FloatArray],
) -> FloatArray:
    nobody = np.full((N_LANDMARKS, 2), np.nan)
    if heavy is None:
        truth = clip_landmarks_px(number)
        return nobody if truth is None else truth
    if source.kind == "picture" and before:
        return before[0]
    poses = heavy.detect(frame_rgb)
    return np.array(poses[0].image_xy_px) if poses else nobody
