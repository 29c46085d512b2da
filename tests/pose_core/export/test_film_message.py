"""The message that the player in the browser gets holds what the result holds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pose_core.export.film_message import ANGLES_SENT, encode_film
from pose_core.geometry.angles import ANGLE_NAMES, sequence_angles
from pose_core.pipeline.video import VideoResult, VideoSettings, analyse_video
from pose_core.settings import DetectionSettings, PoseSettings
from tests.support.numbered_film import numbered_film


@pytest.fixture(scope="module")
def result() -> VideoResult:
    return analyse_video(numbered_film(8), VideoSettings(PoseSettings(DetectionSettings("lite"))))


def test_every_array_is_where_the_header_says(result: VideoResult) -> None:
    message = encode_film(result)
    length = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + length])
    rows, frames = header["rows"], header["frames"]
    assert (frames, rows) == (8, len(result.row_frame))
    assert rows > 0
    assert header["people"] == [1]
    assert header["angles"] == list(ANGLES_SENT)
    place = 4 + length

    def take(kind: str, *shape: int) -> np.ndarray:
        nonlocal place
        assert place % 8 == 0
        array = np.frombuffer(message, kind, int(np.prod(shape)), place).reshape(shape)
        place += -(-array.nbytes // 8) * 8
        return array

    np.testing.assert_array_equal(take("<f8", frames), result.time_s)
    np.testing.assert_array_equal(take("<u4", rows), result.row_frame)
    np.testing.assert_array_equal(take("<u2", rows), result.row_person)
    xy = take("<u2", 2, rows, 33, 2) / 65534 * 3 - 1
    for layer, place_of in ((0, 1), (1, 0)):  # the smoothed one first
        shown = xy[layer] * np.array(result.size_wh)
        np.testing.assert_allclose(shown, result.values[:, place_of, :, :2], atol=0.02)
    np.testing.assert_allclose(take("u1", rows, 33) / 254, result.values[:, 1, :, 6], atol=0.005)
    limit = result.settings.visibility_limit
    degrees = sequence_angles(result.sequence(1), "image", limit).deg[result.row_frame]
    columns = [ANGLE_NAMES.index(name) for name in ANGLES_SENT]
    np.testing.assert_allclose(take("<f4", rows, 10), degrees[:, columns], rtol=1e-5)
    assert len(take("<f4", rows)) == rows
    assert place == len(message)
