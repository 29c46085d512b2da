"""How long a film takes, against its own length: ``python -m benchmarks.video [--seconds 60] [--out FILE]``.

A 1080p film of the performer at 30 frames a second is made by code, then analysed with and without the annotated film,
in turns. Times are those of the clock and of the processor; memory is the growth of the process while it works, and
once everything is freed again.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import io
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.report import save
from pose_core.arrays import FrameRGB
from pose_core.media.films import read_film
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.video import VideoProgress, VideoSettings, analyse_video
from pose_core.pipeline.video_film import annotate_video
from pose_core.settings import VARIANTS, DetectionSettings, PoseSettings

__all__ = ["make_film", "measure"]

_FPS: Final = 30
_SIZE_WH: Final = (1920, 1080)
_MB: Final = 1024 * 1024
#: The rate of a phone's film: about 120 MB in five minutes.
_BITS_PER_S: Final = 3_200_000


def _frames() -> list[FrameRGB]:
    """The sample clip at full size, with noise as of a camera."""
    noise = np.random.default_rng(1).normal(0, 3, (1080, 1920, 1)).astype(np.float32)
    frames = []
    for _, frame_rgb in read_film(sample_clip()).frames(0, 3):
        large = cv2.resize(frame_rgb, (1440, 1080), interpolation=cv2.INTER_CUBIC)
        canvas = cv2.copyMakeBorder(large, 0, 0, 240, 240, cv2.BORDER_REPLICATE)
        frames.append(np.clip(canvas + noise, 0, 255).astype(np.uint8))
    return frames


def make_film(seconds: float) -> bytes:
    """A film as a phone records it: H.264, 1080p, 30 frames a second."""
    file = io.BytesIO()
    frames = _frames()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=_FPS, options={"preset": "veryfast"})
        stream.width, stream.height = _SIZE_WH
        stream.pix_fmt, stream.bit_rate = "yuv420p", _BITS_PER_S
        for number in range(round(seconds * _FPS)):
            frame = av.VideoFrame.from_ndarray(frames[number % len(frames)], format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, _FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / _MB


def _trim() -> None:
    gc.collect()
    with suppress(OSError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@dataclass(slots=True)
class _Peak:
    """The most memory while something runs, and how good the time left was."""

    mb: float = 0.0

    def __call__(self, progress: VideoProgress) -> None:
        if progress.frames % 30 == 0:
            self.mb = max(self.mb, _resident_mb())


def measure(seconds: float, model: str, runs: int) -> dict[str, Any]:
    """Analyse the same film several times."""
    data = make_film(seconds)
    settings = VideoSettings(PoseSettings(DetectionSettings(model)))  # type: ignore[arg-type]
    analyse_video(data, VideoSettings(settings.pose, end_s=2.0))  # the first run loads libraries
    _trim()
    rows = []
    for _ in range(runs):
        before_mb, peak = _resident_mb(), _Peak()
        start_s, cpu_s = time.perf_counter(), time.process_time()
        result = analyse_video(data, settings, on_progress=peak)
        read_s, read_cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_s
        film = annotate_video(data, result)
        both_s, both_cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_s
        peak.mb = max(peak.mb, _resident_mb())
        rows.append(
            {
                "frames": len(result.time_s),
                "analysed_per_length": round(read_s / seconds, 3),
                "with_film_per_length": round(both_s / seconds, 3),
                "analysed_cpu_per_length": round(read_cpu_s / seconds, 3),
                "with_film_cpu_per_length": round(both_cpu_s / seconds, 3),
                "film_out_mb": round(len(film) / _MB, 1),
                "growth_mb": round(peak.mb - before_mb, 1),
            }
        )
        del result, film
        _trim()
        rows[-1]["left_mb"] = round(_resident_mb() - before_mb, 1)
    return {
        "machine": describe_machine(),
        "seconds": seconds,
        "model": model,
        "file_mb": round(len(data) / _MB, 1),
        "runs": rows,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--model", choices=VARIANTS, default="lite")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    found = measure(arguments.seconds, arguments.model, arguments.runs)
    for row in found["runs"]:
        sys.stdout.write(f"{row}\n")
    if arguments.out is not None:
        save(found, arguments.out)


if __name__ == "__main__":
    main()
