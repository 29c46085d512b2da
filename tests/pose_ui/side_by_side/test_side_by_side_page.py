"""The Side by side page in Streamlit's own test driver: first visit, samples, own pictures and film, both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from ops.jobs import Job
from pose_core.performer.samples import sample_bytes, sample_clip
from pose_ui.live_view.session import LiveSession
from pose_ui.shell.resources import close_pool, film_studio, performer_comparisons
from pose_ui.shell.state import LIVE, SIDES, SIDES_DEFAULTS, sides_key
from pose_ui.side_by_side.session import SidesSession
from pose_ui.side_by_side.work import owner_of_sides
from pose_ui.texts import Translator
from tests.support.paths import ROOT

EN, ZH = Translator("en"), Translator("zh")
#: Of the test driver's only session.
VISITOR = "visitor test session id"
QUICK = {"sides_b_model": "lite", "sides_frames": "100"}


@pytest.fixture(autouse=True)
def _nobody_else() -> Iterator[None]:
    yield
    close_pool()


def _open(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("pages/side_by_side.py").run()
    assert not app.exception
    return app


def _job() -> Job | None:
    return next(iter(film_studio().jobs.of(owner_of_sides(VISITOR))), None)


def _finish(app: AppTest) -> None:
    """Wait for the comparison under way, and let the page show it."""
    job = _job()
    assert job is not None
    assert job.over.wait(60)
    app.run()
    assert not app.exception


def _press(app: AppTest, label: str) -> None:
    next(button for button in app.main.button if button.label == label).click().run()
    assert not app.exception


def _texts(app: AppTest) -> str:
    """All sentences, without the signs that keep them from being Markdown."""
    kinds = (app.markdown, app.caption, app.error, app.info)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def test_the_first_visit_compares_the_performer_by_itself_and_the_next_visitor_has_it_at_once() -> None:
    app = _open(**QUICK)
    _finish(app)
    assert "exactly 0 on 100 frames" in _texts(app)
    assert EN("sides.no_difference") in _texts(app)
    assert len(performer_comparisons().values()) == 1
    for job in film_studio().jobs.of(owner_of_sides(VISITOR)):
        film_studio().jobs.remove(job.id)
    other = _open(**QUICK)
    assert _job() is None
    assert "exactly 0 on 100 frames" in _texts(other)


def test_every_tab_opens_and_other_choices_are_named() -> None:
    app = _open(lang="zh", **QUICK)
    _finish(app)
    assert "恰为 0" in _texts(app)
    for tab in ("joints", "method", "figures"):
        app.session_state["sides_tab_zh"] = ZH(f"sides.tab_{tab}")
        app.run()
        assert not app.exception, tab
    assert ZH("sides.changed") not in _texts(app)
    app.radio(key="sides_b_model").set_value("full").run()
    assert ZH("sides.changed") in _texts(app)
    _press(app, ZH("sides.exchange"))
    assert [app.session_state[sides_key(f"{side}_model")] for side in "ab"] == ["full", "lite"]


def test_own_pictures_are_kept_compared_and_removed() -> None:
    app = _open(sides_source="pictures", **QUICK)
    assert _job() is None
    assert EN("sides.first_pictures") in _texts(app)
    session: SidesSession = app.session_state[SIDES]
    session.add({"a.png": sample_bytes("squat"), "not.png": b"no picture"})
    app.run()
    assert EN("sides.kept", count=2) in _texts(app)
    _press(app, EN("sides.compare"))
    _finish(app)
    assert "exactly 0 on 1 picture." in _texts(app)
    assert EN("sides.left_out", count=1) in _texts(app)
    session.show(0)
    app.run()
    assert not app.exception
    app.button(key="sides_remove").click().run()
    assert session.kept_bytes == 0


def test_a_film_is_compared_from_where_one_says_and_leaves_with_its_result() -> None:
    studio, data = film_studio(), sample_clip()
    with studio.arrive(VISITOR, "own *film*.mp4", len(data)) as film:
        film.add(data)
        film.finish()
    app = _open(sides_source="film", **QUICK)
    assert "own *film*.mp4" in _texts(app)
    app.slider(key=f"sides_start_{film.id[:8]}").set_value(2.0).run()
    _press(app, EN("sides.compare"))
    _finish(app)
    job = _job()
    assert job is not None
    assert job.result.comparison.looked.seen[0].time_s == pytest.approx(2.0, abs=0.05)
    assert studio.bytes_kept == len(data)
    studio.jobs.remove(job.id)
    assert studio.bytes_kept == 0


def test_a_comparison_that_failed_says_why() -> None:
    app = _open(sides_source="pictures", **QUICK)
    session: SidesSession = app.session_state[SIDES]
    session.add({"not.png": b"no picture"})
    app.run()
    _press(app, EN("sides.compare"))
    _finish(app)
    assert len(app.error) == 1
    assert "picture" in app.error[0].value


def test_live_offers_a_start_compares_nothing_by_itself_and_ends_with_another_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = _open(sides_source="live", **QUICK)
    assert _job() is None
    assert EN("sides.live_start") in _texts(app)
    stopped: list[LiveSession] = []
    monkeypatch.setattr(LiveSession, "stop", lambda session: stopped.append(session))
    app.segmented_control(key=sides_key("source")).set_value("samples").run()
    assert not app.exception
    assert stopped == [app.session_state[LIVE]]


def test_too_many_pictures_are_refused_and_what_was_there_stays() -> None:
    session = SidesSession()
    session.add({"a.png": b"a"})
    session.add({f"{number}.png": b"" for number in range(50)})
    assert session.too_many
    assert set(session.pictures) == {"a.png"}


def test_choices_are_in_the_address_and_wrong_ones_are_not_taken() -> None:
    app = _open(sides_source="pictures", sides_a_model="heavy", sides_b_height="240", sides_people="9")
    state = app.session_state
    assert (state["sides_a_model"], state["sides_b_height"], state["sides_people"]) == ("heavy", 240, 1)
    assert all(sides_key(name) in state for name in SIDES_DEFAULTS)
