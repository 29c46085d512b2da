"""How long a film takes, against its own length: ``python -m benchmarks.video [--seconds 300] [--out FILE]``.

A 1080p film of the performer at 30 frames a second is made by code, as large as a phone's. It arrives, is analysed, and
is written with skeletons as on the Video page: by the same `FilmStudio`, in this process. Times are those of the clock
and of the processor. Memory is what the process has more than before the film arrived: at most, of which the film
itself, and once everything is forgotten again. The time left is compared with what was left in truth, whenever 10 to
90 % were done.

With ``--live``, a viewer of the Live page is measured instead: alone, and then beside the analysis.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import IO, Any, Final

import av
import cv2
import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.report import save, table
from benchmarks.video_live import measure_live
from ops.films import FilmOutcome, FilmStudio
from ops.jobs import Job, JobControl
from ops.memory import limit_memory_growth
from pose_core.arrays import FrameRGB
from pose_core.export.english import english
from pose_core.export.video_files import make_file
from pose_core.media.films import read_film
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.video import VideoResult, VideoSettings
from pose_core.settings import VARIANTS, DetectionSettings, PoseSettings

__all__ = ["make_film", "measure", "report"]

_FPS: Final = 30
_SIZE_WH: Final = (1920, 1080)
_MB: Final = 1024 * 1024
_OWNER: Final = "benchmark"
#: The rate of a phone's film: about 120 MB in five minutes.
_BITS_PER_S: Final = 3_200_000
#: The noise of a camera, in grey levels.
_NOISE: Final = 3.0
_LOOK_S: Final = 0.1
#: Memory is freed by other threads.
_AFTER_S: Final = 3.0
_FIRST_S: Final = 10.0


def _frames() -> Iterator[FrameRGB]:
    """The sample clip at full size, with other noise in each frame."""
    random = np.random.default_rng(1)
    noise = random.normal(0, _NOISE, (1080 + 64, 1920 + 64, 1)).astype(np.int16)
    for _, frame_rgb in read_film(sample_clip()).frames():
        large = cv2.resize(frame_rgb, (1440, 1080), interpolation=cv2.INTER_CUBIC)
        canvas = cv2.copyMakeBorder(large, 0, 0, 240, 240, cv2.BORDER_REPLICATE).astype(np.int16)
        y, x = random.integers(0, 64, 2)
        yield np.clip(canvas + noise[y : y + 1080, x : x + 1920], 0, 255).astype(np.uint8)


def make_film(seconds: float, file: IO[bytes]) -> None:
    """Write a film as a phone records it: H.264, 1080p, 30 frames a second. The sample clip repeats in it."""
    once = io.BytesIO()
    with av.open(once, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=_FPS, options={"preset": "veryfast"})
        stream.width, stream.height = _SIZE_WH
        stream.pix_fmt, stream.bit_rate = "yuv420p", _BITS_PER_S
        for number, frame_rgb in enumerate(islice(_frames(), round(seconds * _FPS))):
            frame = av.VideoFrame.from_ndarray(frame_rgb, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, _FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(file, "w", format="mp4") as film:
        target: Any = None
        left = round(seconds * _FPS)
        for turn in count():
            source: Any
            with av.open(io.BytesIO(once.getvalue())) as source:
                pictures = source.streams.video[0]
                target = target or film.add_stream_from_template(pictures)
                for packet in source.demux(pictures):
                    if packet.size and left:
                        left -= 1
                        packet.pts += turn * pictures.duration
                        packet.dts += turn * pictures.duration
                        packet.stream = target
                        film.mux(packet)
            if not left:
                return


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / _MB


@dataclass
class _Watch:
    """Looks at a job while it works: memory, and what it says about the time left."""

    job: Job
    before_mb: float
    peak_mb: float = 0.0
    told: list[tuple[float, float, float | None]] = field(default_factory=list)

    def run(self) -> tuple[float, float]:
        """Seconds of the clock and of the processor until the job is over."""
        start_s, cpu_s = time.perf_counter(), time.process_time()
        over = threading.Event()

        def look() -> None:
            while not over.wait(_LOOK_S):
                self.peak_mb = max(self.peak_mb, _resident_mb() - self.before_mb)
                status = self.job.status()
                self.told.append((time.perf_counter(), status.share, status.left_s))

        looking = threading.Thread(target=look)
        looking.start()
        self.job.over.wait()
        end_s = time.perf_counter()
        over.set()
        looking.join()
        self.end_s = end_s
        status = self.job.status()
        if status.error is not None:
            raise status.error
        return end_s - start_s, time.process_time() - cpu_s

    def left_errors(self) -> list[float]:
        """By how much of the true time left each answer was wrong, from a tenth on."""
        return [
            abs(left_s - (self.end_s - at_s)) / (self.end_s - at_s)
            for at_s, share, left_s in self.told
            if left_s is not None and 0.1 <= share <= 0.9
        ]


def _arrive(studio: FilmStudio, file: IO[bytes], size: int) -> Any:
    file.seek(0)
    with studio.arrive(_OWNER, "film.mp4", size) as film:
        while piece := file.read(256 * 1024):
            film.add(piece)
        film.finish()
    return film


def _write(data: bytes, result: VideoResult, control: JobControl) -> bytes:
    control.enter("writing", 1.0)
    made = make_file(
        "annotated.mp4",
        data,
        result,
        english,
        on_progress=control.tell,
        cancelled=control.cancelled,
    )
    return made or b""


def _one_run(
    studio: FilmStudio, file: IO[bytes], size: int, seconds: float, settings: VideoSettings
) -> dict[str, Any]:
    before_mb = _resident_mb()
    start_s = time.perf_counter()
    film = _arrive(studio, file, size)
    arrived_s = time.perf_counter() - start_s
    job = studio.analyse(film, settings, with_copy=True)
    analysing = _Watch(job, before_mb)
    analysed_s, analysed_cpu_s = analysing.run()
    outcome: FilmOutcome = job.result
    frames, people = len(outcome.result.time_s), len(outcome.result.people)
    studio.make(job.id, _OWNER, "film", 0, partial(_write, outcome.data, outcome.result))
    making = studio.made(job.id, _OWNER, "film", 0)
    assert making is not None
    writing = _Watch(making, before_mb)
    written_s, written_cpu_s = writing.run()
    written = len(making.result)
    errors = analysing.left_errors() + writing.left_errors()
    studio.jobs.remove(job.id, _OWNER)
    del film, outcome, job, making, analysing.job, writing.job
    time.sleep(_AFTER_S)
    return {
        "frames": frames,
        "people": people,
        "arrived_s": round(arrived_s, 2),
        "analysed_per_length": round(analysed_s / seconds, 3),
        "with_film_per_length": round((analysed_s + written_s) / seconds, 3),
        "analysed_cpu_per_length": round(analysed_cpu_s / seconds, 3),
        "with_film_cpu_per_length": round((analysed_cpu_s + written_cpu_s) / seconds, 3),
        "film_mb": round(size / _MB, 1),
        "written_mb": round(written / _MB, 1),
        "analysing_mb": round(analysing.peak_mb, 1),
        "writing_mb": round(writing.peak_mb, 1),
        "after_mb": round(_resident_mb() - before_mb, 1),
        "left_wrong_median": round(float(np.median(errors)), 3) if errors else None,
        "left_wrong_worst": round(max(errors), 3) if errors else None,
    }


def measure(seconds: float, model: str, runs: int) -> dict[str, Any]:
    """Analyse and write the same film several times."""
    settings = VideoSettings(PoseSettings(DetectionSettings(model)))  # type: ignore[arg-type]
    rows = []
    studio = FilmStudio(workers=1)
    try:
        with tempfile.TemporaryFile() as file:
            first_s = min(seconds, _FIRST_S)  # the first run loads libraries
            make_film(first_s, file)
            _one_run(studio, file, file.seek(0, io.SEEK_END), first_s, settings)
        with tempfile.TemporaryFile() as file:
            make_film(seconds, file)
            size = file.seek(0, io.SEEK_END)
            rows = [_one_run(studio, file, size, seconds, settings) for _ in range(runs)]
    finally:
        studio.close()
    return {"machine": describe_machine(), "seconds": seconds, "model": model, "runs": rows}


def report(found: dict[str, Any]) -> str:
    """The figures as a table: a line for each, a column for each run."""
    names = list(found["runs"][0])
    rows = [[name, *(str(run[name]) for run in found["runs"])] for name in names]
    return table([["", *(f"run {number + 1}" for number in range(len(found["runs"])))], *rows])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="length of the film")
    parser.add_argument("--model", choices=VARIANTS, default="lite")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--live", action="store_true", help="measure a live viewer beside an analysis")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.live:
        with tempfile.TemporaryFile() as file:
            make_film(arguments.seconds, file)
            file.seek(0)
            found = measure_live(file.read(), arguments.model, arguments.runs)
    else:
        limit_memory_growth()
        found = measure(arguments.seconds, arguments.model, arguments.runs)
    sys.stdout.write(report(found) + "\n")
    if arguments.out is not None:
        save(found, arguments.out)


if __name__ == "__main__":
    main()
