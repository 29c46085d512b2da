"""The message about people that a browser draws: what is sent arrives, to the steps it is rounded to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pose_core.export.people_message import ANGLES_SENT, decode_people, encode_people
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.geometry.reasons import REASONS
from pose_core.pose import Pose, TrackedPerson
from pose_core.watching import WatchedFrame

SIZE_WH = (1280, 720)
STEP = 3 / 65534


def a_pose(seed: int, low: float = -1.0, high: float = 2.0) -> Pose:
    random = np.random.default_rng(seed)
    return Pose(
        image_xy_px=random.uniform(low, high, (33, 2)) * SIZE_WH,
        image_z_px=np.zeros(33),
        world_xyz_m=np.zeros((33, 3)),
        visibility=random.random(33),
        presence=random.random(33),
        size_wh=SIZE_WH,
    )


def a_frame(*people: tuple[int, Pose], angles_deg: object = None, reasons: object = 0) -> WatchedFrame:
    shape = (len(people), len(ANGLE_NAMES))
    angles = np.full(shape, np.nan) if angles_deg is None else np.broadcast_to(angles_deg, shape)
    return WatchedFrame(
        time_s=12.5,
        people=tuple(TrackedPerson(number, a_pose(99), pose) for number, pose in people),
        size_wh=SIZE_WH,
        mirrored=True,
        angles_deg=angles,
        angle_reasons=np.broadcast_to(np.asarray(reasons, dtype=np.uint8), shape),
    )


@pytest.mark.parametrize("count", [0, 1, 5])
def test_people_arrive_with_their_numbers_and_landmarks(count: int) -> None:
    people = [(7 * i + 1, a_pose(i)) for i in range(count)]
    message = decode_people(encode_people(a_frame(*people), 90_000, 1.8e9 + 0.25, 0.013))
    assert (message.frame_id, message.captured_s, message.time_s) == (90_000, 1.8e9 + 0.25, 12.5)
    assert message.server_s == pytest.approx(0.013)
    assert message.size_wh == SIZE_WH
    assert [person.number for person in message.people] == [number for number, _ in people]
    for person, (_, pose) in zip(message.people, people, strict=True):
        np.testing.assert_allclose(person.xy_norm, pose.image_xy_norm, atol=STEP / 2 + 1e-12)
        np.testing.assert_allclose(person.visibility, pose.visibility, atol=0.5 / 254 + 1e-12)
        np.testing.assert_allclose(person.presence, pose.presence, atol=0.5 / 254 + 1e-12)


def test_rounding_moves_a_landmark_by_less_than_a_tenth_of_a_pixel_at_1280() -> None:
    assert STEP / 2 * 1280 < 0.1


def test_the_edges_of_what_can_be_sent_arrive_exactly_and_what_lies_beyond_stays_there() -> None:
    pose = a_pose(0)
    xy_px = np.array(pose.image_xy_px)
    xy_px[:4] = np.array([(-1, -1), (2, 2), (-40, 9), (0, 1)]) * SIZE_WH
    pose = Pose(xy_px, pose.image_z_px, pose.world_xyz_m, pose.visibility, pose.presence, SIZE_WH)
    (person,) = decode_people(encode_people(a_frame((1, pose)), 0, 0, 0)).people
    np.testing.assert_allclose(person.xy_norm[:4], [(-1, -1), (2, 2), (-1, 2), (0, 1)], atol=STEP / 2)


def test_what_is_unknown_arrives_as_nan_and_nothing_else_does() -> None:
    pose = a_pose(1)
    xy_px, shares = np.array(pose.image_xy_px), np.array(pose.visibility)
    xy_px[5, 0] = shares[6] = np.nan
    shares[7] = 1.0
    pose = Pose(xy_px, pose.image_z_px, pose.world_xyz_m, shares, shares, SIZE_WH)
    message = decode_people(encode_people(a_frame((1, pose)), 0, math.nan, math.nan))
    (person,) = message.people
    assert math.isnan(message.captured_s)
    assert math.isnan(message.server_s)
    assert np.argwhere(np.isnan(person.xy_norm)).tolist() == [[5, 0]]
    for arrived in (person.visibility, person.presence):
        assert np.flatnonzero(np.isnan(arrived)).tolist() == [6]
        assert arrived[7] == 1.0


def test_angles_arrive_to_a_tenth_of_a_degree_with_their_doubt() -> None:
    angles = np.linspace(0, 180, len(ANGLE_NAMES))
    angles[ANGLE_NAMES.index("left_knee")] = np.nan
    reasons = np.zeros(len(ANGLE_NAMES))
    reasons[ANGLE_NAMES.index("left_knee")] = REASONS.index("not_visible")
    reasons[ANGLE_NAMES.index("right_hip")] = REASONS.index("toward_camera")
    (person,) = decode_people(
        encode_people(a_frame((1, a_pose(2)), angles_deg=angles, reasons=reasons), 0, 0, 0)
    ).people
    sent = [ANGLE_NAMES.index(name) for name in ANGLES_SENT]
    np.testing.assert_allclose(person.angles_deg, angles[sent], atol=0.05 + 1e-9)
    assert [name for name, mark in zip(ANGLES_SENT, person.uncertain, strict=True) if mark] == ["right_hip"]


def test_the_frame_id_wraps_round_like_the_clock_of_rtp() -> None:
    assert decode_people(encode_people(a_frame(), 2**32 + 5, 0, 0)).frame_id == 5


def test_a_person_takes_220_bytes() -> None:
    one, two = (len(encode_people(a_frame(*[(1, a_pose(0))] * n), 0, 0, 0)) for n in (1, 2))
    assert (one, two - one) == (252, 220)


@pytest.mark.parametrize("change", ["empty", "short", "version", "longer"])
def test_other_bytes_are_refused(change: str) -> None:
    fine = encode_people(a_frame((1, a_pose(0))), 0, 0, 0)
    broken = {"empty": b"", "short": fine[:-1], "version": b"\x02" + fine[1:], "longer": fine + b"\0"}[change]
    with pytest.raises(ValueError, match="encode_people"):
        decode_people(broken)
