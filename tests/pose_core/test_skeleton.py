"""The 33 landmarks are MediaPipe's, and left is left."""

from __future__ import annotations

import pytest
from mediapipe.tasks.python.vision import PoseLandmark, PoseLandmarksConnections

from pose_core.skeleton import CONNECTIONS, INDEX, LANDMARK_NAMES, MAIN_JOINTS, N_LANDMARKS, side_of


def test_names_and_order_are_those_of_mediapipe() -> None:
    assert tuple(landmark.name.lower() for landmark in sorted(PoseLandmark)) == LANDMARK_NAMES
    assert N_LANDMARKS == 33


def test_index_is_the_position_in_the_list_of_names() -> None:
    assert [LANDMARK_NAMES[INDEX[name]] for name in LANDMARK_NAMES] == list(LANDMARK_NAMES)


def test_connections_are_those_of_mediapipe() -> None:
    expected = {frozenset((c.start, c.end)) for c in PoseLandmarksConnections.POSE_LANDMARKS}
    assert {frozenset(pair) for pair in CONNECTIONS} == expected
    assert len(CONNECTIONS) == len(expected) == 35


def test_sides_of_the_body_mirror_each_other() -> None:
    sides = [side_of(name) for name in LANDMARK_NAMES]
    assert (sides.count("left"), sides.count("right"), sides.count("middle")) == (16, 16, 1)
    swapped = {"left": "right", "right": "left", "middle": "middle"}
    for name in LANDMARK_NAMES:
        other = name.replace("left", "*").replace("right", "left").replace("*", "right")
        assert side_of(other) == swapped[side_of(name)]


def test_connections_are_the_same_on_both_sides() -> None:
    def mirrored(index: int) -> int:
        name = LANDMARK_NAMES[index]
        return INDEX[name.replace("left", "*").replace("right", "left").replace("*", "right")]

    pairs = {frozenset(pair) for pair in CONNECTIONS}
    # MediaPipe joins the nose to both eyes, so the set maps onto itself.
    assert {frozenset(mirrored(i) for i in pair) for pair in pairs} == pairs


def test_main_joints_are_landmarks_named_once() -> None:
    assert set(MAIN_JOINTS) <= set(LANDMARK_NAMES)
    assert len(set(MAIN_JOINTS)) == len(MAIN_JOINTS)


@pytest.mark.parametrize(
    ("name", "side"), [("mouth_left", "left"), ("right_foot_index", "right"), ("nose", "middle")]
)
def test_side_is_read_from_either_end_of_a_name(name: str, side: str) -> None:
    assert side_of(name) == side
