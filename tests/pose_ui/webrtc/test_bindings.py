"""Only three modules use private parts of other packages, and a running picture is not hung up on."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit_webrtc import component

from pose_ui.webrtc.bindings import keep_context
from tests.support.paths import ROOT

BINDINGS = (
    "pose_ui/webrtc/bindings.py",
    "pose_ui/shell/streamlit_bindings.py",
    "pose_ui/shell/back_messages.py",
)
#: Documented by their makers.
PUBLIC = {
    "aiortc",
    "aiortc.contrib.media",
    "streamlit",
    "streamlit.delta_generator",
    "streamlit_webrtc",
}


def _imported(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
        elif isinstance(node, ast.Import):
            modules.update(name.name for name in node.names)
    return {
        name
        for name in modules
        if name.split(".")[0] in {"aiortc", "aioice", "streamlit", "streamlit_webrtc"}
    }


def test_only_the_bindings_import_private_parts() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {module}"
        for folder in ("pose_core", "pose_ui", "pages", "service")
        for path in (ROOT / folder).rglob("*.py")
        if path.relative_to(ROOT).as_posix() not in BINDINGS
        for module in _imported(path) - PUBLIC
    }
    assert not found


class Worker:
    """A worker with a running picture."""

    stops = 0

    def stop(self) -> None:
        self.stops += 1


@pytest.mark.parametrize("on_page", [True, False])
def test_a_frame_on_the_page_keeps_its_connection_for_any_count_of_runs(
    monkeypatch: pytest.MonkeyPatch, on_page: bool
) -> None:
    counted: dict[str, int] = {"runs": 1}
    session: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", session)
    monkeypatch.setattr(component, "get_this_session_info", object)
    monkeypatch.setattr(component, "get_script_run_count", lambda _: counted["runs"])
    keep_context("frame", on_page=False)
    context: Any = component._get_or_create_context("frame")
    worker: Any = Worker()
    context._set_worker(worker)
    counted["runs"] = 5
    keep_context("frame", on_page=on_page)
    component._get_or_create_context("frame")
    assert worker.stops == (0 if on_page else 1)
