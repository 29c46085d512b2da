"""Choices that survive a reload, a typed address and a link: in the page's address and in a cookie of this browser.

A page calls `remembered` before its widgets; `pose_ui.shell.browser` writes what was chosen at the end of each run.
What the session has comes first, then the address, then the cookie, then the default. An address that names any choice
of a group decides about the whole group, so that a link shows the same to everybody.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode

import streamlit as st

from pose_ui.shell.state import FORGOTTEN, REMEMBERED

__all__ = [
    "COOKIE_PREFIX",
    "Choice",
    "Kept",
    "as_cookie",
    "begin",
    "cookie",
    "kept",
    "number_within",
    "on_off",
    "one_of",
    "recalled",
    "remembered",
    "some_of",
]

COOKIE_PREFIX: Final = "posedeck_kept_"
#: The group whose names stand in the address as they are; those of others have their group in front.
_PLAIN: Final = "setting"
_LONGEST: Final = 2000  # characters of a cookie; ours are far shorter


@dataclass(frozen=True, slots=True)
class Choice:
    """How one choice is written and read.

    Attributes
    ----------
    default : object
        Not written.
    read : callable
        Turns a text from outside into a value; None if it is not one that can be chosen.
    write : callable
        Turns a value into the text.
    """

    default: Any
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Kept:
    """What one group has to remember.

    Attributes
    ----------
    names : tuple of str
        All its names in the address.
    chosen : dict of str to str
        Those that differ from their default, with their texts.
    """

    names: tuple[str, ...]
    chosen: dict[str, str]


def one_of(options: Sequence[Any], default: object) -> Choice:
    """One of several options, written as their ``str``."""
    return Choice(default, {str(option): option for option in options}.get)


def some_of(options: Sequence[Any], default: Sequence[Any]) -> Choice:
    """Any of several options, written with dots between them; "-" for none."""
    known = {str(option): option for option in options}

    def read(text: str) -> list[Any] | None:
        parts = [] if text == "-" else text.split(".")
        return (
            [known[part] for part in parts]
            if known.keys() >= set(parts) and len(parts) == len(set(parts))
            else None
        )

    return Choice(list(default), read, lambda chosen: ".".join(map(str, chosen)) or "-")


def number_within(low: float, high: float, default: float) -> Choice:
    """A number in a range; a whole one if the default is whole."""
    kind = type(default)

    def read(text: str) -> float | None:
        try:
            value = kind(text)
        except ValueError:
            return None
        return value if math.isfinite(value) and low <= value <= high else None

    return Choice(default, read, lambda value: f"{value:g}")


def on_off(default: bool) -> Choice:
    """A switch, written as 1 or 0."""
    return Choice(default, {"1": True, "0": False}.get, lambda on: "1" if on else "0")


def begin() -> None:
    """A run of the dashboard begins, in which no page has named its choices yet."""
    st.session_state[REMEMBERED] = {}


def kept() -> dict[str, Kept]:
    """What the groups named in this run have to remember."""
    groups: dict[str, Kept] = st.session_state.get(REMEMBERED, {})
    return groups


def _name(group: str, name: str) -> str:
    return name if group == _PLAIN else f"{group}_{name}"


def _told(group: str, names: Sequence[str]) -> Mapping[str, str]:
    """What the address says about the group, or else the cookie; by names as in the address."""
    if st.session_state.get(FORGOTTEN):
        return {}
    address = {name: st.query_params[name] for name in names if name in st.query_params}
    return address or cookie(group)


def cookie(group: str) -> Mapping[str, str]:
    """What this browser's cookie says about the group, as it was when the browser connected."""
    text = st.context.cookies.get(COOKIE_PREFIX + group, "")
    return dict(parse_qsl(unquote(text))) if len(text) <= _LONGEST else {}


def recalled(group: str, name: str, choice: Choice) -> Any:
    """What is remembered of one choice of another page's group, or its default."""
    text = _told(group, [_name(group, name)]).get(_name(group, name))
    value = choice.read(text) if text is not None else None
    return choice.default if value is None else value


def remembered(group: str, choices: Mapping[str, Choice]) -> None:
    """Set each choice that this session has not made yet to what is remembered, or to its default.

    Parameters
    ----------
    group : str
        The session keys of its choices are ``<group>_<name>``.
    choices : mapping of str to Choice
    """
    names = [_name(group, name) for name in choices]
    state = st.session_state
    if any(f"{group}_{name}" not in state for name in choices):
        told = _told(group, names)
        for name, choice in choices.items():
            text = told.get(_name(group, name))
            value = choice.read(text) if text is not None else None
            state.setdefault(f"{group}_{name}", choice.default if value is None else value)
    chosen = {
        _name(group, name): choice.write(value)
        for name, choice in choices.items()
        if (value := state[f"{group}_{name}"]) is not None and value != choice.default
    }
    state.setdefault(REMEMBERED, {})[group] = Kept(tuple(names), chosen)


def as_cookie(chosen: Mapping[str, str]) -> str:
    """The cookie's value, before the browser escapes it."""
    return urlencode(chosen)
