"""A language switch changes the language, and nothing that somebody has chosen: every widget of every page."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

import pytest
from streamlit.testing.v1 import AppTest

from pose_core.performer.samples import sample_bytes
from pose_core.pipeline.live import LiveSettings, LiveStatus
from pose_core.pipeline.live.meter import Meter
from pose_core.pose import TrackedPerson
from pose_core.tracking.history import History
from pose_ui.live_view import picture
from pose_ui.live_view.session import LiveSession
from pose_ui.shell.resources import close_pool
from pose_ui.shell.state import LIVE, PHOTO
from tests.support.paths import ROOT
from tests.support.poses import PoseMaker
from tests.support.watching import watched

_KINDS: Final = ("radio", "slider", "button_group", "selectbox", "toggle", "number_input", "multiselect")
_SETTINGS: Final = {
    "setting_model": "heavy",  # neither the default nor the first
    "setting_people": 2,
    "setting_detection": 0.35,
    "setting_presence": 0.4,
    "setting_visibility": 0.65,
    "setting_draw": ["angles", "confidence"],
    "setting_style": "sides",
    "setting_arcs": ["hip", "knee"],
    "setting_enlarge": False,
}
#: By page: what to choose, in this order, since some widgets appear only after a choice. Never the first option alone.
_CHOICES: Final[dict[str, list[dict[str, Any]]]] = {
    "photo": [
        _SETTINGS,
        {"photo_space": "world", "photo_person_of_2": 1, "photo_tab": "table"},
    ],
    "live": [
        _SETTINGS
        | {
            "live_height": 720,
            "live_fps": 24,
            "live_mirror": False,
            "live_min_cutoff": 2.5,
            "live_beta": 3.0,
            "live_adaptive": True,
            "live_target": 24,
            "live_clip": True,
            "live_source": "performer",
        },
        {"live_scene": "lunge", "live_smooth": True},
    ],
    "benchmark": [
        {
            "benchmark_preset": "thorough",
            "benchmark_source": "picture",
            "benchmark_goal": "exact",
            "benchmark_own": True,
        },
        {
            "benchmark_sizes": ["640x480", "own"],
            "benchmark_models": ["full", "heavy"],
            "benchmark_modes": ["photo"],
            "benchmark_people": [2],
        },
        {"benchmark_width": 640, "benchmark_height": 360},
    ],
}


@pytest.fixture(scope="module", autouse=True)
def _free_the_pool() -> Iterator[None]:
    yield
    close_pool()


def _widgets(app: AppTest) -> dict[str, Any]:
    found = [widget for kind in _KINDS for widget in app.get(kind)]
    return {widget.key: widget for widget in found if widget.key not in (None, "lang")}


def _choose(app: AppTest, choices: dict[str, Any]) -> None:
    for key, value in choices.items():
        _widgets(app)[key].set_value(value)
    app.run()
    assert not app.exception


def _open(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["lang"] = "en"
    app.query_params["photo_sample"] = "two_people"
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    return app


def _untold(app: AppTest, before: dict[str, list[str]]) -> list[str]:
    """Radios whose labels have changed without the browser being told which one is chosen now.

    It holds the old label then, shows nothing, and sends nothing with the next press.
    """
    return [
        radio.key
        for radio in app.radio
        if radio.options != before.get(radio.key, radio.options)
        and not (radio.proto.set_value and radio.proto.raw_value == radio.options[radio.index])
    ]


def _labels(app: AppTest) -> dict[str, list[str]]:
    return {radio.key: list(radio.options) for radio in app.radio}


def _shown(app: AppTest) -> dict[str, Any]:
    return {key: widget.value for key, widget in _widgets(app).items()}


@pytest.mark.parametrize("page", _CHOICES)
def test_every_choice_survives_a_switch_there_and_back(page: str) -> None:
    app = _open(page)
    wanted: dict[str, Any] = {}
    for step in _CHOICES[page]:
        _choose(app, step)
        wanted |= step
    assert _shown(app) == wanted, "every widget of the page belongs into _CHOICES"
    for language in ("zh", "en"):
        before = _labels(app)
        app.segmented_control(key="lang").select(language).run()
        assert not app.exception
        assert _shown(app) == wanted, language
        assert not _untold(app, before)
    elsewhere = "photo" if page != "photo" else "home"
    app.switch_page(f"pages/{elsewhere}.py").run()
    app.segmented_control(key="lang").select("zh").run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert _shown(app) == wanted, "switched on another page"


def test_which_picture_of_a_batch_is_shown_survives_a_switch() -> None:
    app = _open("photo")
    files = [(f"{name}.png", sample_bytes(name), "image/png") for name in ("stand", "lunge", "squat")]
    app.file_uploader[0].set_value(files).run()
    app.session_state[PHOTO].select(2)
    _choose(app, {"photo_zip_png": True, "photo_overview_angles": ["hip"]})
    for language in ("zh", "en"):
        app.segmented_control(key="lang").select(language).run()
        assert app.session_state[PHOTO].item.name == "squat.png"
        assert app.toggle(key="photo_zip_png").value
        assert app.pills(key="photo_overview_angles").value == ["hip"]


def _playing(make_pose: PoseMaker) -> Any:
    """A connection that plays a picture with two people."""
    poses = [make_pose(shift_xy=(shift, 0)) for shift in (-150, 150)]
    people = [TrackedPerson(number, pose, pose) for number, pose in enumerate(poses, 1)]
    history = History()
    history.add(watched(1.0, people))
    settings = LiveSettings()
    status = LiveStatus(
        received_wh=(640, 480),
        returned_wh=(640, 480),
        figures=Meter(0.0).figures(1.0),
        people=(1, 2),
        silent_s=0.1,
        small_s=0.0,
        problem=None,
        rung=settings.best_rung(),
        change=None,
    )
    stream = SimpleNamespace(settings=settings, people=tuple(people), status=lambda: status)
    nothing = lambda *_, **__: None  # noqa: E731
    return SimpleNamespace(
        phase="playing",
        on=True,
        connected=True,
        missed=False,
        overlay_failed=False,
        drawn_in_browser=False,
        model_in_browser=False,
        browser_model_failed=None,
        trouble=None,
        rung=None,
        stream=stream,
        watched=stream,
        told=None,
        history=history,
        **dict.fromkeys(("ask", "heard", "leave", "restart", "shown", "stop"), nothing),
    )


def test_what_is_chosen_beside_a_running_picture_survives_a_switch(
    make_pose: PoseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "live_picture", lambda *_: None)  # needs a browser
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["lang"] = "en"
    app.session_state[LIVE] = LiveSession(_playing(make_pose))
    app.run()
    app.switch_page("pages/live.py").run()
    wanted: dict[str, Any] = {"live_person": 2, "live_joints": ["shoulder", "hip"]}
    _choose(app, wanted)
    for chart in ("angles", "visibility"):
        _choose(app, {"live_chart": chart})
        wanted["live_chart"] = chart
        if chart != "angles":
            del wanted["live_joints"]  # shown with the angles alone
        for language in ("zh", "en"):
            app.segmented_control(key="lang").select(language).run()
            assert not app.exception
            shown = _shown(app)
            assert {key: shown[key] for key in wanted} == wanted, (chart, language)
    _choose(app, {"live_chart": "angles"})
    assert _shown(app)["live_joints"] == ["shoulder", "hip"]
