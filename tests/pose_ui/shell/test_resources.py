"""What all visitors share outlives whatever a message on Streamlit's socket can do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import streamlit as st

from pose_core.errors import BusyError
from pose_core.settings import DetectionSettings
from pose_ui.shell.resources import Shared, benchmark_runner, close_pool, password_attempts, pool


def test_emptying_streamlits_caches_leaves_pool_benchmark_and_password_count_alone() -> None:
    before = pool(), benchmark_runner(), password_attempts()
    try:
        st.cache_resource.clear()  # what Streamlit does with the message clear_cache
        st.cache_data.clear()
        assert (pool(), benchmark_runner(), password_attempts()) == before
        with pool().borrow(DetectionSettings(model="lite")):
            pass  # it is still open
    finally:
        close_pool()


def test_the_pool_is_made_again_after_the_server_has_closed_it() -> None:
    first = pool()
    close_pool()
    try:
        with pytest.raises(BusyError):
            first.lease_stream(DetectionSettings())
        assert pool() is not first
    finally:
        close_pool()


def test_threads_that_ask_at_the_same_time_get_one_object() -> None:
    start, made = Barrier(8), Shared(object)

    def ask(_: int) -> object:
        start.wait(30)
        return made()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1


def test_an_object_that_could_not_be_made_is_tried_again() -> None:
    answers = iter([ValueError("not yet"), "made"])

    def make() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = Shared(make)
    with pytest.raises(ValueError, match="not yet"):
        shared()
    assert shared() == "made"
