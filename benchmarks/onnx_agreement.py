"""How far the ONNX exports are from MediaPipe on photos: ``python -m benchmarks.onnx_agreement FOLDER...``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from pose_core.evaluation.files import PICTURE_ENDINGS
from pose_core.export.onnx_files import agreement, onnx_networks
from pose_core.export.onnx_run import PosePipeline, find_anchors
from pose_core.media.images import decode_picture
from pose_core.models.bundles import verified_path
from pose_core.settings import VARIANTS


def main() -> None:
    """Measure and print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    paths = sorted(
        path
        for folder in options.folders
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_ENDINGS
    )
    pictures_rgb = [decode_picture(path.read_bytes()).frame_rgb for path in paths]
    for variant in VARIANTS:
        networks = onnx_networks(verified_path(variant).read_bytes())
        pipeline = PosePipeline(*networks, find_anchors().astype(np.float32))
        print(variant, json.dumps(agreement(variant, pipeline, pictures_rgb)))


if __name__ == "__main__":
    main()
