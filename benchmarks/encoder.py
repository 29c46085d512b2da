"""How long VP8 encoding of the live picture takes, with aiortc's options and with ours, and how much quality is lost.

``python -m benchmarks.encoder [--out FILE]``: the sample clip at 480p and 720p, both encoders in turn on each frame.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder, vp8_depayload
from aiortc.jitterbuffer import JitterFrame

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import save, spread, summary, table
from pose_core.media.clips import read_clip
from pose_core.performer.samples import sample_clip
from pose_ui.webrtc.encoder import LiveVp8Encoder

_SIZES_WH: Final = {"480p": (640, 480), "720p": (1280, 720)}
_BITS_PER_S: Final = 1_500_000
_FRAMES: Final = 150
_WARM: Final = 10
_ENCODERS: Final = {"aiortc": Vp8Encoder, "PoseDeck": LiveVp8Encoder}


def _frame(rgb: Any, number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
    return frame


def _measure(size_wh: tuple[int, int]) -> dict[str, Any]:
    encoders = {name: make() for name, make in _ENCODERS.items()}
    decoders = {name: Vp8Decoder() for name in _ENCODERS}
    times_ms: dict[str, list[float]] = {name: [] for name in _ENCODERS}
    psnr_db: dict[str, list[float]] = {name: [] for name in _ENCODERS}
    size_bytes = dict.fromkeys(_ENCODERS, 0)
    for encoder in encoders.values():
        encoder.target_bitrate = _BITS_PER_S
    for number, (_, picture) in enumerate(read_clip(sample_clip()).frames()):
        if number >= _FRAMES:
            break
        rgb = np.ascontiguousarray(cv2.resize(picture, size_wh))
        for name, encoder in encoders.items():
            start_s = time.perf_counter()
            payloads, stamp = encoder.encode(_frame(rgb, number))
            elapsed_ms = (time.perf_counter() - start_s) * 1e3
            data = b"".join(vp8_depayload(payload) for payload in payloads)
            decoded: Any
            (decoded,) = decoders[name].decode(JitterFrame(data, stamp))
            if number >= _WARM:
                times_ms[name].append(elapsed_ms)
                psnr_db[name].append(cv2.PSNR(decoded.to_ndarray(format="rgb24"), rgb))
                size_bytes[name] += len(data)
    return {
        name: {
            "ms": summary(times_ms[name]),
            "psnr_db": round(float(np.mean(psnr_db[name])), 2),
            "mbit_per_s": round(size_bytes[name] * 8 * 30 / len(times_ms[name]) / 1e6, 2),
        }
        for name in _ENCODERS
    }


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    machine = describe_machine()
    sizes = {name: _measure(size_wh) for name, size_wh in _SIZES_WH.items()}
    print(machine_lines(machine), end="\n\n")
    rows = [["size, encoder", "ms median/p95", "PSNR dB", "Mbit/s at 30/s"]]
    rows += [
        [f"{size} {name}", spread(one["ms"]), f"{one['psnr_db']:.1f}", f"{one['mbit_per_s']:.2f}"]
        for size, encoders in sizes.items()
        for name, one in encoders.items()
    ]
    print(table(rows))
    if options.out:
        save({"machine": machine, "bits_per_s": _BITS_PER_S, "sizes": sizes}, options.out)


if __name__ == "__main__":
    main()
