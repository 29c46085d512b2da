"""Browsers known by a cookie, and logins that end everywhere at once."""

from __future__ import annotations

from pose_ui.shell.visitors import COOKIE, Visitors, cookies_of, new_cookie, visitor_of

LOGIN = {"_streamlit_user": "chunks-2", "_streamlit_user_1": "a", "_streamlit_user_2": "b"}


def test_a_visitor_is_named_by_the_digest_of_an_unguessable_cookie() -> None:
    first, second = new_cookie(), new_cookie()
    assert first != second
    name = visitor_of({COOKIE: first})
    assert name is not None
    assert first not in name
    assert name != visitor_of({COOKIE: second})
    assert visitor_of({}) is None
    assert visitor_of({COOKIE: "guessed"}) is None


def test_cookies_are_read_from_every_header() -> None:
    headers = [(b"cookie", b"a=1; b=x=y"), (b"host", b"c=3"), (b"cookie", b"d=4;; e")]
    assert cookies_of(headers) == {"a": "1", "b": "x=y", "d": "4"}


def test_only_who_signed_in_is_admitted() -> None:
    visitors = Visitors()
    visitors.admit("ann")
    visitors.admit(None)  # a run without a browser
    assert visitors.is_admitted("ann")
    assert not visitors.is_admitted("eve")
    assert not visitors.is_admitted("")


def test_of_very_many_visitors_the_first_are_forgotten() -> None:
    visitors = Visitors()
    for number in range(10_001):
        visitors.admit(str(number))
    assert not visitors.is_admitted("0")
    assert visitors.is_admitted("1")


def test_a_login_ends_for_everyone_who_has_its_cookies() -> None:
    visitors, ended = Visitors(), list[str]()
    visitors.log_in({**LOGIN, "_streamlit_user_tokens": "t", "other": "o"})
    copied = {**LOGIN, "posedeck_visitor": "another browser", "_streamlit_user_3": "left over"}
    assert visitors.is_logged_in(LOGIN)
    assert visitors.is_logged_in(copied)

    def left() -> None:
        ended.append("a tab that had closed")

    visitors.connected(LOGIN, lambda: ended.append("tab"))
    visitors.connected(copied, lambda: ended.append("copy"))
    visitors.connected(LOGIN, left)
    visitors.disconnected(LOGIN, left)
    visitors.log_out(LOGIN)
    assert sorted(ended) == ["copy", "tab"]
    assert not visitors.is_logged_in(LOGIN)
    assert not visitors.is_logged_in(copied)
    visitors.log_out(LOGIN)
    assert len(ended) == 2


def test_a_login_needs_all_parts_of_its_cookie() -> None:
    visitors = Visitors()
    visitors.log_in(LOGIN)
    assert not visitors.is_logged_in({**LOGIN, "_streamlit_user_2": "of somebody else"})
    assert not visitors.is_logged_in({"_streamlit_user": "chunks-2"})
    assert not visitors.is_logged_in({})


def test_a_cookie_that_this_server_did_not_set_is_no_login() -> None:
    visitors = Visitors()
    visitors.log_in({"_streamlit_user": "", "_streamlit_user_tokens": "t"})  # cookies that are being deleted
    assert not visitors.is_logged_in({"_streamlit_user": ""})
    assert not visitors.is_logged_in(LOGIN)


def test_a_login_lasts_a_day() -> None:
    now_s = 0.0
    visitors = Visitors(lambda: now_s)
    visitors.log_in(LOGIN)
    now_s = 24 * 3600.0 - 1
    assert visitors.is_logged_in(LOGIN)
    now_s += 1
    assert not visitors.is_logged_in(LOGIN)
