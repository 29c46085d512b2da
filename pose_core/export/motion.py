"""One person's movement for biomechanics programs: TRC and MOT (OpenSim), and C3D. Axes: docs/conventions.md.

All three have a constant rate, so uneven times are resampled; gaps of up to a quarter of a second are filled.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.geometry.angles import ANGLE_NAMES, Space, sequence_angles
from pose_core.geometry.scale import FloorSlope, floor_slope, metres_per_px, model_metres_per_px
from pose_core.pose import PoseSequence
from pose_core.skeleton import INDEX
from pose_core.tracking.resampling import common_rate_hz, even_times_s, resample

__all__ = ["MARKERS", "Markers", "Scale", "angles_to_mot", "find_scale", "make_markers", "to_c3d", "to_trc"]

_JOINTS: Final = {
    "Shoulder": "shoulder",
    "Elbow": "elbow",
    "Wrist": "wrist",
    "Hip": "hip",
    "Knee": "knee",
    "Ankle": "ankle",
    "BigToe": "foot_index",
    "Heel": "heel",
    "Thumb": "thumb",
    "Pinky": "pinky",
    "Index": "index",
}
_HEAD: Final = {"Nose": "nose", "LEye": "left_eye", "REye": "right_eye"}
_MEASURED: Final[dict[str, str]] = _HEAD | {
    f"{side[0].upper()}{marker}": f"{side}_{joint}"
    for side in ("left", "right")
    for marker, joint in _JOINTS.items()
}
#: Where Linux keeps files in memory.
_MEMORY: Final = "/dev/shm"
#: Names that OpenSim models for BlazePose use, with the middles of shoulders and hips at the end.
MARKERS: Final[tuple[str, ...]] = (*_MEASURED, "Neck", "Hip")


@dataclass(frozen=True, slots=True)
class Scale:
    """How the plane of the picture becomes metres.

    Attributes
    ----------
    metres_per_px : float
    floor_deg : float
        Slope of the floor in the picture, which becomes level; positive: it rises to the right.
    measured : bool
        Whether the size is from a known height; if not, from the model's typical body.
    floor_within_deg : float
        How sure the slope is (`pose_core.geometry.scale.FloorSlope`): 0 if it was given, NaN if it could not be told
        and the floor is taken as level.
    """

    metres_per_px: float
    floor_deg: float
    measured: bool
    floor_within_deg: float = 0.0


@dataclass(frozen=True, eq=False)
class Markers:
    """Positions at a constant rate.

    Attributes
    ----------
    time_s : ndarray, shape (T,)
    xyz_m : ndarray, shape (T, M, 3)
        Of `MARKERS`: x to the right of the picture, y up, z towards the camera; the floor under the person's lowest
        foot at 0, x from the left edge of the picture. NaN where unknown.
    rate_hz : float
    """

    time_s: FloatArray
    xyz_m: FloatArray
    rate_hz: float


def find_scale(
    sequence: PoseSequence, height_m: float | None = None, floor_deg: float | None = None
) -> Scale:
    """The scale of the picture at one person's distance.

    Parameters
    ----------
    sequence : PoseSequence
    height_m : float, optional
        The person's height.
    floor_deg : float, optional
        Slope of the floor if it is known; else from the feet of somebody who walks, and 0 if nobody does.
    """
    measured = math.nan if height_m is None else metres_per_px(sequence.image_xy_px, height_m)
    size = (
        measured
        if math.isfinite(measured)
        else model_metres_per_px(sequence.image_xy_px, sequence.world_xyz_m)
    )
    if floor_deg is not None:
        return Scale(size, floor_deg, math.isfinite(measured))
    floor = floor_slope(sequence.image_xy_px, sequence.time_s) or FloorSlope(0.0, math.nan)
    return Scale(size, floor.deg, math.isfinite(measured), floor.within_deg)


def make_markers(
    sequence: PoseSequence, scale: Scale, space: Space = "image", rate_hz: float | None = None
) -> Markers:
    """Marker positions of one person.

    Parameters
    ----------
    sequence : PoseSequence
    scale : Scale
    space : {"image", "world"}
        In the plane of the picture, where z is 0; or in space: each pose as the model sees it, its hips where they are
        in the picture.
    rate_hz : float, optional
        That of the frames unless given.
    """
    rate_hz = rate_hz or common_rate_hz(sequence.time_s)
    times_s = even_times_s(sequence.time_s, rate_hz)
    flat = np.zeros((len(sequence), 33, 3))
    flat[..., :2] = _level(sequence.image_xy_px * (1, -1), scale.floor_deg) * scale.metres_per_px
    if space == "world":
        hips = flat[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1)
        flat = sequence.world_xyz_m * (1, -1, -1)
        flat[..., :2] = _level(flat[..., :2], scale.floor_deg)
        flat += hips[:, None]
    else:
        flat[~np.isfinite(flat[..., 0])] = np.nan
    feet = flat[
        :, [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("heel", "foot_index")], 1
    ]
    if np.isfinite(feet).any():
        flat[..., 1] -= np.nanquantile(feet, 0.02)
    picked = flat[:, [INDEX[name] for name in _MEASURED.values()]]
    neck, hip = (
        flat[:, [INDEX[f"left_{joint}"], INDEX[f"right_{joint}"]]].mean(axis=1, keepdims=True)
        for joint in ("shoulder", "hip")
    )
    every = np.concatenate([picked, neck, hip], axis=1)
    return Markers(times_s, resample(sequence.time_s, every, times_s), rate_hz)


def _level(xy: FloatArray, floor_deg: float) -> FloatArray:
    """Points (..., 2), y up, turned so that the floor is level."""
    angle = math.radians(-floor_deg)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    level: FloatArray = xy @ turn.T
    return level


def to_trc(markers: Markers, name: str = "poses.trc") -> bytes:
    """A TRC file: metres, five lines of header, an empty field where a marker is unknown.

    Lines of markers end in a tab, as OpenSim writes them; without it, a line whose last field is empty is not read.
    """
    frames, rate = len(markers.time_s), f"{markers.rate_hz:.6f}"
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{frames}\t{len(MARKERS)}\tm\t{rate}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(MARKERS) + "\t\t\t",
        "\t\t" + "\t".join(f"{axis}{n + 1}" for n in range(len(MARKERS)) for axis in "XYZ") + "\t",
        "",
    ]
    for number, (time_s, points) in enumerate(zip(markers.time_s, markers.xyz_m, strict=True), start=1):
        cells = "\t".join(f"{value:.6f}" if math.isfinite(value) else "" for value in points.ravel().tolist())
        lines.append(f"{number}\t{time_s:.6f}\t{cells}\t")
    return ("\n".join(lines) + "\n").encode()


def angles_to_mot(
    sequence: PoseSequence,
    space: Space = "image",
    visibility_limit: float = 0.5,
    rate_hz: float | None = None,
    name: str = "angles",
) -> bytes:
    """A MOT file: the angles by our names, in degrees; angles and signs: docs/conventions.md.

    The format knows no missing values: OpenSim ends a motion at the first ``nan``. So gaps are bridged by straight
    lines, as a line of the header says, and angles that were never known are left out.
    """
    rate_hz = rate_hz or common_rate_hz(sequence.time_s)
    times_s = even_times_s(sequence.time_s, rate_hz)
    angles = resample(sequence.time_s, sequence_angles(sequence, space, visibility_limit).deg, times_s)
    known = np.isfinite(angles)
    columns = {
        angle: np.interp(times_s, times_s[known[:, place]], angles[known[:, place], place])
        for place, angle in enumerate(ANGLE_NAMES)
        if known[:, place].any()
    }
    lines = [
        name,
        "version=1",
        f"nRows={len(times_s)}",
        f"nColumns={len(columns) + 1}",
        "inDegrees=yes",
        "Where an angle is unknown, it is bridged by a straight line; angles.csv has only what was seen.",
        "endheader",
        "\t".join(("time", *columns)),
    ]
    lines += [
        "\t".join([f"{time_s:.6f}", *(f"{value:.4f}" for value in row)])
        for time_s, *row in zip(
            times_s.tolist(), *(column.tolist() for column in columns.values()), strict=True
        )
    ]
    return ("\n".join(lines) + "\n").encode()


def to_c3d(markers: Markers) -> bytes:
    """A C3D file: metres, residual -1 where a marker is unknown."""
    import ezc3d  # takes a tenth of a second

    frames = len(markers.time_s)
    points = np.ones((4, len(MARKERS), max(1, frames)))
    points[:3] = np.nan
    if frames:
        points[:3] = markers.xyz_m.transpose(2, 1, 0)
    known = np.isfinite(points).all(axis=0)
    points[:, ~known] = 0.0
    points[3] = 1.0
    file = ezc3d.c3d()
    parameters = file["parameters"]["POINT"]
    parameters["RATE"]["value"] = [markers.rate_hz]
    parameters["UNITS"]["value"] = ["m"]
    parameters["LABELS"]["value"] = list(MARKERS)
    file["data"]["points"] = points
    file["data"]["meta_points"]["residuals"] = np.where(known, 0.0, -1.0)[None]
    file["data"]["meta_points"]["camera_masks"] = np.zeros((7, *known.shape), dtype=bool)
    with _path_in_memory() as path:
        file.write(str(path))
        return path.read_bytes()


@contextmanager
def _path_in_memory() -> Iterator[Path]:
    """A path that ends as the writer insists; its content is in memory where the system can (Linux)."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="posedeck-memory-", dir=place) as folder:
        path = Path(folder) / "poses.c3d"
        if not hasattr(os, "memfd_create"):
            yield path
            return
        descriptor = os.memfd_create("posedeck-c3d")
        try:
            path.symlink_to(f"/proc/self/fd/{descriptor}")
            yield path
        finally:
            os.close(descriptor)
