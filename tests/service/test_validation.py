"""A validation over REST: a ZIP or a form becomes a job, whose state, result and files can be asked for."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ops.validations import ValidationStudio
from pose_core.evaluation.keypoint_sets import COCO_JOINTS
from pose_core.media.images import encode_png
from pose_core.models.pool import PosePool
from pose_core.performer import render_frame
from pose_ui.validate.reports import report_in
from service import Validations
from service.schemas import ValidateJobAnswer
from tests.support.annotations import COCO_LANDMARKS, annotation, coco
from tests.support.networks import HEIGHT, JOINTS, WIDTH, declared, dots, simcc
from tests.support.rest_client import FORM_TYPE, NO_RATE, Client, named_form, rest_server
from tests.support.waiting import until

PATH = "/api/v1/validate"
ZIP = {"Content-Type": "application/zip"}
FORM = {"Content-Type": FORM_TYPE}


def performer_files(count: int = 2) -> dict[str, bytes]:
    files, images, rows = {}, [], []
    for number in range(1, count + 1):
        frame = render_frame("squat", 0.2 + 0.1 * (number % 5), yaw_deg=-30)
        files[f"images/{number}.png"] = encode_png(frame.rgb)
        height, width = frame.rgb.shape[:2]
        images.append({"id": number, "file_name": f"{number}.png", "width": width, "height": height})
        points = np.column_stack([frame.landmarks_px[0][COCO_LANDMARKS], np.full(len(COCO_JOINTS), 2)])
        rows.append(annotation(number, number, points))
    return {"annotations.json": json.dumps(coco(images, rows)).encode(), **files}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out.getvalue()


PERFORMER = performer_files()


@pytest.fixture(scope="module")
def studio(lite_pool: PosePool) -> Iterator[ValidationStudio]:
    studio = ValidationStudio(lambda: lite_pool)
    yield studio
    studio.close()


@pytest.fixture(scope="module")
def client(lite_pool: PosePool, studio: ValidationStudio) -> Iterator[Client]:
    needed = Validations(lambda: studio, report_in)
    with rest_server(lambda: lite_pool, configuration=NO_RATE, validations=needed) as client:
        yield client


def finished(client: Client, path: str) -> dict[str, Any]:
    answers: list[dict[str, Any]] = []

    def over() -> bool:
        answers.append(client.get(path).json())
        return answers[-1]["state"] in ("done", "failed", "cancelled")

    until(over)
    return answers[-1]


@pytest.fixture(scope="module")
def done(client: Client) -> tuple[str, dict[str, Any]]:
    answer = client.ask("POST", f"{PATH}?models=lite", zipped(PERFORMER), ZIP)
    assert answer.status == 202, answer.body
    path = answer.headers["location"]
    assert path == f"{PATH}/{answer.json()['id']}"
    return path, finished(client, path)


def test_a_zip_becomes_a_job_with_a_result(client: Client, done: tuple[str, dict[str, Any]]) -> None:
    path, state = done
    assert (state["state"], state["problem"], state["share"]) == ("done", None, 1.0)
    result = client.get(f"{path}/result").json()
    assert result["kind"] == "validation"
    assert result["dataset"]["pictures"] == 2
    assert result["models"]["lite"]["crop"]["pck"] > 0.8


def test_every_file_is_given_and_all_are_in_one_zip(client: Client, done: tuple[str, dict[str, Any]]) -> None:
    path, state = done
    starts = {"validation.xlsx": b"PK", "report.html": b"<!DOCTYPE", "validation.json": b"{"}
    for name in state["files"]:
        answer = client.get(f"{path}/files/{name}")
        assert answer.status == 200, name
        assert answer.body.startswith(starts.get(name, b"")), name
        assert "attachment" in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{path}/files/all.zip").body))
    assert sorted(archive.namelist()) == sorted(set(state["files"]) - {"all.zip"})
    assert {"coco_lite_whole.json", "coco_lite_crop.json"} <= set(archive.namelist())
    assert "姿态模型验证" in client.get(f"{path}/files/report.html?language=zh").body.decode()


def test_a_form_may_bring_a_model_of_its_own(client: Client) -> None:
    names = ("left_shoulder", "right_hip", "nose", "left_knee")
    points = [(10, 20, 2), (30, 40, 2), (50, 5, 2), (5, 5, 2)]
    value = coco(
        [{"id": 1, "file_name": "a.png"}], [annotation(1, 1, points, bbox=[0, 0, WIDTH, HEIGHT])], names
    )
    body = named_form(
        {
            ("file", "a.json"): json.dumps(value).encode(),
            ("file", "a.png"): encode_png(dots([(10, 20), (30, 40), (50, 5)])),
            ("onnx", "tiny.onnx"): simcc(),
            ("declaration", "tiny.json"): json.dumps(declared("simcc")).encode(),
        }
    )
    path = client.ask("POST", f"{PATH}?models=lite", body, FORM).headers["location"]
    assert finished(client, path)["state"] == "done"
    result = client.get(f"{path}/result").json()
    assert result["models"]["own:tiny"]["crop"]["pck"] == 1.0
    assert set(result["dataset"]["compared"]) == set(JOINTS)
    assert result["settings"]["models"]["own:tiny"]["declaration"]["decoder"] == "simcc"


def test_deleting_a_running_job_cancels_it_and_deleting_again_forgets_it(
    client: Client, studio: ValidationStudio
) -> None:
    before = studio.bytes_kept
    body = zipped(performer_files(60))
    path = client.ask("POST", f"{PATH}?models=heavy", body, ZIP).headers["location"]
    assert studio.bytes_kept == before + len(body)
    until(lambda: client.get(path).json()["done"] > 0)
    client.ask("DELETE", path)
    assert finished(client, path)["files"] == []
    assert client.get(path).json()["state"] == "cancelled"
    assert client.get(f"{path}/result").json()["code"] == "job_not_done"
    assert client.ask("DELETE", path).status == 200
    assert client.get(path).status == 404
    assert studio.bytes_kept == before


def test_what_cannot_be_read_fails_with_its_sentence(client: Client) -> None:
    for files, code in (
        ({"a.png": PERFORMER["images/1.png"]}, "dataset_no_annotations"),
        ({"annotations.json": PERFORMER["annotations.json"]}, "dataset_pictures_missing"),
    ):
        path = client.ask("POST", PATH, zipped(files), ZIP).headers["location"]
        state = finished(client, path)
        assert (state["state"], state["problem"]["code"]) == ("failed", code)
        assert state["problem"]["hint"]
    body = named_form({("file", "all.zip"): zipped(PERFORMER), ("bundle", "mine.task"): b"text"})
    state = finished(client, client.ask("POST", PATH, body, FORM).headers["location"])
    assert (state["state"], state["problem"]["code"]) == ("failed", "own_bundle_wrong")


@pytest.mark.parametrize(
    ("query", "body", "headers", "status", "code"),
    [
        ("", b"{}", {"Content-Type": "application/json"}, 415, "not_a_zip"),
        ("?models=tiny", b"PK", ZIP, 422, "setting_model"),
        ("?models=lite,lite", b"PK", ZIP, 422, "validation_models"),
        ("?crop=9", b"PK", ZIP, 422, "option_invalid"),
        ("?model=lite", b"PK", ZIP, 422, "option_invalid"),
        (
            "",
            named_form({("file", "a.png"): b"1"}) * 2,
            {"Content-Type": "multipart/form-data"},
            400,
            "form_malformed",
        ),
        ("", named_form({("file", "a"): b"1", ("bundle", "a"): b"1"}), FORM, 202, ""),
        ("", named_form({("onnx", "a"): b"1", ("bundle", "a"): b"1"}), FORM, 400, "file_twice"),
    ],
    ids=["json", "model", "twice", "crop", "unknown", "no_boundary", "two_fields", "one_name"],
)
def test_what_cannot_be_a_job_is_refused(
    client: Client, query: str, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.ask("POST", PATH + query, body, headers)
    assert answer.status == status
    if code:
        assert answer.json()["code"] == code
    else:
        finished(client, answer.headers["location"])


def test_the_size_is_counted_before_the_first_byte(client: Client, studio: ValidationStudio) -> None:
    before = studio.bytes_kept
    with client.unfinished(PATH, "Content-Length: 100000000") as line:
        until(lambda: studio.bytes_kept == before + 100_000_000)
        with client.unfinished(PATH, "Content-Length: 400000000") as too_large:
            assert b"413" in too_large.recv(100)
        line.close()
    until(lambda: studio.bytes_kept == before)
    small = ValidationStudio(lambda: PosePool(), budget_mb=1)
    with rest_server(
        lambda: PosePool(), configuration=NO_RATE, validations=Validations(lambda: small, report_in)
    ) as other:
        answer = other.ask("POST", PATH, bytes(2**21), ZIP)
        assert (answer.status, answer.json()["code"]) == (503, "validation_uploads_full")
        answer = other.ask("POST", PATH, iter([b"PK"]), {**ZIP, "Transfer-Encoding": "chunked"})  # type: ignore[arg-type]
        assert (answer.status, answer.json()["code"]) == (411, "length_missing")
    small.close()


def test_one_address_has_one_job_at_a_time(client: Client) -> None:
    body = zipped(performer_files(40))
    path = client.ask("POST", f"{PATH}?models=heavy", body, ZIP).headers["location"]
    answer = client.ask("POST", PATH, body, ZIP)
    assert (answer.status, answer.json()["code"]) == (503, "job_running")
    client.ask("DELETE", path)
    finished(client, path)


@pytest.mark.parametrize("path", ["nobody-knows", "nobody-knows/result", "nobody-knows/files/report.html"])
def test_an_unknown_job_is_not_there(client: Client, path: str) -> None:
    answer = client.get(f"{PATH}/{path}")
    assert (answer.status, answer.json()["code"]) == (404, "job_gone")
    assert client.ask("DELETE", f"{PATH}/nobody-knows").status == 404


def test_a_file_that_is_none_of_the_result_is_not_there(
    client: Client, done: tuple[str, dict[str, Any]]
) -> None:
    assert client.get(f"{done[0]}/files/passwords.txt").status == 404


def test_the_addresses_are_described_with_their_options_and_an_example(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    start = paths[PATH]["post"]
    assert set(start["requestBody"]["content"]) == {"application/zip", "multipart/form-data"}
    assert {option["name"] for option in start["parameters"]} == {
        "models",
        "people",
        "crop",
        "enlarge",
        "seed",
    }
    example = start["responses"]["202"]["content"]["application/json"]["example"]
    assert ValidateJobAnswer.model_validate({"problem": None, **example}).state == "analysing"
    assert {"get", "delete"} == set(paths[f"{PATH}/{{job_id}}"])
    assert {f"{PATH}/{{job_id}}/result", f"{PATH}/{{job_id}}/files/{{name}}"} <= set(paths)


def test_requests_are_counted_under_the_one_address(client: Client, done: tuple[str, dict[str, Any]]) -> None:
    client.get(done[0])
    lines = client.get("/api/v1/metrics").body.decode().splitlines()
    routes = {line.split('route="')[1].split('"')[0] for line in lines if 'route="' in line}
    assert PATH in routes
    assert not [route for route in routes if route.startswith(f"{PATH}/")]
