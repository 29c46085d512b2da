"""The only place that reaches into private parts of Streamlit 1.67. tests/e2e/test_offline.py holds it.

Call `apply` before the server starts.
"""

from __future__ import annotations

import logging

from starlette.formparsers import MultiPartParser
from starlette.websockets import WebSocketDisconnected
from streamlit import net_util
from streamlit.runtime.pages_manager import PagesManager

from pose_core.media.images import MAX_FILE_MB

__all__ = ["apply"]

_HERE = "127.0.0.1"
_UNCAUGHT = "Uncaught app execution"


def _is_no_farewell(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], WebSocketDisconnected))


def apply() -> None:
    """Set what Streamlit offers no public name for."""
    # A folder called pages/ makes Streamlit run the first visitor's page by itself, without dashboard.py, until
    # st.navigation was called once in the process. This is what that call sets.
    PagesManager.uses_pages_directory = False
    # When a page of another origin opens Streamlit's WebSocket, Streamlit asks an outside service for this machine's
    # address, browser.serverAddress or not, to compare the origin with it. Both answers are cached here; with them
    # given, nobody is asked, and the foreign origin is refused as before.
    net_util._internal_ip = _HERE
    net_util._external_ip = _HERE
    # Streamlit would log an unexpected error with its message, which may quote what a visitor uploaded;
    # pose_ui.shell.problems logs its type and place instead.
    logging.getLogger("streamlit.error_util").addFilter(lambda record: record.msg != _UNCAUGHT)
    # Warming up imports streamlit-webrtc outside of any page's run, on purpose; Streamlit would warn of that.
    context = "streamlit.runtime.scriptrunner_utils.script_run_context"
    logging.getLogger(context).addFilter(lambda record: "missing ScriptRunContext" not in record.msg)
    # A visitor who leaves while something is being sent: Streamlit takes what Starlette raises for a text message, and
    # closes what is closed. The visit ends as it should; only the log would have a traceback each time.
    logging.getLogger("uvicorn.error").addFilter(_is_no_farewell)
    # Uploads above 1 MB would be put into temporary files. All that may come in stays in memory.
    MultiPartParser.spool_max_size = (MAX_FILE_MB + 1) * 1024 * 1024
