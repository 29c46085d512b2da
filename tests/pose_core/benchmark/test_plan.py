"""What a benchmark measures: presets, custom grids, and sizes that cannot be measured."""

from __future__ import annotations

from itertools import product

import pytest

from pose_core.benchmark.plan import PRESETS, SIZES_WH, Cell, check_size, make_plan
from pose_core.benchmark.run import expected_s
from pose_core.errors import SettingsError
from pose_core.settings import VARIANTS


def test_presets_grow_from_quick_to_thorough() -> None:
    quick, standard, thorough = map(make_plan, PRESETS)
    assert set(quick.cells) <= set(standard.cells) <= set(thorough.cells)
    assert expected_s(quick) < 20 < expected_s(standard) < 240 < expected_s(thorough) < 900
    assert set(thorough.cells) == {
        Cell(*one) for one in product(SIZES_WH, VARIANTS, ("video", "photo"), (1, 2))
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_no_cell_is_measured_twice_and_streams_go_up_to_eight_at_most(preset: str) -> None:
    plan = make_plan(preset)  # type: ignore[arg-type]
    assert len(set(plan.cells)) == len(plan.cells)
    assert 1 in plan.scaling
    assert sorted(plan.scaling) == list(plan.scaling)
    assert max(plan.scaling) <= 8


def test_custom_choices_make_the_full_grid_and_keep_the_presets_length() -> None:
    plan = make_plan("quick", sizes_wh=[(800, 600), (640, 480)], models=["lite", "full"], people=[1, 2])
    assert set(plan.cells) == {
        Cell(size, model, "video", people)
        for size in ((800, 600), (640, 480))
        for model in ("lite", "full")
        for people in (1, 2)
    }
    assert plan.rounds == make_plan("quick").rounds


def test_streams_are_tried_with_the_live_pages_default_where_it_is_measured() -> None:
    assert make_plan("quick").scaling_cell == Cell((640, 480), "full")
    own = make_plan("quick", sizes_wh=[(800, 600)], models=["lite"])
    assert own.scaling_cell == Cell((800, 600), "lite")
    photos = make_plan("quick", sizes_wh=[(800, 600)], modes=["photo"])
    assert photos.scaling_cell == Cell((640, 480), "full")
    assert photos.sizes_wh == ((800, 600), (640, 480))


@pytest.mark.parametrize("name", ["sizes_wh", "models", "modes", "people"])
def test_an_empty_choice_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="one of them is empty"):
        make_plan("quick", **{name: []})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(0, 480), (640, 0), (-2, 480), (62, 480), (640, 100_000), (3842, 480)])
def test_a_size_outside_the_limits_is_refused_with_the_limits(size: tuple[int, int]) -> None:
    wrong = size[1] if size[0] == 640 else size[0]
    name = "Height" if size[0] == 640 else "Width"
    with pytest.raises(SettingsError, match=rf"^{name} must be 64 to 3840 pixels; got {wrong}\.$"):
        check_size(*size)


def test_an_odd_size_is_refused_and_an_even_one_suggested() -> None:
    with pytest.raises(SettingsError, match="640 x 480, for example"):
        check_size(641, 481)
    assert check_size(64, 3840) == (64, 3840)
