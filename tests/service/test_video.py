"""A film over REST becomes a job, whose state, result and files can be asked for, and which can be cancelled."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from ops.films import FilmStudio
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_clip
from tests.support.paths import ROOT
from tests.support.rest_client import NO_RATE, Client, rest_server
from tests.support.waiting import until

FILM = {"Content-Type": "video/mp4"}
PATH = "/api/v1/video"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    pool = PosePool(image_limit=1)
    studio = FilmStudio(workers=1)
    with rest_server(lambda: pool, configuration=NO_RATE, studio=lambda: studio) as client:
        yield client
    studio.close()
    pool.close()


def finished(client: Client, path: str) -> dict[str, Any]:
    answers: list[dict[str, Any]] = []

    def over() -> bool:
        answers.append(client.get(path).json())
        return answers[-1]["state"] in ("done", "failed", "cancelled")

    until(over)
    return answers[-1]


@pytest.fixture(scope="module")
def done(client: Client) -> tuple[str, dict[str, Any]]:
    answer = client.ask("POST", f"{PATH}?model=lite&end_s=1&film=true&name=squat.mp4", sample_clip(), FILM)
    assert answer.status == 202, answer.body
    path = answer.headers["location"]
    assert path == f"{PATH}/{answer.json()['id']}"
    return path, finished(client, path)


def test_a_film_becomes_a_job_with_a_result(client: Client, done: tuple[str, dict[str, Any]]) -> None:
    path, state = done
    assert (state["state"], state["problem"]) == ("done", None)
    result = client.get(f"{path}/result").json()
    assert len(result["time_s"]) == 25
    assert result["film"]["name"] == "squat.mp4"
    assert [person["person"] for person in result["people"]] == [1]


def test_the_result_is_as_the_published_schema_says(client: Client, done: tuple[str, dict[str, Any]]) -> None:
    schema = json.loads((ROOT / "docs" / "poses.schema.json").read_text())
    jsonschema.validate(client.get(f"{done[0]}/result").json(), schema)


def test_every_file_is_given_and_all_are_in_one_zip(client: Client, done: tuple[str, dict[str, Any]]) -> None:
    path, state = done
    starts = {
        "annotated.mp4": b"ftyp",
        "poses.xlsx": b"PK",
        "moments.png": b"PNG",
        "report.html": b"<!DOCTYPE",
    }
    for name in state["files"]:
        answer = client.get(f"{path}/files/{name}?height_cm=170")
        assert (answer.status, len(answer.body) > 100) == (200, True), name
        assert starts.get(name, b"") in answer.body[:16]
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{path}/files/all.zip").body))
    assert sorted(archive.namelist()) == sorted(set(state["files"]) - {"all.zip"})


def test_deleting_a_running_job_keeps_what_is_there_and_deleting_again_forgets_it(client: Client) -> None:
    started = client.ask("POST", f"{PATH}?model=heavy", sample_clip(), FILM)
    path = started.headers["location"]
    until(lambda: client.get(path).json()["state"] == "analysing")
    client.ask("DELETE", path)
    until(lambda: client.get(path).json()["state"] == "cancelled")
    assert len(client.get(f"{path}/result").json()["time_s"]) < 225
    assert client.ask("DELETE", path).status == 200
    assert client.get(path).status == 404


@pytest.mark.parametrize(
    ("query", "body", "headers", "status", "code"),
    [
        ("", sample_clip(), {"Content-Type": "multipart/form-data; boundary=x"}, 415, "not_a_film"),
        ("", b"", FILM, 400, "clip_empty"),
        ("?start_s=5&end_s=4", sample_clip(), FILM, 400, "film_range"),
        ("?speed=2", sample_clip(), FILM, 422, "option_invalid"),
    ],
    ids=["form", "empty", "range", "option"],
)
def test_what_cannot_be_a_job_is_refused(
    client: Client, query: str, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.ask("POST", PATH + query, body, headers)
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_a_file_that_is_no_film_fails_with_its_sentence(client: Client) -> None:
    path = client.ask("POST", PATH, b"no film at all", FILM).headers["location"]
    state = finished(client, path)
    assert (state["state"], state["problem"]["code"]) == ("failed", "clip_unknown")
    assert client.get(f"{path}/result").json()["code"] == "job_not_done"


@pytest.mark.parametrize("path", ["nobody-knows", "nobody-knows/result", "nobody-knows/files/poses.trc"])
def test_an_unknown_job_is_not_there(client: Client, path: str) -> None:
    answer = client.get(f"{PATH}/{path}")
    assert (answer.status, answer.json()["code"]) == (404, "job_gone")
