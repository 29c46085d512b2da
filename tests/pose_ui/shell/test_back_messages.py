"""Which of a browser's messages go on to Streamlit, and what is left of them."""

from __future__ import annotations

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pose_ui.shell.back_messages import LARGEST, LARGEST_BEFORE_SIGN_IN, Refused, checked

HASH = "0123456789abcdef" * 2
PASSWORD_FIELD = f"$$ID-{HASH}-typed_password"
FORM = (
    PASSWORD_FIELD,
    f"$$ID-{HASH}-sign_in_lang",
    f"$$ID-{HASH}-FormSubmitter:sign_in-登录",
    f"$$ID-{HASH}-sign_in_button",
)


def rerun(*widgets: str, **fields: str) -> BackMsg:
    message = BackMsg()
    message.rerun_script.SetInParent()
    for name, value in fields.items():
        setattr(message.rerun_script, name, value)
    for widget in widgets:
        message.rerun_script.widget_states.widgets.append(WidgetState(id=widget, string_value="x"))
    return message


def passed(message: BackMsg, *, signed_in: bool = True) -> BackMsg:
    answer = checked(message.SerializeToString(), signed_in=signed_in)
    assert isinstance(answer, bytes), answer
    return BackMsg.FromString(answer)


def refused(message: BackMsg, *, signed_in: bool = True) -> Refused:
    answer = checked(message.SerializeToString(), signed_in=signed_in)
    assert isinstance(answer, Refused)
    return answer


def operation(payload: str, file_id: str = HASH) -> BackMsg:
    message = BackMsg()
    request = message.backend_operation_request
    request.request_id = "4b96e4f4-71cc-44a2-bb77-d02083b676e2"
    getattr(request, payload).SetInParent()
    if payload == "deferred_file":
        request.deferred_file.file_id = file_id
    return message


def files(*names: str, request_id: str = "4b96e4f4") -> BackMsg:
    message = BackMsg()
    message.file_urls_request.request_id = request_id
    message.file_urls_request.file_names.extend(names)
    return message


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize(
    "message",
    [
        BackMsg(clear_cache=True),
        BackMsg(set_run_on_save=True),
        BackMsg(load_git_info=True),
        BackMsg(debug_disconnect_websocket=True),
        BackMsg(debug_shutdown_runtime=True),
        BackMsg(),
        operation("install_skills"),
        operation("dismiss_skills_nudge"),
    ],
)
def test_what_no_page_of_ours_sends_goes_no_further(message: BackMsg, signed_in: bool) -> None:
    assert refused(message, signed_in=signed_in).close is None


@pytest.mark.parametrize(
    "message",
    [
        rerun(f"$$ID-{HASH}-setting_model", query_string="lang=en", page_script_hash=HASH, fragment_id=HASH),
        rerun(f'$$ID-{HASH}-live_stream:frontend 6)r])0Gea7e#2E#{{y^i*_UzwU"@RJP<z', page_name="photo"),
        BackMsg(stop_script=True),
        BackMsg(app_heartbeat=True),
        files("my 深蹲.png"),
        operation("deferred_file"),
        operation("dataframe_chunk"),
    ],
)
def test_what_pages_send_goes_on_unchanged(message: BackMsg) -> None:
    assert passed(message) == message


def test_before_sign_in_only_the_forms_widgets_go_on() -> None:
    other = f"$$ID-{HASH}-photo_upload_0"
    message = rerun(
        *FORM, other, f"{PASSWORD_FIELD}x", "typed_password", query_string="lang=zh", page_name="photo"
    )
    left = passed(message, signed_in=False).rerun_script
    assert tuple(widget.id for widget in left.widget_states.widgets) == FORM
    assert (left.query_string, left.page_name) == ("lang=zh", "photo")
    assert [widget.id for widget in passed(message).rerun_script.widget_states.widgets][4:6] == [
        other,
        f"{PASSWORD_FIELD}x",
    ]


def test_before_sign_in_a_widgets_value_is_small() -> None:
    message = rerun(PASSWORD_FIELD)
    message.rerun_script.widget_states.widgets[0].string_value = "密" * 1000  # the longest that can be typed
    assert passed(message, signed_in=False) == message
    message.rerun_script.widget_states.widgets[0].string_value = "密" * 2000
    assert not passed(message, signed_in=False).rerun_script.widget_states.widgets


@pytest.mark.parametrize(
    "message",
    [BackMsg(stop_script=True), files("a.png"), operation("deferred_file"), rerun(fragment_id=HASH)],
)
def test_before_sign_in_there_are_no_uploads_downloads_or_parts_of_pages(message: BackMsg) -> None:
    assert refused(message, signed_in=False).close is None


@pytest.mark.parametrize(("signed_in", "most"), [(False, 500), (True, 5000)])
def test_a_message_has_only_so_many_widgets(signed_in: bool, most: int) -> None:
    message = BackMsg()
    for _ in range(most):
        message.rerun_script.widget_states.widgets.add()
    assert isinstance(checked(message.SerializeToString(), signed_in=signed_in), bytes)
    message.rerun_script.widget_states.widgets.add()
    assert isinstance(checked(message.SerializeToString(), signed_in=signed_in), Refused)


@pytest.mark.parametrize(("signed_in", "largest"), [(True, LARGEST), (False, LARGEST_BEFORE_SIGN_IN)])
def test_a_message_that_is_too_large_ends_the_connection_unread(signed_in: bool, largest: int) -> None:
    assert checked(b"\xff" * (largest + 1), signed_in=signed_in) == Refused("too large", 1009)
    assert checked(b"\xff" * largest, signed_in=signed_in) == Refused("not a message", 1002)


@pytest.mark.parametrize("fragment", ["a\nb", "\x1b[2J", "x" * 201, "片段", "a b"])
def test_an_odd_fragment_id_is_refused_before_anything_logs_it(fragment: str) -> None:
    assert refused(rerun(fragment_id=fragment)) == Refused("rerun_script with odd fields")


@pytest.mark.parametrize("text", ["\x00", "a\r\nb", "\x1b[2J", "x" * 100_000])
def test_odd_addresses_and_names_are_dropped_and_the_page_still_runs(text: str) -> None:
    message = rerun(text, query_string=text, page_name=text, page_script_hash=text)
    message.rerun_script.cached_message_hashes.append(text)
    message.rerun_script.context_info.timezone = text
    message.rerun_script.context_info.locale = "zh-CN"
    left = passed(message).rerun_script
    assert (left.query_string, left.page_name, left.page_script_hash) == ("", "", "")
    assert not left.cached_message_hashes
    assert not left.widget_states.widgets
    assert not left.context_info.HasField("timezone")
    assert left.context_info.locale == "zh-CN"


@pytest.mark.parametrize(
    "message",
    [
        operation("deferred_file", "a\nb"),
        operation("deferred_file", "x" * 1000),
        files(*["a.png"] * 1001),
        files(request_id="\x1b[2J"),
    ],
)
def test_requests_with_odd_ids_are_refused(message: BackMsg) -> None:
    assert refused(message).reason.endswith("with odd fields")
