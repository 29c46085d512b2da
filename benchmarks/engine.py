"""How close a frame's time is to the network's own: ``python -m benchmarks.engine [--out FILE]``.

Nothing that finds landmarks can be faster than its landmark network alone. For each variant this measures, on the
sample clip (640x480), with one person tracked from frame to frame:

- original: Google's bundle with its segmentation decoder, in MediaPipe as a tutorial calls it;
- ours: `StreamLandmarker.detect` on the shipped bundle, from the frame to the finished `Pose`, and where its time goes:
  MediaPipe's graph, MediaPipe's Python around it, and the project's own;
- bare: only the landmark network of the shipped bundle, in LiteRT, on one thread and on two;
- detector: only the network that finds people, which runs only while nobody is tracked.

They take turns, a few frames each, so that a disturbance affects all of them; compare only figures of one run. The
original bundles are not part of the project: ``scripts/build_bundles.py --keep-original`` makes them. LiteRT is
installed by ``make setup-dev``. ``--out benchmarks/results/engine.json`` saves the figures.
"""

from __future__ import annotations

import argparse
import itertools
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import interleaved, save, spread, summary, table
from pose_core.arrays import FrameRGB
from pose_core.media.clips import read_clip
from pose_core.models.bundles import verified_path
from pose_core.models.landmarker import StreamLandmarker
from pose_core.performer.samples import CLIP_FPS, sample_clip
from pose_core.settings import VARIANTS, DetectionSettings, Variant
from scripts.bundling.pack import DETECTOR_ENTRY, LANDMARKS_ENTRY

__all__ = ["MAKE_ORIGINALS", "ORIGINALS", "measure", "missing_note", "ratios", "report"]

ORIGINALS: Final = Path(__file__).parent.parent / ".cache" / "bundles-original"
MAKE_ORIGINALS: Final = ".venv/bin/python scripts/build_bundles.py --keep-original"
#: The target for the middle variant: ours against the bare network on one thread.
TARGET_RATIO: Final = 1.3
TARGET_VARIANT: Final[Variant] = "full"
#: One second of the clip: long enough that what the previous one left in the caches no longer matters.
_TURN_FRAMES: Final = 25
_NEEDS: Final = "The bare network needs LiteRT, which `make setup-dev` installs. Nothing was measured."

_TIMES: Final = ("original", "ours", "bare_1_thread", "bare_2_threads", "detector_1_thread")
_PARTS: Final = ("graph", "mediapipe_python", "our_python")
#: Processes one frame and returns milliseconds by name.
_Run = Callable[[FrameRGB], dict[str, float]]


class _Timed:
    """A function and the milliseconds that its last call took."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.ms = 0.0

    def __call__(self, *arguments: Any) -> Any:
        start_s = time.perf_counter()
        result = self._function(*arguments)
        self.ms = (time.perf_counter() - start_s) * 1000
        return result


class _Original:
    """Plain MediaPipe on any bundle."""

    def __init__(self, bundle: Path) -> None:
        import mediapipe

        vision = mediapipe.tasks.vision
        self._mp = mediapipe
        self._landmarker = vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(
                base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(bundle)),
                running_mode=vision.RunningMode.VIDEO,
            )
        )
        self._stamps_ms = itertools.count(step=1000 // CLIP_FPS)
        self.close = self._landmarker.close

    def __call__(self, frame_rgb: FrameRGB) -> dict[str, float]:
        start_s = time.perf_counter()
        image = self._mp.Image(image_format=self._mp.ImageFormat.SRGB, data=frame_rgb)
        self._landmarker.detect_for_video(image, next(self._stamps_ms))
        return {"original": (time.perf_counter() - start_s) * 1000}


class _Ours:
    """The shipped bundle in the project's own landmarker, with the time of each part."""

    def __init__(self, variant: Variant) -> None:
        self._stream = StreamLandmarker(DetectionSettings(model=variant))
        inner = self._stream._landmarker
        self._graph = inner._lib.MpPoseLandmarkerDetectForVideo = _Timed(
            inner._lib.MpPoseLandmarkerDetectForVideo
        )
        self._mediapipe = inner.detect_for_video = _Timed(inner.detect_for_video)
        self._detect = _Timed(self._stream.detect)
        self._times_s = (number / CLIP_FPS for number in itertools.count())
        self.close = self._stream.close

    def __call__(self, frame_rgb: FrameRGB) -> dict[str, float]:
        people = self._detect(frame_rgb, next(self._times_s))
        return {
            "ours": self._detect.ms,
            "graph": self._graph.ms,
            "mediapipe_python": self._mediapipe.ms - self._graph.ms,
            "our_python": self._detect.ms - self._mediapipe.ms,
            "found": float(len(people)),
        }


class _Bare:
    """One network of the shipped bundle in LiteRT; only running the network is timed, not filling its input."""

    def __init__(self, variant: Variant, entry: str, name: str, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with zipfile.ZipFile(verified_path(variant)) as bundle:
            network = bundle.read(entry)
        self._name = name
        self._interpreter = Interpreter(model_content=network, num_threads=threads)
        self._interpreter.allocate_tensors()
        (described,) = self._interpreter.get_input_details()
        self._input = described["index"]
        self._side_px = int(described["shape"][1])

    def __call__(self, frame_rgb: FrameRGB) -> dict[str, float]:
        self._interpreter.set_tensor(self._input, _network_input(frame_rgb, self._side_px))
        start_s = time.perf_counter()
        self._interpreter.invoke()
        return {self._name: (time.perf_counter() - start_s) * 1000}


def _network_input(frame_rgb: FrameRGB, side_px: int) -> NDArray[np.float32]:
    """Return the middle square of a frame, sampled to the nearest pixel, from 0 to 1: shape (1, side, side, 3)."""
    height, width = frame_rgb.shape[:2]
    side = min(height, width)
    steps = (np.arange(side_px) * side) // side_px
    rows, columns = steps + (height - side) // 2, steps + (width - side) // 2
    return np.asarray(frame_rgb[np.newaxis, rows][:, :, columns] / 255, dtype=np.float32)


def _runs(variant: Variant, originals: Path, stack: ExitStack) -> list[_Run]:
    runs: list[_Run] = [
        stack.enter_context(closing(_Ours(variant))),
        _Bare(variant, LANDMARKS_ENTRY, "bare_1_thread", 1),
        _Bare(variant, LANDMARKS_ENTRY, "bare_2_threads", 2),
        _Bare(variant, DETECTOR_ENTRY, "detector_1_thread", 1),
    ]
    original = originals / f"{variant}.task"
    if original.exists():
        runs.insert(0, stack.enter_context(closing(_Original(original))))
    return runs


def _measure_variant(
    variant: Variant, frames: Sequence[FrameRGB], rounds: int, originals: Path
) -> dict[str, Any]:
    blocks = [frames[start : start + _TURN_FRAMES] for start in range(0, len(frames), _TURN_FRAMES)]
    values: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        runs = _runs(variant, originals, stack)
        for run in runs:  # warm-up
            for frame_rgb in blocks[0]:
                run(frame_rgb)
        turns = interleaved(runs, rounds * len(blocks))
        for block in itertools.chain.from_iterable(itertools.repeat(blocks, rounds)):
            for run in itertools.islice(turns, len(runs)):
                for frame_rgb in block:
                    for name, value in run(frame_rgb).items():
                        values[name].append(value)
    times_ms = {name: summary(values[name]) if name in values else None for name in _TIMES}
    parts_ms = {name: summary(values[name]) for name in _PARTS}
    return {
        "times_ms": times_ms,
        "ours_parts_ms": parts_ms,
        "found_share": round(float(np.mean(np.array(values["found"]) > 0)), 3),
        **ratios(times_ms, parts_ms),
    }


def ratios(
    times_ms: Mapping[str, Mapping[str, float] | None], parts_ms: Mapping[str, Mapping[str, float]]
) -> dict[str, float | None]:
    """Return the ratios between the medians of one run.

    Parameters
    ----------
    times_ms : mapping
        `summary` of ``original`` (or None), ``ours``, ``bare_1_thread`` and ``bare_2_threads``.
    parts_ms : mapping
        `summary` of the parts of ours; only ``graph`` is used.

    Returns
    -------
    dict
        ``ours_to_bare`` and ``ours_to_bare_2_threads``, the time of ours as a multiple of the bare network's;
        ``original_to_ours``, how many times as fast ours is as the original, or None; ``graph_beyond_bare_ms``, the
        time that MediaPipe's graph takes beyond the landmark network.
    """
    median = {name: of["median"] for name, of in times_ms.items() if of}
    original = median.get("original")
    return {
        "ours_to_bare": round(median["ours"] / median["bare_1_thread"], 3),
        "ours_to_bare_2_threads": round(median["ours"] / median["bare_2_threads"], 3),
        "original_to_ours": None if original is None else round(original / median["ours"], 3),
        "graph_beyond_bare_ms": round(parts_ms["graph"]["median"] - median["bare_1_thread"], 3),
    }


def measure(
    rounds: int = 4,
    variants: Sequence[Variant] = VARIANTS,
    frames: int | None = None,
    originals: Path = ORIGINALS,
) -> dict[str, Any]:
    """Measure everything.

    Parameters
    ----------
    rounds : int
        How often each network runs through the clip.
    variants : sequence of str
    frames : int, optional
        Use only this many of the clip's first frames.
    originals : Path
        Folder of the original bundles; missing ones are skipped.

    Returns
    -------
    dict
        Ready for JSON; times are milliseconds of one frame.
    """
    machine = describe_machine()
    machine["packages"]["ai-edge-litert"] = version("ai-edge-litert")
    clip = read_clip(sample_clip())
    pictures = [frame_rgb for _, frame_rgb in itertools.islice(clip.frames(), frames)]
    return {
        "benchmark": "engine",
        "machine": machine,
        "rounds": rounds,
        "frames": len(pictures),
        "size_wh": list(clip.size_wh),
        "target": {"variant": TARGET_VARIANT, "ours_to_bare": TARGET_RATIO},
        "variants": {name: _measure_variant(name, pictures, rounds, originals) for name in variants},
    }


def missing_note(result: Mapping[str, Any]) -> str | None:
    """Return which original bundles were missing and how to make them; None if none was."""
    missing = [
        name for name, figures in result["variants"].items() if figures["times_ms"]["original"] is None
    ]
    if not missing:
        return None
    return (
        f"Not measured: the original bundle of {', '.join(missing)}, which is not part of the project. "
        f"To make it (needs npm and a network): {MAKE_ORIGINALS}"
    )


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    variants, target = result["variants"], result["target"]
    head = ["model", *(name.replace("_", " ") for name in _TIMES), "ours / bare", "original / ours"]
    rows = [head]
    for name, figures in variants.items():
        times_ms, faster = figures["times_ms"], figures["original_to_ours"]
        cells = [spread(times_ms[key], 2) if times_ms[key] else "-" for key in _TIMES]
        rows.append([name, *cells, f"{figures['ours_to_bare']:.2f}", f"{faster:.2f}" if faster else "-"])
    parts = [["model", *(name.replace("_", " ") for name in _PARTS), "graph beyond bare", "person found"]]
    for name, figures in variants.items():
        cells = [spread(figures["ours_parts_ms"][key], 2) for key in _PARTS]
        beyond, share = figures["graph_beyond_bare_ms"], figures["found_share"]
        parts.append([name, *cells, f"{beyond:.2f}", f"{share:.0%}"])
    width, height = result["size_wh"]
    lines = [
        machine_lines(result["machine"]),
        "",
        f"Milliseconds of a frame, median / p95, {result['frames']} frames {width}x{height} x {result['rounds']}:",
        table(rows),
        "",
        "Where the time of ours goes:",
        table(parts),
    ]
    if target["variant"] in variants:
        ratio, limit = variants[target["variant"]]["ours_to_bare"], target["ours_to_bare"]
        lines += [
            "",
            f"{target['variant']}: {ratio:.2f} times the bare network; the target is at most {limit}.",
        ]
    note = missing_note(result)
    return "\n".join([*lines, "", note] if note else lines)


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine", description="How close a frame's time is to the network's own."
    )
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--rounds", type=int, default=4)
    choices = parser.parse_args()
    if find_spec("ai_edge_litert") is None:
        print(_NEEDS)
        return
    result = measure(choices.rounds)
    print(report(result))
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    main()
