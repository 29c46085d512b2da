"""The upload of a model of one's own: complete or not, checked in the background, kept across pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from streamlit.testing.v1 import AppTest

from pose_core.errors import BundleError, BusyError
from pose_core.models.bundles import bundle
from pose_ui.shell.resources import close_pool, own_model_checks
from pose_ui.shell.state import OWN_MODEL
from pose_ui.shell.upload_gate import _kept
from pose_ui.texts import Translator
from pose_ui.widgets.own_model import OwnModelUpload
from tests.support.networks import declared, simcc
from tests.support.paths import ROOT

EN = Translator("en")
DECLARATION = json.dumps(declared("simcc")).encode()
LONG_S = 60.0


@pytest.fixture(scope="module", autouse=True)
def _free_the_pool() -> Iterator[None]:
    yield
    close_pool()


def checked(*parts: dict[str, bytes]) -> OwnModelUpload:
    upload = OwnModelUpload()
    for files in parts:
        upload.add(files)
    upload.wait(LONG_S)
    assert not upload.checking
    return upload


def test_a_network_waits_for_its_declaration_whichever_is_first() -> None:
    files = [{"net.onnx": simcc()}, {"net.json": DECLARATION}]
    assert checked(files[0]).needs == "declaration"
    assert checked(files[1]).needs == "network"
    for parts in (files, files[::-1], [files[0] | files[1]]):
        upload = checked(*parts)
        assert upload.model is not None
        assert upload.model.label == "own:net"


def test_a_complete_model_makes_room_for_the_next_one() -> None:
    upload = checked(
        {"net.onnx": simcc(), "net.json": DECLARATION}, {"mine.task": bundle("lite").path.read_bytes()}
    )
    assert set(upload.files) == {"mine.task"}
    assert upload.model is not None
    assert upload.model.warnings == ()


def test_what_cannot_be_used_keeps_its_problem_until_it_is_removed() -> None:
    upload = checked({"mine.task": b"text"})
    assert upload.model is None
    assert upload.problem is not None
    assert upload.problem.code == "own_bundle_wrong"
    upload.remove()
    assert (upload.problem, upload.kept_bytes) == (None, 0)


def test_a_model_that_was_removed_meanwhile_does_not_come_back() -> None:
    upload = OwnModelUpload()
    upload.add({"net.onnx": simcc(), "net.json": DECLARATION})
    work = upload._check
    upload.remove()
    assert work is not None
    work.join(LONG_S)
    assert upload.model is None


def test_the_upload_gate_counts_the_files_of_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = OwnModelUpload({"a.onnx": bytes(100)})
    monkeypatch.setattr("pose_ui.shell.upload_gate.upload_sizes", dict)
    monkeypatch.setattr("pose_ui.shell.upload_gate.all_session_states", lambda: {"one": {OWN_MODEL: upload}})
    assert _kept() == {"one": 100}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_how_the_model_stands_and_measures_it(language: str) -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["lang"] = language
    app.run()
    app.switch_page("pages/validate.py").run()
    upload: OwnModelUpload = app.session_state[OWN_MODEL]
    t = Translator("zh" if language == "zh" else "en")

    def texts() -> list[str]:
        return [one.value for kind in (app.info, app.error, app.warning, app.success) for one in kind]

    upload.add({"net.onnx": simcc()})
    app.run()
    assert t("own.needs_declaration") in texts()
    upload.add({"net.json": b"{}"})
    upload.wait(LONG_S)
    app.run()
    assert upload.problem is not None
    assert t.error(upload.problem) in texts()
    upload.add({"net.onnx": simcc(), "net.json": DECLARATION})
    upload.wait(LONG_S)
    app.run()
    assert upload.model is not None
    assert t.error(upload.model.warnings[0]) in texts()
    app.button(key="own_model_remove").click().run()
    assert not app.exception
    assert upload.files == {}


def test_only_a_few_models_are_checked_at_a_time() -> None:
    checks = own_model_checks()
    waiting, go_on = threading.Semaphore(0), threading.Event()

    class Slow(dict[str, bytes]):
        def __iter__(self) -> Iterator[str]:
            waiting.release()
            assert go_on.wait(LONG_S)
            return super().__iter__()

    def check() -> None:
        with suppress(BundleError):
            checks.check(Slow())

    threads = [threading.Thread(target=check) for _ in range(2)]
    for thread in threads:
        thread.start()
        waiting.acquire()
    with pytest.raises(BusyError) as caught:
        checks.check({})
    assert caught.value.code == "own_model_busy"
    go_on.set()
    for thread in threads:
        thread.join(LONG_S)
    with pytest.raises(BundleError):
        checks.check({})
