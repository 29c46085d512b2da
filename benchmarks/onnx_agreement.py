"""How far the ONNX exports are from MediaPipe on photos: ``python -m benchmarks.onnx_agreement FOLDER...``.

For each model the networks alone against LiteRT, on the same crops of the photos; then the whole way of a picture
against MediaPipe.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from pose_core.arrays import FrameRGB
from pose_core.evaluation.files import PICTURE_ENDINGS
from pose_core.export.onnx_files import agreement, onnx_networks
from pose_core.export.onnx_run import DETECTOR_PX, LANDMARKS_PX, PosePipeline, Square, find_anchors
from pose_core.media.images import decode_picture
from pose_core.models.bundles import verified_path
from pose_core.settings import VARIANTS, Variant

_Run = Callable[[NDArray[np.float32]], NDArray[Any]]


def _litert(network: bytes, shape: tuple[int, ...]) -> _Run:
    """The output of that shape, of a picture."""
    interpreter = Interpreter(model_content=network)
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]
    (output,) = (one["index"] for one in interpreter.get_output_details() if tuple(one["shape"]) == shape)

    def run(picture: NDArray[np.float32]) -> NDArray[Any]:
        interpreter.set_tensor(place, picture)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(output))

    return run


def _onnx(network: bytes, output: str) -> _Run:
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    return lambda picture: np.asarray(session.run([output], {"image": picture})[0])


def _crops(pictures_rgb: Sequence[FrameRGB], pipeline: PosePipeline) -> dict[str, list[NDArray[np.float32]]]:
    """What the detector gets, and around each person whom it finds what the other network gets."""
    whole, people = [], []
    for picture in pictures_rgb:
        height, width = picture.shape[:2]
        square = Square(width / 2, height / 2, max(width, height), 0.0)
        seen = square.cut_out(picture, DETECTOR_PX, repeat_border=False)[None] / 127.5 - 1
        whole.append(seen.astype(np.float32))
        people += [
            (one.cut_out(picture, LANDMARKS_PX, repeat_border=True)[None] / 255).astype(np.float32)
            for one in pipeline.squares(picture)
        ]
    return {"detector": whole, "landmarks": people}


def networks_apart(
    variant: Variant, networks: tuple[bytes, bytes], pictures_rgb: Sequence[FrameRGB]
) -> dict[str, float]:
    """How far the outputs in pixels are from LiteRT's at most, for both networks, and on how many crops."""
    pipeline = PosePipeline(*networks, find_anchors().astype(np.float32))
    crops = _crops(pictures_rgb, pipeline)
    with zipfile.ZipFile(verified_path(variant)) as archive:
        originals = [archive.read(f"pose_{name}.tflite") for name in ("detector", "landmarks_detector")]
    found: dict[str, float] = {}
    outputs = (("detector", "boxes", (1, 2254, 12)), ("landmarks", "landmarks", (1, 195)))
    for (name, output, shape), ours, theirs in zip(outputs, networks, originals, strict=True):
        mine, original = _onnx(ours, output), _litert(theirs, shape)
        apart = [float(np.abs(mine(crop) - original(crop)).max()) for crop in crops[name]]
        found[f"{name}_crops"] = len(apart)
        found[f"{name}_largest_px"] = round(max(apart, default=float("nan")), 5)
    return found


def main() -> None:
    """Measure and print two lines for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    paths = {
        path.resolve()
        for folder in options.folders
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_ENDINGS
    }
    pictures_rgb = [decode_picture(path.read_bytes()).frame_rgb for path in sorted(paths)]
    for variant in VARIANTS:
        networks = onnx_networks(verified_path(variant).read_bytes())
        print(variant, "networks", json.dumps(networks_apart(variant, networks, pictures_rgb)))
        pipeline = PosePipeline(*networks, find_anchors().astype(np.float32))
        print(variant, "pictures", json.dumps(agreement(variant, pipeline, pictures_rgb)))


if __name__ == "__main__":
    main()
