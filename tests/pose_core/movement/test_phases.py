"""Phases of one repetition, from efforts whose times are known."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.movement.phases import find_phases

TIME_S = np.arange(0, 4, 1 / 30)


def cosine(start_s: float, end_s: float) -> np.ndarray:
    share = np.clip((TIME_S - start_s) / (end_s - start_s), 0, 1)
    return 0.5 - 0.5 * np.cos(2 * np.pi * share)


def test_a_cosine_starts_turns_and_ends_where_it_does() -> None:
    phases = find_phases(TIME_S, cosine(1.0, 3.0))
    assert phases.start_s == pytest.approx(1.0, abs=0.05)
    assert phases.bottom_s == pytest.approx(2.0, abs=0.02)
    assert phases.end_s == pytest.approx(3.0, abs=0.05)
    assert (phases.rest, phases.peak) == pytest.approx((0.0, 1.0), abs=0.01)


def test_a_pause_at_the_far_end_is_measured() -> None:
    effort = np.interp(TIME_S, [1.0, 1.5, 2.5, 3.0], [0.0, 1.0, 1.0, 0.0])
    phases = find_phases(TIME_S, effort)
    assert phases.leave_s - phases.arrive_s == pytest.approx(1.0, abs=0.1)
    assert phases.bottom_s == pytest.approx(2.0, abs=0.05)


def test_scale_and_shift_of_the_effort_change_no_time() -> None:
    plain, changed = find_phases(TIME_S, cosine(1, 3)), find_phases(TIME_S, 3 * cosine(1, 3) - 0.7)
    assert (plain.start_s, plain.bottom_s, plain.end_s) == pytest.approx(
        (changed.start_s, changed.bottom_s, changed.end_s)
    )


def test_a_single_wrong_frame_changes_little() -> None:
    effort = cosine(1.0, 3.0)
    effort[10] = 0.9
    assert find_phases(TIME_S, effort).start_s == pytest.approx(1.0, abs=0.06)


def test_the_first_time_is_the_start_where_the_start_posture_was_not_seen() -> None:
    seen = TIME_S >= 2.0
    phases = find_phases(TIME_S[seen], cosine(1.0, 3.0)[seen])
    assert phases.start_s == TIME_S[seen][0]
    assert phases.rest == pytest.approx(0.0, abs=0.01)
