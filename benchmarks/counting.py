"""How often repetitions are counted right: ``python -m benchmarks.counting FOLDER [COUNTS.csv] [--model full]``.

COUNTS.csv (``counts.csv`` in the folder unless given) has the columns ``clip`` (a file's name without its ending),
``exercise`` and ``count``; an empty exercise is a clip without any. Each clip goes through the model once, and two
counters see the same landmarks: the coach with the standard for films (no arming), and the usual rule with fixed limits
on the angle of the left side, 145 and 90 degrees.
For clips without exercise, what each exercise would have counted is listed, with and without arming. At the end: what
the coach costs, in processor time of its own thread for each frame; it follows all eight exercises.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import table
from pose_core.geometry.formulas import interior_angle_deg
from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.coach import AUTO, Coach
from pose_core.movement.reader import most_prominent
from pose_core.pipeline.video import VideoSettings, analyse_video
from pose_core.settings import VARIANTS, DetectionSettings, PoseSettings
from pose_core.skeleton import INDEX
from pose_core.watching import Event, WatchedFrame, Watcher

__all__ = ["FixedLimits", "Timed", "main", "read_counts"]

_UP_DEG: Final = 145.0
_DOWN_DEG: Final = 90.0
#: The three points whose angle the rule looks at.
_POINTS: Final = {
    "squat": ("hip", "knee", "ankle"),
    "lunge": ("hip", "knee", "ankle"),
    "sit_up": ("shoulder", "hip", "knee"),
    "jumping_jack": ("elbow", "shoulder", "hip"),
}
_ARM: Final = ("shoulder", "elbow", "wrist")


class FixedLimits:
    """The usual rule: below 90 degrees is down, and above 145 after that is up and counts."""

    def __init__(self, exercise: str) -> None:
        self.count = 0
        self._points = [INDEX[f"left_{joint}"] for joint in _POINTS.get(exercise, _ARM)]
        self._down = False

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """See the next frame."""
        person = most_prominent(frame)
        if person is not None:
            first, vertex, last = person.raw.image_xy_px[self._points]
            angle_deg = float(interior_angle_deg(first, vertex, last))
            if angle_deg < _DOWN_DEG:
                self._down = True
            elif angle_deg > _UP_DEG and self._down:
                self._down = False
                self.count += 1
        return ()

    def restart(self, time_s: float) -> Sequence[Event]:
        """A cut means nothing to it."""
        return ()

    def finish(self) -> Sequence[Event]:
        """The end."""
        return ()


class Timed:
    """A watcher with the processor time that it takes."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._spent_s, self._frames = 0.0, 0

    @property
    def ms_per_frame(self) -> float:
        """Mean so far."""
        return 1e3 * self._spent_s / max(self._frames, 1)

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """See the next frame."""
        began_s = time.thread_time()
        events = self._watcher.add(frame)
        self._spent_s += time.thread_time() - began_s
        self._frames += 1
        return events

    def restart(self, time_s: float) -> Sequence[Event]:
        """Pass on a cut."""
        return self._watcher.restart(time_s)

    def finish(self) -> Sequence[Event]:
        """Pass on the end."""
        return self._watcher.finish()


def read_counts(path: Path) -> list[tuple[str, str, int]]:
    """Clip, exercise (may be empty) and count of each row."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["clip"], row["exercise"], int(row["count"] or 0)) for row in csv.DictReader(file)]


def main(argv: Sequence[str] | None = None) -> None:
    """Print both counters' results for every clip, and in all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("counts", type=Path, nargs="?", help="standard: counts.csv in the folder")
    parser.add_argument("--model", choices=VARIANTS, default="full")
    arguments = parser.parse_args(argv)
    settings = VideoSettings(PoseSettings(DetectionSettings(model=arguments.model)), smoothing=None)
    rows: list[tuple[str, ...]] = []
    none: list[tuple[str, ...]] = []
    ours, theirs, recognised = [], [], []
    costs_ms: list[float] = []
    for clip, exercise, count in read_counts(arguments.counts or arguments.folder / "counts.csv"):
        data = next(arguments.folder.glob(f"{clip}.*")).read_bytes()
        coach, rule = Coach(AUTO, arming=False), FixedLimits(exercise)
        armed = Coach(AUTO, arming=True)
        timed = Timed(coach)
        analyse_video(data, settings, watchers=[timed, armed, rule])
        costs_ms.append(timed.ms_per_frame)
        likeliest = coach.likeliest()
        if not exercise:
            none.append((clip, _counts(coach), _counts(armed)))
            continue
        recognised.append(likeliest == exercise)
        coach.choose(exercise)
        state = coach.state
        if not EXERCISES[exercise].hold:
            ours.append((state.count, count))
            theirs.append((rule.count, count))
        rows.append(
            (
                clip,
                exercise,
                str(count),
                str(state.count),
                str(state.partial),
                str(rule.count),
                f"{sum(hold.duration_s for hold in state.holds):.1f}",
                likeliest or "-",
            )
        )
    print(machine_lines(describe_machine()))
    print(table([("clip", "exercise", "true", "coach", "partial", "fixed", "held s", "recognised"), *rows]))
    for name, pairs in (("coach", ours), ("fixed limits", theirs)):
        exact = sum(found == true for found, true in pairs)
        wrong, total = sum(abs(found - true) for found, true in pairs), sum(true for _, true in pairs)
        share = 100 * wrong / max(total, 1)
        print(
            f"{name}: {exact} of {len(pairs)} clips exact, {wrong} of {total} repetitions wrong ({share:.1f} %)"
        )
    print(f"recognised: {sum(recognised)} of {len(recognised)}")
    print(table([("without exercise", "counted", "with arming"), *none]))
    print(
        f"the coach takes {np.median(costs_ms):.2f} ms of processor time for a frame in the clips' median, "
        f"{max(costs_ms):.2f} ms in the slowest clip"
    )


def _counts(coach: Coach) -> str:
    found = []
    for name in EXERCISES:
        coach.choose(name)
        if coach.state.count:
            found.append(f"{name} {coach.state.count}")
    return ", ".join(found) or "-"


if __name__ == "__main__":
    main()
