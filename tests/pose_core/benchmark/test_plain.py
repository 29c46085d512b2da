"""The benchmark in plain words and charts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pose_core.benchmark import shipped_result
from pose_core.benchmark.plain import (
    distance_chart,
    people_chart,
    speed_chart,
    sure_text,
    verdict_text,
    wanted_chart,
)
from pose_core.benchmark.recommend import Advice, recommend
from pose_ui.texts import Translator
from tests.support.benchmark_results import (
    FULL_480,
    FULL_720,
    HEAVY_480,
    LITE_480,
    measured,
    points,
    result_of,
)

t = Translator("en")


def _advice(**changes: object) -> Advice:
    advice = Advice(measured(FULL_480, 62), "coaching", True, 4, False, False)
    return replace(advice, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "smooth for 4 people watching at once with the full model. Use 640×480."),
        ({"at_least": True}, "for 4 people or more"),
        ({"viewers": 1}, "for one person"),
        ({"viewers": None}, "This machine: smooth with the full model"),
        ({"reached": False}, "62 frames a second at best, too few for 15"),
        ({"viewers": 0}, "too few for 15"),
        ({"goal": "smooth"}, "very smooth for 4"),
    ],
)
def test_the_verdict_says_what_the_machine_is_good_for(changes: dict[str, object], said: str) -> None:
    assert said in verdict_text(_advice(**changes), "This machine", t)


def test_the_bar_sets_what_was_reached_against_what_was_wanted() -> None:
    reached, wanted = wanted_chart(_advice(), (), t).data
    assert (reached.x[0], wanted.x[0]) == (62, 15)
    assert ("62" in reached.y[0], "15" in wanted.y[0]) == (True, True)


def test_sentence_bar_and_chart_of_people_say_the_same() -> None:
    scaling = points((1, 60.0), (3, 120.0), (6, 120.0))
    result = result_of(measured(FULL_480, 60, 4.0), measured(FULL_720, 40, 3.0), scaling=scaling)
    advice = recommend(result, "coaching")
    assert advice is not None
    assert "for 3 people watching at once" in verdict_text(advice, "This machine", t)
    assert wanted_chart(advice, scaling, t).data[0].y[0] == "27 a second for each of 3"
    chart = people_chart(scaling, advice, t)
    (bar,) = chart.data
    assert [round(fps) for fps in bar.y] == [40, 27, 13]  # a frame takes 1.5 times as long as measured
    assert bar.marker.color[0] == bar.marker.color[1] != bar.marker.color[2]
    assert "1280×720" in chart.layout.title.text
    assert "estimated from 640×480, full model" in sure_text(result, advice, t)


def test_how_sure_the_sentence_is_stands_beside_it() -> None:
    said = sure_text(result_of(measured(FULL_480, 62)), _advice(), t)
    assert said.startswith("Give or take 3 %")
    assert "gets at least 18 frames a second" in said
    busy = sure_text(result_of(measured(FULL_480, 62), noise_percent=269.0), _advice(), t)
    assert busy.startswith("Not sure: rounds were 269 % apart")
    alone = sure_text(result_of(measured(FULL_480, 62), noise_percent=math.nan), _advice(viewers=None), t)
    assert alone == ""


def test_charts_have_a_bar_for_each_size_in_order_and_none_for_what_was_not_measured() -> None:
    result = result_of(measured(FULL_720, 45, 4.4), measured(FULL_480, 60, 4.5), measured(LITE_480, 90, 6.0))
    by_name = {bar.name: bar for bar in speed_chart(result, 15, t).data}
    assert list(by_name) == ["lite", "full"]
    assert list(by_name["full"].x) == ["640×480", "1280×720"]
    assert list(by_name["full"].y) == pytest.approx([60, 45])
    assert by_name["lite"].y[0] == pytest.approx(90)
    assert math.isnan(by_name["lite"].y[1])
    assert [list(bar.y) for bar in distance_chart(result, t).data][1] == [4.5, 4.4]


def test_people_who_get_too_few_frames_are_shown_in_grey() -> None:
    (bar,) = people_chart(points((1, 60.0), (2, 50.0), (6, 60.0)), _advice(viewers=2), t).data
    colours = list(bar.marker.color)
    assert list(bar.y) == [60, 25, 10]
    assert colours[0] == colours[1] != colours[2]


def test_the_shipped_result_can_be_shown_for_every_goal() -> None:
    result = shipped_result()
    assert speed_chart(result, 30, t).data
    assert recommend(result, "coaching") is not None
    assert result.cell(HEAVY_480) is not None
