"""Limits and errors of the REST interface: each status, always as JSON with code, message and hint."""

from __future__ import annotations

import errno
import gzip
import logging
import os
import re
import select
import signal
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.datastructures import UploadFile

from benchmarks import heavy_pictures
from ops.pace import Pace
from pose_core.errors import BundleError, BusyError, PictureError, PoseCoreError, SettingsError
from pose_core.media.decoders import SHARED_DECODERS
from pose_core.media.images import MAX_MEGAPIXELS, encode_png
from pose_core.models.landmarker import runtime_version
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_bytes
from pose_core.settings import DetectionSettings
from service import Limits, examples
from service.problems import from_core
from tests.support.rest_client import FORM_TYPE, Answer, Client, answer_on, form, rest_server
from tests.support.waiting import LONG_S, until

POSE = "/api/v1/pose?model=lite"
EMPTY = sample_bytes("empty_room")
STAND = sample_bytes("stand")
#: Small, so that no test waits long.
LIMITS = Limits(body_mb=4, images=3, in_flight=1, wait_s=0.2, pace=Pace(whole_s=1.0))
#: Longest wait for something that a healthy server does at once.
PATIENCE_S = 30
#: For bodies that shall not arrive while a test looks.
PATIENT = Pace(grace_s=PATIENCE_S, whole_s=PATIENCE_S)


@pytest.fixture(scope="module")
def client(lite_pool: PosePool) -> Iterator[Client]:
    with rest_server(lambda: lite_pool, LIMITS) as client:
        yield client


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """Check the format of an error; return its body."""
    assert answer.type == "application/json"
    body: dict[str, Any] = answer.json()
    assert (answer.status, body["code"]) == (status, code)
    assert list(body) == ["code", "message", "hint"]
    assert all(isinstance(text, str) and text for text in body.values())
    assert body["message"].endswith(".")
    assert "Traceback" not in answer.body.decode()
    return body


# ---------------------------------------------------------------------- what is sent
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture_empty"),
        (b"GIF89a", "picture_damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_unknown"),
        (STAND[: len(STAND) // 2], "picture_damaged"),
        (encode_png(np.zeros((8, 8, 3), np.uint8)), "picture_too_small"),
        (encode_png(np.zeros((20, 400, 3), np.uint8)), "picture_too_long"),
        (b"\0\0\0\x18ftypheic", "picture_damaged"),
    ],
)
def test_a_picture_that_cannot_be_read_is_a_bad_request(client: Client, data: bytes, code: str) -> None:
    refused(client.post(POSE, data), 400, code)


def test_one_unreadable_picture_fails_the_request(client: Client) -> None:
    refused(client.post(POSE, EMPTY, b"no picture"), 400, "picture_unknown")


def test_too_many_pixels_are_too_large(client: Client) -> None:
    side = int((MAX_MEGAPIXELS * 1e6) ** 0.5) + 10
    refused(client.post(POSE, encode_png(np.zeros((side, side, 3), np.uint8))), 413, "picture_too_large")


def test_too_many_pictures_are_refused(client: Client) -> None:
    assert client.post(POSE, *[EMPTY] * 3).status == 200
    for number in (4, 10):
        body = refused(client.post(POSE, *[EMPTY] * number), 413, "too_many_images")
        assert "3" in body["message"]


def test_a_length_over_the_limit_is_refused_before_the_body(client: Client) -> None:
    with client.unfinished(POSE, f"Content-Length: {4 * 1024 * 1024 + 1}") as line:
        body = refused(answer_on(line), 413, "body_too_large")
    assert "4 MB" in body["message"]


def test_a_body_over_the_limit_is_refused_while_it_arrives(client: Client) -> None:
    body = form(b"x" * (4 * 1024 * 1024))  # the form around it makes it too much
    chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n"  # and more could follow
    with client.unfinished(POSE, "Transfer-Encoding: chunked", body=chunk) as line:
        refused(answer_on(line), 413, "body_too_large")


def test_a_body_of_the_limit_is_read(client: Client) -> None:
    room = 4 * 1024 * 1024 - len(form(b""))
    refused(client.post(POSE, b"x" * room), 400, "picture_unknown")


def test_a_body_that_does_not_arrive_is_given_up(client: Client) -> None:
    with client.unfinished(POSE, "Content-Length: 1000", body=form(b"half")[:50]) as line:
        refused(answer_on(line), 408, "body_too_slow")


def test_a_body_that_trickles_is_given_up_long_before_its_last_moment(lite_pool: PosePool) -> None:
    limits = Limits(pace=Pace(grace_s=0.5, bytes_s=1_000_000, whole_s=3600))
    with (
        rest_server(lambda: lite_pool, limits) as client,
        client.unfinished(POSE, "Content-Length: 1000", body=form(b"half")[:50]) as line,
    ):
        while not select.select([line], (), (), 0.05)[0]:
            line.sendall(b"x")
        refused(answer_on(line), 408, "body_too_slow")


@pytest.mark.parametrize("kind", ["", "image/png", "application/x-www-form-urlencoded", "multipart/mixed"])
def test_a_body_that_is_not_a_form_is_an_unsupported_type(client: Client, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    refused(client.ask("POST", POSE, STAND, headers), 415, "not_multipart")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (form(STAND), "multipart/form-data"),
        (form(STAND), "multipart/form-data; boundary="),
        (b"something else", FORM_TYPE),
        (form(STAND).replace(b'name="image"; ', b""), FORM_TYPE),
        (form(STAND)[:-200], FORM_TYPE),
        (form(STAND, STAND)[:-200], FORM_TYPE),
        (b"", FORM_TYPE),
    ],
)
def test_a_malformed_form_is_a_bad_request(client: Client, body: bytes, kind: str) -> None:
    refused(client.ask("POST", POSE, body, {"Content-Type": kind}), 400, "form_malformed")


def test_a_picture_without_a_file_name_is_told_so(client: Client) -> None:
    for picture in (EMPTY, b"x" * 2 * 1024 * 1024):
        body = form(picture).replace(b'; filename="some.png"', b"")
        answer = client.ask("POST", POSE, body, {"Content-Type": FORM_TYPE})
        assert "filename" in refused(answer, 400, "filename_missing")["message"]


def test_a_compressed_body_is_told_so(client: Client) -> None:
    headers = {"Content-Type": FORM_TYPE, "Content-Encoding": "gzip"}
    body = refused(client.ask("POST", POSE, gzip.compress(form(EMPTY)), headers), 415, "body_compressed")
    assert "Content-Encoding" in body["hint"]
    assert client.ask("POST", POSE, form(EMPTY), headers | {"Content-Encoding": "identity"}).status == 200


@pytest.mark.parametrize("body", [form(), form(STAND, field="photo")])
def test_a_form_without_the_picture_is_a_bad_request(client: Client, body: bytes) -> None:
    refused(client.ask("POST", POSE, body, {"Content-Type": FORM_TYPE}), 400, "image_missing")


@pytest.mark.parametrize(
    "option",
    [
        "model=huge",
        "people=0",
        "people=6",
        "people=two",
        "detection_confidence=1.1",
        "detection_confidence=nan",
        "presence_confidence=-1",
        "visibility_limit=inf",
        "angles=perhaps",
        "enlarge=",
        "modle=lite",
    ],
)
def test_a_bad_option_is_named(client: Client, option: str) -> None:
    body = refused(client.post(f"/api/v1/pose?{option}", STAND), 422, "option_invalid")
    assert option.partition("=")[0] in body["message"]


def test_unknown_addresses_and_methods_are_answered_in_json(client: Client) -> None:
    for path in ("/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/health/", "/api/v1/docs"):
        refused(client.get(path), 404, "not_found")
    for method, path in (("GET", "/api/v1/pose"), ("DELETE", "/api/v1/pose"), ("POST", "/api/v1/health")):
        answer = client.ask(method, path)
        refused(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] in ("GET", "POST")
    preflight = client.ask("OPTIONS", "/api/v1/pose", headers={"Origin": "http://elsewhere.example"})
    assert preflight.status == 405
    assert not [name for name in preflight.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path", ["/api/v1/health", "/api/v1/models", "/api/v1/metrics", "/api/v1/openapi.json"]
)
def test_head_is_answered_like_get_without_the_body(client: Client, path: str) -> None:
    whole, head = client.get(path), client.ask("HEAD", path)
    assert (head.status, head.type, head.body) == (200, whole.type, b"")


def test_head_is_refused_where_get_is(client: Client) -> None:
    assert client.ask("HEAD", POSE).status == 405


def test_health_is_answered_when_no_file_can_be_opened(
    lite_pool: PosePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_descriptor(_: str) -> str:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    runtime_version.cache_clear()
    with rest_server(lambda: lite_pool) as client:
        # The versions of packages stand in files, which must not be left to the first answer.
        monkeypatch.setattr("importlib.metadata.version", no_descriptor)
        answer = client.get("/api/v1/health")
    assert (answer.status, answer.json()["status"]) == (200, "ok")


def test_errors_read_as_in_the_openapi_document(client: Client) -> None:
    answers = {
        406: client.post(POSE, EMPTY, EMPTY, accept="image/png"),
        415: client.ask("POST", POSE),
        422: client.post("/api/v1/pose?people=6", EMPTY),
    }
    with client.unfinished(POSE, "Content-Length: 1000") as line:
        answers[408] = answer_on(line)
    with client.unfinished(POSE, "Content-Length: 100000000") as line:
        answers[413] = answer_on(line)
    for status, answer in answers.items():
        body = refused(answer, status, examples.PROBLEMS[status]["code"])
        assert without_numbers(body) == without_numbers(examples.PROBLEMS[status])


def without_numbers(problem: dict[str, str]) -> dict[str, str]:
    """The limits of these tests are not the defaults."""
    return {name: re.sub(r"\d+", "N", text) for name, text in problem.items()}


# ---------------------------------------------------------------------- too much at a time
def test_a_busy_pool_tells_clients_to_try_again(client: Client, lite_pool: PosePool) -> None:
    with lite_pool.borrow(DetectionSettings(model="lite")):
        answer = client.post(POSE, EMPTY)
        refused(answer, 503, "pool_busy")
        assert int(answer.headers["retry-after"]) >= 1
        demo = client.post("/predict", EMPTY)
        assert (demo.status, demo.json()["code"]) == (503, "pool_busy")
        assert int(demo.headers["retry-after"]) >= 1
        assert client.get("/api/v1/health").status == 200
    assert client.post(POSE, EMPTY).status == 200


def in_flight(client: Client) -> int:
    (line,) = (
        line
        for line in client.get("/api/v1/metrics").body.decode().splitlines()
        if line.startswith("posedeck_requests_in_flight ")
    )
    return int(line.split()[1])


def wait_for_in_flight(client: Client, number: int) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while in_flight(client) != number:
        assert time.monotonic() < until_s


def test_more_requests_than_places_are_told_to_try_again(lite_pool: PosePool) -> None:
    limits = Limits(in_flight=1, pace=PATIENT)
    with (
        rest_server(lambda: lite_pool, limits) as client,
        client.unfinished(POSE, "Content-Length: 1000", address="127.0.0.2"),
    ):
        wait_for_in_flight(client, 1)
        answer = client.post(POSE, EMPTY)
        refused(answer, 503, "too_many_requests_in_flight")
        assert int(answer.headers["retry-after"]) >= 1


def test_bodies_that_never_come_leave_places_to_other_addresses(lite_pool: PosePool) -> None:
    limits = Limits(in_flight=16, wait_s=0.2, pace=PATIENT)
    with rest_server(lambda: lite_pool, limits) as client, ExitStack() as bodies:
        lines = [
            bodies.enter_context(
                client.unfinished(POSE, "Content-Length: 1000", body=form(b"half")[:50], address="127.0.0.2")
            )
            for _ in range(16)
        ]
        refusals = 0
        while refusals < 12:  # the other four are still waited for
            readable, _, _ = select.select(lines, (), (), PATIENCE_S)
            assert readable
            for line in readable:
                refused(answer_on(line), 503, "too_many_bodies_from_one_address")
                lines.remove(line)
                refusals += 1
        assert in_flight(client) == 4
        assert client.post(POSE, EMPTY).status == 200


def test_requests_of_one_address_over_its_share_wait_for_each_other(lite_pool: PosePool) -> None:
    body = form(EMPTY)
    limits = Limits(in_flight=4, wait_s=PATIENCE_S, pace=PATIENT)  # a share of one
    with (
        rest_server(lambda: lite_pool, limits) as client,
        client.unfinished(POSE, f"Content-Length: {len(body)}", body=body[:50]) as first,
    ):
        wait_for_in_flight(client, 1)
        with client.unfinished(POSE, f"Content-Length: {len(body)}", body=body) as second:
            first.sendall(body[50:])
            assert answer_on(first).status == 200
            assert answer_on(second).status == 200


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        ("Content-Type: image/png", 415, "not_multipart"),
        ("Content-Encoding: gzip", 415, "body_compressed"),
        ("Accept: image/gif", 406, "not_acceptable"),
    ],
)
def test_what_the_head_shows_is_refused_without_a_place(
    lite_pool: PosePool, head: str, status: int, code: str
) -> None:
    limits = Limits(in_flight=1, wait_s=0.2, pace=PATIENT)
    with (
        rest_server(lambda: lite_pool, limits) as client,
        client.unfinished(POSE, "Content-Length: 1000"),
    ):
        wait_for_in_flight(client, 1)
        headers = {"Content-Type": FORM_TYPE} | dict([head.split(": ")])
        refused(client.ask("POST", POSE, form(EMPTY), headers), status, code)


def test_a_client_that_leaves_frees_its_place(lite_pool: PosePool) -> None:
    with rest_server(lambda: lite_pool, Limits(in_flight=1, pace=PATIENT)) as client:
        with client.unfinished(POSE, "Content-Length: 1000"):
            wait_for_in_flight(client, 1)
        wait_for_in_flight(client, 0)
        assert client.post(POSE, EMPTY).status == 200
        assert 'status="499"} 1' in client.get("/api/v1/metrics").body.decode()


@pytest.mark.parametrize("path", [POSE, "/predict"])
def test_a_client_that_leaves_ends_the_decoding_of_its_picture(
    lite_pool: PosePool, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SHARED_DECODERS, "limit_s", 10 * LONG_S)  # not what ends it
    body = form(heavy_pictures.endless_jpeg(20))
    SHARED_DECODERS.close()  # so that there is only the process of this picture
    with rest_server(lambda: lite_pool, Limits(in_flight=1, pace=PATIENT)) as client:
        with client.unfinished(path, f"Content-Length: {len(body)}", body=body):
            until(lambda: SHARED_DECODERS.busy)
            (process,) = SHARED_DECODERS.process_ids
            os.kill(process, signal.SIGSTOP)  # it does not end by itself
        until(lambda: not SHARED_DECODERS.process_ids)
        wait_for_in_flight(client, 0)
        assert client.post(POSE, EMPTY).status == 200
        assert 'status="499"} 1' in client.get("/api/v1/metrics").body.decode()


# ---------------------------------------------------------------------- discretion
def test_a_large_picture_touches_no_disk(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError), tempfile.SpooledTemporaryFile(max_size=1) as file:
        file.write(b"this would be noticed")
    noise = np.random.default_rng(1).integers(0, 255, (900, 1200, 3), dtype=np.uint8)
    large = encode_png(noise)
    assert len(large) > 2 * 1024 * 1024
    assert client.post(POSE, large).status == 200


def test_an_unexpected_error_is_reported_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    class BrokenPool(PosePool):
        def status(self) -> Any:
            raise RuntimeError("secret of a visitor")

    pool = BrokenPool(image_limit=1, stream_limit=1)
    with caplog.at_level(logging.INFO), rest_server(lambda: pool) as client:
        answer = client.get("/api/v1/health")
        refused(answer, 500, "unexpected")
        assert b"secret" not in answer.body
    assert "unexpected RuntimeError at" in caplog.text
    assert "secret" not in caplog.text


def test_logs_contain_neither_names_nor_results(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post(POSE, STAND, name="private name.png")
        client.post(POSE, b"no picture", name="private name.png")
    assert "private" not in caplog.text
    assert "landmark" not in caplog.text


# ---------------------------------------------------------------------- no memory
class FullPool(PosePool):
    """Has no memory, and notes what a request had in memory at that moment."""

    held: weakref.ref[NDArray[np.uint8]] | None = None
    error: Exception | None = None

    def borrow(self, *_: Any, **__: Any) -> Any:
        large = np.zeros(1000, np.uint8)
        self.held = weakref.ref(large)
        self.error = MemoryError()
        raise self.error


def test_a_request_without_memory_is_told_to_try_again_and_frees_its_picture() -> None:
    pool = FullPool(image_limit=1, stream_limit=1)
    with rest_server(lambda: pool) as client:
        answer = client.post(POSE, EMPTY)
        refused(answer, 503, "out_of_memory")
        assert int(answer.headers["retry-after"]) >= 1
        assert in_flight(client) == 0
    assert pool.error is not None  # and with it its traceback
    assert pool.held is not None
    assert pool.held() is None


def test_a_body_without_memory_is_told_to_try_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(UploadFile, "read", full)
    refused(client.post(POSE, EMPTY), 503, "out_of_memory")
    monkeypatch.undo()
    assert client.post(POSE, EMPTY).status == 200


# ---------------------------------------------------------------------- errors of the core
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PictureError("picture_damaged", "Damaged. Try another."), 400),
        (PictureError("file_too_large", "Large. Try another."), 413),
        (PictureError("picture_bomb", "Large. Try another."), 413),
        (SettingsError("setting_range", "Out of range. Try another."), 422),
        (BusyError("pool_busy", "Busy. Try again."), 503),
        (BundleError("bundle_missing", "Missing. Restore it."), 500),
        (PoseCoreError("other", "One sentence without advice."), 500),
    ],
)
def test_errors_of_the_core_have_a_status_and_a_hint(error: PoseCoreError, status: int) -> None:
    problem = from_core(error)
    assert (problem.status, problem.code) == (status, error.code)
    assert problem.hint
    assert problem.message.endswith(".")
    assert ("Retry-After" in problem.headers) == (status == 503)
