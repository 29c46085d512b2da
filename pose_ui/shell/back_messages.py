"""What a browser may tell Streamlit, message by message: only what the pages of PoseDeck make it send.

Bound to the protocol of Streamlit 1.67 (``BackMsg``). A message that passes is written again from its checked fields,
so nothing typed by a visitor reaches a loop, a file or a log unseen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLsRequest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pose_ui.shell.state import SIGN_IN_BUTTON, SIGN_IN_FORM, SIGN_IN_LANG, TYPED_PASSWORD

__all__ = ["LARGEST", "LARGEST_BEFORE_SIGN_IN", "Refused", "checked", "sign_out_order"]

#: Bytes of a message. Pages were seen to send up to 10 kB; each uploaded picture adds 0.3 kB.
LARGEST: Final = 1_000_000
#: A page left open while the server was restarted sends its choices once more, so not just what the form needs.
LARGEST_BEFORE_SIGN_IN: Final = 250_000

_KINDS: Final = frozenset(
    {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
)
_KINDS_BEFORE_SIGN_IN: Final = frozenset({"rerun_script", "app_heartbeat"})
#: Never install_skills, which writes files.
_OPERATIONS: Final = frozenset({"deferred_file", "dataframe_chunk"})

_FRAGMENT: Final = re.compile(r"[\w$.:-]{0,200}", re.ASCII)
_ID: Final = re.compile(r"[\w.:/-]{0,200}", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{0,64}", re.ASCII)
_MOST_HASHES: Final = 10_000
_MOST_FILES: Final = 1000
_LONGEST_QUERY: Final = 4000
_LONGEST_NAME: Final = 200
_LONGEST_WIDGET_ID: Final = 500
#: Pages have up to a few hundred.
_MOST_WIDGETS: Final = 5000
_MOST_WIDGETS_BEFORE_SIGN_IN: Final = 500
_LONGEST_CONTEXT: Final = 5000
#: The widgets before any page; a typed password of 1000 characters takes up to 4 kB.
_FORM_WIDGET: Final = re.compile(
    rf"\$\$ID-[0-9a-f]+-({TYPED_PASSWORD}|{SIGN_IN_LANG}|{SIGN_IN_BUTTON}|FormSubmitter:{SIGN_IN_FORM}-.{{1,50}})"
)
_LARGEST_FORM_WIDGET: Final = 5000


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message goes no further.

    Attributes
    ----------
    reason : str
        A word for the log, from a fixed set.
    close : int or None
        The code to close the connection with; None: the message alone is dropped.
    """

    reason: str
    close: int | None = None


def checked(data: bytes, *, signed_in: bool) -> bytes | Refused:
    """A browser's message as it may go on, or why it may not.

    Parameters
    ----------
    data : bytes
        A ``BackMsg``.
    signed_in : bool
        Whether its visitor may see the pages; otherwise only what the sign-in form needs passes.
    """
    if len(data) > (LARGEST if signed_in else LARGEST_BEFORE_SIGN_IN):
        return Refused("too large", 1009)
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return Refused("not a message", 1002)
    kind = message.WhichOneof("type")
    if kind not in (_KINDS if signed_in else _KINDS_BEFORE_SIGN_IN):
        return Refused(kind or "empty")
    message.DiscardUnknownFields()
    if kind == "rerun_script":
        fine = _check_state(message.rerun_script, signed_in)
    elif kind == "file_urls_request":
        fine = _check_files(message.file_urls_request)
    elif kind == "backend_operation_request":
        fine = _check_operation(message.backend_operation_request)
    else:
        fine = True
    return message.SerializeToString() if fine else Refused(f"{kind} with odd fields")


def sign_out_order(address: str) -> bytes:
    """The message by which Streamlit makes a browser open this address, as ``st.logout`` does."""
    message = ForwardMsg()
    message.auth_redirect.url = address
    data: bytes = message.SerializeToString()
    return data


def _is_text(text: str, longest: int) -> bool:
    return len(text) <= longest and text.isprintable()


def _check_state(state: ClientState, signed_in: bool) -> bool:
    """Drop from a request to run the page what no page of ours needs; false if the rest means nothing."""
    if not _FRAGMENT.fullmatch(state.fragment_id) or (state.fragment_id and not signed_in):
        return False
    if len(state.widget_states.widgets) > (_MOST_WIDGETS if signed_in else _MOST_WIDGETS_BEFORE_SIGN_IN):
        return False
    if not _is_text(state.query_string, _LONGEST_QUERY):
        state.query_string = ""
    if not _is_text(state.page_name, _LONGEST_NAME):
        state.page_name = ""
    if not _HASH.fullmatch(state.page_script_hash):
        state.page_script_hash = ""
    hashes = state.cached_message_hashes
    if len(hashes) > _MOST_HASHES or not all(map(_HASH.fullmatch, hashes)):
        del hashes[:]
    context = state.context_info
    for name in ("timezone", "locale", "url", "color_scheme"):
        if not _is_text(getattr(context, name), _LONGEST_CONTEXT):
            context.ClearField(name)
    widgets = state.widget_states.widgets
    kept = [
        widget
        for widget in widgets
        if (
            _is_text(widget.id, _LONGEST_WIDGET_ID)
            if signed_in
            else _FORM_WIDGET.fullmatch(widget.id) and widget.ByteSize() <= _LARGEST_FORM_WIDGET
        )
    ]
    if len(kept) < len(widgets):
        del widgets[:]
        widgets.extend(kept)
    return True


def _check_files(request: FileURLsRequest) -> bool:
    return (
        len(request.file_names) <= _MOST_FILES
        and _ID.fullmatch(request.request_id) is not None
        and _ID.fullmatch(request.session_id) is not None
    )


def _check_operation(request: BackendOperationRequest) -> bool:
    ids = (
        request.request_id,
        request.session_id,
        request.deferred_file.file_id,
        request.dataframe_chunk.source_id,
    )
    return request.WhichOneof("payload") in _OPERATIONS and all(map(_ID.fullmatch, ids))
