"""What `streamlit_bindings` keeps out of the log, in a process of its own: it changes Streamlit for good."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

PROGRAM = """
import logging
from starlette.websockets import WebSocketDisconnected
from pose_ui.shell import streamlit_bindings

streamlit_bindings.apply()
logging.basicConfig()
try:
    raise {error}("a reason")
except Exception:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
"""


@pytest.mark.parametrize(("error", "logged"), [("WebSocketDisconnected", False), ("RuntimeError", True)])
def test_a_visitor_who_leaves_midway_is_not_logged_but_faults_are(error: str, logged: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(error=error)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ("Traceback" in done.stderr) == logged, done.stderr
