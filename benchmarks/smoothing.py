"""How much smoothing helps and what it costs: ``python -m benchmarks.smoothing [--out FILE]``.

The performer, filmed at 30 frames a second by a camera with noise, through the real model (full) in video mode: asking
for one person, where MediaPipe already smooths, and for two, where it does not. Every strength of smoothing gets the
same poses. Measured on each clip:

- at rest (the posture is fixed, only the noise changes): jitter in pixels as defined by
  `pose_core.geometry.body.jitter_px`, and wander, the root mean square distance from the mean position;
- moving, slow to fast, near and far: lag, the shift in time that best aligns the path with the truth, and the mean
  error in pixels against the truth.

The defaults are the setting with the least jitter at rest (asking for two people, which MediaPipe leaves raw) among
those that never add more than `LAG_LIMIT_MS` of lag or more than `ERROR_LIMIT` torso lengths of mean error.
``--out benchmarks/results/smoothing.json`` saves the figures.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import save, spread, summary, table
from pose_core.arrays import FloatArray
from pose_core.geometry.body import body_size, jitter_px
from pose_core.models.landmarker import StreamLandmarker
from pose_core.performer import Camera, render_frame
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings
from pose_core.tracking.people import PeopleTracker
from pose_core.tracking.smoothing import PoseSmoother, SmoothingSettings

__all__ = ["CLIPS", "ERROR_LIMIT", "LAG_LIMIT_MS", "Clip", "choose", "lag_ms", "measure", "report"]

RATE_HZ: Final = 30.0
NOISE_GREY_LEVELS: Final = 6.0  # a webcam in a living room in the evening
MODES: Final = (1, 2)  # people asked for
#: Half a frame at 30 a second: less than the camera's own exposure time.
LAG_LIMIT_MS: Final = 1000 / RATE_HZ / 2
#: A centimetre and a half: the model's error on the performer at rest.
ERROR_LIMIT: Final = 0.03
#: From 0.5 Hz: a low-pass filter settles in about three time constants, 3 / (2 pi f), here within a second of the end
#: of a movement. At lower values jitter keeps falling, but the skeleton creeps into place.
MIN_CUTOFFS_HZ: Final = (0.5, 1.0, 1.5, 2.0, 3.0)
BETAS: Final = (0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0)

_SETTLING: Final = 30  # frames left out of the figures while the model and the filter settle
_SHIFTS: Final = np.arange(-4, 13)  # frames of lag tried
_FAR: Final = Camera(scene_height_m=4.0)  # the performer 200 px tall instead of 320
_COST_PEOPLE: Final = 4


@dataclass(frozen=True, slots=True)
class Clip:
    """What the camera sees; with `cycle_s` None the performer stands still."""

    motion: str
    frames: int
    cycle_s: float | None = None
    far: bool = False

    @property
    def name(self) -> str:
        """Such as ``"arm_raise 2 s far"``."""
        cycle = "still" if self.cycle_s is None else f"{self.cycle_s:g} s"
        return f"{self.motion} {cycle}{' far' if self.far else ''}"


CLIPS: Final = (
    Clip("arm_raise", 150),
    Clip("arm_raise", 120, far=True),
    Clip("arm_raise", 240, cycle_s=8.0),
    Clip("squat", 180, cycle_s=3.0),
    Clip("arm_raise", 120, cycle_s=2.0),
    Clip("arm_raise", 120, cycle_s=2.0, far=True),
    Clip("jack", 120, cycle_s=1.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Filmed:
    """A clip's truth (T, 33, 2) in pixels, and its poses for each of `MODES`."""

    clip: Clip
    truth_px: FloatArray
    poses: dict[int, list[Pose]]

    @property
    def torso_px(self) -> float:
        return float(np.median([body_size(xy) for xy in self.truth_px]))


def _film(clip: Clip) -> _Filmed:
    camera = _FAR if clip.far else Camera()
    streams = {people: StreamLandmarker(DetectionSettings(people=people)) for people in MODES}
    truth_px: list[FloatArray] = []
    poses: dict[int, list[Pose]] = {people: [] for people in MODES}
    try:
        for number in range(clip.frames):
            time_s = number / RATE_HZ
            phase = 0.0 if clip.cycle_s is None else time_s / clip.cycle_s
            frame = render_frame(clip.motion, phase, camera=camera, noise=NOISE_GREY_LEVELS, seed=number)
            truth_px.append(frame.landmarks_px[0])
            for people, stream in streams.items():
                found = stream.detect(frame.rgb, time_s)
                if len(found) != 1:
                    raise RuntimeError(
                        f"{clip.name}, frame {number}: the model must find one person; it found {len(found)}"
                    )
                poses[people].append(found[0])
    finally:
        for stream in streams.values():
            stream.close()
    return _Filmed(clip, np.array(truth_px), poses)


def lag_ms(path_px: FloatArray, truth_px: FloatArray, rate_hz: float) -> float:
    """Return how much a path lags behind the truth.

    Parameters
    ----------
    path_px, truth_px : ndarray, shape (T, P, 2)
        Only coordinates that move by more than a tenth of the largest movement count.
    rate_hz : float
        Frames a second.

    Returns
    -------
    float
        Milliseconds, negative for a path that is ahead: the shift with the greatest correlation, interpolated between
        frames by a parabola through that shift and its neighbours.
    """
    frames = len(truth_px)
    path, truth = path_px.reshape(frames, -1), truth_px.reshape(frames, -1)
    moving = truth.std(axis=0) > 0.1 * truth.std(axis=0).max()
    window = np.arange(max(_SHIFTS), frames + min(_SHIFTS))
    here = path[np.ix_(window, moving)]
    here = here - here.mean(axis=0)
    correlations = []
    for shift in _SHIFTS:
        there = truth[np.ix_(window - shift, moving)]
        there = there - there.mean(axis=0)
        correlations.append((here * there).sum() / np.sqrt((here**2).sum() * (there**2).sum()))
    best = int(np.clip(np.argmax(correlations), 1, len(_SHIFTS) - 2))
    before, top, after = correlations[best - 1 : best + 2]
    between = (before - after) / (2 * (before - 2 * top + after))
    return float((_SHIFTS[best] + between) / rate_hz * 1000)


def _smoothed(poses: Sequence[Pose], settings: SmoothingSettings | None) -> FloatArray:
    """Return the path (T, 33, 2) in pixels."""
    if settings is None:
        return np.array([pose.image_xy_px for pose in poses])
    smoother = PoseSmoother(settings)
    return np.array([smoother.smooth(pose, n / RATE_HZ).image_xy_px for n, pose in enumerate(poses)])


def _figures(filmed: _Filmed, people: int, settings: SmoothingSettings | None) -> dict[str, float]:
    path, truth = _smoothed(filmed.poses[people], settings)[_SETTLING:], filmed.truth_px[_SETTLING:]
    error_px = float(np.linalg.norm(path - truth, axis=2).mean())
    figures = {"error_px": error_px, "error_torsos": error_px / filmed.torso_px}
    if filmed.clip.cycle_s is None:
        figures["jitter_px"] = jitter_px(path, np.arange(len(path)) / RATE_HZ)
        figures["wander_px"] = float(np.sqrt(((path - path.mean(axis=0)) ** 2).sum(axis=2).mean()))
    else:
        figures["lag_ms"] = lag_ms(path, truth, RATE_HZ)
    return {name: round(value, 4) for name, value in figures.items()}


def _row(films: Sequence[_Filmed], settings: SmoothingSettings | None) -> dict[str, Any]:
    """Return the figures of one setting on every clip in both modes."""
    return {
        "min_cutoff_hz": settings.min_cutoff_hz if settings else None,
        "beta": settings.beta if settings else None,
        "clips": {
            f"{filmed.clip.name}, people={people}": _figures(filmed, people, settings)
            for filmed in films
            for people in MODES
        },
    }


def _summarise(row: dict[str, Any], raw: dict[str, Any]) -> dict[str, float]:
    """Return what the rule uses: jitter at rest near the camera, and the most lag and error that smoothing adds."""
    clips, before = row["clips"], raw["clips"]
    still = f"{CLIPS[0].name}, people="
    moving = [name for name in clips if "lag_ms" in clips[name]]
    figures = {
        "jitter_px": clips[f"{still}2"]["jitter_px"],
        "wander_px": clips[f"{still}2"]["wander_px"],
        "jitter_one_px": clips[f"{still}1"]["jitter_px"],
        "added_lag_ms": max(clips[name]["lag_ms"] - before[name]["lag_ms"] for name in moving),
        "added_error_torsos": max(
            clips[name]["error_torsos"] - before[name]["error_torsos"] for name in clips
        ),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def choose(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the row with the least ``jitter_px`` within `LAG_LIMIT_MS` and `ERROR_LIMIT`; None if there is none."""
    allowed = [
        row
        for row in rows
        if row["added_lag_ms"] <= LAG_LIMIT_MS and row["added_error_torsos"] <= ERROR_LIMIT
    ]
    return min(allowed, key=lambda row: row["jitter_px"], default=None)


def _measure_cost(poses: Sequence[Pose], rounds: int) -> dict[str, Any]:
    """Return microseconds of processor time for each `PeopleTracker.update`, for one person and for several."""
    cost: dict[str, Any] = {}
    for people in (1, _COST_PEOPLE):
        frames = [[_aside(pose, 200.0 * i) for i in range(people)] for pose in poses]
        tracker = PeopleTracker(SmoothingSettings())
        times_us = []
        for number, frame in enumerate(itertools.chain.from_iterable([frames] * rounds)):
            start_s = time.thread_time()
            tracker.update(frame, number / RATE_HZ)
            times_us.append((time.thread_time() - start_s) * 1e6)
        cost[f"{people} people" if people > 1 else "1 person"] = summary(times_us[_SETTLING:])
    return cost


def _aside(pose: Pose, shift_px: float) -> Pose:
    return Pose(
        image_xy_px=pose.image_xy_px + np.array([shift_px, 0.0]),
        image_z_px=pose.image_z_px,
        world_xyz_m=pose.world_xyz_m,
        visibility=pose.visibility,
        presence=pose.presence,
        size_wh=pose.size_wh,
    )


def measure(
    clips: Sequence[Clip] = CLIPS,
    min_cutoffs_hz: Sequence[float] = MIN_CUTOFFS_HZ,
    betas: Sequence[float] = BETAS,
    cost_rounds: int = 5,
) -> dict[str, Any]:
    """Film the clips and try every setting.

    Parameters
    ----------
    clips : sequence of Clip
        The first is near and still; at least one moves.
    min_cutoffs_hz, betas : sequence of float
        The grid.
    cost_rounds : int
        How often the last clip is played for the cost.

    Returns
    -------
    dict
        Ready for JSON.
    """
    machine = describe_machine()
    films = [_film(clip) for clip in clips]
    raw = _row(films, None)
    rows = []
    for min_cutoff_hz, beta in itertools.product(min_cutoffs_hz, betas):
        row = _row(films, SmoothingSettings(min_cutoff_hz, beta))
        rows.append(row | _summarise(row, raw))
    chosen = choose(rows)
    defaults = SmoothingSettings()
    return {
        "benchmark": "smoothing",
        "machine": machine,
        "rate_hz": RATE_HZ,
        "noise_grey_levels": NOISE_GREY_LEVELS,
        "torso_px": {filmed.clip.name: round(filmed.torso_px, 1) for filmed in films},
        "rule": {"added_lag_ms_max": round(LAG_LIMIT_MS, 2), "added_error_torsos_max": ERROR_LIMIT},
        "chosen": {name: chosen[name] for name in ("min_cutoff_hz", "beta")} if chosen else None,
        "defaults": {"min_cutoff_hz": defaults.min_cutoff_hz, "beta": defaults.beta},
        "raw": raw | _summarise(raw, raw),
        "grid": rows,
        "cost_us": _measure_cost(films[-1].poses[2], cost_rounds),
    }


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    chosen = result["chosen"]
    strengths = [
        ["min cutoff Hz", "beta", "jitter px", "wander px", "jitter, one", "added lag ms", "added error"]
    ]
    for row in (result["raw"], *result["grid"]):
        raw = row["beta"] is None
        mark = "*" if _is_chosen(row, chosen) else " "
        strengths.append(
            [
                "raw" if raw else f"{row['min_cutoff_hz']:g} {mark}",
                "" if raw else f"{row['beta']:g}",
                *(f"{row[name]:.3f}" for name in ("jitter_px", "wander_px", "jitter_one_px")),
                f"{row['added_lag_ms']:.1f}",
                f"{row['added_error_torsos']:.3f}",
            ]
        )
    after = next((row for row in result["grid"] if _is_chosen(row, chosen)), result["raw"])["clips"]
    clips = [["clip", "jitter px", "lag ms", "error px"]]
    for name, before in result["raw"]["clips"].items():
        changes = (_change(before, after[name], key) for key in ("jitter_px", "lag_ms", "error_px"))
        clips.append([name, *changes])
    cost = ", ".join(f"{name} {spread(times, 0)}" for name, times in result["cost_us"].items())
    rule = result["rule"]
    return "\n".join(
        [
            machine_lines(result["machine"]),
            "",
            "At rest: jitter and wander when asking for two people, jitter when asking for one. Moving: the most that",
            "lag and mean error (in torso lengths) grow.",
            table(strengths),
            "",
            f"* least jitter with at most {rule['added_lag_ms_max']:.0f} ms of added lag and "
            f"{rule['added_error_torsos_max']} torso lengths of added error; chosen {chosen}, "
            f"defaults {result['defaults']}.",
            "",
            "Each clip, raw -> chosen:",
            table(clips),
            "",
            f"Microseconds of processor time a frame, median / p95: {cost}.",
        ]
    )


def _is_chosen(row: dict[str, Any], chosen: dict[str, float] | None) -> bool:
    return chosen is not None and all(row[name] == value for name, value in chosen.items())


def _change(before: dict[str, float], after: dict[str, float], name: str) -> str:
    return f"{before[name]:.2f} -> {after[name]:.2f}" if name in before else ""


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.smoothing", description="How much smoothing helps and what it costs."
    )
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    result = measure()
    print(report(result))
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    main()
