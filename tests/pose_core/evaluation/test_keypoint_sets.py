from __future__ import annotations

import numpy as np
import pytest

from pose_core.evaluation.keypoint_sets import COCO_JOINTS, looks_like_joint, recognise

_LIMBS = ["shoulder", "elbow", "wrist", "hip", "knee", "ankle"]
MPII = [
    *(
        [
            "right_ankle",
            "right_knee",
            "right_hip",
            "left_hip",
            "left_knee",
            "left_ankle",
            "pelvis",
            "thorax",
            "upper_neck",
            "head_top",
        ]
    ),
    *(["right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist"]),
]
LSP = [
    "RAnkle",
    "RKnee",
    "RHip",
    "LHip",
    "LKnee",
    "LAnkle",
    "RWrist",
    "RElbow",
    "RShoulder",
    "LShoulder",
    "LElbow",
    "LWrist",
    "Neck",
    "HeadTop",
]
AIC = [f"{side} {joint}" for joint in _LIMBS for side in ("right", "left")] + ["head_top", "neck"]
POSETRACK = ["nose", "head_bottom", "head_top", *COCO_JOINTS[3:]]
HALPE = [*COCO_JOINTS, "head", "neck", "hip", "left_big_toe", "right_big_toe", "left_heel", "right_heel"]
H36M = [
    *(
        [
            "root",
            "right_hip",
            "right_knee",
            "right_foot",
            "left_hip",
            "left_knee",
            "left_foot",
            "spine",
            "thorax",
            "neck_base",
            "head",
        ]
    ),
    *(["left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist"]),
]


@pytest.mark.parametrize(
    ("names", "name", "compared", "others"),
    [
        (COCO_JOINTS, "COCO", 17, ()),
        (MPII, "MPII", 12, ("pelvis", "thorax", "upper_neck", "head_top")),
        (LSP, "LSP", 12, ("Neck", "HeadTop")),
        (AIC, "AIC", 12, ("head_top", "neck")),
        (POSETRACK, "PoseTrack", 15, ("head_bottom", "head_top")),
        (HALPE, "Halpe", 19, ("head", "neck", "hip", "left_big_toe", "right_big_toe")),
        (H36M, "H36M", 12, ("root", "spine", "thorax", "neck_base", "head")),
    ],
    ids=["coco", "mpii", "lsp", "aic", "posetrack", "halpe", "h36m"],
)
def test_joints_that_the_model_has_are_compared_and_the_others_named(
    names: list[str], name: str, compared: int, others: tuple[str, ...]
) -> None:
    found = recognise(names)
    assert (found.name, len(found.joints), found.not_comparable) == (name, compared, others)


def test_another_order_finds_the_same_landmarks() -> None:
    turned = recognise(COCO_JOINTS[::-1])
    straight = recognise(COCO_JOINTS)
    assert dict(zip(turned.joints, turned.landmarks.tolist(), strict=True)) == dict(
        zip(straight.joints, straight.landmarks.tolist(), strict=True)
    )
    assert turned.columns.tolist() == list(range(17))


def test_other_side_leads_there_and_back() -> None:
    kit = recognise(COCO_JOINTS)
    assert kit.joints[kit.other_side[kit.joints.index("left_knee")]] == "right_knee"
    np.testing.assert_array_equal(kit.other_side[kit.other_side], np.arange(17))


def test_of_two_joints_with_one_meaning_the_first_counts() -> None:
    kit = recognise(["left_knee", "LKnee"])
    assert (kit.joints, kit.not_comparable) == (("left_knee",), ("LKnee",))


def test_a_category_named_like_a_joint_is_recognised() -> None:
    assert [looks_like_joint(n) for n in ("left_ankle", "neck", "person", "dog", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
