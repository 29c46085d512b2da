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


def ran(program: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, with its output."""
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(("error", "logged"), [("WebSocketDisconnected", False), ("RuntimeError", True)])
def test_a_visitor_who_leaves_midway_is_not_logged_but_faults_are(error: str, logged: bool) -> None:
    done = ran(PROGRAM.format(error=error))
    assert done.returncode == 0, done.stderr
    assert ("Traceback" in done.stderr) == logged, done.stderr


DOWNLOAD = """
import logging
from pose_ui.shell import streamlit_bindings
from streamlit.runtime.media_file_storage import MediaFileStorageError

streamlit_bindings.apply()
logging.basicConfig()
log = logging.getLogger("streamlit.runtime.backend_operation_handler")
log.addHandler(logging.StreamHandler())
try:
    try:
        {cause}
    except ZeroDivisionError as error:
        raise MediaFileStorageError("Callable execution failed") from error
    raise MediaFileStorageError("Deferred file not found")
except MediaFileStorageError:
    log.exception("Error executing deferred callable for file_id %s", "0123")
"""


@pytest.mark.parametrize(("cause", "unexpected"), [("pass", False), ("1 / 0", True)])
def test_a_download_that_is_gone_is_one_line_and_one_that_failed_says_where(
    cause: str, unexpected: bool
) -> None:
    done = ran(DOWNLOAD.format(cause=cause))
    assert done.returncode == 0, done.stderr
    assert "Error executing deferred callable for file_id 0123" in done.stderr
    assert "Traceback" not in done.stderr
    assert ("unexpected ZeroDivisionError at " in done.stderr) == unexpected, done.stderr


LOOP_PROGRAM = """
import asyncio, os, threading
from pose_ui.shell.streamlit_bindings import _ScriptLoop

def opened():
    return len(os.listdir("/proc/self/fd"))

before = opened()
loop = _ScriptLoop()
assert opened() == before
asyncio.set_event_loop(loop)
woken = loop.create_future()
threading.Timer(0.05, loop.call_soon_threadsafe, (woken.set_result, "from a thread")).start()
print(loop.run_until_complete(woken))
loop.close()
assert opened() == before
_ScriptLoop().close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")
def test_a_sessions_event_loop_opens_nothing_until_it_runs_and_works_then() -> None:
    done = ran(LOOP_PROGRAM)
    assert (done.returncode, done.stdout) == (0, "from a thread\n"), done.stderr


PAGE = """
import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

st.session_state.asked = st.query_params.get("asked")

def pressed():
    # as if the browser asked for another run
    get_script_run_ctx().script_requests.request_rerun(RerunData(query_string="asked=again"))
    st.session_state.done = True

st.button("press", on_click=pressed)
"""
CALLBACK = """
from streamlit.testing.v1 import AppTest
from pose_ui.shell import streamlit_bindings

if {apply}:
    streamlit_bindings.apply()
app = AppTest.from_string({page!r}).run()
app.button[0].click().run()
print("done" in app.session_state, app.session_state.asked)
"""


@pytest.mark.parametrize(("apply", "printed"), [(True, "True again"), (False, "False again")])
def test_a_callback_is_finished_although_another_request_follows(apply: bool, printed: str) -> None:
    done = ran(CALLBACK.format(apply=apply, page=PAGE))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == printed, done.stderr
