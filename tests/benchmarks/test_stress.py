"""The load and the soak: requests are answered, pages keep working, and nothing stays open. No figure is judged, except
that a page answers within a limit that only a broken server misses. Short here, and long in `make nightly`.
"""

from __future__ import annotations

import doctest
import json
import os
import resource
import socket
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import load, pressure, report, soak
from benchmarks.server import holdings

#: More than a page takes on a machine that is busy with other work; the load's own limit is 2 s.
PAGE_MS = 20_000
#: For what is made on first use, and for visitors whom Streamlit has not forgotten yet (three descriptors each).
MORE_DESCRIPTORS, MORE_THREADS = 12, 12

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a server holds is read from /proc")


@pytest.mark.parametrize("module", [soak])
def test_docstring_examples_pass(module: ModuleType) -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.nightly
@pytest.mark.parametrize(("clients", "seconds", "idle"), [(8, 2.0, 100), (32, 60.0, 1000)])
def test_under_load_nobody_gets_an_error_and_the_page_answers(
    clients: int, seconds: float, idle: int, tmp_path: Path
) -> None:
    result = load.measure(clients, seconds, idle)
    rest = result["rest"]
    assert rest["errors"] == 0
    assert rest["statuses"]["200"] > 0
    assert set(rest["statuses"]) <= load.ALLOWED
    assert set(rest["slow"]) <= {"unfinished", "408", "503"}
    assert set(rest["leaving"]) == {"left"}
    assert result["idle"] == {"asked_for": idle, "opened": idle, "open_at_the_end": idle}
    assert result["page_ms"]["n"] > 0
    assert result["page_ms"]["max"] < PAGE_MS
    before, during, after = (result["server"][moment] for moment in ("before", "during", "after"))
    assert during["descriptors"] >= before["descriptors"] + idle
    assert after["descriptors"] <= before["descriptors"] + MORE_DESCRIPTORS
    assert after["threads"] <= before["threads"] + MORE_THREADS
    report.save(result, tmp_path / "load.json")
    assert json.loads((tmp_path / "load.json").read_text()) == result
    assert f"{clients} clients" in load.report(result)


@pytest.mark.nightly
@pytest.mark.parametrize(
    "length",
    [
        {"minutes": 0.15, "every_s": 0.5, "watch_s": 2.0, "forgotten_s": 0.0},
        {"minutes": 3.0, "every_s": 5.0},
    ],
    ids=["short", "long"],
)
def test_a_soak_sees_every_kind_of_visitor_arrive_and_leave(length: dict[str, float], tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:  # in this one a browser test may have left its event loop running
        result = thread.submit(soak.measure, **length).result()
    long = "forgotten_s" not in length
    counts = result["counts"]
    assert result["unexpected"] == 0, counts
    # In the short one, only what even a busy machine gets to.
    for name in (
        "200",
        "left",
        "live viewers",
        "visits of photo",
        *(("400", "422", "visits of home") if long else ()),
    ):
        assert counts[name] > 0, name
    assert counts["pictures seen live"] > 0
    assert result["drift"]["samples"] > 5
    if long:
        assert result["after"]["threads"] <= result["before"]["threads"] + MORE_THREADS
    report.save(result, tmp_path / "soak.json")
    text = soak.report(json.loads((tmp_path / "soak.json").read_text()))
    assert "descriptors" in text


# ---------------------------------------------------------------------- their arithmetic
def samples(rss: list[float], descriptors: list[int]) -> list[dict[str, float]]:
    return [
        {"t_s": 10.0 * i, "rss": mb, "private": mb, "threads": 5, "descriptors": count}
        for i, (mb, count) in enumerate(zip(rss, descriptors, strict=True))
    ]


def test_drift_leaves_out_the_time_before_the_server_has_settled() -> None:
    figures = soak.drift(samples([1.0, 900.0, 100.0, 100.0, 100.0], [99, 99, 7, 7, 7]), settled_s=20.0)
    assert figures["samples"] == 3
    assert figures["rss"] == {"mb": 100.0, "most": 1.0, "end": 1.0, "peak": 1.0, "mb_an_hour": 0.0}
    assert figures["descriptors"] == {"least": 7, "most": 7, "first_third": 7.0, "last_third": 7.0}


def test_drift_shows_growth_in_memory_and_descriptors() -> None:
    figures = soak.drift(
        samples([100.0 + i for i in range(30)], list(range(30))), settled_s=0.0, window_s=100.0
    )
    assert figures["rss"]["most"] == figures["rss"]["end"] == pytest.approx(124.5 / 104.5, abs=1e-3)
    assert figures["rss"]["peak"] == pytest.approx(129 / 104.5, abs=1e-3)
    assert figures["rss"]["mb_an_hour"] == pytest.approx(360.0)
    assert figures["descriptors"]["last_third"] - figures["descriptors"]["first_third"] == 20


def test_holdings_count_descriptors_that_are_opened_and_closed() -> None:
    before = holdings(os.getpid())
    assert before is not None
    lines = [socket.socket() for _ in range(5)]
    during = holdings(os.getpid())
    for line in lines:
        line.close()
    after = holdings(os.getpid())
    assert during is not None
    assert after is not None
    assert during["descriptors"] == before["descriptors"] + 5
    assert after["descriptors"] == before["descriptors"]
    assert before["threads"] >= 1


def test_no_more_idle_connections_are_opened_than_the_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1024))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: allowed.append(limits))
    assert pressure.allow_descriptors(1000) == 624
    assert pressure.allow_descriptors(100) == 100
    assert allowed == [(1024, 1024), (500, 1024)]


def test_an_answer_that_says_try_again_is_not_an_error() -> None:
    pressed = pressure.Pressed(
        seconds=2.0, statuses=Counter({"200": 4, "503": 9, "429": 1, "500": 1, "OSError": 1})
    )
    assert load._rest_figures(pressed)["errors"] == 2
