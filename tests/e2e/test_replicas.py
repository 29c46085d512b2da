"""Proof that several PoseDecks behind nginx work as one: deploy/nginx.conf with two replicas on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pose_core.performer.samples import sample_bytes
from scripts.replicas_demo import NAMES, Replicas, main, running_replicas
from tests.support.live_page import seats_taken, start, stop
from tests.support.rest_client import Answer, Client
from tests.support.visit import go_to, settle, until_on_page, upload, visit, wait_for_result
from tests.support.waiting import until

pytestmark = pytest.mark.e2e
needs_nginx = pytest.mark.skipif(
    shutil.which("nginx") is None and not Path("/usr/sbin/nginx").exists(),
    reason="needs nginx: sudo apt-get install -y nginx-light",
)

STAND = sample_bytes("stand")
COOKIE = "posedeck_replica"
HEADER = "x-posedeck-replica"
REQUESTS = 200
SENDERS = 2


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with running_replicas(tmp_path_factory.mktemp("replicas")) as running:
        yield running
    for replica in running.each.values():
        printed = replica.log.read_text()
        assert "Traceback" not in printed, printed


def front(replicas: Replicas) -> Client:
    return Client(replicas.port)


def cookie_of(context: BrowserContext) -> str:
    (value,) = [one["value"] for one in context.cookies() if one["name"] == COOKIE]  # type: ignore[typeddict-item]
    return value


def other(name: str) -> str:
    return NAMES[1 - NAMES.index(name)]


def analyse(page: Page) -> None:
    """Upload a picture and see it analysed."""
    upload(page, ("mine.png", STAND))
    wait_for_result(page)


def wait_for_move(page: Page, replica: str) -> None:
    """Wait until the page has reconnected to another replica than `replica`."""
    until_on_page(page, lambda: cookie_of(page.context) == other(replica))


def answered_by(replicas: Replicas, method: str, part: str) -> set[str]:
    """The replicas that answered requests of that kind, by nginx's log."""
    lines = [
        line for line in replicas.access_log() if line.startswith(method) and part in line.split(" by ")[0]
    ]
    ports = {line.split(" by ")[1].split(" (")[0].rpartition(":")[2] for line in lines}
    return {name for name, replica in replicas.each.items() if str(replica.port) in ports}


@needs_nginx
def test_new_visitors_are_spread_and_each_keeps_its_replica_over_reloads(
    replicas: Replicas, browser: Browser
) -> None:
    firsts = []
    for _ in range(6):
        context = browser.new_context()
        first, *later = [context.request.get(f"{replicas.url}/photo").headers[HEADER] for _ in range(6)]
        assert set(later) == {first} == {cookie_of(context)}
        firsts.append(first)
        context.close()
    assert set(firsts) == set(NAMES)


@needs_nginx
def test_programs_without_a_cookie_are_spread_and_get_none(replicas: Replicas) -> None:
    answers = [front(replicas).post("/api/v1/pose?model=lite", STAND) for _ in range(6)]
    assert {one.status for one in answers} == {200}
    assert {one.headers[HEADER] for one in answers} == set(NAMES)
    assert not [one for one in answers if "set-cookie" in one.headers]


@needs_nginx
def test_programs_with_a_cookie_keep_to_their_replica(replicas: Replicas) -> None:
    for name in NAMES:
        answers = [
            front(replicas).ask("GET", "/api/v1/models", headers={"Cookie": f"{COOKIE}={name}"})
            for _ in range(4)
        ]
        assert {one.headers[HEADER] for one in answers} == {name}


@pytest.mark.nightly
@needs_nginx
def test_page_upload_and_live_stream_stay_on_the_replica_of_the_page(
    replicas: Replicas, browser: Browser
) -> None:
    seen = set()
    for _ in range(2 * len(NAMES)):
        with visit(browser, f"{replicas.url}/photo") as page:
            wait_for_result(page)
            mine = cookie_of(page.context)
            if mine in seen:
                continue
            seen.add(mine)
            (replicas.folder / "access.log").write_text("")  # nginx continues at its end
            analyse(page)
            go_to(page, "Live")
            settle(page)
            start(page, "Performer")
            assert {name: seats_taken(one.port) for name, one in replicas.each.items()} == {
                mine: 1,
                other(mine): 0,
            }
            stop(page)
        assert answered_by(replicas, "PUT", "/_stcore/upload_file") == {mine}
        until(
            lambda: answered_by(replicas, "GET", "/_stcore/stream")
        )  # logged when nginx sees the visitor leave
        assert answered_by(replicas, "GET", "/_stcore/stream") == {mine}
    assert seen == set(NAMES)


@needs_nginx
def test_page_of_a_stopped_replica_goes_on_at_another_and_stays_there(
    replicas: Replicas, browser: Browser
) -> None:
    with visit(browser, f"{replicas.url}/photo") as page:
        wait_for_result(page)
        mine = cookie_of(page.context)
        replicas.each[mine].stop()
        try:
            wait_for_move(page, mine)
            wait_for_result(page)
            analyse(page)
        finally:
            replicas.each[mine].start()
        analyse(page)  # not sent to the restarted replica, which does not know this page
        page.reload()
        wait_for_result(page)
        assert cookie_of(page.context) == other(mine)


@pytest.mark.nightly
@needs_nginx
def test_viewer_of_a_stopped_replica_can_start_again_at_once_at_another(
    replicas: Replicas, browser: Browser
) -> None:
    with visit(browser, f"{replicas.url}/live") as page:
        settle(page)
        start(page, "Performer")
        mine = cookie_of(page.context)
        replicas.each[mine].stop()
        try:
            wait_for_move(page, mine)
            expect(page.get_by_role("button", name="Start")).to_be_enabled()
            settle(page)
            start(page, "Performer")
            assert seats_taken(replicas.each[other(mine)].port) == 1
        finally:
            replicas.each[mine].start()
        stop(page)


@pytest.mark.nightly
@needs_nginx
def test_rolling_restart_loses_no_request(replicas: Replicas) -> None:
    answers: list[Answer | OSError] = []
    over = False

    def send() -> None:
        sent = 0
        while not over or sent < REQUESTS // SENDERS:
            try:
                answers.append(front(replicas).post("/api/v1/pose?model=lite", STAND))
            except OSError as error:
                answers.append(error)
            sent += 1

    with ThreadPoolExecutor(SENDERS) as senders:
        sending = [senders.submit(send) for _ in range(SENDERS)]
        try:
            for replica in replicas.each.values():
                replica.stop()
                replica.start()
        finally:
            over = True
        for one in sending:
            one.result()
    failed = [one for one in answers if not (isinstance(one, Answer) and one.status == 200)]
    assert failed == []
    assert len(answers) >= REQUESTS
    retried = [line for line in replicas.access_log() if line.startswith("POST") and ", " in line]
    assert retried  # otherwise nothing is proven


@needs_nginx
def test_request_whose_replica_dies_is_answered_by_another(replicas: Replicas) -> None:
    pictures = [STAND] * 8
    with ThreadPoolExecutor(1) as sender:
        request = sender.submit(front(replicas).post, "/api/v1/pose?model=heavy", *pictures)
        victim = None
        while victim is None:
            assert not request.done()
            for replica in replicas.each.values():
                if Client(replica.port).get("/api/v1/health").json()["image_landmarkers"]["busy"]:
                    victim = replica
        assert victim.process is not None
        victim.process.kill()
        victim.process.wait()
        try:
            answer = request.result()
        finally:
            victim.start()
    assert answer.status == 200
    assert answer.headers[HEADER] == other(victim.name)
    assert len(answer.json()) == len(pictures)


def test_missing_nginx_is_reported_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert main() == 1
    assert re.search("apt-get install -y nginx-light", capsys.readouterr().err)
