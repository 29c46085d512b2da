"""Prove that a trimmed bundle finds exactly what the original finds, and measure what it saves."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from statistics import median
from typing import Any

import mediapipe as mp
import numpy as np
import numpy.typing as npt
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import PoseLandmarker, PoseLandmarkerOptions
from mediapipe.tasks.python.vision import RunningMode as Mode

from pose_core.performer import MOTIONS, Person, render_frame, render_scene

LANDMARKS = 33
FRAME_STEP_MS = 33
WARM_UP_FRAMES = 5
LEAST_FOUND = 0.9  # share of the people in the frames; with fewer found, a comparison would prove little

Values = npt.NDArray[np.float32]


class ProofError(Exception):
    """The trimmed bundle differs from the original, or too few people were found to tell."""


@dataclass(frozen=True)
class Scenes:
    """Frames to compare on, each with `num_poses` people."""

    mode: Mode
    num_poses: int
    frames: list[mp.Image]


@dataclass(frozen=True)
class Outcome:
    """Result of comparing one variant; times are medians of one frame in video mode with one person."""

    frames: int
    people: int
    largest_difference: float
    ms_before: float
    ms_after: float

    @property
    def ratio(self) -> float:
        """How many times faster the trimmed bundle is."""
        return self.ms_before / self.ms_after


def make_scenes() -> list[Scenes]:
    """Make single pictures and clips, with one performer and with two."""
    views = itertools.product(MOTIONS, np.arange(4) / 4, (0.0, 45.0, 90.0))
    photos = [_image(render_frame(motion, phase, yaw_deg=yaw).rgb) for motion, phase, yaw in views]
    steps = itertools.product(MOTIONS, np.arange(24) / 24)
    clip = [_image(render_frame(motion, phase, yaw_deg=30.0).rgb) for motion, phase in steps]
    pairs = [_pair(phase) for phase in np.arange(24) / 24]
    return [
        Scenes(Mode.IMAGE, 1, photos),
        Scenes(Mode.VIDEO, 1, clip),
        Scenes(Mode.IMAGE, 2, pairs[::4]),
        Scenes(Mode.VIDEO, 2, pairs),
    ]


def prove(original: bytes, trimmed: bytes, scenes: Sequence[Scenes]) -> Outcome:
    """Run both bundles over all scenes.

    Raises
    ------
    ProofError
        If one landmark value or the number of people differs anywhere, or if too few people were found.
    """
    people, largest = 0, 0.0
    times: dict[tuple[Mode, int], tuple[float, float]] = {}
    for scene in scenes:
        before, after, times[scene.mode, scene.num_poses] = _run_both(original, trimmed, scene)
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            where = f"{scene.mode.name} mode, up to {scene.num_poses} people, frame {index}"
            largest = max(largest, _difference(old, new, where))
            people += len(old)
    expected = sum(len(scene.frames) * scene.num_poses for scene in scenes)
    if people < LEAST_FOUND * expected:
        raise ProofError(
            f"the original bundle must find {LEAST_FOUND:.0%} of {expected} people to prove anything; it found {people}"
        )
    frames = sum(len(scene.frames) for scene in scenes)
    return Outcome(frames, people, largest, *times[Mode.VIDEO, 1])


def _difference(old: Values, new: Values, where: str) -> float:
    if old.shape != new.shape:
        raise ProofError(
            f"{where}: {len(old)} people with the original bundle, {len(new)} with the trimmed one"
        )
    difference = float(np.max(np.abs(old - new), initial=0.0))
    if old.tobytes() != new.tobytes():  # bytes: NaN must equal NaN, and 0.0 must not equal -0.0
        raise ProofError(f"{where}: values differ by up to {difference}")
    return difference


def _run_both(
    original: bytes, trimmed: bytes, scene: Scenes
) -> tuple[list[Values], list[Values], tuple[float, float]]:
    """Return the results of both bundles and their median times; the two take turns going first."""
    results: tuple[list[Values], list[Values]] = ([], [])
    milliseconds: tuple[list[float], list[float]] = ([], [])
    with ExitStack() as stack:
        pair = [stack.enter_context(closing(_landmarker(model, scene))) for model in (original, trimmed)]
        for index, frame in enumerate(scene.frames):
            for which in (0, 1) if index % 2 else (1, 0):
                start = time.perf_counter()
                found = _detect(pair[which], scene.mode, frame, index)
                milliseconds[which].append((time.perf_counter() - start) * 1000)
                results[which].append(_values(found))
    before_ms, after_ms = (median(times[WARM_UP_FRAMES:]) for times in milliseconds)
    return *results, (before_ms, after_ms)


def _landmarker(model: bytes, scene: Scenes) -> PoseLandmarker:
    options = PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model), running_mode=scene.mode, num_poses=scene.num_poses
    )
    return PoseLandmarker.create_from_options(options)


def _detect(landmarker: PoseLandmarker, mode: Mode, frame: mp.Image, index: int) -> Any:
    if mode is Mode.VIDEO:
        return landmarker.detect_for_video(frame, index * FRAME_STEP_MS)
    return landmarker.detect(frame)


def _values(result: Any) -> Values:
    """Return all that MediaPipe gives for each person, (P, 66, 5): image landmarks, then world landmarks."""
    rows = [
        [(point.x, point.y, point.z, point.visibility, point.presence) for point in (*image, *world)]
        for image, world in zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
    ]
    return np.array(rows, dtype=np.float32).reshape(len(rows), 2 * LANDMARKS, 5)


def _pair(phase: float) -> mp.Image:
    people = [Person("arm_raise", phase, x_m=-0.8), Person("squat", phase, x_m=0.8)]
    return _image(render_scene(people).rgb)


def _image(frame_rgb: npt.NDArray[np.uint8]) -> mp.Image:
    return mp.Image(image_format=mp.ImageFormat.SRGB, data=frame_rgb)
