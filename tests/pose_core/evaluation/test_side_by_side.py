"""Two settings on the same pixels: exactly 0 where they are the same, intervals, signs, the order of frames."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pose_core.errors import ClipError, SettingsError
from pose_core.evaluation.bootstrap import Figure, Resamples
from pose_core.evaluation.settings import Model
from pose_core.evaluation.side_by_side.charts import CHARTED, apart_figure
from pose_core.evaluation.side_by_side.comparing import Comparison, compare, largest_first, pair_people
from pose_core.evaluation.side_by_side.looking import Looked, Progress, look_at_film, look_at_pictures
from pose_core.evaluation.side_by_side.settings import MAX_FRAMES, Setting, SideBySideSettings
from pose_core.evaluation.side_by_side.words import joints_table, notes, setting_names, signed, verdict
from pose_core.models.bundles import bundle
from pose_core.performer.samples import sample_bytes, sample_clip
from pose_core.skeleton import INDEX, MAIN_JOINTS, N_LANDMARKS
from pose_ui.texts import Translator
from tests.support.poses import make_pose
from tests.support.sides import looked

EN, ZH = Translator("en"), Translator("zh")
STILL = np.zeros((N_LANDMARKS, 2))
SETTINGS = SideBySideSettings(resamples=500)
SAME = SideBySideSettings(Setting(Model("lite")), Setting(Model("lite")), resamples=500)


def _wrist(x_px: float, y_px: float = 0.0) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    offset = STILL.copy()
    offset[INDEX["left_wrist"]] = x_px, y_px
    return offset


def _torso_px() -> float:
    xy_px = make_pose().image_xy_px
    return float(np.linalg.norm(xy_px[INDEX["left_shoulder"]] - xy_px[INDEX["right_hip"]]))


def _noisy(seed: int, spread_px: float = 2.0) -> Comparison:
    rng = np.random.default_rng(seed)
    offsets = rng.normal(0, spread_px, (200, N_LANDMARKS, 2))
    return compare(looked(200, lambda _: STILL, lambda n: offsets[n]), SETTINGS)


# ---------------------------------------------------------------------- differences and their intervals
def test_a_distance_is_that_of_the_joint_in_pixels_and_of_the_torso() -> None:
    found = compare(looked(100, lambda _: STILL, lambda _: _wrist(3, 4)), SETTINGS)
    wrist = found.joints["left_wrist"]
    assert wrist.px == Figure(5.0, 5.0, 5.0)
    assert wrist.torso.value == pytest.approx(5 / _torso_px())
    assert wrist.right.value == pytest.approx(3 / _torso_px())
    assert wrist.down.value == pytest.approx(4 / _torso_px())
    assert found.joints["right_wrist"].px == Figure(0.0, 0.0, 0.0)
    assert found.all_px.value == pytest.approx(5 / len(MAIN_JOINTS))
    assert found.pairs == 100


def test_larger_pictures_have_the_same_distances_in_torsos() -> None:
    small = compare(looked(60, lambda _: STILL, lambda _: _wrist(5)), SETTINGS)
    turned = compare(looked(60, lambda _: STILL, lambda _: _wrist(0, 5)), SETTINGS)
    moved = compare(looked(60, lambda _: STILL + 40, lambda _: _wrist(5) + 40), SETTINGS)
    for other in (turned, moved):
        assert other.all_torso.value == pytest.approx(small.all_torso.value)


def test_the_same_joints_give_exactly_zero_and_no_sign() -> None:
    found = compare(looked(100, lambda n: STILL + n, lambda n: STILL + n), SAME)
    zero = Figure(0.0, 0.0, 0.0)
    assert found.all_px == found.all_torso == found.found[2] == found.took_ms[2] == zero
    for joint in found.joints.values():
        assert (joint.px, joint.torso, joint.right, joint.down) == (zero,) * 4
    assert found.jitter_torso[2] == zero
    assert largest_first(found, 12) == []
    assert "exactly 0" in verdict(found, EN)
    assert "恰为 0" in verdict(found, ZH)
    assert {cell for row in joints_table(found, EN)[1] for cell in row[3:5]} == {"0"}


def test_times_of_identical_settings_differ_by_chance_and_that_is_not_told() -> None:
    found = compare(looked(100, lambda _: STILL, lambda _: STILL, took_ms=lambda n: (10 + n % 3, 10.5)), SAME)
    assert found.took_ms[0].value != found.took_ms[1].value
    assert found.took_ms[2] == Figure(0.0, 0.0, 0.0)
    assert "longer" not in verdict(found, EN)


def test_a_sign_is_shown_only_where_the_interval_excludes_zero() -> None:
    assert signed(Figure(0.02, 0.01, 0.03), EN, 100) == "+2.0 [+1.0, +3.0]"
    assert signed(Figure(-0.02, -0.03, -0.01), EN, 100) == "-2.0 [-3.0, -1.0]"
    assert signed(Figure(0.02, -0.01, 0.05), EN, 100) == "unclear [-1.0, +5.0]"
    assert signed(Figure(0.02, math.nan, math.nan), EN, 100) == "unclear"
    assert signed(Figure(0.0, 0.0, 0.0), EN) == "0"
    assert signed(Figure(math.nan, math.nan, math.nan), EN) == "\N{EN DASH}"


def test_noise_has_no_direction_and_a_shift_has_one() -> None:
    noise = _noisy(3)
    told = [row for row in joints_table(noise, EN)[1] if row[3][0] in "+-" or row[4][0] in "+-"]
    assert len(told) <= 8  # of 66 intervals, 1 in 20 misses by design
    shifted = compare(looked(200, lambda _: STILL, lambda n: _wrist(4 + n % 2)), SETTINGS)
    row = next(row for row in joints_table(shifted, EN)[1] if row[0] == EN("landmark.left_wrist"))
    assert row[3].startswith("+")


def test_a_slower_setting_is_named_with_its_interval() -> None:
    found = compare(looked(100, lambda _: STILL, lambda _: _wrist(9)), SETTINGS)
    assert found.took_ms == (Figure(10.0, 10.0, 10.0), Figure(15.0, 15.0, 15.0), Figure(5.0, 5.0, 5.0))
    sentence = verdict(found, EN)
    assert "B (full) takes 5.0 ms [5.0, 5.0] more for each frame than A (lite)" in sentence
    assert EN("landmark.left_wrist") in sentence
    other = compare(
        looked(100, lambda _: STILL, lambda _: _wrist(9), took_ms=lambda n: (20 + n % 2, 12)), SETTINGS
    )
    assert "A (lite) takes" in verdict(other, EN)


def test_speeds_that_cannot_be_told_apart_get_no_winner() -> None:
    rng = np.random.default_rng(1)
    times = rng.normal(10, 2, (100, 2))
    found = compare(
        looked(100, lambda _: STILL, lambda _: _wrist(9), took_ms=lambda n: tuple(times[n])), SETTINGS
    )
    assert "No difference in speed can be told" in verdict(found, EN)


def test_whom_one_of_them_missed_counts_as_found_by_the_other_alone() -> None:
    found = compare(looked(100, lambda n: None if n < 40 else STILL, lambda _: STILL), SETTINGS)
    assert [figure.value for figure in found.found] == pytest.approx([0.6, 1.0, 0.4])
    assert found.alone.sum(axis=0).tolist() == [0, 40]
    assert found.pairs == 60
    assert math.isnan(found.apart_torso[0])
    assert EN("sides.alone", a=0, b=40) in list(notes(found, EN))
    nobody = compare(looked(60, lambda _: None, lambda _: STILL), SETTINGS)
    assert math.isnan(nobody.all_torso.value)
    assert "Nobody was found by both" in verdict(nobody, EN)


def test_jitter_is_told_for_films_alone() -> None:
    rng = np.random.default_rng(5)
    offsets = rng.normal(0, 2.0, (200, N_LANDMARKS, 2))
    film = compare(looked(200, lambda _: STILL, lambda n: offsets[n]), SETTINGS)
    a, b, more = film.jitter_torso
    assert a.value == pytest.approx(0, abs=1e-9)
    assert b.value == pytest.approx(2.0 * math.sqrt(2) / _torso_px(), rel=0.1)
    assert more.excludes_zero
    pictures = compare(looked(20, lambda _: STILL, lambda n: offsets[n], kind="pictures"), SETTINGS)
    assert math.isnan(pictures.jitter_torso[0].value)


def test_less_than_two_blocks_of_film_have_no_interval() -> None:
    short = compare(looked(40, lambda _: STILL, lambda _: _wrist(5)), SETTINGS)
    assert short.all_px.value > 0
    assert math.isnan(short.all_px.low)
    assert EN("sides.too_few_film") in list(notes(short, EN))
    one = compare(looked(1, lambda _: STILL, lambda _: _wrist(5), kind="pictures"), SETTINGS)
    assert EN("sides.too_few_pictures") in list(notes(one, EN))


def test_nothing_seen_is_a_result_too() -> None:
    empty = compare(Looked("film", (), 25.0), SETTINGS)
    assert empty.pairs == 0
    assert largest_first(empty, 3) == []


# ---------------------------------------------------------------------- blocks
def test_blocks_draw_neighbours_together_and_every_frame_as_often() -> None:
    resamples = Resamples(40, count=4000, block=10)
    assert (resamples.weights.sum(axis=1) == 40).all()
    assert resamples.weights.mean(axis=0) == pytest.approx(np.ones(40), abs=0.1)
    together = np.corrcoef(resamples.weights[:, 5], resamples.weights[:, 6])[0, 1]
    apart = np.corrcoef(resamples.weights[:, 5], resamples.weights[:, 25])[0, 1]
    assert together > 0.8
    assert apart < 0.1


def _covers(block: int) -> float:
    """How often the interval of the mean of alike neighbours holds the true mean, 0."""
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        values = np.zeros(250)
        for i in range(1, 250):
            values[i] = 0.8 * values[i - 1] + rng.normal()
        figure = Resamples(250, 300, seed, block).ratios(values[:, None], np.ones((250, 1)))[0]
        hits += figure.low <= 0 <= figure.high
    return hits / 60


def test_blocks_give_intervals_that_hold_what_they_say_where_frames_are_alike() -> None:
    assert _covers(25) >= 0.83
    assert _covers(1) <= 0.65


def test_a_median_has_an_interval_and_leaves_out_what_is_unknown() -> None:
    values = np.array([1.0, 2.0, np.nan, 3.0, 4.0, 100.0])
    figure = Resamples(6, 500).median(values)
    assert figure.value == 3.0
    assert 1.0 <= figure.low <= 3.0 <= figure.high <= 100.0
    assert math.isnan(Resamples(2, 100).median(np.array([np.nan, np.nan])).value)


# ---------------------------------------------------------------------- order
def test_the_largest_differences_come_first_and_not_as_neighbours() -> None:
    def b(n: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return _wrist({50: 9.0, 51: 8.0, 90: 5.0, 130: 7.0}.get(n, 1.0))

    found = compare(looked(150, lambda _: STILL, b), SETTINGS)
    assert largest_first(found, 3) == [50, 130, 90]
    assert largest_first(found, 3, joint="left_wrist") == [50, 130, 90]
    assert largest_first(found, 3, joint="right_wrist") == []


def test_frames_with_somebody_whom_one_alone_found_come_before_all() -> None:
    found = compare(
        looked(150, lambda n: None if n == 20 else STILL, lambda n: _wrist(50.0 if n == 100 else 1.0)),
        SETTINGS,
    )
    assert largest_first(found, 2) == [20, 100]


def test_all_pictures_are_listed_by_their_difference() -> None:
    sizes = [2.0, 0.0, 7.0, 4.0]
    found = compare(looked(4, lambda _: STILL, lambda n: _wrist(sizes[n]), kind="pictures"), SETTINGS)
    assert largest_first(found, 10) == [2, 3, 0, 1]


# ---------------------------------------------------------------------- people, names, settings
def test_people_are_paired_with_the_nearest_and_strangers_with_nobody() -> None:
    xy_px = make_pose().image_xy_px
    partner, torso_px = pair_people(
        np.array([xy_px, xy_px + 300]), np.array([xy_px + 301, xy_px + 2, xy_px + 3000])
    )
    assert partner.tolist() == [1, 0]
    assert torso_px.shape == (2, 3)
    assert pair_people(np.empty((0, 33, 2)), xy_px[None])[0].tolist() == []
    assert pair_people(xy_px[None], np.empty((0, 33, 2)))[0].tolist() == [-1]


def test_landmarks_that_a_model_does_not_have_are_not_compared() -> None:
    without_feet = STILL + 2
    without_feet[INDEX["left_heel"]] = np.nan
    found = compare(looked(60, lambda _: STILL, lambda _: without_feet), SETTINGS)
    assert found.pairs == 60
    assert found.joints["left_heel"].counted == 0
    assert math.isnan(found.joints["left_heel"].px.value)
    assert found.joints["right_heel"].px.value == pytest.approx(2 * math.sqrt(2))
    assert found.all_px.value == pytest.approx(2 * math.sqrt(2))


def test_settings_are_named_by_what_tells_them_apart() -> None:
    one = SideBySideSettings(Setting(height_px=240), Setting(smoothed=False, detection_confidence=0.3))
    assert setting_names(one, EN) == (
        "A (full, 240 px high, smoothed, detection 0.5)",
        "B (full, as it is, not smoothed, detection 0.3)",
    )
    assert setting_names(SideBySideSettings(), EN) == ("A (lite)", "B (full)")


@pytest.mark.parametrize(
    "choice", [{"frames": MAX_FRAMES + 1}, {"people": 0}, {"start_s": -1.0}, {"start_s": math.inf}], ids=str
)
def test_settings_outside_their_range_are_refused(choice: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        SideBySideSettings(**choice)  # type: ignore[arg-type]


def test_an_unknown_model_is_refused_and_an_own_one_is_not() -> None:
    with pytest.raises(SettingsError):
        Setting(Model("tiny"))
    assert Setting(Model("mine", b"bundle")).detection(1).model == "full"


@pytest.mark.parametrize("unit", ["percent", "px"])
def test_the_chart_has_a_bar_for_each_side_of_each_part(unit: str) -> None:
    figure = apart_figure(_noisy(2), "px" if unit == "px" else "percent", EN)
    bars = {trace.name: len(trace.x) for trace in figure.data}
    parts = len(CHARTED) - 1
    assert bars == {EN("side.left"): parts, EN("side.right"): parts, EN("side.middle"): 1}
    assert all(value is not None and value > 0 for trace in figure.data for value in trace.x)


# ---------------------------------------------------------------------- the real model
def test_identical_settings_on_a_film_give_exactly_the_same_joints() -> None:
    settings = SideBySideSettings(Setting(Model("lite")), Setting(Model("lite")), frames=60, resamples=100)
    told: list[Progress] = []
    found = look_at_film(sample_clip(), settings, told.append)
    assert (len(found.seen), found.ended_by) == (60, "frames")
    assert [one.done for one in told] == list(range(1, 61))
    assert {one.total for one in told} == {60}
    compared = compare(found, settings)
    assert compared.pairs == 60
    assert compared.all_px == Figure(0.0, 0.0, 0.0)
    assert not compared.joint_torso.any()


def test_identical_settings_on_pictures_give_exactly_the_same_joints_and_times_for_each() -> None:
    settings = SideBySideSettings(Setting(Model("lite")), Setting(Model("lite")), resamples=100)
    pictures = [
        ("a.png", sample_bytes("squat")),
        ("broken.png", b"no"),
        ("b.png", sample_bytes("empty_room")),
    ]
    found = look_at_pictures(pictures, settings)
    assert [seen.name for seen in found.seen] == ["a.png", "b.png"]
    assert [name for name, _ in found.unreadable] == ["broken.png"]
    assert all(len(side) == 4 for seen in found.seen for side in seen.took_ms)
    compared = compare(found, settings)
    assert compared.all_px.value == 0
    assert compared.found[0].value == 0.5


def test_other_sizes_and_models_differ_and_positions_are_those_of_the_picture() -> None:
    settings = SideBySideSettings(
        Setting(Model("lite"), height_px=160), Setting(Model("full")), resamples=100
    )
    found = compare(look_at_pictures([("a.png", sample_bytes("stand"))], settings), settings)
    assert 0 < found.all_px.value < 40  # 720 px high


def test_a_copy_of_a_shipped_model_in_its_own_process_finds_the_same() -> None:
    copy = Setting(Model("own:copy", bundle("lite").path.read_bytes()))
    settings = SideBySideSettings(Setting(Model("lite")), copy, frames=3, resamples=100)
    found = compare(look_at_pictures([("a.png", sample_bytes("stand"))], settings), settings)
    assert found.pairs == 1
    assert found.all_px.value == 0
    assert setting_names(settings, EN)[1] == "B (own:copy, not smoothed)"
    film = look_at_film(sample_clip(), settings)
    assert [[len(one.people) for one in seen.people] for seen in film.seen] == [[1, 1]] * 3
    assert compare(film, settings).all_px.value < 5


def test_cancelling_keeps_what_is_there_and_a_film_that_is_none_is_refused() -> None:
    settings = SideBySideSettings(frames=50, resamples=100)
    told: list[Progress] = []
    found = look_at_film(sample_clip(), settings, told.append, lambda: len(told) >= 3)
    assert (len(found.seen), found.ended_by) == (3, "cancelled")
    with pytest.raises(ClipError):
        look_at_film(b"no film", settings)
