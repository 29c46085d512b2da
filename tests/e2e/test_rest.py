"""The REST interface beside the pages: on the real server, with the examples of docs/api.md exactly as printed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from benchmarks.heavy_pictures import endless_jpeg
from pose_core.media.images import decode_picture
from pose_core.models.bundles import bundle
from pose_core.performer import render_frame
from pose_core.performer.samples import sample_bytes, sample_clip
from tests.support.annotations import write_performer
from tests.support.paths import ROOT
from tests.support.rest_client import Client, form
from tests.support.server import Server
from tests.support.visit import visit, wait_for_result
from tests.support.waiting import until

pytestmark = pytest.mark.e2e

HERE = "http://127.0.0.1:8080"
STAND = sample_bytes("stand")


def example(language: str, server: Server) -> str:
    """The one example in that language, sent to `server`."""
    text = (ROOT / "docs" / "api.md").read_text()
    (code,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(code).replace(HERE, server.url)


def ask(server: Server) -> Client:
    port = urlsplit(server.url).port
    assert port
    return Client(port)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(STAND)
    return tmp_path


def test_the_server_answers_pages_and_programs(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/photo") as page:
        wait_for_result(page)
        health = ask(server).get("/api/v1/health").json()
        assert health["warmed"] is True
        drawn = ask(server).post("/predict", STAND)
        assert (drawn.status, drawn.type) == (200, "image/jpeg")
        assert decode_picture(drawn.body).size_wh == decode_picture(STAND).size_wh
        assert len(ask(server).post("/predict?format=json", STAND).json()) == 33
        assert ask(server).get("/api/v1/nothing").json()["code"] == "not_found"
        assert ask(server).get("/api/v1/openapi.json").json()["openapi"].startswith("3.")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_client_that_hangs_up_ends_the_work_on_its_picture(server: Server) -> None:
    client = ask(server)
    body = form(endless_jpeg(20))
    children = [
        child
        for thread in Path(f"/proc/{server.process.pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
    decoding = [
        int(child) for child in children if b"decode_child" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert decoding

    def metrics() -> str:
        return client.get("/api/v1/metrics").body.decode()

    try:
        for process in decoding:  # so that no picture is ever finished
            os.kill(process, signal.SIGSTOP)
        with client.unfinished("/api/v1/pose", f"Content-Length: {len(body)}", body=body):
            until(lambda: "posedeck_requests_in_flight 1" in metrics())
        until(lambda: "posedeck_requests_in_flight 0" in metrics())
        assert 'route="/api/v1/pose",status="499"} 1' in metrics()
    finally:
        for process in decoding:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
    assert client.post("/api/v1/pose", STAND).status == 200


@pytest.mark.skipif(not shutil.which("curl"), reason="the examples need curl")
def test_the_examples_for_curl_work(server: Server, folder: Path) -> None:
    for command in example("sh", server).splitlines():
        subprocess.run(["sh", "-c", command], cwd=folder, check=True)
    assert len(json.loads((folder / "photo.json").read_text())["people"]) == 1
    assert decode_picture((folder / "drawn.png").read_bytes()).format == "PNG"
    assert len((folder / "both.csv").read_text().splitlines()) == 1 + 2 * 33
    assert decode_picture((folder / "predicted.jpg").read_bytes()).format == "JPEG"
    assert len(json.loads((folder / "predicted.json").read_text())) == 33


@pytest.mark.skipif(not shutil.which("curl"), reason="the examples need curl")
def test_the_example_for_films_works(server: Server, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(sample_clip())
    subprocess.run(["sh", "-ec", example("shell", server)], cwd=tmp_path, check=True)
    assert len(json.loads((tmp_path / "poses.json").read_text())["time_s"]) == 225
    assert (tmp_path / "poses.trc").read_text().startswith("PathFileType")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert "annotated.mp4" in archive.namelist()


@pytest.mark.skipif(not shutil.which("curl"), reason="the examples need curl")
def test_the_example_for_validations_works(server: Server, tmp_path: Path) -> None:
    annotations = write_performer(tmp_path / "set", {"picture.png": render_frame("squat", 0.3, yaw_deg=-40)})
    shutil.copy(annotations, tmp_path)
    shutil.copy(annotations.parent / "pictures" / "picture.png", tmp_path)
    shutil.copy(bundle("lite").path, tmp_path / "my.task")
    shutil.make_archive(str(tmp_path / "annotated"), "zip", annotations.parent)
    subprocess.run(["sh", "-ec", example("bash", server)], cwd=tmp_path, check=True)
    assert set(json.loads((tmp_path / "validation.json").read_text())["models"]) == {"lite", "full"}
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert "coco_full_crop.json" in archive.namelist()
    path = f"/api/v1/validate/{json.loads((tmp_path / 'job.json').read_text())['id']}"
    until(lambda: ask(server).get(path).json()["state"] == "done")
    assert "own:my" in ask(server).get(f"{path}/result").json()["models"]
    ask(server).ask("DELETE", path)


def test_the_example_for_python_works(server: Server, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", example("python", server)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    person, angle_deg = done.stdout.split()
    assert person == "1"
    assert 0 < float(angle_deg) <= 180


def test_the_example_for_javascript_works(server: Server, browser: Browser) -> None:
    code = example("js", server)
    with visit(browser, server.url) as page:
        people: list[Any] = page.evaluate(
            f"async bytes => {{ {code}\nreturn findPeople(new Blob([Uint8Array.from(bytes)])); }}",
            list(STAND),
        )
    assert len(people) == 1
    assert len(people[0]["landmarks"]) == 33
