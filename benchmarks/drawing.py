"""How long drawing the skeleton on a picture takes: ``python -m benchmarks.drawing [--out FILE]``.

What the Live page does to every frame: `draw_poses` in place, with people who move from frame to frame, so that every
angle changes and some captions are new. The people are the model's landmarks on shipped samples, moved by seeded
random offsets; the frames are noise. Sizes and cases take turns, so that a disturbance affects all of them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import interleaved, save, spread, summary, table
from pose_core.arrays import FrameRGB
from pose_core.drawing.captions import text_sprite
from pose_core.drawing.skeleton import draw_poses
from pose_core.media.images import decode_picture
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_bytes
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings
from pose_core.skeleton import MAIN_JOINTS

__all__ = ["CASES", "SIZES_WH", "measure", "report"]

SIZES_WH: Final = {"480p": (640, 480), "720p": (1280, 720)}
_NAMES: Final = {joint: joint.replace("left_", "L ").replace("right_", "R ") for joint in MAIN_JOINTS}
_ALL: Final = DrawSettings(names=True, angles=True)
#: Pixels that a landmark of the sample moves from frame to frame: a knee's angle changes by a few degrees.
_STEP_PX: Final = 3.0
_SEED: Final = 5


@dataclass(frozen=True, slots=True)
class _Case:
    draw: DrawSettings
    people: int = 1
    mirrored: bool = False
    in_place: bool = True


CASES: Final = {
    "plain": _Case(DrawSettings(names=False)),
    "names": _Case(DrawSettings(names=True)),
    "names + angles": _Case(_ALL),
    "names + angles, mirrored": _Case(_ALL, mirrored=True),
    "names + angles, a copy": _Case(_ALL, in_place=False),
    "names + angles, 2 people": _Case(_ALL, people=2),
}


def _people() -> dict[int, Sequence[Pose]]:
    """Return one person and two people, as the model finds them on the samples."""
    found: dict[int, Sequence[Pose]] = {}
    pool = PosePool(image_limit=1)
    try:
        for count, sample in ((1, "squat"), (2, "two_people")):
            frame_rgb = decode_picture(sample_bytes(sample)).frame_rgb
            found[count] = pool.detect(frame_rgb, DetectionSettings(people=count))
    finally:
        pool.close()
    return found


def _moved(poses: Sequence[Pose], rng: np.random.Generator) -> list[Pose]:
    return [
        replace(pose, image_xy_px=pose.image_xy_px + rng.normal(0, _STEP_PX, pose.image_xy_px.shape))
        for pose in poses
    ]


def _draw_ms(frame_rgb: FrameRGB, poses: Sequence[Pose], case: _Case) -> float:
    numbers = range(1, len(poses) + 1) if len(poses) > 1 else None
    start_s = time.perf_counter()
    draw_poses(
        frame_rgb,
        poses,
        case.draw,
        names=_NAMES,
        numbers=numbers,
        mirrored=case.mirrored,
        into=frame_rgb if case.in_place else None,
    )
    return (time.perf_counter() - start_s) * 1000


def _new_text_ms(repeats: int) -> dict[str, float]:
    """Time captions that have not been drawn before: the cost of a cache miss."""
    times = []
    for number in range(repeats):
        start_s = time.perf_counter()
        text_sprite(f"new {number}", 28)
        times.append((time.perf_counter() - start_s) * 1000)
    return summary(times)


def measure(frames: int = 300) -> dict[str, Any]:
    """Measure everything.

    Parameters
    ----------
    frames : int
        Frames of each case at each size.

    Returns
    -------
    dict
        Ready for JSON.
    """
    machine = describe_machine()
    rng = np.random.default_rng(_SEED)
    people = _people()
    noise = {
        size: rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        for size, (width, height) in SIZES_WH.items()
    }
    times: dict[str, dict[str, list[float]]] = {case: {size: [] for size in SIZES_WH} for case in CASES}
    turns = [(case, size) for case in CASES for size in SIZES_WH]
    for case, size in turns:  # warm-up: fonts, and the names, which are drawn once a visit
        _draw_ms(noise[size].copy(), people[CASES[case].people], CASES[case])
    for case, size in interleaved(turns, frames):
        poses = _moved(people[CASES[case].people], rng)
        times[case][size].append(_draw_ms(noise[size].copy(), poses, CASES[case]))
    return {
        "benchmark": "drawing",
        "machine": machine,
        "frames": frames,
        "draw_ms": {case: {size: summary(values) for size, values in times[case].items()} for case in CASES},
        "new_text_ms": _new_text_ms(frames),
    }


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    drawn = result["draw_ms"]
    rows = [["case", *SIZES_WH], *([case, *(spread(drawn[case][s], 2) for s in SIZES_WH)] for case in drawn)]
    return "\n".join(
        [
            machine_lines(result["machine"]),
            "",
            f"Milliseconds to draw on a frame, median / p95 of {result['frames']}:",
            table(rows),
            "",
            f"A text not drawn before: {spread(result['new_text_ms'], 2)} ms.",
        ]
    )


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drawing", description="How long drawing the skeleton on a picture takes."
    )
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--frames", type=int, default=300)
    choices = parser.parse_args()
    result = measure(choices.frames)
    print(report(result))
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    main()
