"""What is shown of a film before and during its analysis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ops.films import Arrival, FilmStudio
from pose_core.media.images import decode_picture
from pose_ui.video.session import VideoSession
from tests.support.numbered_film import FPS, number_in, numbered_film


@pytest.fixture
def film() -> Iterator[Arrival]:
    studio, data = FilmStudio(workers=1), numbered_film(20)
    with studio.arrive("somebody", "film.mp4", len(data)) as arrival:
        arrival.add(data)
        arrival.finish()
    yield arrival
    studio.close()


def test_it_is_the_first_of_the_chosen_part(film: Arrival) -> None:
    session = VideoSession()
    for frame in (0, 7):
        jpeg = session.first_picture(film, (frame / FPS, False))
        assert jpeg is not None
        assert number_in(decode_picture(jpeg).frame_rgb) == frame


def test_it_is_turned_back_where_the_film_is_mirrored(film: Arrival) -> None:
    session = VideoSession()
    plain, mirrored = (session.first_picture(film, (0.2, turned)) for turned in (False, True))
    assert plain is not None
    assert mirrored is not None
    left, right = decode_picture(plain).frame_rgb, decode_picture(mirrored).frame_rgb[:, ::-1]
    assert np.abs(left.astype(int) - right).mean() < 3


def test_during_the_analysis_it_stays_that_of_the_part(film: Arrival) -> None:
    session = VideoSession()
    chosen = session.first_picture(film, (0.2, True))
    assert session.first_picture(film) is chosen
    assert VideoSession().first_picture(film) == VideoSession().first_picture(film, (0.0, False))


def test_a_part_without_a_frame_has_none(film: Arrival) -> None:
    assert VideoSession().first_picture(film, (60.0, False)) is None


def test_the_last_picture_is_the_one_before_the_end_of_the_part(film: Arrival) -> None:
    session = VideoSession()
    for end_s, frame in ((8 / FPS, 7), (0.3, 7), (60.0, None), (0.01, 0)):
        jpeg = session.last_picture(film, end_s, mirrored=False)
        assert (None if jpeg is None else number_in(decode_picture(jpeg).frame_rgb)) == frame
    mirrored, plain = (session.last_picture(film, 0.3, mirrored=turned) for turned in (True, False))
    assert mirrored != plain
