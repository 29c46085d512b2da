"""The log of a start: which steps, when, and nothing about the visitor."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from pose_ui.live_view.steps import Steps


def test_each_step_of_a_start_is_logged_once_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    now_s = 10.0
    steps = Steps(lambda: now_s)
    with caplog.at_level(logging.INFO, "posedeck"):
        steps.begin(now_s)
        now_s = 11.5
        steps.note("offer")
        steps.note("offer")
        steps.phase("playing", before="connecting", after_s=1.25)
        steps.begin(now_s)
        steps.note("offer")
    fields: list[dict[str, Any]] = [vars(record)["fields"] for record in caplog.records]
    number = fields[0]["connection"]
    assert fields == [
        {"connection": number, "step": "offer", "ms": 1500},
        {"connection": number, "phase": "playing", "before": "connecting", "after_s": 1.2, "ms": 1500},
        {"connection": number, "step": "offer", "ms": 0},
    ]
    assert steps.last_s == 11.5


def test_connections_have_different_numbers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "posedeck"):
        Steps().note("offer")
        Steps().note("offer")
    first, second = (vars(record)["fields"]["connection"] for record in caplog.records)
    assert first != second
