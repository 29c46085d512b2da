"""The measurement of the ways to draw on the camera's picture: its clip, its arithmetic and its report."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from benchmarks import overlay
from benchmarks.report import summary


def test_each_frame_of_the_clip_carries_its_number() -> None:
    size_wh = (320, 240)
    parts = [b"\xff\xd8" + part for part in overlay.clip(size_wh).split(b"\xff\xd8")[1:]]
    assert len(parts) == overlay.FRAMES
    mark = size_wh[0] * overlay.MARK
    for number, part in enumerate(parts):
        picture = cv2.imdecode(np.frombuffer(part, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        bits = [int(picture[int(mark / 2), int((bit + 0.5) * mark)] > 128) for bit in range(overlay.BITS)]
        assert sum(bit << place for place, bit in enumerate(bits)) == number


def test_a_delay_is_counted_from_the_last_time_the_camera_took_that_frame() -> None:
    taken = [[5, 1000.0, 1001.0], [6, 1033.0, 1034.0], [5, 3000.0, 3001.0]]
    returned = [[5, 0.0, 1080.0], [6, 0.0, 1100.0], [5, 0.0, 3070.0], [9, 0.0, 3100.0], [6, 0.0, 9000.0]]
    assert overlay._picture_delays_ms(taken, returned) == [80.0, 67.0, 70.0]


def test_the_report_has_a_row_for_each_way_and_size() -> None:
    figures: dict[str, Any] = {
        "cpu_ms": summary([12.0]),
        "cpu_percent": summary([30.0]),
        "per_s": summary([29.0]),
        "first_s": summary([2.0]),
        "delays_ms": summary([50.0]),
    }
    cases = [
        {"way": "browser", "size_wh": [640, 480], "errors_ms": summary([0.5]), **figures},
        {"way": "model", "size_wh": [640, 480], "errors_ms": None, **figures},
        {"way": "server", "size_wh": [1280, 720], "errors_ms": None, **figures, "delays_ms": None},
    ]
    drawn, model, server = overlay.report(
        {"machine": overlay.describe_machine(), "cases": cases}
    ).splitlines()[-3:]
    same = "12.0 / 12.0 30.0 / 30.0 29.0 / 29.0 2.0 / 2.0"
    assert " ".join(drawn.split()) == f"drawn in the browser 640x480 {same} 50 / 50 0.5 / 0.5"
    assert " ".join(model.split()) == f"model in the browser 640x480 {same} 50 / 50 -"
    assert " ".join(server.split()) == f"on the server 1280x720 {same} - -"
