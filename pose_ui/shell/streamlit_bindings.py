"""The only place that uses private parts of Streamlit 1.67; tests/e2e/test_offline.py and test_live_rounds.py check it.

Call `apply` before the server starts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from starlette.formparsers import MultiPartParser
from starlette.websockets import WebSocketDisconnected
from streamlit import net_util
from streamlit.runtime import exists, get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.web.server.starlette import starlette_server

from ops.log import log_unexpected
from pose_core.media.images import MAX_FILE_MB
from pose_ui.shell.back_messages import LARGEST

__all__ = ["ShownPage", "apply", "session_is_here"]

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
    # The server would collect 200 MB, the limit for what it sends, before anything could look at a browser's message.
    starlette_server.get_max_message_size_bytes = lambda: LARGEST  # type: ignore[attr-defined]
    # Uploads above 1 MB would go to temporary files. This keeps all of them in memory.
    MultiPartParser.spool_max_size = (MAX_FILE_MB + 1) * 1024 * 1024


def session_is_here() -> Callable[[], bool]:
    """Tell other threads whether the visitor whose run calls this is still connected."""
    context = get_script_run_ctx(suppress_warning=True)
    session_id = context.session_id if context is not None else ""
    return lambda: not exists() or get_instance().is_active_session(session_id)


def _without_traceback(record: logging.LogRecord) -> bool:
    """A download that is gone is no fault; one whose making failed is logged like any unexpected error."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, MediaFileStorageError):
        record.exc_info = record.exc_text = None
        if error.__cause__ is not None:
            log_unexpected(error.__cause__)
    return True


class ShownPage:
    """The page whose run creates it, for other threads: whether the visitor still has it open, and a way to wake it.

    Streamlit has no public call for the latter. This does what Streamlit does when a browser requests a run, but only
    while the visitor's script is not running, so that no click is lost.
    """

    def __init__(self) -> None:
        context = get_script_run_ctx(suppress_warning=True)
        self._session_id = context.session_id if context is not None else ""
        self._page_hash = context.page_script_hash if context is not None else ""
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
