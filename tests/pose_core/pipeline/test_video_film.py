"""The annotated film has the source's pictures, times and sound, with skeletons."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from pose_core.media.films import read_film
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.stills import portrait, still_sheet, stills
from pose_core.pipeline.video import VideoSettings, analyse_video
from pose_core.pipeline.video_film import annotate_video
from pose_core.settings import DetectionSettings, PoseSettings
from tests.support.numbered_film import numbered_duo

LITE = PoseSettings(DetectionSettings("lite"))


def with_aac(film_mp4: bytes) -> bytes:
    """The same film with a tone."""
    file = io.BytesIO()
    with av.open(io.BytesIO(film_mp4)) as source, av.open(file, "w", format="mp4") as container:
        picture: Any = container.add_stream_from_template(source.streams.video[0])
        sound: Any = container.add_stream("aac", rate=48_000, layout="mono")
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = picture
                container.mux(packet)
        tone = np.sin(np.arange(48_000 * 3) * 2 * np.pi * 440 / 48_000).astype(np.float32)
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return file.getvalue()


@pytest.mark.parametrize("start_s", [0.0, 1.0])
def test_times_sound_and_skeletons_are_those_of_the_part(start_s: float) -> None:
    data = with_aac(sample_clip())
    result = analyse_video(data, VideoSettings(LITE, start_s=start_s, end_s=start_s + 0.8))
    with av.open(io.BytesIO(annotate_video(data, result))) as film:
        frames = list(film.decode(video=0))
    assert [frame.time for frame in frames] == pytest.approx(result.time_s - result.time_s[0], abs=1e-3)
    plain_rgb = dict(read_film(data).frames())[float(result.time_s[3])].astype(int)
    drawn_rgb = frames[3].to_ndarray(format="rgb24").astype(int)
    assert (np.abs(drawn_rgb - plain_rgb).max(axis=2) > 80).mean() > 0.002
    with av.open(io.BytesIO(annotate_video(data, result))) as film:
        sounds = list(film.decode(audio=0))
    assert sum(frame.samples for frame in sounds) / 48_000 == pytest.approx(0.8, abs=0.12)


def test_a_film_without_sound_stays_without_and_the_index_is_at_the_front() -> None:
    result = analyse_video(sample_clip(), VideoSettings(LITE, end_s=0.2))
    film = annotate_video(sample_clip(), result)
    assert film.index(b"moov") < film.index(b"mdat")
    with av.open(io.BytesIO(film)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_stills_are_the_frames_asked_for() -> None:
    result = analyse_video(sample_clip(), VideoSettings(LITE, end_s=0.6))
    found = stills(sample_clip(), result, [9, 2, 99])
    assert [still.frame for still in found] == [2, 9]
    frames = dict(read_film(sample_clip()).frames())
    for still in found:
        np.testing.assert_array_equal(still.plain_rgb, frames[still.time_s])
    assert still_sheet(found, ["a", "b"]).shape == (12 + 360 + 34 + 12, 2 * 492 + 12, 3)


def test_a_portrait_is_the_part_of_the_picture_with_that_person() -> None:
    data = numbered_duo(4)
    settings = VideoSettings(PoseSettings(DetectionSettings("lite", people=2)), end_s=0.1)
    result = analyse_video(data, settings)
    whole = dict(read_film(data).frames())
    for person in result.people:
        found = portrait(data, result, person)
        assert found is not None
        picture = whole[float(result.time_s[found.frame])]
        middle_px = result.sequence(person).image_xy_px[found.frame].mean(axis=0)
        height, width = found.rgb.shape[:2]
        places = [
            (x, y)
            for x in range(picture.shape[1] - width + 1)
            for y in range(picture.shape[0] - height + 1)
            if np.array_equal(picture[y, x], found.rgb[0, 0])
            and np.array_equal(picture[y : y + height, x : x + width], found.rgb)
        ]
        assert any(x < middle_px[0] < x + width and y < middle_px[1] < y + height for x, y in places)
        assert width < 0.7 * picture.shape[1]
