"""Who may use the REST interface, how often and from which pages, and what is logged. Over real connections."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.configuration import Configuration
from ops.log import FILE_NAME, close_log, open_log
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_bytes
from tests.support.rest_client import FORM_TYPE, TIMEOUT_S, Answer, Client, form, rest_server

TOKEN = "a-token-of-the-tests-0123456789"
ORIGIN = "https://app.example.org"
STAND = sample_bytes("stand")
#: Every address that a token guards, by its method.
GUARDED = [
    ("GET", "/api/v1/models"),
    ("GET", "/api/v1/metrics"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/nothing"),
    ("GET", "/api/v1"),
    ("POST", "/api/v1/pose"),
    ("POST", "/predict"),
    ("POST", "/api/v1/health/../pose"),
]


@pytest.fixture(scope="module")
def guarded(lite_pool: PosePool) -> Iterator[Client]:
    configuration = Configuration(api_token=TOKEN, origins=(ORIGIN,), rate=0)
    with rest_server(lambda: lite_pool, configuration=configuration) as client:
        yield client


def with_token(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status, answer.type, body["code"]) == (status, "application/json", code)
    assert {"code", "message", "hint"} <= set(body)
    return body


# ---------------------------------------------------------------------- the token
@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nothing_is_answered_without_the_token(guarded: Client, method: str, path: str) -> None:
    answer = guarded.ask(method, path)
    body = refused(answer, 401, "token_needed")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert ("error" in body) == (path == "/predict")


@pytest.mark.parametrize(
    "authorization",
    [
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        "Bearer \xff\xfe",
        "Bearer " + "x" * 5000,
    ],
)
def test_a_wrong_token_is_refused(guarded: Client, authorization: str) -> None:
    answer = guarded.ask("GET", "/api/v1/models", headers={"Authorization": authorization})
    refused(answer, 401, "token_needed")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_case_of_the_tokens_scheme_does_not_matter(guarded: Client, scheme: str) -> None:
    answer = guarded.ask("GET", "/api/v1/models", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.status == 200


def test_pictures_are_analysed_with_the_token(guarded: Client) -> None:
    headers = with_token() | {"Content-Type": FORM_TYPE}
    answer = guarded.ask("POST", "/api/v1/pose?model=lite", form(STAND), headers)
    assert len(answer.json()["people"]) == 1


def test_a_page_of_another_site_can_start_no_work(guarded: Client) -> None:
    headers = with_token() | {"Content-Type": FORM_TYPE, "Origin": "http://evil.example"}
    answer = guarded.ask("POST", "/predict", form(STAND), headers | {"Sec-Fetch-Site": "cross-site"})
    refused(answer, 403, "other_site")
    assert guarded.ask("POST", "/predict", form(STAND), headers).status == 200  # no browser


def test_a_token_in_the_address_opens_nothing(guarded: Client) -> None:
    refused(guarded.get(f"/api/v1/models?token={TOKEN}&access_token={TOKEN}"), 401, "token_needed")


def test_health_is_open_to_probes(guarded: Client) -> None:
    assert guarded.get("/api/v1/health").json()["status"] == "ok"


def test_the_token_is_needed_below_a_folder_too(guarded: Client) -> None:
    refused(guarded.get("/below/api/v1/models"), 401, "token_needed")
    assert guarded.get("/below/api/v1/health").status == 200


def test_the_document_declares_the_token_where_one_is_needed(guarded: Client, lite_pool: PosePool) -> None:
    document = guarded.ask("GET", "/api/v1/openapi.json", headers=with_token()).json()
    (name,) = document["components"]["securitySchemes"]
    assert document["components"]["securitySchemes"][name] == {"type": "http", "scheme": "bearer"}
    assert document["security"] == [{name: []}]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            is_open = path == "/api/v1/health"
            assert (operation.get("security") == []) == is_open
            assert ("401" in operation["responses"]) != is_open
    with rest_server(lambda: lite_pool) as client:
        document = client.get("/api/v1/openapi.json").json()
    assert "securitySchemes" not in document["components"]
    assert "security" not in document


# ---------------------------------------------------------------------- pages of other origins
def test_pages_of_a_listed_origin_may_send_requests_with_the_token_and_read_refusals(guarded: Client) -> None:
    before = guarded.ask(
        "OPTIONS",
        "/api/v1/pose",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert before.status == 200
    assert before.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in before.headers["access-control-allow-headers"].lower()
    for headers, status in ((with_token(), 200), ({}, 401)):
        answer = guarded.ask("GET", "/api/v1/models", headers=headers | {"Origin": ORIGIN})
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://elsewhere.example",
        "http://app.example.org",
        f"{ORIGIN}.evil.example",
        f"{ORIGIN}:444",
        "null",
    ],
)
def test_pages_of_other_origins_may_not_read(guarded: Client, origin: str) -> None:
    answer = guarded.ask("GET", "/api/v1/models", headers=with_token() | {"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers
    before = guarded.ask(
        "OPTIONS", "/api/v1/pose", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
    )
    assert "access-control-allow-origin" not in before.headers


# ---------------------------------------------------------------------- how often
def test_an_address_that_sends_too_many_requests_is_told_when_to_try_again(lite_pool: PosePool) -> None:
    with rest_server(lambda: lite_pool, configuration=Configuration(rate=3)) as client:
        assert [client.get("/api/v1/models").status for _ in range(3)] == [200, 200, 200]
        answer = client.get("/api/v1/models")
        refused(answer, 429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        demo = client.post("/predict", STAND)
        assert refused(demo, 429, "too_many_requests")["error"]
        assert {client.get("/api/v1/health").status for _ in range(10)} == {200}


def test_wrong_tokens_count(lite_pool: PosePool) -> None:
    with rest_server(lambda: lite_pool, configuration=Configuration(api_token=TOKEN, rate=3)) as client:
        tries = [client.ask("GET", "/api/v1/models", headers=with_token("x" * 20)).status for _ in range(5)]
        assert tries == [401, 401, 401, 429, 429]


def test_wrong_tokens_of_the_same_address_do_not_shut_out_a_right_one(lite_pool: PosePool) -> None:
    with rest_server(lambda: lite_pool, configuration=Configuration(api_token=TOKEN, rate=3)) as client:
        for _ in range(10):
            client.ask("GET", "/api/v1/models", headers=with_token("x" * 20))
        right = [client.ask("GET", "/api/v1/models", headers=with_token()).status for _ in range(4)]
        assert right == [200, 200, 200, 429]


def statuses_by_address(client: Client, forwarded: list[str]) -> list[int]:
    return [
        client.ask("GET", "/api/v1/models", headers={"X-Forwarded-For": value}).status for value in forwarded
    ]


def test_a_trusted_proxy_names_the_client(lite_pool: PosePool) -> None:
    configuration = Configuration(rate=1)
    with rest_server(lambda: lite_pool, configuration=configuration, trusted="127.0.0.1") as client:
        clients = ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"]
        assert statuses_by_address(client, clients) == [200, 200, 429, 429]
        # What a client puts before its own address, which the proxy adds at the end, changes nothing.
        assert statuses_by_address(client, ["198.51.100.9, 192.0.2.1"]) == [429]


def test_a_client_that_is_not_a_trusted_proxy_is_not_believed(lite_pool: PosePool) -> None:
    configuration = Configuration(rate=1)
    with rest_server(lambda: lite_pool, configuration=configuration, trusted="203.0.113.1") as client:
        assert statuses_by_address(client, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) == [200, 429, 429]


# ---------------------------------------------------------------------- the log
@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    open_log(Configuration(log_folder=tmp_path))
    yield tmp_path / FILE_NAME
    close_log()


def logged(file: Path, count: int) -> list[dict[str, Any]]:
    """The events, once there are `count` of them: a request is logged only after its answer is sent."""
    until_s = time.monotonic() + TIMEOUT_S
    while len(lines := file.read_text().splitlines()) < count:
        assert time.monotonic() < until_s
    return [json.loads(line) for line in lines]


def test_a_request_is_logged_in_one_line_without_anything_that_the_client_chose(
    guarded: Client, log_file: Path
) -> None:
    body = form(STAND, name="private name.png")
    headers = with_token() | {"Content-Type": FORM_TYPE, "User-Agent": "private agent"}
    answer = guarded.ask("POST", "/api/v1/pose?model=lite&people=2", body, headers)
    guarded.ask("PRIVATE", "/api/v1/private/name.png?who=private", headers={"Referer": "http://private"})
    first, second = logged(log_file, 2)
    assert {"time", "level", "event", "method", "route", "status", "ms", "bytes_in", "bytes_out"} == set(
        first
    )
    assert (first["event"], first["level"]) == ("request", "info")
    assert (first["method"], first["route"], first["status"]) == ("POST", "/api/v1/pose", 200)
    assert (first["bytes_in"], first["bytes_out"]) == (len(body), len(answer.body))
    assert 0 < first["ms"] < 60_000
    assert (second["method"], second["route"], second["status"]) == ("other", "other", 401)
    written = log_file.read_text()
    for text in ("private", "landmark", "nose", "png", TOKEN, "127.0.0.1"):
        assert text not in written


def test_requests_are_answered_while_the_disk_is_full(
    guarded: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full, a disk without room")
    (tmp_path / FILE_NAME).symlink_to(full)
    open_log(Configuration(log_folder=tmp_path))
    try:
        assert {guarded.get("/api/v1/health").status for _ in range(20)} == {200}
    finally:
        close_log()
    assert capsys.readouterr().err.count("\n") == 1
