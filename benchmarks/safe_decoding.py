"""What decoding in a process of its own costs: ``python -m benchmarks.safe_decoding [--out FILE]``.

The same JPEG is decoded with Pillow in this process and by `decode_picture`, in turns, so that a disturbance affects
both; the ratio is that of a pair. A normal photo, one of 12 megapixels, and that one in Display P3, which is converted.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import save, spread, summary, table
from pose_core.media.images import decode_picture
from pose_core.media.picture_colours import profile_of_code_points

__all__ = ["measure"]

_SIZES_WH: Final = {"640 x 491": (640, 491), "12 megapixels": (4000, 3000)}
_ROUNDS: Final = {"640 x 491": 200, "12 megapixels": 30}


def _photo(size_wh: tuple[int, int], profile: bytes | None = None) -> bytes:
    """A JPEG with about as much detail as a photo."""
    small = np.random.default_rng(1).integers(0, 256, (size_wh[1] // 10, size_wh[0] // 10, 3), dtype=np.uint8)
    file = io.BytesIO()
    picture = Image.fromarray(cv2.resize(small, size_wh, interpolation=cv2.INTER_CUBIC))
    picture.save(file, "JPEG", quality=90, icc_profile=profile)
    return file.getvalue()


def _in_this_process(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        np.asarray(image.convert("RGB"))


def _ms(work: Callable[[bytes], object], data: bytes) -> float:
    start_s = time.perf_counter()
    work(data)
    return (time.perf_counter() - start_s) * 1e3


def measure() -> dict[str, dict[str, Any]]:
    """For each kind of photo, milliseconds both ways and the ratio of pairs."""
    found = {}
    for name, size_wh in _SIZES_WH.items():
        for colours, profile in (("sRGB", None), ("Display P3", profile_of_code_points(12, 13))):
            data = _photo(size_wh, profile)
            pairs = [
                (_ms(_in_this_process, data), _ms(decode_picture, data)) for _ in range(_ROUNDS[name] + 3)
            ]
            pairs = pairs[3:]  # warm by then
            found[f"{name}, {colours}"] = {
                "in_process_ms": summary([here for here, _ in pairs]),
                "safe_ms": summary([safe for _, safe in pairs]),
                "ratio": summary([safe / here for here, safe in pairs]),
            }
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    machine = describe_machine()
    found = measure()
    print(machine_lines(machine))
    rows = [["photo, median / p95", "Pillow here, ms", "decode_picture, ms", "ratio"]]
    rows += [
        [name, spread(of["in_process_ms"]), spread(of["safe_ms"]), spread(of["ratio"], 2)]
        for name, of in found.items()
    ]
    print(table(rows))
    if arguments.out:
        save({"machine": machine, "decoding": found}, arguments.out)


if __name__ == "__main__":
    main()
