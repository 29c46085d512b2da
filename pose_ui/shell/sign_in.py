"""Who may see the pages: everyone, those with the one password, or those signed in through Streamlit's login (OIDC)."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final

import streamlit as st

from ops.configuration import Configuration, read_configuration
from ops.log import log_event
from ops.secrets import secrets_section
from pose_core.errors import SettingsError, SetupError
from pose_ui.shell import language
from pose_ui.shell.layout import top_bar
from pose_ui.shell.resources import password_attempts, visitors
from pose_ui.shell.state import SIGN_IN_BUTTON, SIGN_IN_FORM, SIGN_IN_TROUBLE, SIGNED_IN, TYPED_PASSWORD
from pose_ui.shell.visitors import HEADER
from pose_ui.texts import Translator

__all__ = ["check_login", "signed_in", "tell_what_is_open"]

#: What Streamlit's login needs in section [auth].
_AUTH: Final = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
#: What it imports; PoseDeck's own requirements include neither.
_PACKAGES: Final = ("authlib", "httpx")
_LONGEST_TYPED: Final = 1000
_FORM_PX: Final = 420


# ---------------------------------------------------------------------- at start
def check_login(configuration: Configuration) -> None:
    """Refuse to start with a login that cannot work.

    Raises
    ------
    SetupError
        If a package that it needs is not installed.
    SettingsError
        If its section in Streamlit's secrets file is missing, damaged or incomplete.
    """
    if not configuration.login:
        return
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise SetupError(
                "login_package",
                "POSEDECK_LOGIN=oidc needs the package {package}, which is not installed. "
                "Install it with .venv/bin/pip install --no-deps -r requirements-login.txt, or leave the variable out.",
                package=package,
            )
    _, section = secrets_section("auth", st.get_option("secrets.files")) or ("", None)
    missing = [name for name in _AUTH if not (isinstance(section, dict) and section.get(name))]
    if missing:
        raise SettingsError(
            "auth_section",
            "POSEDECK_LOGIN=oidc needs a section [auth] in .streamlit/secrets.toml; missing there: {names}. "
            "Add what is missing; docs/deploy.md shows how.",
            names=", ".join(missing),
        )


def tell_what_is_open(configuration: Configuration) -> None:
    """Warn if only one of pages and REST interface is protected."""
    pages_closed = configuration.login or configuration.password is not None
    if pages_closed == (configuration.api_token is not None):
        return
    message = (
        "The pages require sign-in, but the REST interface is open to everyone. Set POSEDECK_API_TOKEN to protect it."
        if pages_closed
        else "The REST interface requires a token, but the pages are open to everyone. Set POSEDECK_PASSWORD to "
        "protect them."
    )
    log_event("open", logging.WARNING, message=message)


# ---------------------------------------------------------------------- on the screen
def signed_in(t: Translator) -> bool:
    """Whether this visitor may see the pages; if not, shows how to sign in, and nothing else may be shown."""
    configuration = read_configuration(os.environ)
    if configuration.login:
        return _known_to_the_login(configuration, t)
    if configuration.password is None:
        return True
    if st.session_state.get(SIGNED_IN):
        _admit()
        return True
    _header(t)
    st.write(t("sign_in.text"))
    with st.form(SIGN_IN_FORM, width=_FORM_PX):
        st.text_input(
            t("sign_in.password"),
            type="password",
            key=TYPED_PASSWORD,
            max_chars=_LONGEST_TYPED,
            autocomplete="current-password",
        )
        st.form_submit_button(t("sign_in.button"), type="primary", on_click=_try_password)
    trouble = st.session_state.get(SIGN_IN_TROUBLE)
    if trouble is not None:
        text = t("sign_in.wait", seconds=trouble) if trouble else t("sign_in.wrong")
        st.error(text, icon=":material/lock:", width=_FORM_PX)
    return False


def _admit() -> None:
    """Let this browser send what the pages need; see pose_ui.shell.socket_gate."""
    visitors().admit(st.context.headers.get(HEADER))


def _header(t: Translator) -> None:
    with top_bar():
        language.switch_before_pages(t)
    st.title(t("app.name"), anchor=False)


def _try_password() -> None:
    """Check the typed password. It is neither kept nor logged."""
    typed = str(st.session_state.get(TYPED_PASSWORD, ""))
    st.session_state[TYPED_PASSWORD] = ""
    wait_s = password_attempts().wait_s(st.context.ip_address)
    if wait_s:
        st.session_state[SIGN_IN_TROUBLE] = wait_s
        log_event("sign_in", logging.WARNING, outcome="too_often")
        return
    password = read_configuration(os.environ).password or ""
    # Digests all have the same length, so the time taken does not reveal the password's length either.
    if password and hmac.compare_digest(_digest(typed), _digest(password)):
        st.session_state.pop(SIGN_IN_TROUBLE, None)
        st.session_state[SIGNED_IN] = True
        log_event("sign_in", outcome="in")
    else:
        st.session_state[SIGN_IN_TROUBLE] = 0
        log_event("sign_in", logging.WARNING, outcome="wrong")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _known_to_the_login(configuration: Configuration, t: Translator) -> bool:
    user: Mapping[str, Any] = st.user
    if not st.user.is_logged_in:
        _header(t)
        st.write(t("sign_in.login_text"))
        st.button(
            t("sign_in.login"), key=SIGN_IN_BUTTON, type="primary", icon=":material/login:", on_click=st.login
        )
        return False
    allowed = _is_on_the_list(user, configuration.login_who)
    if st.session_state.get(SIGNED_IN) is not allowed:
        st.session_state[SIGNED_IN] = allowed
        log_event(
            "sign_in", logging.INFO if allowed else logging.WARNING, outcome="in" if allowed else "not_listed"
        )
    if not allowed:
        _header(t)
        st.error(t("sign_in.not_listed"), icon=":material/lock:")
        st.button(t("sign_in.out"), key=SIGN_IN_BUTTON, icon=":material/logout:", on_click=st.logout)
    else:
        _admit()
    return allowed


def _is_on_the_list(user: Mapping[str, Any], who: tuple[str, ...]) -> bool:
    """Whether this user's address or its domain is on the list; the provider must have verified the address."""
    if not who:
        return True
    address = str(user.get("email") or "").lower()
    name, at, domain = address.rpartition("@")
    return user.get("email_verified") is True and bool(name) and (address in who or at + domain in who)
