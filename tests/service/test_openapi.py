"""The OpenAPI document: complete, with examples, and true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pose_core.export.photos import COLUMNS
from pose_core.models.pool import PosePool
from service import examples
from service.schemas import DemoProblemAnswer, PoseAnswer, ProblemAnswer
from tests.support.rest_client import Client, rest_server

#: Address and method to the possible statuses.
STATUSES = {
    ("/predict", "post"): {200, 400, 403, 405, 408, 413, 415, 422, 429, 500, 503},
    ("/api/v1/pose", "post"): {200, 400, 403, 405, 406, 408, 413, 415, 422, 429, 500, 503},
    ("/api/v1/models", "get"): {200, 405, 429, 500},
    ("/api/v1/health", "get"): {200, 405, 500},
    ("/api/v1/metrics", "get"): {200, 405, 429, 500},
}


@pytest.fixture(scope="module")
def client(lite_pool: PosePool) -> Iterator[Client]:
    with rest_server(lambda: lite_pool) as client:
        yield client


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status, answer.type) == (200, "application/json")
    body: dict[str, Any] = answer.json()
    return body


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_every_address_is_described_with_all_its_statuses(document: dict[str, Any]) -> None:
    found = {
        (path, method): {int(status) for status in operation["responses"]}
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert found == STATUSES


def test_every_error_is_described_with_an_example(document: dict[str, Any]) -> None:
    for (path, method), statuses in STATUSES.items():
        responses = document["paths"][path][method]["responses"]
        kind = DemoProblemAnswer if path == "/predict" else ProblemAnswer
        for status in statuses - {200}:
            content = responses[str(status)]["content"]["application/json"]
            assert content["schema"] == {"$ref": f"#/components/schemas/{kind.__name__}"}
            kind.model_validate(content["example"])
        for status in statuses & {429, 503}:
            assert "Retry-After" in responses[str(status)]["headers"]


def test_every_reference_has_a_target(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert "#/components/schemas/PoseAnswer" in found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_format_of_an_answer_is_there(document: dict[str, Any]) -> None:
    pose = document["paths"]["/api/v1/pose"]["post"]
    assert set(pose["responses"]["200"]["content"]) == {
        "application/json",
        "text/csv",
        "image/jpeg",
        "image/png",
    }
    assert "schema" in pose["responses"]["200"]["content"]["application/json"]
    assert set(document["paths"]["/predict"]["post"]["responses"]["200"]["content"]) == {
        "application/json",
        "image/jpeg",
    }


def test_options_and_pictures_are_described_with_their_limits(document: dict[str, Any]) -> None:
    pose = document["paths"]["/api/v1/pose"]["post"]
    options = {parameter["name"]: parameter["schema"] for parameter in pose["parameters"]}
    assert set(options) == {
        "model",
        "people",
        "detection_confidence",
        "presence_confidence",
        "visibility_limit",
        "angles",
        "enlarge",
    }
    assert options["model"]["enum"] == ["lite", "full", "heavy"]
    assert (options["people"]["minimum"], options["people"]["maximum"]) == (1, 5)
    form = pose["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["required"] == ["image"]
    assert form["properties"]["image"]["maxItems"] == 8


def test_examples_fit_their_schemas() -> None:
    pose = json.loads(json.dumps(examples.pose()))
    assert PoseAnswer.model_validate(pose).model_dump() == pose
    header, row = examples.CSV.splitlines()
    assert header.split(",") == list(COLUMNS)
    assert len(row.split(",")) == len(COLUMNS)


def test_the_document_names_no_folder_of_a_request(client: Client) -> None:
    assert b"invented" not in client.get("/invented/api/v1/openapi.json").body
    assert b"invented" not in client.get("/api/v1/openapi.json").body


def test_no_page_that_loads_files_from_elsewhere_is_served(client: Client) -> None:
    for path in ("/api/v1/docs", "/api/v1/redoc", "/docs", "/redoc"):
        assert client.get(path).status == 404
