"""The Validate page in Streamlit's own test driver: before, during and after a run, and with wrong files."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pose_core.evaluation.example_set import example_zip
from pose_core.evaluation.running import ValidationRun, ValidationRunner
from pose_core.evaluation.validate import ValidationResult
from pose_core.media.images import encode_png
from pose_core.models.pool import PosePool
from pose_ui.shell.layout import plain
from pose_ui.shell.resources import close_pool, onnx_exporter, validation_runner
from pose_ui.shell.state import VALIDATE
from pose_ui.shell.upload_gate import _kept
from pose_ui.texts import Translator
from pose_ui.validate.session import ValidateSession
from tests.support.annotations import annotation, coco
from tests.support.paths import ROOT
from tests.support.validations import made_up

EN, ZH = Translator("en"), Translator("zh")
PNG = encode_png(np.full((48, 64, 3), 128, dtype=np.uint8))
POINTS = np.column_stack([np.linspace(5, 60, 17), np.linspace(5, 40, 17), np.full(17, 2)])
ANNOTATIONS = json.dumps(
    coco([{"id": 1, "file_name": "1.png", "width": 64, "height": 48}], [annotation(1, 1, POINTS)])
).encode()
TABS = ("summary", "joints", "errors", "worst", "sizes", "method")


@pytest.fixture(scope="module", autouse=True)
def _free_the_pool() -> Iterator[None]:
    yield
    close_pool()


def _open(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("pages/validate.py").run()
    assert not app.exception
    return app


def _session(app: AppTest) -> ValidateSession:
    session: ValidateSession = app.session_state[VALIDATE]
    return session


def _run_button(app: AppTest, t: Translator = EN) -> object:
    return next(
        button for button in app.main.button if button.label in (t("validate.run"), t("validate.again"))
    )


class _Over(ValidationRun):
    """A run that is over, with a result that was made up."""

    def __init__(self, result: ValidationResult) -> None:
        super().__init__(result.dataset, result.settings, PosePool())
        self._made = result

    @property
    def running(self) -> bool:
        return False

    def result(self) -> ValidationResult | None:
        return self._made

    def stop(self, wait_s: float = 0.0) -> None:
        pass


def _with_result(app: AppTest, result: ValidationResult) -> None:
    _session(app).run = _Over(result)
    app.run()
    assert not app.exception


def _texts(app: AppTest) -> str:
    kinds = (app.header, app.markdown, app.caption, app.warning, app.error, app.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def test_the_first_visit_shows_annotated_pictures_and_one_press_gives_answers() -> None:
    app = _open()
    assert "8 pictures with 8 people, 17 joints compared" in _texts(app)
    assert len(app.get("image")) == 8
    app.checkbox(key="validate_full").uncheck().run()
    _run_button(app).click().run()  # type: ignore[attr-defined]
    run = _session(app).run
    assert run is not None
    assert run.wait(60)
    app.run()
    assert not app.exception
    assert plain("lite finds all 8 people, cropped and in whole pictures.") in _texts(app)
    assert EN("validate.ask_fails") in _texts(app)
    assert EN("validate.ask_real") not in _texts(app)


def test_without_a_model_there_is_nothing_to_run() -> None:
    app = _open(validate_lite="0", validate_full="0")
    assert EN("validate.no_model") in _texts(app)
    assert _run_button(app).disabled  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_tab_opens_in_both_languages(language: str) -> None:
    t = Translator("zh" if language == "zh" else "en")
    app = _open(lang=language)
    _with_result(app, made_up({"lite": 20.0, "full": 4.0}, turned=True, missed=2))
    assert any(t("validate.exchanged", count=12, judged=12) == warning.value for warning in app.warning)
    for tab in TABS:
        app.session_state[f"validate_tab_{language}"] = t(f"validate.tab_{tab}")
        app.run()
        assert not app.exception, tab
    assert t("validate.published_heading") in _texts(app)


def test_worst_pictures_are_stepped_through_and_filtered() -> None:
    app = _open()
    app.session_state["validate_tab_en"] = EN("validate.tab_worst")
    _with_result(app, made_up({"full": 9.0}))
    assert EN("validate.case_at", number=1, total=12) in _texts(app)
    app.button(key="validate_next").click().run()
    assert EN("validate.case_at", number=2, total=12) in _texts(app)
    app.selectbox(key="validate_filter_kind").select("swap").run()
    assert EN("validate.no_case") in _texts(app)


def test_other_choices_than_those_of_the_result_are_named() -> None:
    app = _open()
    _with_result(app, made_up({"lite": 4.0}))
    assert EN("validate.changed", models="lite", data=r"made\_up") in _texts(app)


@pytest.mark.parametrize("t", [EN, ZH], ids=["en", "zh"])
def test_wrong_files_get_their_sentence_and_the_right_ones_are_read(t: Translator) -> None:
    app = _open(lang=t.language, validate_source="own")
    assert t("validate.upload_first") in _texts(app)
    session = _session(app)
    session.add({"1.png": PNG})
    app.run()
    assert session.problem is not None
    assert [error.value for error in app.error] == [t.error(session.problem)]
    assert _run_button(app, t).disabled  # type: ignore[attr-defined]
    session.add({"a.json": ANNOTATIONS})
    app.run()
    assert not app.error
    assert len(app.get("image")) == 1
    assert not _run_button(app, t).disabled  # type: ignore[attr-defined]
    assert session.kept_bytes == len(PNG) + len(ANNOTATIONS)
    app.button(key="validate_remove").click().run()
    assert session.kept_bytes == 0


def test_before_anything_is_brought_the_files_that_can_be_read_are_listed_with_an_example() -> None:
    app = _open(validate_source="own")
    assert EN("validate.formats_text").strip() in _texts(app)
    _session(app).add({"example.zip": example_zip()})
    app.run()
    assert "4 pictures with 4 people" in _texts(app)
    assert EN("validate.formats_text").strip() not in _texts(app)


def test_files_that_are_kept_are_forgotten_with_the_result_on_them() -> None:
    session = ValidateSession()
    session.add({"1.png": PNG, "a.json": ANNOTATIONS})
    session.run = _Over(made_up({"lite": 1.0}))
    session.add({"2.png": PNG})
    assert session.run is None


def test_too_many_megabytes_are_refused_and_what_was_there_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pose_ui.validate.session.MAX_TOTAL_MB", 1)
    session = ValidateSession()
    session.add({"1.png": PNG, "a.json": ANNOTATIONS})
    session.add({"large.zip": bytes(2**20)})
    assert session.too_large
    assert set(session.files) == {"1.png", "a.json"}
    assert session.dataset is not None


@pytest.mark.parametrize("t", [EN, ZH], ids=["en", "zh"])
def test_a_model_is_made_as_onnx_and_offered_with_how_well_it_agrees(t: Translator) -> None:
    app = _open(lang=t.language, validate_onnx="lite")
    onnx_exporter.clear()
    app.run()
    app.button(key="validate_onnx_make").click().run()
    onnx_exporter().wait("lite", 60)
    app.run()
    assert not app.exception
    made = onnx_exporter().export("lite")
    assert made is not None
    median = f"{made.agreement['median_px']:.3f}"
    p90 = f"{made.agreement['p90_px']:.3f}"
    assert t("onnx.agreement", pictures=6, median=median, p90=p90) in _texts(app)


def test_a_visitor_waits_while_others_validate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ValidationRunner, "free", property(lambda self: False))
    app = _open()
    assert EN("validate.busy") in _texts(app)
    assert _run_button(app).disabled  # type: ignore[attr-defined]
    validation_runner.clear()


def test_the_upload_gate_counts_what_the_page_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    session = ValidateSession()
    session.files = {"a": bytes(100)}
    monkeypatch.setattr("pose_ui.shell.upload_gate.upload_sizes", dict)
    monkeypatch.setattr("pose_ui.shell.upload_gate.all_session_states", lambda: {"one": {VALIDATE: session}})
    assert _kept() == {"one": 100}
