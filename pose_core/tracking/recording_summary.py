"""What a recording shows, in figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.angles import ANGLE_NAMES, Space
from pose_core.geometry.body import jitter_px
from pose_core.skeleton import N_LANDMARKS
from pose_core.tracking.recording import Layer, Recording

__all__ = ["PersonSummary", "RecordingSummary", "summarise"]


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """What a recording shows of one person.

    Attributes
    ----------
    person : int
    frames : int
        In which the person was found.
    angle_ranges_deg : mapping of str to (float, float)
        Least and greatest angle by name, of the smoothed poses; both NaN where it was never visible.
    jitter_raw_px, jitter_smoothed_px : float
        `pose_core.geometry.body.jitter_px` of the visible landmarks, before and after smoothing; NaN where the person
        was never seen in three frames in a row.
    """

    person: int
    frames: int
    angle_ranges_deg: Mapping[str, tuple[float, float]]
    jitter_raw_px: float
    jitter_smoothed_px: float


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """What a recording shows.

    Attributes
    ----------
    duration_s : float
        From the first frame to the last.
    frames : int
        With and without people.
    rate_hz : float
        Mean; NaN below two frames.
    found_share : float
        Share of the frames with at least one person, 0 to 1.
    longest_gap_s : float
        Longest time without anybody: from the last frame with someone (or the first frame of all) to the next one with
        someone (or the last of all). 0 if somebody was found in every frame.
    jitter_raw_px, jitter_smoothed_px : float
        Root mean square over the people, by how many frames they were found in; NaN where nobody has one.
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


def summarise(recording: Recording, space: Space = "image") -> RecordingSummary:
    """Figures of a recording.

    Parameters
    ----------
    recording : Recording
    space : {"image", "world"}
        Where the angles are taken: in the plane of the picture, or in space.

    Returns
    -------
    RecordingSummary
    """
    frames, duration_s = recording.time_s.size, recording.duration_s
    found = np.zeros(frames, dtype=np.bool_)
    found[recording.row_frame] = True
    angles = recording.angles_deg(space)
    people = tuple(_person_summary(recording, person, angles) for person in recording.people)
    return RecordingSummary(
        duration_s=duration_s,
        frames=frames,
        rate_hz=(frames - 1) / duration_s if frames > 1 else math.nan,
        found_share=float(found.mean()) if frames else 0.0,
        longest_gap_s=_longest_gap_s(recording.time_s, found),
        jitter_raw_px=_together([(person.jitter_raw_px, person.frames) for person in people]),
        jitter_smoothed_px=_together([(person.jitter_smoothed_px, person.frames) for person in people]),
        people=people,
    )


def _person_summary(recording: Recording, person: int, angles: FloatArray) -> PersonSummary:
    rows = recording.row_person == person
    low, high = (extreme.reduce(angles[rows], axis=0).tolist() for extreme in (np.fmin, np.fmax))
    return PersonSummary(
        person=person,
        frames=int(np.count_nonzero(rows)),
        angle_ranges_deg=dict(zip(ANGLE_NAMES, zip(low, high, strict=True), strict=True)),
        jitter_raw_px=_jitter_px(recording, rows, "raw"),
        jitter_smoothed_px=_jitter_px(recording, rows, "smoothed"),
    )


def _jitter_px(recording: Recording, rows: NDArray[np.bool_], layer: Layer) -> float:
    """Of the visible landmarks; guesses at hidden ones tremble most and tell nothing."""
    frames = recording.row_frame[rows]
    first = frames[0]
    visible = recording.visibility(layer)[rows] >= recording.settings.visibility_limit
    xy_px = np.full((frames[-1] - first + 1, N_LANDMARKS, 2), np.nan)
    xy_px[frames - first] = np.where(visible[..., None], recording.xy_px(layer)[rows], np.nan)
    return jitter_px(xy_px, recording.time_s[first : frames[-1] + 1])


def _together(jitters: Sequence[tuple[float, int]]) -> float:
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
