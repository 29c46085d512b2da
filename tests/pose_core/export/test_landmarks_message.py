"""What a browser tells about people it has found: decoded exactly, or refused."""

from __future__ import annotations

import dataclasses
import math
import struct
from typing import Any

import numpy as np
import pytest

from pose_core.export.landmarks_message import LONGEST, MOST_FRAMES, decode_landmarks
from pose_core.settings import MAX_PEOPLE
from tests.support.landmarks import landmarks_message
from tests.support.poses import PoseMaker, make_pose

SIZE = (640, 480)
POSE = make_pose()


def changed(**arrays: Any) -> bytes:
    return landmarks_message((0.0, SIZE, [(1, dataclasses.replace(POSE, **arrays))]))


def with_one(name: str, value: float) -> bytes:
    array = np.array(getattr(POSE, name))
    array.flat[7] = value
    return changed(**{name: array})


def test_frames_are_decoded(make_pose: PoseMaker) -> None:
    two = make_pose(shift_xy=(-900.0, 20.0))  # outside the picture
    message = decode_landmarks(
        landmarks_message((1000.0, SIZE, [(2, POSE), (1, two)]), (1033.5, (1280, 720), []), turn=7)
    )
    assert message.turn == 7
    first, second = message.frames
    assert (first.time_s, first.size_wh) == (1.0, SIZE)
    assert [number for number, _ in first.people] == [2, 1]
    for (_, pose), truth in zip(first.people, (POSE, two), strict=True):
        np.testing.assert_allclose(pose.image_xy_px, truth.image_xy_px, atol=1e-3)
        np.testing.assert_allclose(pose.image_z_px, truth.image_z_px, atol=1e-3)
        np.testing.assert_allclose(pose.world_xyz_m, truth.world_xyz_m, atol=1e-6)
        np.testing.assert_allclose(pose.visibility, truth.visibility, atol=1 / 254)
        assert np.isnan(pose.presence).all()
    assert (second.time_s, second.size_wh, second.people) == (1.0335, (1280, 720), ())


def test_the_longest_message_is_taken() -> None:
    people = [(number, POSE) for number in range(1, MAX_PEOPLE + 1)]
    message = landmarks_message(*((33.0 * number, SIZE, people) for number in range(MOST_FRAMES)))
    assert len(message) == LONGEST
    assert len(decode_landmarks(message).frames) == MOST_FRAMES


def test_an_unknown_visibility_is_unknown() -> None:
    message = landmarks_message((0.0, SIZE, [(1, POSE)]))[:-1] + b"\xff"
    ((_, pose),) = decode_landmarks(message).frames[0].people
    assert math.isnan(pose.visibility[-1])


@pytest.mark.parametrize(
    "message",
    {
        "empty": b"",
        "no frame": landmarks_message(),
        "frames without end": landmarks_message(*((float(at), SIZE, []) for at in range(MOST_FRAMES + 1))),
        "too long": landmarks_message((0.0, SIZE, [])) + bytes(LONGEST),
        "another version": landmarks_message((0.0, SIZE, []), version=2),
        "another size of people": landmarks_message((0.0, SIZE, [(1, POSE)]), size=828),
        "fewer frames than announced": landmarks_message((0.0, SIZE, []), count=2),
        "more frames than announced": landmarks_message((0.0, SIZE, []), (1.0, SIZE, []), count=1),
        "cut off in a person": landmarks_message((0.0, SIZE, [(1, POSE)]))[:-1],
        "cut off in a frame": landmarks_message((0.0, SIZE, []))[:-1],
        "a crowd": landmarks_message((0.0, SIZE, [(1 + at, POSE) for at in range(MAX_PEOPLE + 1)])),
        "number 0": landmarks_message((0.0, SIZE, [(0, POSE)])),
        "a high number": landmarks_message((0.0, SIZE, [(MAX_PEOPLE + 1, POSE)])),
        "a number twice": landmarks_message((0.0, SIZE, [(1, POSE), (1, POSE)])),
        "no time": landmarks_message((math.nan, SIZE, [])),
        "time without end": landmarks_message((math.inf, SIZE, [])),
        "time before time": landmarks_message((-1.0, SIZE, [])),
        "time stands still": landmarks_message((5.0, SIZE, []), (5.0, SIZE, [])),
        "time runs back": landmarks_message((5.0, SIZE, []), (4.0, SIZE, [])),
        "no width": landmarks_message((0.0, (0, 480), [])),
        "a huge picture": landmarks_message((0.0, (640, 65535), [])),
        "x is no number": with_one("image_xy_px", math.nan),
        "x far away": with_one("image_xy_px", 1e5),
        "depth is infinite": with_one("image_z_px", math.inf),
        "a hand a kilometre away": with_one("world_xyz_m", -1000.0),
    }.items(),
    ids=lambda item: item[0].replace(" ", "_"),
)
def test_anything_else_is_refused(message: tuple[str, bytes]) -> None:
    with pytest.raises(ValueError, match=r"^landmarks must be a message of version 1"):
        decode_landmarks(message[1])


def test_noise_is_refused_or_decoded_and_never_anything_else() -> None:
    rng = np.random.default_rng(3)
    good = landmarks_message((0.0, SIZE, [(1, POSE)]), (40.0, SIZE, [(1, POSE)]))
    for _ in range(300):
        noisy = bytearray(good)
        for at in rng.integers(0, len(good), 3):
            noisy[at] = rng.integers(256)
        cut = bytes(noisy[: rng.integers(len(good) + 1)]) if rng.random() < 0.3 else bytes(noisy)
        try:
            frames = decode_landmarks(cut).frames
        except ValueError as error:
            assert not isinstance(error, struct.error)  # noqa: PT017 - both outcomes are right
        else:
            for frame in frames:
                assert all(np.isfinite(pose.image_xy_px).all() for _, pose in frame.people)
