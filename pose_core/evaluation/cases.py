"""Single people: the worst first, by joint and kind of error, and a picture of truth and prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.colours import EDGE, LINE, SIDES, rgb
from pose_core.errors import PoseCoreError
from pose_core.evaluation.dataset import AnnotatedPicture
from pose_core.evaluation.figures import PCK_AT
from pose_core.evaluation.keypoint_sets import KeypointSet
from pose_core.evaluation.outcomes import KINDS, Kind, Protocol
from pose_core.evaluation.pictures import pixels_of, read_placed
from pose_core.evaluation.validate import ValidationResult
from pose_core.skeleton import CONNECTIONS, LANDMARK_NAMES, side_of

__all__ = ["Case", "Wanted", "annotated_picture", "case_picture", "cases", "draw_case", "worst_first"]

#: What `worst_first` can be asked for.
Wanted = Literal["good", "jitter", "inversion", "swap", "miss", "not_found", "exchanged"]
_BITS: Final = 4
#: Room around a person, as a share of their longer side; the smallest part shown; small ones are enlarged to this.
_ROOM, _LEAST_PX, _SHOWN_PX = 0.15, 96, 720


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """One annotated person with one model and protocol.

    Attributes
    ----------
    picture : int
        Number in `ValidationResult.pictures`.
    row : int
        Number in the outcomes.
    name : str
        Of the picture.
    person : int or str
        Id of the annotation.
    found : bool
    oks : float
        0 to 1.
    pck : float
        Share of this person's annotated joints that are right; 0 if not found, NaN without a torso.
    error_torso : float
        Mean distance, as a share of the torso; NaN if not found.
    kinds : mapping of str to str
        Kind of error of each predicted joint, by the model's name of the joint.
    joint_torso : mapping of str to float
        How far off each of these joints is, as a share of the torso; NaN without a torso.
    exchanged : bool
        Whether left and right of the annotation look exchanged (`ValidationResult.exchanged`).
    """

    picture: int
    row: int
    name: str
    person: int | str
    found: bool
    oks: float
    pck: float
    error_torso: float
    kinds: dict[str, Kind]
    joint_torso: dict[str, float]
    exchanged: bool


def cases(result: ValidationResult, model: str, protocol: Protocol) -> tuple[Case, ...]:
    """Everybody, in the order of the pictures."""
    outcomes, joints = result.outcomes[model, protocol], result.dataset.keypoints.joints
    distance = outcomes.distance_torso
    right = np.nan_to_num(distance, nan=np.inf) <= PCK_AT
    exchanged = set(result.exchanged.people)
    found = []
    for row, (picture, person) in enumerate(
        zip(outcomes.picture.tolist(), outcomes.person.tolist(), strict=True)
    ):
        annotated = outcomes.annotated[row]
        measured = np.isfinite(distance[row])
        found.append(
            Case(
                picture=picture,
                row=row,
                name=result.pictures[picture].name,
                person=result.truths[picture].people[person].id,
                found=bool(outcomes.found[row]),
                oks=float(outcomes.oks[row]),
                pck=float(right[row, annotated].mean())
                if np.isfinite(outcomes.torso_px[row])
                else float("nan"),
                error_torso=float(distance[row, measured].mean()) if measured.any() else float("nan"),
                kinds={
                    joint: KINDS[kind]
                    for joint, kind in zip(joints, outcomes.kinds[row].tolist(), strict=True)
                    if kind >= 0
                },
                joint_torso={
                    joint: distance[row, column]
                    for column, joint in enumerate(joints)
                    if outcomes.kinds[row, column] >= 0
                },
                exchanged=(
                    result.pictures[picture].name,
                    result.truths[picture].people[person].id,
                )
                in exchanged,
            )
        )
    return tuple(found)


def worst_first(
    found: Sequence[Case], *, joint: str | None = None, wanted: Wanted | None = None
) -> tuple[Case, ...]:
    """The least similar first; of a single joint, the farthest off first.

    Parameters
    ----------
    found : sequence of Case
    joint : str, optional
        Only people of whom this joint was predicted, in the order of its distance.
    wanted : str, optional
        Only people with an error of this kind, of `joint` if given; or ``"not_found"``, those who were not found; or
        ``"exchanged"``, those of whom left and right of the annotation look exchanged.
    """

    def belongs(case: Case) -> bool:
        if wanted == "not_found":
            return not case.found
        if wanted == "exchanged":
            return case.exchanged and (joint is None or joint in case.kinds)
        if not case.found:
            return joint is None and wanted is None
        kinds = [case.kinds.get(joint)] if joint is not None else list(case.kinds.values())
        return any(one is not None and (wanted is None or one == wanted) for one in kinds)

    def how_good(case: Case) -> float:
        off = case.joint_torso.get(joint, math.nan) if joint is not None else math.nan
        return case.oks if math.isnan(off) else -off

    return tuple(sorted(filter(belongs, found), key=how_good))


def draw_case(
    frame_rgb: FrameRGB, true_px: FloatArray, predicted_px: FloatArray, kit: KeypointSet
) -> FrameRGB:
    """Truth and prediction on a copy of the picture.

    The truth has white lines and white rings; the prediction has lines and dots in the colours of the sides (left blue,
    right orange), and a thin line from each of its joints to where that belongs.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        The upright picture.
    true_px, predicted_px : ndarray, shape (C, 2)
        A person's rows of `Outcomes.true_px` and `Outcomes.predicted_px`; NaN is not drawn.
    kit : KeypointSet
    """
    canvas = np.ascontiguousarray(frame_rgb).copy()
    known = true_px[np.isfinite(true_px[:, 0])]
    size = float(np.ptp(known, axis=0).max()) if len(known) else 100.0
    width = max(1, round(min(size / 120, min(canvas.shape[:2]) / 240)))
    where = {joint: i for i, joint in enumerate(kit.joints)}
    bones = [
        (where[LANDMARK_NAMES[a]], where[LANDMARK_NAMES[b]])
        for a, b in CONNECTIONS
        if LANDMARK_NAMES[a] in where and LANDMARK_NAMES[b] in where
    ]
    white, dark = rgb(LINE), rgb(EDGE)
    for a, b in bones:
        _line(canvas, true_px[a], true_px[b], dark, width + 2)
        _line(canvas, true_px[a], true_px[b], white, width)
    for a, b in bones:
        _line(canvas, predicted_px[a], predicted_px[b], _colour(kit.joints[a], kit.joints[b]), width + 1)
    for i, joint in enumerate(kit.joints):
        _line(canvas, predicted_px[i], true_px[i], dark, 1)
        _circle(canvas, true_px[i], 2 * width + 2, dark, width + 2)
        _circle(canvas, true_px[i], 2 * width + 2, white, width)
        _circle(canvas, predicted_px[i], 2 * width + 1, dark, -1)
        _circle(canvas, predicted_px[i], 2 * width, _colour(joint, joint), -1)
    return canvas


def _colour(one: str, other: str) -> tuple[int, int, int]:
    side = side_of(one)
    return rgb(SIDES[side if side == side_of(other) else "middle"])


def _fixed(point: FloatArray) -> tuple[int, int]:
    x, y = np.rint(np.clip(point, -30000, 30000) * (1 << _BITS)).astype(int).tolist()
    return x, y


def _line(
    canvas: FrameRGB, start: FloatArray, end: FloatArray, colour: tuple[int, int, int], width: int
) -> None:
    if np.isfinite(start).all() and np.isfinite(end).all():
        cv2.line(canvas, _fixed(start), _fixed(end), colour, width, cv2.LINE_AA, _BITS)


def _circle(
    canvas: FrameRGB, middle: FloatArray, radius: int, colour: tuple[int, int, int], width: int
) -> None:
    if np.isfinite(middle).all():
        cv2.circle(canvas, _fixed(middle), radius << _BITS, colour, width, cv2.LINE_AA, _BITS)


def case_picture(
    result: ValidationResult, model: str, protocol: Protocol, case: Case
) -> tuple[FrameRGB, FrameRGB]:
    """The part of the picture around a person, as it is and with truth and prediction.

    Parameters
    ----------
    result : ValidationResult
    model, protocol : str
    case : Case
        One of `cases` of the same model and protocol.

    Returns
    -------
    tuple of two ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    PictureError
        If the picture cannot be read any more.
    """
    outcomes, truth = result.outcomes[model, protocol], result.truths[case.picture]
    frame_rgb = pixels_of(result.pictures[case.picture])
    true_px, predicted_px = outcomes.true_px[case.row], outcomes.predicted_px[case.row]
    box = truth.box_px[outcomes.person[case.row]]
    points = np.concatenate([true_px, predicted_px, [box[:2]], [box[:2] + box[2:]]])
    points = np.clip(points[np.isfinite(points[:, 0])], 0, truth.size_wh)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(_ROOM * (high - low).max(), (_LEAST_PX - (high - low)) / 2)
    left, top = np.floor(np.clip(low - room, 0, truth.size_wh)).astype(int).tolist()
    right, bottom = np.ceil(np.clip(high + room, 0, truth.size_wh)).astype(int).tolist()
    part = np.ascontiguousarray(frame_rgb[top:bottom, left:right])
    scale = max(1, round(_SHOWN_PX / max(part.shape[:2])))
    if scale > 1:
        size_wh = (part.shape[1] * scale, part.shape[0] * scale)
        part = np.asarray(cv2.resize(part, size_wh, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    start = np.array((left, top))
    kit = result.dataset.keypoints
    return part, draw_case(part, (true_px - start) * scale, (predicted_px - start) * scale, kit)


def annotated_picture(picture: AnnotatedPicture, joints: KeypointSet) -> FrameRGB | None:
    """A picture with everybody's annotations, as `draw_case` draws the truth; None if it cannot be used."""
    one = read_placed(picture, len(joints.joints))
    if isinstance(one, PoseCoreError):
        return None
    frame_rgb, truth = one.frame_rgb, one.truth
    nothing = np.full((len(joints.joints), 2), np.nan)
    for person in truth.scored:
        frame_rgb = draw_case(frame_rgb, truth.xy_px[person], nothing, joints)
    return frame_rgb
