"""The real model on the performer: found in the right place, the right way round, with no trouble for the caller."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from mediapipe.tasks.python.core import mediapipe_c_bindings
from numpy.typing import NDArray

from pose_core.errors import SetupError
from pose_core.geometry.angles import ANGLE_NAMES, angles_deg
from pose_core.models.landmarker import ImageLandmarker, StreamLandmarker, runtime_version
from pose_core.performer import MOTIONS, PALETTES, Camera, PerformerFrame, Person, render_frame, render_scene
from pose_core.pose import Pose
from pose_core.settings import VARIANTS, DetectionSettings
from pose_core.skeleton import INDEX, LANDMARK_NAMES
from tests.support.paths import ROOT

FloatArray = NDArray[np.float64]
Performer = Callable[..., PerformerFrame]

YAWS_DEG = (0, 45, 90)
#: Four moments of each cycle, evenly: start, both halfway points, the extreme.
PHASES = (0.0, 0.25, 0.5, 0.75)

#: In torso lengths, mean over the joints below the neck and over the four moments; required by the project. Measured:
#: 0.04 to 0.06 from the front and at 45 degrees, up to 0.08 from the side, where the far limbs are guessed.
PAIR_ERROR = 0.10
#: A single moment may be worse (0.11 measured, arms crossing the body from the side), but never by a limb's width.
FRAME_ERROR = 0.20
#: Required by the project; 6 degrees measured over the cases below.
ANGLE_TOLERANCE_DEG = 10.0
#: A stream's filter lags behind a change of picture size for some frames (6 measured when the aspect changes too).
FRAMES_TO_SETTLE = 8

BODY = slice(INDEX["left_shoulder"], None)
SWAPPED = np.array(
    [INDEX[n.replace("left", "*").replace("right", "left").replace("*", "right")] for n in LANDMARK_NAMES]
)


def error_of(pose: Pose, truth_px: FloatArray) -> float:
    """Mean distance of the joints below the neck, in torso lengths."""
    shoulders = truth_px[[INDEX["left_shoulder"], INDEX["right_shoulder"]]].mean(axis=0)
    hips = truth_px[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0)
    distances = np.linalg.norm(pose.image_xy_px - truth_px, axis=1)
    return float(distances[BODY].mean() / np.linalg.norm(shoulders - hips))


@pytest.fixture
def landmarker() -> Iterator[ImageLandmarker]:
    made = ImageLandmarker(DetectionSettings(model="lite"))
    yield made
    made.close()


@pytest.fixture
def stream() -> Iterator[StreamLandmarker]:
    made = StreamLandmarker(DetectionSettings())
    yield made
    made.close()


# ---------------------------------------------------------------------- where the joints are
@pytest.mark.parametrize(("motion", "yaw_deg"), list(product(MOTIONS, YAWS_DEG)))
def test_the_performer_is_found_with_the_joints_in_place(
    full_landmarker: ImageLandmarker, performer: Performer, motion: str, yaw_deg: int
) -> None:
    errors = []
    for phase in PHASES:
        frame = performer(motion, phase, yaw_deg=yaw_deg)
        poses = full_landmarker.detect(frame.rgb)
        assert len(poses) == 1, f"phase {phase}"
        errors.append(error_of(poses[0], frame.landmarks_px[0]))
    assert np.mean(errors) < PAIR_ERROR, errors
    assert max(errors) < FRAME_ERROR, errors


ALL_SIX = tuple(f"{side}_{joint}" for joint in ("elbow", "hip", "knee") for side in ("left", "right"))
#: Angles that the picture shows. Left out are limbs behind the body (the far side at 45 and 90 degrees, except hips and
#: knees that still show) and those pointing at the camera (squatting thighs from the front, a bent arm at 45 degrees):
#: the shorter a limb in the picture, the more degrees a pixel is worth.
SEEN = {
    0: ((0.0, 0.2), ALL_SIX),
    45: ((0.2, 0.5), tuple(name for name in ALL_SIX if "elbow" not in name)),
    90: ((0.35,), ("right_elbow", "right_hip", "right_knee")),  # facing right, the right side is near
}


@pytest.mark.parametrize(("motion", "yaw_deg"), list(product(MOTIONS, YAWS_DEG)))
def test_elbow_hip_and_knee_angles_are_true_where_the_limb_is_seen(
    full_landmarker: ImageLandmarker, performer: Performer, motion: str, yaw_deg: int
) -> None:
    phases, names = SEEN[yaw_deg]
    everything = np.ones(len(LANDMARK_NAMES), dtype=np.bool_)
    for phase in phases:
        frame = performer(motion, phase, yaw_deg=yaw_deg)
        (pose,) = full_landmarker.detect(frame.rgb)
        measured = dict(zip(ANGLE_NAMES, angles_deg(pose.image_xy_px, everything), strict=True))
        true = dict(zip(ANGLE_NAMES, angles_deg(frame.landmarks_px[0], everything), strict=True))
        off = {name: round(float(measured[name] - true[name]), 1) for name in names}
        assert max(map(abs, off.values())) < ANGLE_TOLERANCE_DEG, f"phase {phase}: {off}"


@pytest.mark.parametrize("model", VARIANTS)
def test_every_model_finds_the_performer(performer: Performer, model: Any) -> None:
    frame = performer("squat", 0.25)
    landmarker = ImageLandmarker(DetectionSettings(model=model))
    try:
        (pose,) = landmarker.detect(frame.rgb)
    finally:
        landmarker.close()
    assert error_of(pose, frame.landmarks_px[0]) < PAIR_ERROR


def test_nobody_is_found_where_nobody_is(full_landmarker: ImageLandmarker) -> None:
    room = render_scene(()).rgb
    noise = np.random.default_rng(0).integers(0, 256, room.shape, dtype=np.uint8)
    for frame_rgb in (room, np.full_like(room, 255), np.zeros_like(room), noise, room[:16, :16]):
        assert full_landmarker.detect(frame_rgb) == ()


def test_as_many_people_are_found_as_the_settings_allow() -> None:
    people = (Person("arm_raise", 0.2, x_m=-0.7, palette=PALETTES[1]), Person("walk", 0.12, x_m=0.7))
    frame = render_scene(people)
    landmarkers = {number: ImageLandmarker(DetectionSettings(people=number)) for number in (1, 2)}
    try:
        found = {number: landmarker.detect(frame.rgb) for number, landmarker in landmarkers.items()}
    finally:
        for landmarker in landmarkers.values():
            landmarker.close()
    assert len(found[1]) == 1
    assert len(found[2]) == 2
    for truth_px in frame.landmarks_px:
        assert sorted(error_of(pose, truth_px) < PAIR_ERROR for pose in found[2]) == [False, True]


# ---------------------------------------------------------------------- what the numbers mean
def test_left_is_the_persons_left_and_a_mirrored_picture_swaps_sides(
    full_landmarker: ImageLandmarker, performer: Performer
) -> None:
    frame_rgb = performer("arm_raise", 0.25).rgb
    width = frame_rgb.shape[1]
    (pose,) = full_landmarker.detect(frame_rgb)
    (mirrored,) = full_landmarker.detect(frame_rgb[:, ::-1])
    left, right = (pose.image_xy_px[INDEX[f"{side}_shoulder"], 0] for side in ("left", "right"))
    assert left > right, "facing the camera, the person's left is on the picture's right"
    back = mirrored.image_xy_px[SWAPPED] * (-1, 1) + (width, 0)
    assert np.abs(back - pose.image_xy_px).max() < 10, "of 640 pixels; 5 measured"


def test_world_landmarks_are_metres_around_the_hips_with_y_down_and_z_away(
    full_landmarker: ImageLandmarker, performer: Performer
) -> None:
    (pose,) = full_landmarker.detect(performer("arm_raise", 0.25).rgb)
    world = {name: pose.world_xyz_m[i] for name, i in INDEX.items()}
    hips = (world["left_hip"] + world["right_hip"]) / 2
    shoulders = (world["left_shoulder"] + world["right_shoulder"]) / 2
    assert np.abs(hips).max() < 0.01
    assert 0.4 < np.linalg.norm(shoulders - hips) < 0.6, "the performer's torso is 0.5 m"
    assert shoulders[1] < hips[1] < world["left_ankle"][1]
    assert world["left_shoulder"][0] > world["right_shoulder"][0]
    assert world["nose"][2] < min(world["left_ear"][2], world["right_ear"][2])
    assert pose.image_z_px[INDEX["nose"]] < pose.image_z_px[INDEX["left_ear"]]


def test_visibility_tells_the_near_side_from_the_hidden_one(
    full_landmarker: ImageLandmarker, performer: Performer
) -> None:
    (pose,) = full_landmarker.detect(performer("squat", 0.0, yaw_deg=90).rgb)
    assert pose.visibility[INDEX["right_elbow"]] > 0.8
    assert pose.visibility[INDEX["left_elbow"]] < 0.5
    for likelihood in (pose.visibility, pose.presence):
        assert likelihood.min() >= 0
        assert likelihood.max() <= 1


@pytest.mark.parametrize("size_wh", [(640, 480), (480, 640), (1280, 720), (321, 243)])
def test_coordinates_are_pixels_of_the_picture_at_any_shape(
    full_landmarker: ImageLandmarker, size_wh: tuple[int, int]
) -> None:
    frame = render_frame("jack", 0.0, camera=Camera(*size_wh))
    (pose,) = full_landmarker.detect(frame.rgb)
    assert pose.size_wh == size_wh
    assert error_of(pose, frame.landmarks_px[0]) < PAIR_ERROR


def test_image_mode_forgets_what_it_saw_before(landmarker: ImageLandmarker, performer: Performer) -> None:
    frame_rgb = performer("squat", 0.25).rgb
    (first,) = landmarker.detect(frame_rgb)
    landmarker.detect(performer("jack", 0.5).rgb)
    landmarker.detect(render_scene(()).rgb)
    (again,) = landmarker.detect(frame_rgb)
    np.testing.assert_array_equal(again.image_xy_px, first.image_xy_px)
    np.testing.assert_array_equal(again.world_xyz_m, first.world_xyz_m)


# ---------------------------------------------------------------------- input arrays
def test_the_picture_is_unchanged_and_may_be_read_only(
    landmarker: ImageLandmarker, performer: Performer
) -> None:
    frame_rgb = performer("squat", 0.0).rgb.copy()
    before = frame_rgb.copy()
    frame_rgb.flags.writeable = False
    assert len(landmarker.detect(frame_rgb)) == 1
    np.testing.assert_array_equal(frame_rgb, before)


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((48, 64), dtype=np.uint8),
        np.zeros((48, 64, 4), dtype=np.uint8),
        np.zeros((48, 64, 3), dtype=np.float32),
        np.zeros((0, 64, 3), dtype=np.uint8),
        np.zeros((0, 0, 3), dtype=np.uint8),
    ],
    ids=lambda frame: f"{frame.dtype}{frame.shape}",
)
def test_another_kind_of_array_is_refused_and_does_no_harm(
    landmarker: ImageLandmarker, performer: Performer, frame: Any
) -> None:
    with pytest.raises(ValueError, match=r"frame_rgb must be uint8 of shape \(H, W, 3\)"):
        landmarker.detect(frame)
    assert len(landmarker.detect(performer("squat", 0.0).rgb)) == 1


def test_threads_may_share_an_image_landmarker(landmarker: ImageLandmarker, performer: Performer) -> None:
    frames = [performer("squat", phase).rgb for phase in (0.0, 0.25, 0.5)]
    expected = [landmarker.detect(frame_rgb)[0].image_xy_px for frame_rgb in frames]
    found: dict[int, FloatArray] = {}

    def work(number: int) -> None:
        for _ in range(4):
            found[number] = landmarker.detect(frames[number])[0].image_xy_px

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(frames))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, places in enumerate(expected):
        np.testing.assert_array_equal(found[number], places)


# ---------------------------------------------------------------------- streams
@pytest.mark.parametrize("motion", ["squat", "arm_raise"])
def test_a_stream_follows_a_motion(stream: StreamLandmarker, performer: Performer, motion: str) -> None:
    errors = []
    for number in range(16):  # from upright to the extreme in half a second
        frame = performer(motion, number / 30)
        (pose,) = stream.detect(frame.rgb, number / 30)
        errors.append(error_of(pose, frame.landmarks_px[0]))
    assert np.mean(errors) < PAIR_ERROR, errors
    assert max(errors) < FRAME_ERROR, errors


def test_a_stream_copes_with_times_that_stand_still_or_go_back(
    stream: StreamLandmarker, performer: Performer
) -> None:
    """MediaPipe itself raises on a time that does not increase."""
    frame = performer("squat", 0.25)
    for time_s in (0.0, 0.0, 0.5, 0.2, 0.6, 10.0, 9.9, -3.0, 10.1):
        (pose,) = stream.detect(frame.rgb, time_s)
        assert error_of(pose, frame.landmarks_px[0]) < PAIR_ERROR, time_s


@pytest.mark.parametrize("start_s", [0.0, -40.0, 1e7])
def test_a_streams_clock_may_start_anywhere(
    stream: StreamLandmarker, performer: Performer, start_s: float
) -> None:
    frame = performer("squat", 0.25)
    for number in range(3):
        (pose,) = stream.detect(frame.rgb, start_s + number / 30)
        assert error_of(pose, frame.landmarks_px[0]) < PAIR_ERROR


def test_a_stream_copes_with_a_size_that_changes(stream: StreamLandmarker) -> None:
    time_ms = 0
    for size_wh in ((640, 480), (320, 240), (960, 720), (480, 640), (640, 480)):
        frame = render_frame("squat", 0.25, camera=Camera(*size_wh))
        for _ in range(FRAMES_TO_SETTLE):
            (pose,) = stream.detect(frame.rgb, time_ms / 1000)
            time_ms += 33
            assert pose.size_wh == size_wh
        assert error_of(pose, frame.landmarks_px[0]) < PAIR_ERROR, size_wh


def test_a_stream_notices_that_the_person_has_gone_and_come_back(
    stream: StreamLandmarker, performer: Performer
) -> None:
    room, frame = render_scene(()).rgb, performer("squat", 0.0)
    counts = [
        len(stream.detect(rgb, number / 30))
        for number, rgb in enumerate((frame.rgb, room, room, room, frame.rgb))
    ]
    assert counts[0] == 1
    assert counts[3] == 0
    assert counts[4] == 1


# ---------------------------------------------------------------------- closing
@pytest.mark.parametrize("kind", [ImageLandmarker, StreamLandmarker])
def test_a_closed_landmarker_says_so_and_closing_again_does_nothing(kind: Any, performer: Performer) -> None:
    made = kind(DetectionSettings(model="lite"))
    assert not made.closed
    made.close()
    made.close()
    assert made.closed
    times_s = () if kind is ImageLandmarker else (0.0,)
    with pytest.raises(RuntimeError, match="this landmarker is closed"):
        made.detect(performer("squat", 0.0).rgb, *times_s)


QUIET_PROGRAM = """
import numpy as np
from pose_core.models.landmarker import ImageLandmarker, StreamLandmarker
from pose_core.performer import render_frame, render_scene
from pose_core.settings import DetectionSettings

frames = [render_scene(()).rgb, render_frame("squat", 0.0).rgb, render_frame("squat", 0.5).rgb]
image, stream = (kind(DetectionSettings(model="lite")) for kind in (ImageLandmarker, StreamLandmarker))
found = [len(image.detect(frame)) for frame in frames]
found += [len(stream.detect(frame, number / 30)) for number, frame in enumerate(frames)]
image.close()
stream.close()
print(found)
"""

#: A detection that fails inside MediaPipe. It prints its own error line, and the program must still end.
FAILING_PROGRAM = """
import gc

import numpy as np
from pose_core.models.landmarker import ImageLandmarker
from pose_core.settings import DetectionSettings

landmarker = ImageLandmarker(DetectionSettings(model="lite"))
try:
    landmarker._run(
        np.zeros((8, 8, 3), np.uint8),
        lambda image: landmarker._landmarker.detect(
            landmarker._mp.Image(landmarker._mp.ImageFormat.SRGB, np.zeros((0, 0, 3), np.uint8))
        ),
    )
except RuntimeError:
    print("failed")
landmarker.close()
gc.collect()
print("closed")
"""


#: With the argument "before", the real matplotlib is imported first.
MATPLOTLIB_PROGRAM = """
import sys

if sys.argv[1:] == ["before"]:
    import matplotlib.pyplot
from pose_core.models.landmarker import ImageLandmarker
from pose_core.settings import DetectionSettings

ImageLandmarker(DetectionSettings(model="lite")).close()
print("matplotlib" in sys.modules, "sounddevice" in sys.modules)
import matplotlib.pyplot
print(matplotlib.__version__ > "3", callable(matplotlib.pyplot.figure))
"""


def run_program(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_is_printed_from_start_to_exit() -> None:
    """Neither MediaPipe's start-up lines, nor a traceback at the end."""
    done = run_program(QUIET_PROGRAM)
    assert done.stderr == ""
    assert (done.returncode, done.stdout) == (0, "[0, 1, 1, 0, 1, 1]\n")


def test_a_failure_inside_mediapipe_reaches_the_caller_and_closing_still_ends() -> None:
    done = run_program(FAILING_PROGRAM)
    assert (done.returncode, done.stdout) == (0, "failed\nclosed\n"), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("arguments", "there"), [([], False), (["before"], True)])
def test_packages_unused_here_are_not_loaded_for_mediapipe_and_stays_usable_for_others(
    arguments: list[str], there: bool
) -> None:
    done = run_program(MATPLOTLIB_PROGRAM, *arguments)
    assert (done.returncode, done.stdout) == (0, f"{there} False\nTrue True\n"), done.stderr


# ---------------------------------------------------------------------- set-up
def test_a_missing_system_library_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise OSError("libGLESv2.so.2: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(mediapipe_c_bindings, "_shared_lib", None)  # as in a fresh process
    monkeypatch.setattr(mediapipe_c_bindings.ctypes, "CDLL", missing)
    with pytest.raises(SetupError) as caught:
        ImageLandmarker(DetectionSettings(model="lite"))
    assert caught.value.code == "library_missing"
    assert caught.value.values == {"reason": "libGLESv2.so.2"}
    assert "apt-get install -y libegl1 libgles2" in str(caught.value)


def test_the_version_of_mediapipe_is_the_pinned_one() -> None:
    pinned = (ROOT / "requirements.in").read_text(encoding="utf-8")
    assert f"mediapipe=={runtime_version()}" in pinned
