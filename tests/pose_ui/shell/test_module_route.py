"""The project's JavaScript modules as a browser gets them."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import Message

from pose_ui.shell.module_route import module_path, module_route
from tests.support.paths import ROOT
from tests.support.waiting import in_a_loop


def get(path: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body of an answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [],
        "query_string": b"",
        "root_path": "",
    }
    in_a_loop(Starlette(routes=[module_route()])(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], Headers(raw=sent[0]["headers"]), body


@pytest.mark.parametrize("folder", ["", "some/where/"])
def test_a_module_is_served_under_any_folder_and_may_be_kept(folder: str) -> None:
    status, headers, body = get(f"/{folder}{module_path('pose_canvas.js')}")
    assert status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert body == (ROOT / "pose_ui/widgets/pose_canvas/pose_canvas.js").read_bytes()


def test_modules_lie_in_one_folder_so_that_they_can_import_each_other() -> None:
    folders = {
        module_path(name).rsplit("/", 1)[0]
        for name in ("pose_canvas.js", "people_message.js", "camera_overlay.js")
    }
    assert len(folders) == 1


@pytest.mark.parametrize("name", ["other.js", "../pose_canvas.js", "__init__.py"])
def test_nothing_else_is_served(name: str) -> None:
    path = module_path("pose_canvas.js").replace("pose_canvas.js", name)
    assert get(f"/{path}")[0] == 404
    assert get("/posedeck/modules-0000000000000000/pose_canvas.js")[0] == 404


def test_an_unknown_module_has_no_address() -> None:
    with pytest.raises(KeyError):
        module_path("other.js")
