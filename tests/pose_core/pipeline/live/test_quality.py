"""Adaptive quality on hand-made timelines: a machine is a table of the cost of a frame on each rung."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest

from pose_core.pipeline.live.quality import Change, QualityController, Rung, ladder

TICK_S = 0.5
#: Milliseconds per frame on the rungs of ladder(720, "heavy"), roughly as measured on one core.
COST_MS = {
    Rung(720, "heavy"): 45.0,
    Rung(480, "heavy"): 40.0,
    Rung(360, "heavy"): 38.0,
    Rung(720, "full"): 22.0,
    Rung(480, "full"): 17.0,
    Rung(360, "full"): 15.0,
    Rung(360, "lite"): 12.0,
}


def run(
    controller: QualityController,
    *,
    start_s: float,
    stop_s: float,
    slowdown: Callable[[float], float] = lambda now_s: 1.0,
    delivered_fps: float = 30.0,
    cost_ms: dict[Rung, float] = COST_MS,
) -> list[Change]:
    """A machine that is `slowdown` times slower than the table, seen every `TICK_S`."""
    changes = []
    for tick in range(round((stop_s - start_s) / TICK_S)):
        now_s = start_s + tick * TICK_S
        cost_s = cost_ms[controller.rung] / 1000 * slowdown(now_s)
        processed_fps = min(delivered_fps, 1 / cost_s)
        change = controller.update(
            now_s,
            processed_fps=processed_fps,
            delivered_fps=delivered_fps,
            busy_share=processed_fps * cost_s,
        )
        if change:
            changes.append(change)
    return changes


def rungs_of(changes: list[Change]) -> list[Rung]:
    return [change.after for change in changes]


def feed(
    controller: QualityController, times_s: Iterator[float] | list[float], *figures: float | None
) -> list[Change]:
    """The same three figures (processed, delivered, busy) at each time."""
    processed_fps, delivered_fps, busy_share = figures
    changes = [
        controller.update(
            now_s, processed_fps=processed_fps, delivered_fps=delivered_fps, busy_share=busy_share
        )
        for now_s in times_s
    ]
    return [change for change in changes if change]


# ---------------------------------------------------------------------- the ladder
def test_ladder_goes_down_in_size_first_and_then_in_model() -> None:
    assert [(r.height_px, r.model) for r in ladder(720, "heavy")] == [
        (720, "heavy"),
        (480, "heavy"),
        (360, "heavy"),
        (360, "full"),
        (360, "lite"),
    ]


def test_ladder_from_a_size_between_the_steps_takes_the_smaller_ones() -> None:
    assert [r.height_px for r in ladder(600, "lite")] == [600, 480, 360]


def test_ladder_as_delivered_starts_without_a_limit() -> None:
    assert [r.height_px for r in ladder(None, "lite")] == [None, 720, 480, 360]


def test_smallest_choice_leaves_one_rung() -> None:
    assert ladder(240, "lite") == (Rung(240, "lite"),)


# ---------------------------------------------------------------------- down
def test_a_fast_machine_never_steps() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert run(controller, start_s=0, stop_s=3600) == []


def test_a_slow_stream_steps_down_after_settling_and_three_seconds() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    (change,) = feed(controller, [0, 1, 2, 3, 3.9, 4], 8.0, 30.0, 1.0)
    assert change == Change(4, Rung(720, "full"), Rung(480, "full"), "slow", 8.0)
    assert controller.rung == Rung(480, "full")


def test_a_moment_of_sufficient_speed_restarts_the_three_seconds() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert feed(controller, [1, 2, 3], 8.0, 30.0, 1.0) == []
    assert feed(controller, [3.5], 15.0, 30.0, 1.0) == []
    assert feed(controller, [4, 5, 6.9], 8.0, 30.0, 1.0) == []
    assert len(feed(controller, [7], 8.0, 30.0, 1.0)) == 1


def test_a_very_slow_machine_goes_to_the_last_rung_one_step_at_a_time_and_stays() -> None:
    controller = QualityController(ladder(720, "heavy"), now_s=0)
    changes = run(controller, start_s=0, stop_s=300, slowdown=lambda now_s: 8)
    assert rungs_of(changes) == list(ladder(720, "heavy")[1:])
    assert [change.now_s for change in changes] == [4, 8, 12, 16]


def test_a_single_rung_has_nowhere_to_go() -> None:
    controller = QualityController(ladder(240, "lite"), now_s=0)
    assert feed(controller, [float(s) for s in range(60)], 2.0, 30.0, 1.0) == []
    assert feed(controller, [float(s) for s in range(60, 120)], 30.0, 30.0, 0.1) == []


def test_a_source_slower_than_the_target_is_no_reason_to_step() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert run(controller, start_s=0, stop_s=600, delivered_fps=7.5) == []


def test_a_stream_that_loses_frames_of_a_slow_source_steps_down() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert feed(controller, [1, 2, 3, 4], 9.0, 10.0, 1.0) == []  # exactly nine of ten
    assert len(feed(controller, [5, 6, 7, 8], 8.9, 10.0, 1.0)) == 1


# ---------------------------------------------------------------------- unknown figures
@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, -1.0])
def test_an_unknown_rate_is_no_reason_to_step(unknown: float | None) -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    times_s = [float(s) for s in range(20)]
    assert feed(controller, times_s, unknown, 30.0, 1.0) == []
    assert feed(controller, [s + 20 for s in times_s], 5.0, unknown, 1.0) == []


def test_an_unknown_figure_restarts_the_three_seconds() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert feed(controller, [1, 2, 3], 8.0, 30.0, 1.0) == []
    assert feed(controller, [3.5], None, 30.0, 1.0) == []
    assert feed(controller, [4, 5, 6], 8.0, 30.0, 1.0) == []


def test_an_unknown_busy_share_lets_a_stream_step_down_but_not_up() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert len(feed(controller, [1, 2, 3, 4], 8.0, 30.0, None)) == 1
    assert feed(controller, [float(s) for s in range(5, 100)], 30.0, 30.0, None) == []


def test_a_stopped_source_gives_no_room() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    feed(controller, [1, 2, 3, 4], 8.0, 30.0, 0.5)
    assert feed(controller, [float(s) for s in range(5, 100)], 0.0, 0.0, 0.0) == []
    assert feed(controller, [float(s) for s in range(100, 200)], 0.0, 0.0, 0.1) == []


def test_a_pause_between_figures_restarts_the_three_seconds() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert feed(controller, [1, 2, 10, 11, 12], 8.0, 30.0, 1.0) == []
    assert len(feed(controller, [13], 8.0, 30.0, 1.0)) == 1


def test_a_machine_that_needs_seconds_per_frame_steps_down_too() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    assert len(feed(controller, [4, 8], 0.25, 30.0, 1.0)) == 1


def test_time_that_goes_back_is_refused() -> None:
    controller = QualityController(ladder(720, "full"), now_s=5)
    with pytest.raises(ValueError, match=r"before 5; got 4\.9"):
        feed(controller, [4.9], 30.0, 30.0, 0.5)


@pytest.mark.parametrize("target_fps", [0.0, -1.0, math.nan])
def test_an_impossible_target_is_refused(target_fps: float) -> None:
    with pytest.raises(ValueError, match="target_fps"):
        QualityController(ladder(720, "full"), target_fps=target_fps, now_s=0)


def test_an_empty_ladder_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one rung"):
        QualityController((), now_s=0)
    with pytest.raises(ValueError, match="at least one rung"):
        QualityController(ladder(720, "full"), now_s=0).resize((), now_s=1)


# ---------------------------------------------------------------------- up
def test_after_a_busy_minute_the_stream_climbs_back_to_the_best_rung() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    changes = run(controller, start_s=0, stop_s=180, slowdown=lambda now_s: 4.2 if now_s < 60 else 1)
    # 15 ms x 4.2 = 63 ms: 360p keeps 15 a second. 480p would not, so it is not tried before the load is gone.
    assert rungs_of(changes) == [
        Rung(480, "full"),
        Rung(360, "full"),
        Rung(480, "full"),
        Rung(720, "full"),
    ]
    assert [change.reason for change in changes] == ["slow", "slow", "room", "room"]
    assert [change.now_s for change in changes] == [4, 8, 70, 81]


def test_no_step_up_while_the_better_rung_is_known_to_be_too_expensive() -> None:
    controller = QualityController(ladder(720, "heavy"), now_s=0)
    changes = run(controller, start_s=0, stop_s=290, slowdown=lambda now_s: 1.7)
    # 65 ms per frame at 360p keeps 15 a second; 68 ms at 480p does not.
    assert rungs_of(changes) == [Rung(480, "heavy"), Rung(360, "heavy")]


def test_a_busy_thread_has_room_when_the_target_needs_little_of_it() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    feed(controller, [1, 2, 3, 4], 12.0, 60.0, 1.0)
    feed(controller, [5, 6, 7, 8], 15.0, 60.0, 1.0)
    # The source delivers 60: the thread is always busy, but 40 a second are more than enough.
    assert len(feed(controller, [float(s) for s in range(9, 20)], 40.0, 60.0, 1.0)) == 1


def test_a_stream_of_a_slow_source_climbs_too() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    slow_start = run(
        controller, start_s=0, stop_s=6, delivered_fps=10, slowdown=lambda now_s: 6 if now_s < 5 else 1
    )
    assert rungs_of(slow_start) == [Rung(480, "full")]
    assert rungs_of(run(controller, start_s=6, stop_s=30, delivered_fps=10)) == [Rung(720, "full")]


def test_a_better_rung_never_counts_as_cheaper() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    feed(controller, [1, 2, 3, 4], 8.0, 30.0, 0.4)  # 50 ms a frame
    assert feed(controller, [float(s) for s in range(5, 60)], 16.0, 30.0, 0.99) == []  # 62 ms


def test_a_load_that_ends_during_the_comparison_does_not_keep_a_fast_machine_down() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    changes = run(controller, start_s=0, stop_s=60, slowdown=lambda now_s: 6 if now_s < 5 else 1)
    assert rungs_of(changes) == [Rung(480, "full"), Rung(720, "full")]


def test_an_untried_rung_is_tried_only_with_half_of_the_time_free() -> None:
    def start_in_the_middle() -> QualityController:
        controller = QualityController(ladder(360, "heavy"), now_s=0)
        feed(controller, [1, 2, 3, 4], 8.0, 30.0, None)  # now on full; nothing is known of costs
        return controller

    times_s = [float(s) for s in range(5, 60)]
    assert feed(start_in_the_middle(), times_s, 15.0, 30.0, 0.51) == []
    assert len(feed(start_in_the_middle(), times_s, 15.0, 30.0, 0.49)) == 1


def test_an_old_comparison_is_forgotten() -> None:
    controller = QualityController(ladder(360, "full"), now_s=0)
    feed(controller, [1, 2, 3, 4], 8.0, 30.0, 1.0)
    # The load ends just as the rungs are compared, so that the better one seems far more expensive than it is.
    feed(controller, [5, 6, 7, 8], 30.0, 30.0, 0.8)
    assert feed(controller, [float(s) for s in range(9, 300)], 30.0, 30.0, 0.8) == []
    assert len(feed(controller, [float(s) for s in range(300, 330)], 30.0, 30.0, 0.8)) == 1


# ---------------------------------------------------------------------- flapping
def flapping(stop_s: float) -> list[Change]:
    """A machine whose better rung looks affordable but is always too slow: what slows it is not in the busy share."""
    controller = QualityController(ladder(360, "full"), now_s=0)
    changes: list[Change] = []
    for tick in range(round(stop_s / TICK_S)):
        fine = controller.rung.model == "lite"
        changes += feed(controller, [tick * TICK_S], 30.0 if fine else 9.0, 30.0, 0.3 if fine else 0.09)
    return changes


def test_each_failed_attempt_doubles_the_wait_up_to_five_minutes() -> None:
    changes = flapping(2400)
    downs_s = [change.now_s for change in changes if change.reason == "slow"]
    ups_s = [change.now_s for change in changes if change.reason == "room"]
    waits_s = [up - down for down, up in zip(downs_s, ups_s, strict=False)]
    assert waits_s == [11, 20, 40, 80, 160, 300, 300, 300, 300, 300, 300]
    assert {down - up for up, down in zip(ups_s, downs_s[1:], strict=False)} == {4}


def test_a_rung_that_lasts_resets_the_wait() -> None:
    controller = QualityController(ladder(360, "full"), now_s=0)
    assert len(feed(controller, [1, 2, 3, 4], 9.0, 30.0, 0.09)) == 1
    assert len(feed(controller, [float(s) for s in range(5, 16)], 30.0, 30.0, 0.3)) == 1
    assert len(feed(controller, [16, 17, 18, 19], 9.0, 30.0, 0.09)) == 1  # failed: 20 s now
    assert feed(controller, [float(s) for s in range(20, 39)], 30.0, 30.0, 0.3) == []
    assert len(feed(controller, [39], 30.0, 30.0, 0.3)) == 1
    assert feed(controller, [float(s) for s in range(40, 80)], 30.0, 30.0, 0.3) == []  # lasts
    assert len(feed(controller, [80, 81, 82, 83], 9.0, 30.0, 0.09)) == 1
    assert len(feed(controller, [float(s) for s in range(84, 95)], 30.0, 30.0, 0.3)) == 1  # after 10 s again


def test_a_rung_that_lasted_less_than_its_wait_keeps_the_wait() -> None:
    controller = QualityController(ladder(360, "full"), now_s=0)
    feed(controller, [1, 2, 3, 4], 9.0, 30.0, 0.09)
    feed(controller, [float(s) for s in range(5, 16)], 30.0, 30.0, 0.3)
    feed(controller, [16, 17, 18, 19], 9.0, 30.0, 0.09)  # failed: 20 s now
    feed(controller, [float(s) for s in range(20, 40)], 30.0, 30.0, 0.3)  # up again at 39
    feed(controller, [float(s) for s in range(40, 50)], 30.0, 30.0, 0.3)
    assert len(feed(controller, [50, 51, 52, 53], 9.0, 30.0, 0.09)) == 1  # lasted 14 s
    assert feed(controller, [float(s) for s in range(54, 73)], 30.0, 30.0, 0.3) == []
    assert len(feed(controller, [73], 30.0, 30.0, 0.3)) == 1


# ---------------------------------------------------------------------- a new choice
def slow_to(rungs: tuple[Rung, ...], rung: Rung) -> tuple[QualityController, float]:
    """A controller that had to step down to `rung`, and the time by then."""
    controller = QualityController(rungs, now_s=0)
    now_s = 0.0
    while controller.rung != rung:
        now_s += 1
        feed(controller, [now_s], 5.0, 30.0, 1.0)
    return controller, now_s


def test_a_new_choice_on_the_best_rung_leads_to_the_best_of_the_new_ladder() -> None:
    controller = QualityController(ladder(480, "full"), now_s=0)
    controller.resize(ladder(720, "heavy"), now_s=1)
    assert controller.rung == Rung(720, "heavy")


@pytest.mark.parametrize(
    ("stepped_to", "chosen", "kept"),
    [
        (Rung(360, "full"), ladder(480, "full"), Rung(360, "full")),
        (Rung(360, "full"), ladder(720, "lite"), Rung(360, "lite")),
        (Rung(480, "full"), ladder(720, "heavy"), Rung(480, "heavy")),  # as near as 360p full, and better
        (Rung(360, "lite"), ladder(None, "full"), Rung(360, "lite")),
        (Rung(480, "full"), ladder(240, "full"), Rung(240, "full")),
    ],
)
def test_a_new_choice_after_stepping_down_keeps_the_nearest_rung(
    stepped_to: Rung, chosen: tuple[Rung, ...], kept: Rung
) -> None:
    controller, now_s = slow_to(ladder(720, "full"), stepped_to)
    controller.resize(chosen, now_s=now_s)
    assert (controller.rung, controller.rungs) == (kept, chosen)


def test_after_a_new_choice_measuring_starts_again() -> None:
    controller = QualityController(ladder(720, "full"), now_s=0)
    feed(controller, [1, 2, 3, 3.9], 8.0, 30.0, 1.0)
    controller.resize(ladder(720, "heavy"), now_s=3.9)
    assert feed(controller, [4, 4.9, 6, 7.8], 8.0, 30.0, 1.0) == []
    assert len(feed(controller, [9], 8.0, 30.0, 1.0)) == 1


def test_the_same_ladder_again_changes_nothing() -> None:
    controller, now_s = slow_to(ladder(720, "full"), Rung(480, "full"))
    feed(controller, [now_s + 1, now_s + 2, now_s + 3], 8.0, 30.0, 1.0)
    controller.resize(ladder(720, "full"), now_s=now_s + 3.5)
    assert len(feed(controller, [now_s + 4], 8.0, 30.0, 1.0)) == 1
