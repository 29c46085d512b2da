"""Which joints and angles can be believed: ``python -m benchmarks.honesty FOLDER...``, folders of photos of people.

Each photo is cut at everybody's hips, thighs and shins. The joints found in a cut picture are compared with those of
the same person in the whole photo, which shows those that were cut off, and so what each presence limit would keep of
them and what it would cost. Then: how often angles on the whole photos are marked as uncertain.

A person counts as the same in both pictures if both shoulders are within a twentieth of the body. Joints within 3 % of
the body from the cut are left out, and so are those that the whole photo does not show clearly.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.report import table
from pose_core.arrays import FrameRGB
from pose_core.geometry.angles import ANGLES, pose_angle_reasons, pose_angles_deg
from pose_core.media.images import decode_picture
from pose_core.pipeline.estimate import estimate
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.skeleton import INDEX, MAIN_JOINTS

__all__ = ["Joint", "cut_joints"]

_SETTINGS: Final = PoseSettings(DetectionSettings(people=5))
_LIMITS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
_SHOULDERS: Final = [INDEX["left_shoulder"], INDEX["right_shoulder"]]
_JOINTS: Final = [INDEX[name] for name in MAIN_JOINTS]
_NEAR: Final = 0.03
_SAME: Final = 0.05
_CLEAR_PRESENCE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint found in a cut picture: whether it was cut off, and what the model says about it."""

    cut_off: bool
    inside: bool
    visibility: float
    presence: float


def _height_px(pose: Pose) -> float:
    return float(np.ptp(pose.image_xy_px[:, 1]))


def _middle_y_px(pose: Pose, joint: str) -> float:
    return float(pose.image_xy_px[[INDEX[f"left_{joint}"], INDEX[f"right_{joint}"]], 1].mean())


def _same(one: Pose, other: Pose) -> bool:
    apart_px = np.linalg.norm(one.image_xy_px[_SHOULDERS] - other.image_xy_px[_SHOULDERS], axis=1)
    return bool(apart_px.max() < _SAME * _height_px(other))


def cut_joints(frame_rgb: FrameRGB) -> Iterator[Joint]:
    """Cut a photo at each person's hips, thighs and shins, and compare what is found."""
    for person in estimate(frame_rgb, _SETTINGS):
        hip, knee, ankle = (_middle_y_px(person, joint) for joint in ("hip", "knee", "ankle"))
        near_px = _NEAR * _height_px(person)
        for cut_px in (hip, (hip + knee) / 2, (knee + ankle) / 2):
            rows = int(cut_px)
            if not 64 <= rows < frame_rgb.shape[0]:
                continue
            for found in estimate(np.ascontiguousarray(frame_rgb[:rows]), _SETTINGS):
                if not _same(found, person):
                    continue
                for i in _JOINTS:
                    clear = person.visibility[i] >= 0.5 and person.presence[i] >= _CLEAR_PRESENCE
                    below_px = person.image_xy_px[i, 1] - rows
                    if clear and abs(below_px) > near_px:
                        x, y = found.image_xy_px[i]
                        inside = bool(0 <= x <= found.size_wh[0] and 0 <= y <= found.size_wh[1])
                        visibility, presence = float(found.visibility[i]), float(found.presence[i])
                        yield Joint(bool(below_px > 0), inside, visibility, presence)


def _presence(joints: list[Joint]) -> str:
    gone = [joint for joint in joints if joint.cut_off]
    there = [joint for joint in joints if not joint.cut_off]
    rows = [["presence limit", f"kept of {len(gone)} cut off", f"lost of {len(there)} there"]]

    def kept(some: list[Joint], limit: float) -> int:
        return sum(joint.visibility >= 0.5 and joint.inside and joint.presence >= limit for joint in some)

    by_visibility = sum(joint.visibility >= 0.5 for joint in gone)
    rows.append(["visibility alone", str(by_visibility), str(sum(joint.visibility < 0.5 for joint in there))])
    rows += [
        [f"{limit:.1f}", str(kept(gone, limit)), str(len(there) - kept(there, limit))] for limit in _LIMITS
    ]
    return table(rows)


def _uncertain(poses: list[Pose]) -> str:
    given: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    for pose in poses:
        degrees = pose_angles_deg(pose, "image", _SETTINGS.visibility_limit)
        reasons = pose_angle_reasons(pose, "image", _SETTINGS.visibility_limit)
        for angle in ANGLES:
            given[angle.kind] += bool(np.isfinite(degrees[angle.name]))
            marked[angle.kind] += bool(np.isfinite(degrees[angle.name]) and reasons[angle.name])
    rows = [["angles", "given", "uncertain"]]
    return table([*rows, *([kind, str(given[kind]), str(marked[kind])] for kind in given)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    folders: list[Path] = parser.parse_args().folders
    photos = [
        decode_picture(path.read_bytes()).frame_rgb for f in folders for path in sorted(f.glob("*.jpg"))
    ]
    poses = [pose for photo in photos for pose in estimate(photo, _SETTINGS)]
    print(f"{len(photos)} photos, {len(poses)} people\n")
    print(_presence([joint for photo in photos for joint in cut_joints(photo)]), "\n")
    print(_uncertain(poses))


if __name__ == "__main__":
    main()
