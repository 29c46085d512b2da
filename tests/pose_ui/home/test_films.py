"""The Home page's films: there, small, sound, and served to be kept."""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from itertools import pairwise

import av
import numpy as np
import pytest

from pose_core.media.images import decode_picture
from pose_ui.home.films import FOLDER, film_path, film_route
from pose_ui.home.gallery import CARDS, Card
from pose_ui.texts import catalogue
from tests.support.paths import ROOT
from tests.support.routes import serving

NAMES = ("hero", *(card.page for card in CARDS))
LARGEST_KB = 400


def _frames(name: str) -> Iterator[np.ndarray]:
    with av.open(io.BytesIO((FOLDER / f"{name}.mp4").read_bytes())) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


@pytest.mark.parametrize("name", NAMES)
def test_each_film_is_small_and_ends_where_it_begins(name: str) -> None:
    assert (FOLDER / f"{name}.mp4").stat().st_size < LARGEST_KB * 1024
    still = decode_picture((FOLDER / f"{name}.jpg").read_bytes()).frame_rgb
    frames = []
    for frame in _frames(name):
        assert frame.shape == still.shape
        frames.append(frame[::4, ::4].astype(np.int16))  # a sixteenth of each says enough, and takes no time
    steps = [float(np.abs(after - before).mean()) for before, after in pairwise(frames)]
    seam = float(np.abs(frames[0] - frames[-1]).mean())
    assert 3 <= len(frames) / 25 <= 8
    assert seam <= 2 * max(steps)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.page)
def test_each_card_has_a_page_and_its_texts(card: Card) -> None:
    page = card.page
    assert (ROOT / "pages" / f"{page}.py").is_file()
    assert {f"page.{page}", f"home.card_{page}"} <= catalogue().keys()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(film_route()) as (port, _):
        yield port


def _get(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("folder", ["/", "/some/where/"])
def test_a_film_is_served_in_parts_too_and_may_be_kept_forever(port: int, folder: str) -> None:
    address = folder + film_path("live", "mp4")
    answer, whole = _get(port, address)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert "immutable" in answer.headers["Cache-Control"]
    assert whole == (FOLDER / "live.mp4").read_bytes()
    answer, part = _get(port, address, Range="bytes=10-19")
    assert (answer.status, part) == (206, whole[10:20])


@pytest.mark.parametrize("name", ["live.mp4", "live-000000000000.mp4", "..%2f..%2fhome%2ffilms.py"])
def test_nothing_else_is_served(port: int, name: str) -> None:
    assert _get(port, f"/posedeck/films/{name}")[0].status == 404
