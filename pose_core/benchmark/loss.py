"""What speed costs: people missed, jitter, distance to a reference, drift in small pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.benchmark.footage import Fit, Footage, nearest_px
from pose_core.benchmark.statistics import FloatOrNaN
from pose_core.geometry.body import body_size, jitter_px
from pose_core.media.images import ENLARGE_TO_PX
from pose_core.models.landmarker import ImageLandmarker
from pose_core.settings import DetectionSettings

__all__ = ["SMALL_HEIGHTS_PX", "Loss", "SmallPicture", "distance_percent", "loss", "small_pictures"]

SMALL_HEIGHTS_PX: Final = (120, 160, 240, 320)


@dataclass(frozen=True, slots=True)
class Loss:
    """How good the landmarks of a cell are, relative to the body, so that picture sizes can be compared.

    Attributes
    ----------
    found_share : float
        Share of frames, 0 to 1, in which a person was found.
    distance_percent : float
        `distance_percent` to the reference.
    jitter_percent : float
        `pose_core.geometry.body.jitter_px` of the model's own landmarks, in per cent of the median body size.
    """

    found_share: FloatOrNaN
    distance_percent: FloatOrNaN
    jitter_percent: FloatOrNaN


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """How far the landmarks of small pictures lie from those of the same pictures at full size.

    Attributes
    ----------
    height_px : int
    enlarged : bool
        Whether the picture was enlarged to 480 pixels first.
    found_share : float
    distance_percent : float
        Median over the pictures.
    """

    height_px: int
    enlarged: bool
    found_share: FloatOrNaN
    distance_percent: FloatOrNaN


def distance_percent(found_px: FloatArray, reference_px: FloatArray) -> float:
    """Mean distance of landmarks, relative to the body.

    Parameters
    ----------
    found_px, reference_px : ndarray, shape (T, 33, 2)
        NaN where not found.

    Returns
    -------
    float
        Mean over all landmarks found in both, each in per cent of the body size (`pose_core.geometry.body.body_size`)
        of its frame's reference; NaN if there is none.
    """
    sizes_px = np.array([body_size(points) for points in reference_px])
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.linalg.norm(found_px - reference_px, axis=2) / sizes_px[:, None]
    known = np.isfinite(apart)
    return float(apart[known].mean()) * 100 if known.any() else math.nan


def loss(found_px: FloatArray, time_s: FloatArray, reference_px: FloatArray) -> Loss:
    """Compare the landmarks of consecutive frames, shape (T, 33, 2), with a reference of the same shape."""
    if not len(found_px):
        return Loss(math.nan, math.nan, math.nan)
    found = np.isfinite(found_px).any(axis=(1, 2))
    sizes_px = [size for size in map(body_size, reference_px) if math.isfinite(size)]
    jitter = jitter_px(found_px, time_s) / float(np.median(sizes_px)) if sizes_px else math.nan
    return Loss(float(found.mean()), distance_percent(found_px, reference_px), jitter * 100)


def small_pictures(footage: Footage, tick: Callable[[], None]) -> tuple[SmallPicture, ...]:
    """Measure the drift in small pictures with the full model, as they are and enlarged first.

    Parameters
    ----------
    footage : Footage
    tick : callable
        Called after each picture; may raise to stop.

    Returns
    -------
    tuple of SmallPicture
        Two for each of `SMALL_HEIGHTS_PX` that is smaller than the source; without a person at full size, none.
    """
    landmarker = ImageLandmarker(DetectionSettings())
    try:
        full_size = [(frame_rgb, landmarker.detect(frame_rgb)) for frame_rgb in footage.pictures]
        seen = [(frame_rgb, np.array(poses[0].image_xy_px)) for frame_rgb, poses in full_size if poses]
        heights = [height for height in SMALL_HEIGHTS_PX if height < footage.native_wh[1]]
        found = []
        for height_px in heights if seen else []:
            for enlarged in (False, True):
                places = []
                for frame_rgb, reference_px in seen:
                    places.append(_seen_small(landmarker, frame_rgb, reference_px, height_px, enlarged))
                    tick()
                judged = np.array(places)
                share = float(np.isfinite(judged).any(axis=(1, 2)).mean())
                # The median, as the rule for enlarging is from: with few pixels the model takes a figure in the odd
                # picture for its mirror image, and one such picture outweighs all others in a mean.
                each = [
                    distance_percent(place[None], reference_px[None])
                    for place, (_, reference_px) in zip(judged, seen, strict=True)
                ]
                distance = float(np.nanmedian(each)) if np.isfinite(each).any() else math.nan
                found.append(SmallPicture(height_px, enlarged, share, distance))
    finally:
        landmarker.close()
    return tuple(found)


def _seen_small(
    landmarker: ImageLandmarker, frame_rgb: FrameRGB, reference_px: FloatArray, height_px: int, enlarged: bool
) -> FloatArray:
    height, width = frame_rgb.shape[:2]
    small_wh = (max(1, round(width * height_px / height)), height_px)
    small_rgb = np.asarray(cv2.resize(frame_rgb, small_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    shown_wh = small_wh
    if enlarged:
        shown_wh = (round(small_wh[0] * ENLARGE_TO_PX / height_px), ENLARGE_TO_PX)
        small_rgb = np.asarray(cv2.resize(small_rgb, shown_wh, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    fit = Fit((shown_wh[0] / width, shown_wh[1] / height), (0.0, 0.0))
    return nearest_px(landmarker.detect(small_rgb), fit, reference_px)
