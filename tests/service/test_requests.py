"""Requests that schemathesis makes up from the OpenAPI document: right or wrong, each is answered as the document says.

Real pictures are among them, otherwise nothing would ever be found in one. The requests are the same on every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from zlib import crc32

import pytest
import schemathesis
from hypothesis import settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import CHECKS, load_all_checks

from pose_core.models.pool import PosePool
from service import Limits
from service.api import build_api
from service.metrics import Metrics
from service.workers import Workers
from tests.support.damage import pictures
from tests.support.rest_client import TIMEOUT_S, Client, rest_server

#: For each address, besides those that schemathesis takes from the examples and limits in the document.
EXAMPLES = 60
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
ACCEPTS = (
    "*/*",
    "application/json",
    "text/csv",
    "image/jpeg",
    "image/png;q=0.5, text/*;q=0.1",
    "video/mp4",
    "a/b;q=\xfc",
)

load_all_checks()
schemathesis.openapi.format(
    "binary", st.one_of(st.sampled_from([*pictures().values()]), st.binary(max_size=200))
)
# From the application and not over HTTP, since tests are collected before there is a server.
document = schemathesis.openapi.from_dict(build_api(Workers(PosePool, Limits()), Metrics()).openapi())
document.config.generation.update(deterministic=True)
# By default schemathesis does not count 413 as a refusal.
document.config.checks.negative_data_rejection.expected_statuses = ["400", "405", "406", "413", "415", "422"]
answered: Counter[tuple[str, int, str]] = Counter()


@pytest.fixture(scope="module")
def client(lite_pool: PosePool) -> Iterator[Client]:
    with rest_server(lambda: lite_pool) as client:
        yield client


def answers_conform_at(path: str) -> Callable[..., None]:
    """A test that each answer of this address is as the document says."""

    @document.include(path=path).parametrize()
    @settings(max_examples=EXAMPLES)
    def test(case: Case, client: Client) -> None:
        # No strategy for this: schemathesis allows none besides the document's examples.
        accept = ACCEPTS[crc32(repr((case.query, case.body)).encode()) % len(ACCEPTS)]
        answer = case.call_and_validate(
            f"http://127.0.0.1:{client.port}",
            headers={"Accept": accept},
            checks=CHECKS.get_by_names(CHECKED),
            timeout=TIMEOUT_S,
        )
        kind = answer.headers["content-type"][0].partition(";")[0]
        answered[case.operation.label, answer.status_code, kind] += 1

    return test


# One name each: schemathesis gives all cases of one test the same id, and pytest-xdist runs only one of them.
test_predict_answers_as_the_document_says = answers_conform_at("/predict")
test_pose_answers_as_the_document_says = answers_conform_at("/api/v1/pose")
test_models_answers_as_the_document_says = answers_conform_at("/api/v1/models")
test_health_answers_as_the_document_says = answers_conform_at("/api/v1/health")
test_metrics_answers_as_the_document_says = answers_conform_at("/api/v1/metrics")


def test_every_kind_of_answer_was_among_them() -> None:
    if not answered:
        pytest.skip("counts the answers to the tests above")
    assert {address for address, _, _ in answered} == {
        f"{method.upper()} {path}"
        for path, methods in document.raw_schema["paths"].items()
        for method in methods
    }
    kinds = {(status, kind) for address, status, kind in answered if address == "POST /api/v1/pose"}
    for kind in ("application/json", "text/csv", "image/jpeg", "image/png"):
        assert (200, kind) in kinds
    assert {400, 405, 406, 415, 422} <= {status for status, _ in kinds}
    assert {("POST /predict", 200, kind) for kind in ("image/jpeg", "application/json")} <= set(answered)
