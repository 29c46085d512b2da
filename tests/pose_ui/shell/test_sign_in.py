"""Signing in with the one password, or through Streamlit's own login, whose provider is an object here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from ops.configuration import Configuration
from ops.log import FILE_NAME, close_log, open_log
from pose_core.errors import SettingsError, SetupError
from pose_ui.benchmark.session import BenchmarkSession
from pose_ui.shell import sign_in
from pose_ui.shell.resources import PASSWORD_ATTEMPTS, close_pool, password_attempts
from pose_ui.shell.sign_in import check_login, tell_what_is_open
from pose_ui.shell.state import LANG, PHOTO
from pose_ui.texts import Translator
from tests.support.paths import ROOT

DASHBOARD = ROOT / "dashboard.py"
EN, ZH = Translator("en"), Translator("zh")
PASSWORD = "four words nobody joins"
AUTH = """
[auth]
redirect_uri = "http://localhost:8080/oauth2callback"
cookie_secret = "s"
client_id = "c"
client_secret = "s"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
"""


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    password_attempts.clear()
    # As pose_ui.shell.streamlit_bindings does for the server: the test driver would run pages without dashboard.py.
    make = PagesManager.__init__

    def without_folder(self: PagesManager, *args: Any, **choices: Any) -> None:
        make(self, *args, **choices)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", without_folder)
    for name in ("POSEDECK_PASSWORD", "POSEDECK_LOGIN", "POSEDECK_LOGIN_WHO"):
        monkeypatch.delenv(name, raising=False)
    yield
    close_log()


@pytest.fixture(scope="module", autouse=True)
def _free_the_pool() -> Iterator[None]:
    yield
    close_pool()


def _open(**query: str) -> AppTest:
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def _type(app: AppTest, password: str) -> None:
    app.text_input[0].input(password)
    next(button for button in app.button if button.label == EN("sign_in.button")).click().run()
    assert not app.exception


def _sees_pages(app: AppTest) -> bool:
    return any(EN("home.claim") in title.value for title in app.title)


def _sign_out(app: AppTest) -> None:
    app.button(key="sign_out").click().run()
    assert not app.exception


# ---------------------------------------------------------------------- the password
def test_without_a_password_the_pages_are_open_and_there_is_no_sign_out() -> None:
    app = _open()
    assert _sees_pages(app)
    assert not [button for button in app.button if button.key == "sign_out"]


def test_with_a_password_nothing_is_shown_until_it_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", PASSWORD)
    app = _open()
    assert not _sees_pages(app)
    assert [button.label for button in app.button] == [EN("sign_in.button")]
    app.switch_page("pages/photo.py").run()
    assert not _sees_pages(app)
    assert PHOTO not in app.session_state
    _type(app, PASSWORD)
    assert PHOTO in app.session_state  # the page that was opened
    assert PASSWORD not in [app.session_state[key] for key in ("typed_password",) if key in app.session_state]


@pytest.mark.parametrize(
    "typed", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1], "密码", "\udcff", "x" * 900]
)
def test_a_wrong_password_opens_nothing(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", PASSWORD)
    app = _open()
    _type(app, typed.encode("utf-8", "replace").decode())
    assert not _sees_pages(app)
    assert [error.value for error in app.error] == [EN("sign_in.wrong")]
    assert app.text_input[0].value == ""
    _type(app, PASSWORD)
    assert _sees_pages(app)
    assert not app.error


def test_a_password_may_be_in_any_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", "密码密码密码密码")
    app = _open()
    _type(app, "密码密码密码密码")
    assert _sees_pages(app)


def test_each_session_signs_in_separately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", PASSWORD)
    first = _open()
    _type(first, PASSWORD)
    assert _sees_pages(first)
    assert not _sees_pages(_open())


def test_too_many_attempts_have_to_wait_even_with_the_right_password_and_in_a_new_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", PASSWORD)
    monkeypatch.setattr(
        password_attempts(), "_clock", lambda: 1000.0
    )  # a slow machine would earn another attempt
    app = _open()
    for _ in range(PASSWORD_ATTEMPTS):
        _type(app, "wrong")
    for tried in (app, _open()):
        _type(tried, PASSWORD)
        assert not _sees_pages(tried)
        (error,) = tried.error
        assert error.value.startswith("Too many attempts")


def test_signing_out_forgets_pictures_and_results_but_not_the_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", PASSWORD)
    app = _open()
    _type(app, PASSWORD)
    app.switch_page("pages/photo.py").run()
    app.segmented_control(key="lang").select("zh").run()
    assert PHOTO in app.session_state
    _sign_out(app)
    assert PHOTO not in app.session_state
    assert app.session_state[LANG] == "zh"
    assert [button.label for button in app.button] == [ZH("sign_in.button")]


def test_signing_out_stops_a_live_stream_and_a_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", PASSWORD)
    app = _open()
    _type(app, PASSWORD)
    app.switch_page("pages/live.py").run()
    connection = app.session_state["live"].connection
    app.session_state["live_source"] = "performer"
    connection.ask()
    app.run()
    assert connection.phase == "connecting"
    app.session_state["benchmark"] = BenchmarkSession()
    stopped: list[str] = []
    run = type("Run", (), {"stop": lambda self: stopped.append("run"), "running": False})()
    app.session_state["benchmark"].run = run
    _sign_out(app)
    assert not connection.on
    assert stopped == ["run"]


def test_what_was_typed_is_not_logged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", PASSWORD)
    open_log(Configuration(log_folder=tmp_path, log_level="debug"))
    app = _open()
    _type(app, "a slip of the real one")
    _type(app, PASSWORD)
    _sign_out(app)
    written = (tmp_path / FILE_NAME).read_text()
    events = [json.loads(line) for line in written.splitlines()]
    assert [e["outcome"] for e in events if e["event"] == "sign_in"] == ["wrong", "in", "out"]
    assert "slip" not in written
    assert PASSWORD not in written


# ---------------------------------------------------------------------- the login
class User(dict[str, Any]):
    """Stands in for Streamlit's st.user."""

    @property
    def is_logged_in(self) -> bool:
        return bool(self["is_logged_in"])


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> User:
    user = User(is_logged_in=False)
    monkeypatch.setenv("POSEDECK_LOGIN", "oidc")
    monkeypatch.setattr(st, "user", user)
    return user


def test_with_a_login_nothing_is_shown_until_the_provider_knows_the_visitor(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(st, "login", lambda: asked.append("in"))
    monkeypatch.setattr(st, "logout", lambda: asked.append("out"))
    app = _open()
    assert not _sees_pages(app)
    (button,) = app.button
    assert button.label == EN("sign_in.login")
    button.click().run()
    assert asked == ["in"]
    user["is_logged_in"] = True
    assert _sees_pages(app.run())
    app.button(key="sign_out").click().run()
    assert asked == ["in", "out"]


@pytest.mark.parametrize(
    ("email", "verified", "allowed"),
    [
        ("ann@example.org", True, True),
        ("Ann@Example.ORG", True, True),
        ("anybody@b.example", True, True),
        ("ann@example.org", False, False),
        ("ann@example.org", None, False),
        ("ann@example.org", "true", False),
        ("eve@example.org", True, False),
        ("eve@evil-b.example", True, False),
        ("eve@b.example.evil.example", True, False),
        ("ann@example.org@evil.example", True, False),
        ("@b.example", True, False),
        ("", True, False),
        (None, True, False),
    ],
)
def test_the_list_admits_only_verified_addresses_on_it(
    user: User, monkeypatch: pytest.MonkeyPatch, email: str | None, verified: object, allowed: bool
) -> None:
    monkeypatch.setenv("POSEDECK_LOGIN_WHO", "ann@example.org,@b.example")
    user |= {"is_logged_in": True, "email": email, "email_verified": verified}
    app = _open()
    assert _sees_pages(app) == allowed
    assert [error.value for error in app.error] == ([] if allowed else [EN("sign_in.not_listed")])


# ---------------------------------------------------------------------- at start
@pytest.fixture
def with_authlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "find_spec", lambda name: ModuleSpec(name, None))


def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "secrets.toml"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(st, "get_option", lambda name: [str(tmp_path / "none.toml"), str(file)])


def test_a_login_without_its_package_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match=r"-r requirements-login\.txt"):
        check_login(Configuration(login=True))
    check_login(Configuration())


@pytest.mark.usefixtures("with_authlib")
def test_a_login_with_its_package_and_section_may_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    documented = re.findall(r"(?ms)^```toml\n(.*?)^```", (ROOT / "docs" / "deploy.md").read_text("utf-8"))
    for text in (AUTH, *(example for example in documented if "[auth]" in example)):
        _secrets(monkeypatch, tmp_path, text)
        check_login(Configuration(login=True))
    assert len(documented) == 3


@pytest.mark.usefixtures("with_authlib")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "missing there: redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url"),
        ("auth = 1", "redirect_uri, cookie_secret"),
        (AUTH.replace('client_id = "c"', ""), "missing there: client_id"),
        (AUTH.replace('cookie_secret = "s"', 'cookie_secret = ""'), "missing there: cookie_secret"),
        ("[auth\nprivate", "secrets.toml must be a TOML file that can be read"),
    ],
)
def test_a_login_with_an_incomplete_section_is_refused_with_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None, sentence: str
) -> None:
    _secrets(monkeypatch, tmp_path, text)
    with pytest.raises(SettingsError, match=sentence) as caught:
        check_login(Configuration(login=True))
    assert "private" not in str(caught.value)


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        (Configuration(), ""),
        (Configuration(password=PASSWORD, api_token="t"), ""),
        (Configuration(password=PASSWORD), "the REST interface is open to everyone"),
        (Configuration(login=True), "the REST interface is open to everyone"),
        (Configuration(api_token="t"), "the pages are open to everyone"),
    ],
)
def test_protecting_only_pages_or_only_rest_gives_a_warning_at_start(
    configuration: Configuration, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(Configuration())
    tell_what_is_open(configuration)
    shown = capsys.readouterr().err
    assert sentence in shown
    assert bool(shown) == bool(sentence)
