"""Figures of people over time: of a `pose_core.tracking.recording.Recording`, or of other sequences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.angles import ANGLE_NAMES, Angles, Space, sequence_angles
from pose_core.geometry.body import jitter_px
from pose_core.geometry.reasons import REASONS, UNCERTAIN, Reason
from pose_core.pose import PeopleOverTime, PoseSequence

__all__ = ["PersonSummary", "RecordingSummary", "summarise"]


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """Figures of one person in a recording.

    Attributes
    ----------
    person : int
    frames : int
        Number of frames in which the person was found.
    angle_ranges_deg : mapping of str to (float, float)
        Smallest and largest angle by name, of the smoothed poses; both NaN if there never was one.
    angle_reasons : mapping of str to Reason
        Where there never was an angle, the most frequent reason; an empty text elsewhere.
    angle_uncertain_shares : mapping of str to float
        In which share of the frames with an angle it was uncertain, 0 to 1.
    jitter_raw_px, jitter_smoothed_px : float
        `pose_core.geometry.body.jitter_px` of the visible landmarks, before and after smoothing; NaN if the person was
        never seen in three frames in a row.
    """

    person: int
    frames: int
    angle_ranges_deg: Mapping[str, tuple[float, float]]
    angle_reasons: Mapping[str, Reason]
    angle_uncertain_shares: Mapping[str, float]
    jitter_raw_px: float
    jitter_smoothed_px: float


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """Figures of a recording.

    Attributes
    ----------
    duration_s : float
        From the first frame to the last.
    frames : int
        Number of frames, with and without people.
    rate_hz : float
        Mean frame rate; NaN for fewer than two frames.
    found_share : float
        Share of the frames with at least one person, 0 to 1.
    longest_gap_s : float
        Longest time without anybody: from the last frame with someone (or the very first frame) to the next one with
        someone (or the very last). 0 if somebody was found in every frame.
    jitter_raw_px, jitter_smoothed_px : float
        Root mean square over the people, weighted by the frames in which they were found; NaN if nobody has one.
    people : tuple of PersonSummary
        By number.
    """

    duration_s: float
    frames: int
    rate_hz: float
    found_share: float
    longest_gap_s: float
    jitter_raw_px: float
    jitter_smoothed_px: float
    people: tuple[PersonSummary, ...]


def summarise(recording: PeopleOverTime, space: Space = "image") -> RecordingSummary:
    """Compute the figures of a recording.

    Parameters
    ----------
    recording : PeopleOverTime
    space : {"image", "world"}
        Whether angles are measured in the plane of the picture or in space.

    Returns
    -------
    RecordingSummary
    """
    time_s = recording.time_s
    found = np.zeros(time_s.size, dtype=np.bool_)
    people = []
    for person in recording.people:  # one at a time: each can take 40 MB
        summary, seen = _person_summary(recording, person, space)
        people.append(summary)
        found |= seen
    duration_s = float(time_s[-1] - time_s[0]) if time_s.size else 0.0
    return RecordingSummary(
        duration_s=duration_s,
        frames=time_s.size,
        rate_hz=(time_s.size - 1) / duration_s if time_s.size > 1 else math.nan,
        found_share=float(found.mean()) if time_s.size else 0.0,
        longest_gap_s=_longest_gap_s(time_s, found),
        jitter_raw_px=_mean_jitter_px([(person.jitter_raw_px, person.frames) for person in people]),
        jitter_smoothed_px=_mean_jitter_px([(person.jitter_smoothed_px, person.frames) for person in people]),
        people=tuple(people),
    )


def _person_summary(
    recording: PeopleOverTime, person: int, space: Space
) -> tuple[PersonSummary, NDArray[np.bool_]]:
    """Figures of one person, and the frames in which they were found."""
    limit = recording.settings.visibility_limit
    jitter_raw_px = _jitter_px(recording.sequence(person, "raw"), limit)
    smoothed = recording.sequence(person, "smoothed")
    found = smoothed.found
    angles = sequence_angles(smoothed, space, limit)
    low, high = (extreme.reduce(angles.deg, axis=0).tolist() for extreme in (np.fmin, np.fmax))
    reasons, shares = _angle_reasons(angles)
    summary = PersonSummary(
        person=person,
        frames=int(np.count_nonzero(found)),
        angle_ranges_deg=dict(zip(ANGLE_NAMES, zip(low, high, strict=True), strict=True)),
        angle_reasons=dict(zip(ANGLE_NAMES, reasons, strict=True)),
        angle_uncertain_shares=dict(zip(ANGLE_NAMES, shares, strict=True)),
        jitter_raw_px=jitter_raw_px,
        jitter_smoothed_px=_jitter_px(smoothed, limit),
    )
    return summary, found


def _angle_reasons(angles: Angles) -> tuple[list[Reason], list[float]]:
    """For each angle why there never was one, and how often it was uncertain."""
    counts = np.array([(angles.reasons == code).sum(axis=0) for code in range(len(REASONS))])
    given = np.isfinite(angles.deg).sum(axis=0)
    uncertain = counts[-len(UNCERTAIN) :].sum(axis=0)
    most_frequent = np.where(given > 0, 0, 1 + counts[1:].argmax(axis=0))
    return [REASONS[code] for code in most_frequent.tolist()], (uncertain / np.maximum(given, 1)).tolist()


def _jitter_px(sequence: PoseSequence, visibility_limit: float) -> float:
    """Jitter of the visible landmarks; guesses at hidden ones jitter most and say nothing."""
    visible = sequence.visible(visibility_limit)[..., None]
    return jitter_px(np.where(visible, sequence.image_xy_px, np.nan), sequence.time_s)


def _mean_jitter_px(jitters: Sequence[tuple[float, int]]) -> float:
    known = [(jitter, frames) for jitter, frames in jitters if math.isfinite(jitter)]
    weight = sum(frames for _, frames in known)
    return math.sqrt(sum(jitter**2 * frames for jitter, frames in known) / weight) if weight else math.nan


def _longest_gap_s(time_s: FloatArray, found: NDArray[np.bool_]) -> float:
    if found.all():
        return 0.0
    frames = np.flatnonzero(found)
    ends = np.unique(np.concatenate(([0], frames, [time_s.size - 1])))
    missed = ~found[ends[:-1]] | ~found[ends[1:]] | (np.diff(ends) > 1)
    return float(np.max(np.diff(time_s[ends]), where=missed, initial=0.0))
