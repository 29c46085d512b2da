"""The only place that uses private parts of Streamlit 1.67; tests/e2e/test_offline.py and test_live_rounds.py check it.

Call `apply` before the server starts.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
import threading
from collections.abc import Callable
from socket import socket
from typing import Any, Final

from starlette.formparsers import MultiPartParser
from starlette.websockets import WebSocketDisconnected
from streamlit import net_util
from streamlit.runtime import exists, get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import RerunData, ScriptRunContext, get_script_run_ctx
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from ops.log import log_unexpected
from pose_core.media.images import MAX_FILE_MB

__all__ = [
    "SMALLEST",
    "ShownPage",
    "all_session_states",
    "apply",
    "forget_sessions_that_left",
    "open_session_state",
    "session_is_here",
    "this_session_id",
    "upload_sizes",
    "visitor_in",
]

#: Bytes that even an empty upload takes, with its names.
SMALLEST: Final = 8192
#: Under this name Streamlit keeps whose browser a session belongs to (server.trustedUserHeaders).
_VISITOR = "visitor"
_HERE = "127.0.0.1"
_UNCAUGHT = "Uncaught app execution"
_LOOK_AGAIN_S: Final = 0.05


def _is_no_farewell(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], WebSocketDisconnected))


def apply() -> None:
    """Set what Streamlit offers no public setting for."""
    # Because of the folder pages/, Streamlit would run pages by themselves, without dashboard.py, until st.navigation
    # has been called once in the process. This is what that call sets.
    PagesManager.uses_pages_directory = False
    # When a page of another origin opens Streamlit's WebSocket, Streamlit asks an outside service for this machine's
    # address to compare the origin with, even if browser.serverAddress is set. It caches both answers in these names;
    # with values in them it asks nobody, and the foreign origin is refused as before.
    net_util._internal_ip = _HERE
    net_util._external_ip = _HERE
    # Streamlit would log an unexpected error with its message, which may quote a visitor's upload;
    # pose_ui.shell.problems logs its type and place instead.
    logging.getLogger("streamlit.error_util").addFilter(lambda record: record.msg != _UNCAUGHT)
    # Warming up imports streamlit-webrtc outside any page's run, on purpose; Streamlit would warn about that.
    context = "streamlit.runtime.scriptrunner_utils.script_run_context"
    logging.getLogger(context).addFilter(lambda record: "missing ScriptRunContext" not in record.msg)
    # When a visitor leaves while something is being sent, Streamlit mistakes what Starlette raises for a text message
    # and closes what is closed already. The visit ends properly, but each time the log would get a traceback.
    logging.getLogger("uvicorn.error").addFilter(_is_no_farewell)
    # A visitor may press a download button of an older run of the page, whose file is gone by then.
    logging.getLogger("streamlit.runtime.backend_operation_handler").addFilter(_without_traceback)
    # Uploads above 1 MB would go to temporary files. This keeps all of them in memory.
    MultiPartParser.spool_max_size = (MAX_FILE_MB + 1) * 1024 * 1024
    _save_descriptors()
    _finish_callbacks()


def _finish_callbacks() -> None:
    """Let no request interrupt a run before the callbacks of its own request are done.

    Streamlit leaves a run for the next request wherever it may, also before its callbacks and in the middle of one, and
    calls them no more: what somebody has pressed would be lost. With runner.fastReruns (.streamlit/config.toml) it
    would drop whole runs that have not begun.
    """
    begin = SafeSessionState.on_script_will_rerun
    heed = ScriptRunner._maybe_handle_execution_control_request
    beginning = threading.local()

    def begin_undisturbed(state: SafeSessionState, *args: Any, **kwargs: Any) -> None:
        beginning.now = True
        try:
            begin(state, *args, **kwargs)
        finally:
            beginning.now = False

    def heed_later(runner: ScriptRunner) -> None:
        if not getattr(beginning, "now", False):
            heed(runner)

    SafeSessionState.on_script_will_rerun = begin_undisturbed  # type: ignore[assignment, method-assign]
    ScriptRunner._maybe_handle_execution_control_request = heed_later  # type: ignore[assignment, method-assign]


class _ScriptLoop(asyncio.SelectorEventLoop):
    """An event loop without a descriptor until somebody runs it."""

    _ssock: socket | None
    _csock: socket | None

    def __init__(self) -> None:
        super().__init__(selectors.PollSelector())

    def _make_self_pipe(self) -> None:
        self._ssock = self._csock = None

    def _close_self_pipe(self) -> None:
        if self._csock is not None:
            super()._close_self_pipe()  # type: ignore[misc]

    def run_forever(self) -> None:
        if self._csock is None:
            super()._make_self_pipe()  # type: ignore[misc]
        super().run_forever()


def _save_descriptors() -> None:
    """Let an idle visitor cost one descriptor, the connection, instead of four.

    Streamlit gives each session an event loop of its own, in case a library asks for one, and runs it never.
    """
    set_up = AppSession.__init__

    def set_up_with_less(session: AppSession, *args: Any, **kwargs: Any) -> None:
        set_up(session, *args, **kwargs)
        session._script_event_loop.close()
        session._script_event_loop = _ScriptLoop()

    AppSession.__init__ = set_up_with_less  # type: ignore[assignment, method-assign]


# ---------------------------------------------------------------------- sessions and what they keep; on the event loop
def open_session_state(session_id: str) -> SessionState | None:
    """What the session keeps, if a browser has it open."""
    session = get_instance().get_app_session(session_id) if exists() else None
    return session.session_state if session is not None else None


def visitor_in(session_id: str) -> str | None:
    """The browser that has the session open, as pose_ui.shell.visitors names it."""
    session = get_instance().get_app_session(session_id) if exists() else None
    named = session._user_info.get(_VISITOR) if session is not None else None
    return named if isinstance(named, str) else None


def _manager(runtime: Runtime) -> WebsocketSessionManager:
    manager = runtime._session_mgr
    assert isinstance(manager, WebsocketSessionManager)
    return manager


def _uploads(runtime: Runtime) -> MemoryUploadedFileManager:
    uploads = runtime._uploaded_file_mgr
    assert isinstance(uploads, MemoryUploadedFileManager)
    return uploads


def all_session_states() -> dict[str, SessionState]:
    """What each session keeps, by its id, those included whose visitor may come back."""
    sessions = _manager(get_instance()).list_sessions() if exists() else []
    return {info.session.id: info.session.session_state for info in sessions}


def upload_sizes() -> dict[str, int]:
    """Bytes of the uploads that Streamlit keeps for each session; none counts as less than `SMALLEST`."""
    if not exists():
        return {}
    uploads = _uploads(get_instance())
    with uploads._lock:
        return {
            session: sum(max(SMALLEST, len(file.data)) for file in files.values())
            for session, files in uploads.file_storage.items()
        }


def forget_sessions_that_left() -> None:
    """Free all that belongs to visitors who left and have not come back in time.

    Streamlit itself would do so only when another visitor leaves.
    """
    if not exists():
        return
    manager = _manager(get_instance())
    storage = manager._session_storage
    assert isinstance(storage, MemorySessionStorage)
    for _, info in storage._cache.expire():  # type: ignore[attr-defined]  # a TTLCache
        info.session.shutdown()
        info.session.session_state.clear()  # the session itself may be part of a cycle and live on for a while
    known = {info.session.id for info in manager.list_sessions()}
    for session_id in (
        upload_sizes().keys() - known
    ):  # an upload that was complete only after its visitor had gone
        _uploads(get_instance()).remove_session_files(session_id)


def session_is_here() -> Callable[[], bool]:
    """Tell other threads whether the visitor whose run calls this is still connected."""
    session_id = this_session_id()
    return lambda: not exists() or get_instance().is_active_session(session_id)


def _without_traceback(record: logging.LogRecord) -> bool:
    """A download that is gone is no fault; one whose making failed is logged like any unexpected error."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, MediaFileStorageError):
        record.exc_info = record.exc_text = None
        if error.__cause__ is not None:
            log_unexpected(error.__cause__)
    return True


def this_session_id() -> str:
    """The session whose page is being run; empty outside of one."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context is not None else ""


class ShownPage:
    """The page whose run creates it, for other threads: whether the visitor still has it open, and a way to wake it.

    Streamlit has no public call for the latter. This does what Streamlit does when a browser requests a run, but only
    while the visitor's script is not running, so that no click is lost.

    Parameters
    ----------
    session_id : str, optional
        Take the page that this session shows now instead.
    """

    def __init__(self, session_id: str | None = None) -> None:
        shown: AppSession | ScriptRunContext | None
        if session_id is None:
            shown = get_script_run_ctx(suppress_warning=True)
        else:
            shown = get_instance().get_app_session(session_id) if exists() else None
        self._session_id = session_id or this_session_id()
        self._page_hash = shown.page_script_hash if shown is not None else ""
        self._waking = False

    def _session(self) -> AppSession | None:
        session = get_instance().get_app_session(self._session_id) if exists() else None
        return session if session is not None and session.page_script_hash == self._page_hash else None

    def here(self) -> bool:
        """Whether a browser is connected and shows this page; from any thread."""
        return self._session() is not None

    def wake(self, needed: Callable[[], bool]) -> None:
        """Run the page once its script rests, if `needed` is still true by then; from any thread, repeatedly."""
        session = self._session()
        if session is not None and not self._waking:
            self._waking = True
            session._call_soon_on_event_loop(lambda: self._run_when_at_rest(needed))

    def _run_when_at_rest(self, needed: Callable[[], bool]) -> None:
        session = self._session()
        if session is None or not needed():
            self._waking = False
        elif session._scriptrunner is not None:
            asyncio.get_running_loop().call_later(_LOOK_AGAIN_S, self._run_when_at_rest, needed)
        else:
            self._waking = False
            state = session._client_state
            session._create_scriptrunner(
                RerunData(
                    query_string=state.query_string,
                    page_script_hash=state.page_script_hash,
                    context_info=state.context_info if state.HasField("context_info") else None,
                )
            )
