"""Which joints of an annotation correspond to which landmarks of the model, by their names.

Only joints that are the same place of the body are compared. A neck, a head top, a pelvis or a big toe is no landmark
of the model: it is named as not comparable, and none is made up from others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.skeleton import INDEX, LANDMARK_NAMES, side_of

__all__ = ["COCO_JOINTS", "KeypointSet", "looks_like_joint", "recognise"]

#: COCO's 17 joints in COCO's order, all of which are landmarks of the model.
COCO_JOINTS: Final[tuple[str, ...]] = (
    "nose",
    *(
        f"{side}_{joint}"
        for joint in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in ("left", "right")
    ),
)

#: COCO's constants: how far annotators are apart, as a share of a person's size (pycocotools, ``kpt_oks_sigmas``).
_SIGMAS: Final = {
    "nose": 0.026,
    "eye": 0.025,
    "ear": 0.035,
    "shoulder": 0.079,
    "elbow": 0.072,
    "wrist": 0.062,
    "hip": 0.107,
    "knee": 0.087,
    "ankle": 0.089,
}

_SIDES: Final = {"left": "left", "l": "left", "lft": "left", "right": "right", "r": "right", "rgt": "right"}
#: Names of comparable joints as data sets write them, without their side.
_JOINTS: Final = {
    "nose": "nose",
    "eye": "eye",
    "ear": "ear",
    "shoulder": "shoulder",
    "sho": "shoulder",
    "elbow": "elbow",
    "elb": "elbow",
    "wrist": "wrist",
    "wri": "wrist",
    "hip": "hip",
    "knee": "knee",
    "kne": "knee",
    "ankle": "ankle",
    "ank": "ankle",
    "heel": "heel",
}
#: Joints that appear in keypoint sets and are no landmark: they tell that a list of names is one of joints.
_OTHERS: Final = frozenset(
    [
        "head",
        "neck",
        "pelvis",
        "thorax",
        "spine",
        "toe",
        "foot",
        "hand",
        "top",
        "bottom",
        "root",
        "chest",
        "jaw",
        "finger",
        "thumb",
        "base",
        "mid",
    ]
)


@dataclass(frozen=True, eq=False)
class KeypointSet:
    """The joints of an annotation file, and the landmarks that they are.

    Attributes
    ----------
    name : str
        Of the set, such as ``"COCO"`` or ``"MPII"``; ``"other"`` if it is none of those known.
    names : tuple of str, length J
        As the file names them, in its order.
    joints : tuple of str, length C
        Those that can be compared, by the model's names.
    columns : ndarray of int, shape (C,)
        Where each comparable joint is among `names`.
    landmarks : ndarray of int, shape (C,)
        Its number among the model's 33 landmarks.
    sigmas : ndarray, shape (C,)
        COCO's constant for OKS; NaN for a joint that COCO does not have.
    other_side : ndarray of int, shape (C,)
        Where the same joint of the other side is among `joints`; the joint itself if it has none.
    """

    name: str
    names: tuple[str, ...]
    joints: tuple[str, ...]
    columns: np.ndarray[tuple[int], np.dtype[np.intp]]
    landmarks: np.ndarray[tuple[int], np.dtype[np.intp]]
    sigmas: FloatArray
    other_side: np.ndarray[tuple[int], np.dtype[np.intp]]

    @property
    def not_comparable(self) -> tuple[str, ...]:
        """Names of joints that are no landmark of the model, as the file writes them."""
        taken = set(self.columns.tolist())
        return tuple(name for i, name in enumerate(self.names) if i not in taken)

    def only(self, joints: Collection[str]) -> KeypointSet:
        """The same set, in which only these of the comparable joints are compared."""
        return (
            self
            if set(self.joints) <= set(joints)
            else _made(
                self.name,
                self.names,
                {j: c for j, c in zip(self.joints, self.columns.tolist(), strict=True) if j in joints},
            )
        )


def _tokens(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=^[LR])(?=[A-Z])", "_", name.strip())
    return [token for token in re.split(r"[^a-z]+", spaced.lower()) if token]


def _split(name: str) -> tuple[str, list[str]]:
    """Side (may be empty) and the rest of a joint's name."""
    tokens = _tokens(name)
    for i, token in enumerate(tokens):
        if token in _SIDES:
            return _SIDES[token], tokens[:i] + tokens[i + 1 :]
    if len(tokens) == 1 and tokens[0][:1] in ("l", "r") and tokens[0][1:] in (*_JOINTS, "foot"):
        return _SIDES[tokens[0][0]], [tokens[0][1:]]
    return "", tokens


def _landmark(name: str) -> str | None:
    plain = "_".join(_tokens(name))
    if plain in INDEX:
        return plain
    side, rest = _split(name)
    joint = _JOINTS.get(rest[0]) if len(rest) == 1 else None
    if joint is None or (joint == "nose") == bool(side):
        return None
    return "nose" if joint == "nose" else f"{side}_{joint}"


def looks_like_joint(name: str) -> bool:
    """Whether a category's name is that of a single joint: points were labelled one by one.

    Examples
    --------
    >>> looks_like_joint("left knee"), looks_like_joint("person"), looks_like_joint("head_top")
    (True, False, True)
    """
    _, rest = _split(name)
    return _landmark(name) is not None or (bool(rest) and set(rest) <= _OTHERS)


def _other(joint: str) -> str:
    sides = {"left": "right", "right": "left"}
    return "_".join(sides.get(token, token) for token in joint.split("_"))


def _sigma(joint: str) -> float:
    return _SIGMAS[joint.rpartition("_")[2]] if joint in COCO_JOINTS else float("nan")


def _set_name(plain: Sequence[str], joints: set[str]) -> str:
    names = set(plain)
    if joints == set(COCO_JOINTS) and len(names) == len(COCO_JOINTS):
        return "COCO"
    if names == set(LANDMARK_NAMES):
        return "MediaPipe"
    if any("big_toe" in name for name in names):
        return "Halpe" if "head" in names else "COCO-WholeBody"
    if "head_bottom" in names:
        return "PoseTrack"
    if "spine" in names:
        return "H36M"
    if "thorax" in names:
        return "MPII"
    if len(names) == 14 and "neck" in names:
        side, rest = _split(plain[0])
        return "LSP" if rest in (["ankle"], ["ank"]) else "AIC" if side == "right" else "CrowdPose"
    return "other"


def recognise(names: Sequence[str]) -> KeypointSet:
    """Find out which landmarks a file's joints are.

    Parameters
    ----------
    names : sequence of str
        As the file gives them, such as ``"left_shoulder"``, ``"Left Shoulder"``, ``"l_sho"``, ``"LShoulder"``.

    Returns
    -------
    KeypointSet
        Of two joints with one meaning, only the first is compared. May have no comparable joint at all.

    Examples
    --------
    >>> found = recognise(["r_ankle", "r_knee", "r_hip", "l_hip", "l_knee", "l_ankle", "pelvis", "thorax"])
    >>> found.name, found.joints[0], found.not_comparable
    ('MPII', 'right_ankle', ('pelvis', 'thorax'))
    """
    plain = ["_".join(_tokens(name)) for name in names]
    marks = [_landmark(name) for name in names]
    set_name = _set_name(plain, {mark for mark in marks if mark})
    if set_name == "H36M":  # its feet are the ankles' centres of rotation, by the set's own description
        feet = [f"{side}_ankle" if rest == ["foot"] else "" for side, rest in map(_split, names)]
        marks = [mark or foot or None for mark, foot in zip(marks, feet, strict=True)]
    columns: dict[str, int] = {}
    for column, mark in enumerate(marks):
        if mark is not None:
            columns.setdefault(mark, column)
    return _made(set_name, names, columns)


def _made(set_name: str, names: Sequence[str], columns: dict[str, int]) -> KeypointSet:
    joints = tuple(columns)
    return KeypointSet(
        name=set_name,
        names=tuple(names),
        joints=joints,
        columns=np.array(list(columns.values()), dtype=np.intp),
        landmarks=np.array([INDEX[joint] for joint in joints], dtype=np.intp),
        sigmas=np.array([_sigma(joint) for joint in joints]),
        other_side=np.array(
            [
                joints.index(_other(joint)) if side_of(joint) != "middle" and _other(joint) in joints else i
                for i, joint in enumerate(joints)
            ],
            dtype=np.intp,
        ),
    )
