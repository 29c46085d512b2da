"""What the REST interface answers: the older demo's contract, all formats of /api/v1/pose, the state of the process."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pose_core.export.photos import to_csv, to_json_dict
from pose_core.media.images import decode_picture, encode_jpeg, encode_png
from pose_core.models.pool import PosePool
from pose_core.performer import Camera, render_frame
from pose_core.performer.samples import sample_bytes
from pose_core.pipeline.photo import analyse_photo, annotate_photo
from pose_core.settings import VARIANTS, DetectionSettings, DrawSettings, PoseSettings
from pose_core.version import VERSION
from service.negotiation import best_offer
from service.schemas import HealthAnswer, Model, PoseAnswer
from tests.support.rest_client import Client, rest_server

POSE = "/api/v1/pose"
LITE = PoseSettings(detection=DetectionSettings(model="lite"))
STAND = sample_bytes("stand")
EMPTY = sample_bytes("empty_room")
TWO = sample_bytes("two_people")
#: JPEG is lossy: mean difference, of 255, between a drawn picture and its decoded JPEG.
JPEG_DIFFERENCE = 3.0


@pytest.fixture(scope="module")
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=2, stream_limit=3)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def client(pool: PosePool) -> Iterator[Client]:
    with rest_server(lambda: pool) as client:
        yield client


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what differs from run to run."""
    return {key: value for key, value in answer.items() if key != "times_ms"}


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """The value as JSON returns it."""
    result: dict[str, Any] = json.loads(json.dumps(value))
    return result


# ---------------------------------------------------------------------- the older demo
def test_predict_returns_the_drawn_picture_in_its_own_size(client: Client) -> None:
    answer = client.post("/predict", STAND)
    assert (answer.status, answer.type) == (200, "image/jpeg")
    picture = decode_picture(answer.body)
    before = decode_picture(STAND)
    assert picture.format == "JPEG"
    assert picture.size_wh == before.size_wh
    assert (picture.frame_rgb != before.frame_rgb).any()


def test_predict_leaves_a_small_picture_small(client: Client) -> None:
    small = encode_png(render_frame("jack", 0.0, camera=Camera(213, 160)).rgb)
    answer = client.post("/predict", small)
    assert answer.status == 200
    assert decode_picture(answer.body).size_wh == (213, 160)


def test_predict_lists_33_normalised_landmarks(client: Client, pool: PosePool) -> None:
    answer = client.post("/predict?format=json", STAND)
    assert (answer.status, answer.type) == (200, "application/json")
    landmarks = answer.json()
    assert len(landmarks) == 33
    assert all(list(landmark) == ["x", "y", "z", "visibility"] for landmark in landmarks)
    (pose,) = analyse_photo(STAND, PoseSettings(), pool)[0].poses
    found = np.array([list(landmark.values()) for landmark in landmarks])
    np.testing.assert_allclose(found[:, :2], pose.image_xy_norm)
    np.testing.assert_allclose(found[:, 2], pose.image_z_norm)
    np.testing.assert_allclose(found[:, 3], pose.visibility)
    assert ((found[:, :2] > 0) & (found[:, :2] < 1)).all()


@pytest.mark.parametrize("query", ["", "?format=json"])
def test_predict_reports_nobody_like_the_older_demo(client: Client, query: str) -> None:
    answer = client.post(f"/predict{query}", EMPTY)
    assert (answer.status, answer.type) == (400, "application/json")
    assert answer.json() == {"error": "No pose detected"}


def test_predict_has_the_field_error_in_other_errors_too(client: Client) -> None:
    answer = client.post("/predict", b"no picture")
    assert answer.status == 400
    body = answer.json()
    assert list(body) == ["error", "code", "message", "hint"]
    assert body["error"] == body["message"]
    assert body["code"] == "picture_unknown"
    assert client.post("/predict", STAND, STAND).json()["code"] == "too_many_images"
    assert "error" in client.get("/predict").json()


# ---------------------------------------------------------------------- /api/v1/pose
def test_pose_returns_what_the_photo_page_exports(client: Client, pool: PosePool) -> None:
    answer = client.post(f"{POSE}?model=lite", STAND, name="some.png")
    assert (answer.status, answer.type) == (200, "application/json")
    expected = to_json_dict(analyse_photo(STAND, LITE, pool, name="some.png")[0])
    assert lasting(answer.json()) == lasting(plain(expected))
    assert list(answer.json()["times_ms"]) == ["decode", "enlarge", "inference"]


def test_the_answer_for_poses_is_the_one_in_the_openapi_document(client: Client) -> None:
    body = client.post(f"{POSE}?model=lite&people=2", TWO).json()
    assert len(body["people"]) == 2
    assert PoseAnswer.model_validate(body).model_dump() == body


def test_all_options_become_settings(client: Client) -> None:
    query = (
        "model=lite&people=3&detection_confidence=0.25&presence_confidence=0.75"
        "&visibility_limit=0.1&angles=true&enlarge=false"
    )
    settings = client.post(f"{POSE}?{query}", EMPTY).json()["settings"]
    assert settings == {
        "detection": {
            "model": "lite",
            "people": 3,
            "detection_confidence": 0.25,
            "presence_confidence": 0.75,
        },
        "draw": {
            "names": False,
            "angles": True,
            "confidence": False,
            "skeleton_only": False,
            "style": "classic",
            "letters": True,
            "arcs": [],
        },
        "visibility_limit": 0.1,
        "enlarge_small": False,
    }


def test_without_options_the_settings_are_those_of_the_pages(client: Client) -> None:
    assert client.post(POSE, EMPTY).json()["settings"]["detection"]["model"] == "full"


def test_nobody_found_is_a_result(client: Client) -> None:
    answer = client.post(f"{POSE}?model=lite", EMPTY)
    assert answer.status == 200
    assert answer.json()["people"] == []


def test_several_pictures_are_answered_in_order(client: Client, pool: PosePool) -> None:
    pictures = [STAND, EMPTY, TWO]
    bodies = client.post(f"{POSE}?model=lite", *pictures).json()
    expected = [to_json_dict(analyse_photo(data, LITE, pool, name="some.png")[0]) for data in pictures]
    assert [lasting(body) for body in bodies] == [lasting(plain(result)) for result in expected]


def test_csv_of_one_picture_is_that_of_the_photo_page(client: Client, pool: PosePool) -> None:
    answer = client.post(f"{POSE}?model=lite", STAND, accept="text/csv")
    assert (answer.status, answer.type) == (200, "text/csv")
    assert answer.body == to_csv(analyse_photo(STAND, LITE, pool)[0])


def test_csv_of_several_pictures_numbers_them(client: Client) -> None:
    answer = client.post(f"{POSE}?model=lite", STAND, EMPTY, STAND, accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["frame"] for row in rows] == ["0"] * 33 + ["2"] * 33


@pytest.mark.parametrize("angles", [True, False])
def test_pictures_are_drawn_like_those_of_the_photo_page(
    client: Client, pool: PosePool, angles: bool
) -> None:
    settings = PoseSettings(detection=LITE.detection, draw=DrawSettings(angles=angles))
    result, picture = analyse_photo(STAND, settings, pool)
    drawn_rgb, _ = annotate_photo(result, picture.frame_rgb, settings)
    path = f"{POSE}?model=lite&angles={str(angles).lower()}"
    png = client.post(path, STAND, accept="image/png")
    assert (png.status, png.type) == (200, "image/png")
    np.testing.assert_array_equal(decode_picture(png.body).frame_rgb, drawn_rgb)
    jpeg = client.post(path, STAND, accept="image/*")
    assert (jpeg.status, jpeg.type) == (200, "image/jpeg")
    assert jpeg.body == encode_jpeg(drawn_rgb)
    difference = np.abs(decode_picture(jpeg.body).frame_rgb.astype(int) - drawn_rgb).mean()
    assert difference < JPEG_DIFFERENCE


def test_a_file_name_is_returned_to_its_sender(client: Client) -> None:
    body = client.post(f"{POSE}?model=lite", EMPTY, name="左肩 photo.png").json()
    assert body["file"]["name"] == "左肩 photo.png"


# ---------------------------------------------------------------------- Accept
OFFERS = ["application/json", "text/csv", "image/jpeg", "image/png"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("image/*", "image/jpeg"),
        ("image/*, image/jpeg;q=0.1", "image/png"),
        ("image/png;q=0.4, text/csv;q=0.5", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("application/json;charset=utf-8", "application/json"),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=nan", None),
        ("application/json;q=much", None),
        ("nonsense;;;,/,", None),
    ],
)
def test_accept_chooses_the_format(accept: str | None, expected: str | None) -> None:
    assert best_offer(accept, OFFERS) == expected


def test_a_format_that_is_not_on_offer_is_not_acceptable(client: Client) -> None:
    answer = client.post(POSE, STAND, accept="text/html")
    assert (answer.status, answer.json()["code"]) == (406, "not_acceptable")
    several = client.post(POSE, STAND, STAND, accept="image/png")
    assert (several.status, several.json()["code"]) == (406, "not_acceptable")
    assert "image/png" not in several.json()["message"]


def test_several_pictures_fall_back_on_a_format_that_suits_them(client: Client) -> None:
    answer = client.post(f"{POSE}?model=lite", EMPTY, EMPTY, accept="image/png, text/csv;q=0.5")
    assert (answer.status, answer.type) == (200, "text/csv")


# ---------------------------------------------------------------------- the state of the process
def test_models_are_the_included_ones(client: Client) -> None:
    models = [Model.model_validate(model) for model in client.get("/api/v1/models").json()]
    assert [model.variant for model in models] == list(VARIANTS)
    assert [model.variant for model in models if model.default] == ["full"]


def test_health_shows_the_state_of_the_pool(client: Client, pool: PosePool) -> None:
    health = HealthAnswer.model_validate(client.get("/api/v1/health").json())
    assert health.status == "ok"
    assert not health.warmed
    assert (health.seats.taken, health.seats.limit) == (0, 3)
    with pool.borrow(LITE.detection):
        health = HealthAnswer.model_validate(client.get("/api/v1/health").json())
    assert (health.image_landmarkers.busy, health.image_landmarkers.limit) == (1, 2)
    assert health.versions.posedeck == VERSION


def test_health_says_when_the_models_are_warm() -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    pool.warm(decode_picture(STAND).frame_rgb, LITE.detection)
    with rest_server(lambda: pool) as client:
        assert client.get("/api/v1/health").json()["warmed"] is True
        assert "\nposedeck_warm 1\n" in client.get("/api/v1/metrics").body.decode()
    pool.close()


def test_metrics_count_by_route_and_status(lite_pool: PosePool) -> None:
    with rest_server(lambda: lite_pool) as client:
        for _ in range(2):
            assert client.get("/api/v1/health").status == 200
        client.post(f"{POSE}?people=99", STAND)
        client.get("/api/v1/some/invented/name")
        client.get("/below/a/folder/api/v1/health")
        answer = client.get("/api/v1/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.body.decode().splitlines()
    assert 'posedeck_requests_total{route="/api/v1/health",status="200"} 3' in lines
    assert 'posedeck_requests_total{route="/api/v1/pose",status="422"} 1' in lines
    assert 'posedeck_requests_total{route="other",status="404"} 1' in lines
    assert 'posedeck_request_seconds_count{route="/api/v1/health"} 3' in lines
    assert "posedeck_image_landmarkers_limit 1" in lines
    assert "posedeck_requests_in_flight 0" in lines
    assert "invented" not in answer.body.decode()
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    assert all(line.startswith("#") or len(line.rsplit(" ", 1)) == 2 for line in lines)


# ---------------------------------------------------------------------- below a folder
def test_a_folder_before_the_address_changes_nothing(client: Client) -> None:
    assert client.get("/some/folder/api/v1/health").status == 200
    assert client.post("/folder/predict?format=json", EMPTY).json() == {"error": "No pose detected"}
    assert client.get("/folder/api/v1/nothing").json()["code"] == "not_found"
    assert client.get("/unlike/unpredict").type != "application/json"
