"""The Coach page in Streamlit's own test driver: first visit, both languages, a set and its corrections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from pose_core.movement.coach import Coach
from pose_core.movement.sets import ExerciseSet
from pose_ui.shell.resources import close_pool
from pose_ui.shell.state import COACH
from pose_ui.texts import Translator
from tests.support.paths import ROOT
from tests.support.performing import Show, truly


@pytest.fixture(scope="module", autouse=True)
def _free_the_pool() -> Iterator[None]:
    yield
    close_pool()


def _open(language: str = "en") -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    app.switch_page("pages/coach.py").run()
    assert not app.exception
    return app


def _set(motion: str, exercise: str) -> ExerciseSet:
    coach = Coach(exercise, arming=False)
    for frame in truly(Show(motion, 90.0, 1.0, cycles=2)):
        coach.add(frame)
    coach.finish()
    state = coach.state
    return ExerciseSet(exercise, "performer", datetime(2026, 1, 2), state.repetitions, state.holds)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_first_visit_offers_squats_and_says_once_what_it_is_not(language: str) -> None:
    t = Translator("zh" if language == "zh" else "en")
    app = _open(language)
    assert app.selectbox(key="coach_exercise").value == "squat"
    assert [caption.value for caption in app.caption].count(t("coach.no_medical_device")) == 1
    assert app.button(key="live_start").label == t("live.start")


def test_a_film_takes_the_place_of_the_live_picture() -> None:
    app = _open()
    app.segmented_control(key="live_source").set_value("clip").run()
    assert not app.exception
    assert Translator("en")("coach.film_help") in [one.value for one in app.caption]
    assert not app.file_uploader  # films of 300 MB do not go through Streamlit's


def test_a_set_has_a_table_and_its_corrections_can_be_undone() -> None:
    app = _open()
    app.session_state[COACH].result = _set("squat_leaning", "squat")
    app.run()
    assert not app.exception
    assert app.subheader[0].value == "Squat: 2"
    rows = app.dataframe[0].value
    assert list(rows["No."]) == ["1", "2"]
    assert all("leans forward" in note for note in rows["Notes"])
    app.button(key="coach_was_none").click().run()
    app.button(key="coach_plus_one").click().run()
    app.button(key="coach_plus_one").click().run()
    assert app.subheader[0].value == "Squat: 3"
    assert app.dataframe[0].value["No."][0] == "not a repetition"
    app.button(key="coach_undo").click().run()
    assert app.subheader[0].value == "Squat: 2"
    app.button(key="coach_forget").click().run()
    assert not app.subheader


@pytest.mark.parametrize("language", ["en", "zh"])
def test_limits_are_changed_judge_the_set_again_and_go_back_to_standard(language: str) -> None:
    t = Translator("zh" if language == "zh" else "en")
    app = _open(language)
    app.session_state[COACH].result = _set("squat_leaning", "squat")
    app.run()
    field, reset = "coach_limit_squat_leaning", "coach_limits_reset"
    assert app.number_input(key=field).value == 50
    assert app.button(key=reset).disabled
    assert any(t("source.squat_leaning") in caption.value for caption in app.caption)
    app.number_input(key=field).set_value(80).run()
    assert not app.exception
    assert t("fault.squat_leaning") not in "".join(app.dataframe[0].value.iloc[:, -1])
    assert app.session_state[COACH].result.limits == {"leaning": 80.0}
    assert "80°" in "".join(caption.value for caption in app.caption)
    app.selectbox(key="coach_exercise").set_value("push_up").run()
    app.selectbox(key="coach_exercise").set_value("squat").run()
    assert app.number_input(key=field).value == 80
    app.button(key=reset).click().run()
    assert app.number_input(key=field).value == 50
    assert t("fault.squat_leaning") in app.dataframe[0].value.iloc[0, -1]
    assert app.session_state[COACH].result.limits == {}


def test_limits_in_the_address_are_taken_over() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["coach_limits"] = "squat.leaning.61~plank.sagging.12"
    app.run()
    app.switch_page("pages/coach.py").run()
    assert app.number_input(key="coach_limit_squat_leaning").value == 61
    assert app.session_state[COACH].limits == {"squat": {"leaning": 61.0}, "plank": {"sagging": 12.0}}


@pytest.mark.parametrize(("told", "place"), [("browser", "browser"), ("moon", "server"), (None, "server")])
def test_where_the_model_runs_is_taken_from_the_live_pages_choice(told: str | None, place: str) -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    if told is not None:
        app.query_params["live_model_in"] = told
    app.switch_page("pages/coach.py").run()
    assert not app.exception
    assert app.session_state["live_model_in"] == place


def test_a_plank_shows_its_seconds() -> None:
    app = _open()
    app.session_state[COACH].result = _set("plank", "plank")
    app.run()
    assert not app.exception
    assert "held" in app.subheader[0].value
    assert len(app.dataframe[0].value) == 1
