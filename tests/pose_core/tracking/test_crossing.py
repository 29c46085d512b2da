"""Two performers cross, one hidden behind the other for a moment, and keep their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.models.landmarker import StreamLandmarker
from pose_core.performer import PALETTES, Camera, Person, render_scene
from pose_core.settings import DetectionSettings
from pose_core.skeleton import INDEX
from pose_core.tracking.people import PeopleTracker

TRUNK = [INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("shoulder", "hip")]
#: How near the two are to the camera when they pass: metres towards it.
DISTANCES_M = ((0.5, -0.5), (0.9, -0.6), (0.35, -0.35))
FPS = 15
APART_PX = 56  # a torso


def exchanges(crossing: int) -> int:
    """How often somebody's number changed, counted where both are seen beside each other."""
    random = np.random.default_rng(crossing)
    near, far = DISTANCES_M[crossing % 3]
    speed_m_s, phase = random.uniform(0.8, 1.6), random.uniform()
    left, right = (PALETTES[0], PALETTES[1])[:: 1 if crossing % 2 else -1]
    frames = int(3.0 / speed_m_s * FPS)
    tracker, landmarker = PeopleTracker(None), StreamLandmarker(DetectionSettings("lite", people=2))
    who: dict[int, int] = {}
    changed = 0
    try:
        for frame in range(frames):
            x_m, time_s = -1.5 + 3.0 * frame / (frames - 1), frame / FPS
            walkers = [
                Person("walk", phase + 0.9 * time_s, 90, x_m, near, left),
                Person("walk", phase + 0.9 * time_s + 0.3, -90, -x_m, far, right),
            ]
            scene = render_scene(walkers, camera=Camera(480, 270, scene_height_m=2.4))
            people = tracker.update(landmarker.detect(scene.rgb, time_s), time_s, 2, scene.rgb)
            truth = scene.landmarks_px[:, TRUNK].mean(axis=1)
            if len(people) < 2 or np.linalg.norm(truth[0] - truth[1]) < APART_PX:
                continue
            for person in people:
                middle = person.raw.image_xy_px[TRUNK].mean(axis=0)
                nearest = int(np.argmin(np.linalg.norm(truth - middle, axis=1)))
                changed += who.get(person.number, nearest) != nearest
                who[person.number] = nearest
    finally:
        landmarker.close()
    assert sorted(who.values()) == [0, 1]
    return changed


def test_five_crossings_exchange_nobody() -> None:
    assert sum(exchanges(crossing) for crossing in range(5)) == 0


@pytest.mark.nightly
def test_fifty_crossings_exchange_at_most_one() -> None:
    assert sum(exchanges(crossing) > 0 for crossing in range(50)) <= 1
