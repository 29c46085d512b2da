"""Damaged, lying and foreign files, the same ones on every run: none makes the service fail."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from pose_core.performer import Camera, render_frame
from pose_core.pool import PosePool
from tests.rest_client import FORM_TYPE, Client, form, rest_server

SEED = 20_240_917
DAMAGED_EACH = 12  # for each of four formats and three kinds of damage
BROKEN_FORMS = 60


@pytest.fixture(scope="module")
def client(lite_pool: PosePool) -> Iterator[Client]:
    with rest_server(lambda: lite_pool) as client:
        yield client


def pictures() -> dict[str, bytes]:
    """The performer, small, in every format that can be read."""
    image = Image.fromarray(render_frame("jack", 0.0, camera=Camera(160, 120)).rgb)
    files = {}
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        file = io.BytesIO()
        image.save(file, kind)
        files[kind] = file.getvalue()
    return files


def cut(data: bytes, random: np.random.Generator) -> bytes:
    return data[: random.integers(0, len(data))]


def flipped(data: bytes, random: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(random.integers(1, 40)):
        changed[random.integers(0, len(data))] ^= 1 << random.integers(0, 8)
    return bytes(changed)


def lying_head(data: bytes, random: np.random.Generator) -> bytes:
    """The first bytes, where sizes and types are, overwritten at random."""
    changed = bytearray(data)
    start = int(random.integers(4, 40))
    changed[start : start + 8] = random.bytes(8)
    return bytes(changed)


def foreign() -> list[bytes]:
    """Files of other kinds."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("photo.png", pictures()["PNG"])
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    return [
        inner.getvalue(),
        outer.getvalue(),
        b"<svg xmlns='http://www.w3.org/2000/svg' width='1e9' height='1e9'><script>1</script></svg>",
        b"<!doctype html><html><body onload='alert(1)'>hello</body></html>",
        b"%PDF-1.7\n%%EOF",
        b"BM" + bytes(100),
        b"II*\0" + bytes(100),
        b"\0\0\0\x18ftypavif" + bytes(100),
        b"{}",
        bytes(1000),
    ]


def corpus() -> list[bytes]:
    random = np.random.default_rng(SEED)
    damaged = [
        damage(data, random)
        for data in pictures().values()
        for damage in (cut, flipped, lying_head)
        for _ in range(DAMAGED_EACH)
    ]
    return damaged + foreign()


def test_no_damaged_or_foreign_file_makes_the_service_fail(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    files = corpus()
    assert len(files) >= 150
    statuses = []
    with caplog.at_level(logging.WARNING):
        for data in files:
            answer = client.post("/api/v1/pose?model=lite", data)
            assert answer.type == "application/json"
            body = answer.json()
            assert ("people" if answer.status == 200 else "hint") in body
            statuses.append(answer.status)
    assert set(statuses) == {200, 400, 413} or set(statuses) == {200, 400}
    assert statuses.count(400) > 50
    assert caplog.records == []


def test_no_broken_form_makes_the_service_fail(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    random = np.random.default_rng(SEED)
    whole = form(b"a picture", b"another")
    statuses = set()
    with caplog.at_level(logging.WARNING):
        for i in range(BROKEN_FORMS):
            body = (cut, flipped)[i % 2](whole, random)
            answer = client.ask("POST", "/predict", body, {"Content-Type": FORM_TYPE})
            assert "error" in answer.json()
            statuses.add(answer.status)
    assert statuses <= {400, 413}
    assert caplog.records == []


def test_the_corpus_is_the_same_on_every_run() -> None:
    assert corpus()[:-10] == corpus()[:-10]  # zip files carry the time
