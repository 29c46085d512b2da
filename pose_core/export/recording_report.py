"""A live recording as one HTML report: pictures, what moved most, angles over time, how it was made, its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final

import numpy as np

from pose_core.export.report import (
    Beside,
    Chart,
    Heading,
    Part,
    Picture,
    Table,
    Text,
    html_report,
    limits_parts,
)
from pose_core.figures.curves import angle_curves_figure
from pose_core.geometry.angles import ANGLE_NAMES, LIMB_ANGLES, sequence_angles
from pose_core.geometry.reasons import REASONS, UNCERTAIN
from pose_core.tracking.recording import Recording
from pose_core.tracking.recording_summary import PersonSummary
from pose_core.translate import Translate

__all__ = ["recording_report"]

_PICTURES: Final = 2
#: An angle that is uncertain more often says little about how much moved.
_MOST_UNCERTAIN: Final = 0.25
_LIMBS: Final = [f"{side}_{joint}" for joint in LIMB_ANGLES for side in ("left", "right")]


def recording_report(
    recording: Recording, t: Translate, *, language: str, made: str, source: str = ""
) -> bytes:
    """The report of a recording.

    Parameters
    ----------
    recording : Recording
        Its `stills` are the pictures: of those, the ones where the angle that moved most is smallest and largest.
    t : callable
        Translator.
    language : str
        Tag of its language, such as ``"en"``.
    made : str
        When it was made, to read.
    source : str
        What was recorded, to read.

    Returns
    -------
    bytes
        UTF-8; about 5 MB, most of it the script that draws the curves.
    """
    return html_report(t("live.report_title"), _parts(recording, t, source), language=language, made=made)


def _parts(recording: Recording, t: Translate, source: str) -> Iterator[Part]:
    summary = recording.summary
    shown = max(summary.people, key=lambda person: person.frames, default=None)
    moved = _most_moved(shown) if shown is not None else None
    lead = t(
        "live.report_lead",
        people=t("count.people", count=len(summary.people))
        if len(summary.people) > 1
        else t("count.person" if summary.people else "count.nobody", count=1),
        seconds=f"{summary.duration_s:.1f}",
        share=f"{100 * summary.found_share:.0f}",
    )
    if shown is not None and moved is not None:
        low, high = shown.angle_ranges_deg[moved]
        lead += "\n" + t("live.report_moved", angle=t(f"angle.{moved}"), low=f"{low:.0f}", high=f"{high:.0f}")
    yield Text(lead, "lead")
    if recording.truncated:
        yield Text(t(f"summary.ended_by_{recording.ended_by}"), "note")
    pictures = _pictures(recording, shown, moved, t)
    if pictures:
        yield Beside(pictures)
    for person in summary.people:
        yield from _person(recording, person, t)
    yield from limits_parts(recording.settings, t, _facts(recording, t, source), [t("live.report_limits")])


def _most_moved(person: PersonSummary) -> str | None:
    """The limb angle with the widest range; None if there is none."""
    ranges = {
        name: high - low
        for name in _LIMBS
        if isfinite((low := person.angle_ranges_deg[name][0]) + (high := person.angle_ranges_deg[name][1]))
    }
    sure = {name for name in ranges if person.angle_uncertain_shares[name] <= _MOST_UNCERTAIN}
    return max(sure or ranges, key=ranges.__getitem__, default=None)


def _pictures(
    recording: Recording, person: PersonSummary | None, moved: str | None, t: Translate
) -> list[Picture]:
    """The stills at both ends of the movement, by time; without a movement, some from all of the recording."""
    stills = recording.stills
    if not stills:
        return []
    degrees = np.full(len(stills), np.nan)
    if person is not None and moved is not None:
        smoothed = recording.sequence(person.person, "smoothed")
        frames = np.searchsorted(recording.time_s, [time_s for time_s, _ in stills])
        angles = sequence_angles(smoothed, "image", recording.settings.visibility_limit)
        place = ANGLE_NAMES.index(moved)
        degrees = angles.deg[frames.clip(max=len(smoothed) - 1), place]
    if np.isfinite(degrees).any():
        chosen = {int(np.nanargmin(degrees)), int(np.nanargmax(degrees))}
    else:
        chosen = set(np.linspace(0, len(stills) - 1, _PICTURES).round().astype(int).tolist())
    return [_picture(*stills[at], float(degrees[at]), moved, t) for at in sorted(chosen)]


def _picture(time_s: float, jpeg: bytes, degrees: float, moved: str | None, t: Translate) -> Picture:
    at = t("live.report_at", seconds=f"{time_s:.1f}")
    caption = at if moved is None or not isfinite(degrees) else f"{at}, {t(f'angle.{moved}')} {degrees:.0f}°"
    return Picture(jpeg, t("live.report_alt", seconds=f"{time_s:.1f}"), caption)


def _person(recording: Recording, person: PersonSummary, t: Translate) -> Iterator[Part]:
    yield Heading(t("person.number", number=person.person))
    smoothed = recording.sequence(person.person, "smoothed")
    angles = sequence_angles(smoothed, "image", recording.settings.visibility_limit)
    yield Chart(angle_curves_figure(recording.time_s, angles.deg, t), t("live.report_chart_alt"))
    head = [t("column.joint"), t("side.left"), t("side.right")]
    yield Table(
        head, [[t(f"joint.{joint}"), *_ranges(person, joint, t)] for joint in LIMB_ANGLES], t("live.ranges")
    )
    if np.isin(angles.reasons, [REASONS.index(reason) for reason in UNCERTAIN]).any():
        yield Text(t("live.report_uncertain"), "quiet")


def _ranges(person: PersonSummary, joint: str, t: Translate) -> Iterator[str]:
    for name in (f"left_{joint}", f"right_{joint}"):
        low, high = person.angle_ranges_deg[name]
        if isfinite(low) and isfinite(high):
            share = person.angle_uncertain_shares[name]
            uncertain = f" {t('angle.uncertain_share', share=f'{share:.0%}')}" if share else ""
            yield f"{low:.0f}°\N{EN DASH}{high:.0f}°{uncertain}"
        else:
            yield t(f"reason.{person.angle_reasons[name] or 'not_visible'}")


def _facts(recording: Recording, t: Translate, source: str) -> Sequence[tuple[str, str]]:
    summary = recording.summary
    facts = [(t("live.report_source"), source)] if source else []
    facts.append((t("summary.started_at"), f"{recording.started_at:%Y-%m-%d %H:%M:%S}"))
    if recording.size_wh is not None:
        facts.append((t("live.report_size"), "{} × {}".format(*recording.size_wh)))
    facts.append((t("summary.frames"), str(summary.frames)))
    for name, value, digits in (
        ("rate_hz", summary.rate_hz, 0),
        ("longest_gap_s", summary.longest_gap_s, 1),
        ("jitter_raw_px", summary.jitter_raw_px, 1),
        ("jitter_smoothed_px", summary.jitter_smoothed_px, 1),
    ):
        facts.append((t(f"summary.{name}"), f"{value:.{digits}f}" if isfinite(value) else "\N{EN DASH}"))
    return facts
