"""The simplest call for a program: a picture in any form, from any thread, and a quiet exit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pose_core import DetectionSettings, PoseSettings, estimate
from pose_core.errors import PictureError
from pose_core.media.images import decode_picture
from pose_core.performer import render_frame
from pose_core.performer.samples import sample_bytes
from tests.support.paths import ROOT

LITE = PoseSettings(DetectionSettings(model="lite"))


def test_an_array_a_file_and_its_path_give_the_same_people(tmp_path: Path) -> None:
    data = sample_bytes("squat")
    file = tmp_path / "squat.png"
    file.write_bytes(data)
    frame_rgb = decode_picture(data).frame_rgb
    (expected,) = estimate(frame_rgb, LITE)
    assert expected.size_wh == (frame_rgb.shape[1], frame_rgb.shape[0])
    for form in (data, file, str(file)):
        (pose,) = estimate(form, LITE)
        np.testing.assert_array_equal(pose.image_xy_px, expected.image_xy_px)


def test_a_small_picture_gives_positions_in_its_own_pixels() -> None:
    small_rgb = np.ascontiguousarray(render_frame("squat", 0.0).rgb[::3, ::3])
    assert small_rgb.shape[0] < 300
    (pose,) = estimate(small_rgb, LITE)
    assert pose.size_wh == (small_rgb.shape[1], small_rgb.shape[0])


def test_nobody_is_a_result() -> None:
    assert estimate(np.full((320, 320, 3), 127, dtype=np.uint8), LITE) == ()


@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 4), (0, 64, 3), (64, 64, 3)])
def test_another_kind_of_array_is_refused_before_it_is_enlarged(shape: tuple[int, ...]) -> None:
    kind: Any = np.float64 if shape == (64, 64, 3) else np.uint8
    with pytest.raises(ValueError, match=r"frame_rgb must be uint8 of shape \(H, W, 3\)"):
        estimate(np.zeros(shape, dtype=kind), LITE)


def test_a_file_that_is_not_a_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        estimate(b"no picture", LITE)
    with pytest.raises(FileNotFoundError):
        estimate(tmp_path / "none.jpg", LITE)


#: More threads than cores at once, from the first call on.
THREADS_PROGRAM = """
from concurrent.futures import ThreadPoolExecutor

from pose_core import DetectionSettings, PoseSettings, estimate
from pose_core.performer import render_frame

picture_rgb = render_frame("squat", 0.5).rgb
lite = PoseSettings(DetectionSettings(model="lite"))
with ThreadPoolExecutor(8) as threads:
    found = list(threads.map(lambda _: estimate(picture_rgb, lite), range(16)))
print({len(people) for people in found})
"""


def test_several_threads_may_call_at_once_and_exit_is_quiet() -> None:
    done = subprocess.run(
        [sys.executable, "-c", THREADS_PROGRAM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{1}\n", "")
