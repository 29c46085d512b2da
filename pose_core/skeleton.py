"""The 33 landmarks, how they connect, and which side they are on.

Names and order are MediaPipe's. *Left* is always the person's own left, even in a mirrored picture.
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["CONNECTIONS", "INDEX", "LANDMARK_NAMES", "MAIN_JOINTS", "N_LANDMARKS", "Side", "side_of"]

Side = Literal["left", "right", "middle"]

LANDMARK_NAMES: Final[tuple[str, ...]] = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
N_LANDMARKS: Final = len(LANDMARK_NAMES)
INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(LANDMARK_NAMES)}

_LIMBS: Final = (
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("wrist", "pinky"),
    ("wrist", "index"),
    ("wrist", "thumb"),
    ("pinky", "index"),
    ("shoulder", "hip"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("ankle", "heel"),
    ("ankle", "foot_index"),
    ("heel", "foot_index"),
    ("eye_inner", "eye"),
    ("eye", "eye_outer"),
    ("eye_outer", "ear"),
)

#: Pairs of landmark numbers joined by a line: MediaPipe's 35 connections.
CONNECTIONS: Final[tuple[tuple[int, int], ...]] = (
    *((INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"]) for a, b in _LIMBS for side in ("left", "right")),
    (INDEX["nose"], INDEX["left_eye_inner"]),
    (INDEX["nose"], INDEX["right_eye_inner"]),
    (INDEX["mouth_left"], INDEX["mouth_right"]),
    (INDEX["left_shoulder"], INDEX["right_shoulder"]),
    (INDEX["left_hip"], INDEX["right_hip"]),
)

#: The joints that are labelled on a picture: enough to read it, few enough not to cover it.
MAIN_JOINTS: Final[tuple[str, ...]] = (
    "nose",
    *(
        f"{side}_{joint}"
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in ("left", "right")
    ),
)


def side_of(name: str) -> Side:
    """Side of the body that a landmark is on.

    Parameters
    ----------
    name : str
        One of `LANDMARK_NAMES`.

    Examples
    --------
    >>> side_of("left_knee"), side_of("mouth_right"), side_of("nose")
    ('left', 'right', 'middle')
    """
    if name.startswith("left_") or name.endswith("_left"):
        return "left"
    if name.startswith("right_") or name.endswith("_right"):
        return "right"
    return "middle"
