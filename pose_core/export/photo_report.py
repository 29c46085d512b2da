"""Photo results as one HTML report: picture, angles, settings and limits of each, and an overview of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pose_core.export.report import (
    Beside,
    Heading,
    Part,
    Picture,
    SideBars,
    Table,
    Text,
    html_report,
    limits_parts,
)
from pose_core.figures.landmarks import angle_text
from pose_core.geometry.angles import (
    ANGLES,
    LIMB_ANGLES,
    pose_angle_reasons,
    pose_angles_deg,
    side_difference_deg,
)
from pose_core.geometry.reasons import UNCERTAIN, Reason
from pose_core.pipeline.photo import PhotoResult
from pose_core.pose import Pose
from pose_core.settings import PoseSettings
from pose_core.translate import Translate

__all__ = ["ReportedPhoto", "photo_report"]


@dataclass(frozen=True, slots=True, eq=False)
class ReportedPhoto:
    """One picture of a report.

    Attributes
    ----------
    name : str
        Of its file.
    outcome : PhotoResult or str
        The result, or the sentence why there is none.
    drawn : bytes or None
        The picture with its skeletons, a JPEG or PNG file.
    """

    name: str
    outcome: PhotoResult | str
    drawn: bytes | None = None


def photo_report(
    photos: Sequence[ReportedPhoto], settings: PoseSettings, t: Translate, *, language: str, made: str
) -> bytes:
    """The report of one picture or of several.

    Parameters
    ----------
    photos : sequence of ReportedPhoto
        At least one.
    settings : PoseSettings
        All pictures were analysed with these.
    t : callable
        Translator.
    language : str
        Tag of its language, such as ``"en"``.
    made : str
        When it was made, to read.

    Returns
    -------
    bytes
        UTF-8, about as large as its pictures and a third more.
    """
    title = photos[0].name if len(photos) == 1 else t("photo.report_title", count=len(photos))
    return html_report(title, _parts(photos, settings, t), language=language, made=made)


def _parts(photos: Sequence[ReportedPhoto], settings: PoseSettings, t: Translate) -> Iterator[Part]:
    several = len(photos) > 1
    if several:
        yield Table(
            [t("column.file"), t("column.result")], [[one.name, _found(one.outcome, t)] for one in photos]
        )
    for one in photos:
        if several:
            yield Heading(one.name)
        yield Text(_found(one.outcome, t), "lead")
        if one.drawn is not None:
            yield Picture(one.drawn, t("photo.report_alt", name=one.name))
        if isinstance(one.outcome, PhotoResult):
            yield from _people(one.outcome, t)
    yield from limits_parts(settings, t)


def _found(outcome: PhotoResult | str, t: Translate) -> str:
    if isinstance(outcome, str):
        return outcome
    count = len(outcome.poses)
    return t("count.nobody" if count == 0 else "count.person" if count == 1 else "count.people", count=count)


def _people(result: PhotoResult, t: Translate) -> Iterator[Part]:
    for number, (pose, doubtful) in enumerate(zip(result.poses, result.doubtful, strict=True), start=1):
        if len(result.poses) > 1:
            yield Heading(t("person.number", number=number), 3)
        if doubtful:
            yield Text(t("photo.doubtful"), "note")
        yield from _angles(pose, result.settings.visibility_limit, t)


def _angles(pose: Pose, visibility_limit: float, t: Translate) -> Iterator[Part]:
    degrees = pose_angles_deg(pose, "image", visibility_limit)
    reasons = pose_angle_reasons(pose, "image", visibility_limit)
    posture = [
        (t(f"angle.{angle.name}"), angle_text(degrees[angle.name], reasons[angle.name], t))
        for angle in ANGLES
        if angle.kind != "interior"
    ]
    limbs = SideBars(
        (t("column.joint"), t("side.left"), t("side.right"), t("column.difference")),
        [_limb(joint, degrees, reasons, t) for joint in LIMB_ANGLES],
        most=180.0,
    )
    yield Beside([limbs, Table([t("column.angle"), t("column.value")], posture)])
    for kind in UNCERTAIN:
        names = [t(f"angle.{name}") for name, reason in reasons.items() if reason == kind]
        if names:
            yield Text(t(f"angle.uncertain_{kind}", names=t("angle.list_separator").join(names)), "quiet")


def _limb(
    joint: str, degrees: Mapping[str, float], reasons: Mapping[str, Reason], t: Translate
) -> tuple[str, tuple[float, str], tuple[float, str], str]:
    left, right = (
        (degrees[name], angle_text(degrees[name], reasons[name], t))
        for name in (f"left_{joint}", f"right_{joint}")
    )
    difference = side_difference_deg(degrees, joint)
    return t(f"joint.{joint}"), left, right, "\N{EN DASH}" if difference is None else f"{difference}°"
