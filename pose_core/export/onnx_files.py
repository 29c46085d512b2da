"""A model as ONNX, with all that is needed to run it elsewhere: networks, glue, licence, and how well it agrees."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import BundleError
from pose_core.export import onnx_run
from pose_core.media.images import decode_picture
from pose_core.models.bundles import FOLDER, bundle, verified_path
from pose_core.models.conversion.onnx_network import OPSET, to_onnx
from pose_core.models.conversion.tflite_network import read_network
from pose_core.models.landmarker import ImageLandmarker, runtime_version
from pose_core.performer.samples import SAMPLES, sample_bytes
from pose_core.settings import DetectionSettings, Variant
from pose_core.version import VERSION

__all__ = ["agreement", "onnx_files", "onnx_networks"]

#: Outputs of the two networks by place. The landmark network repeats its presence where a mask was.
_DETECTOR_OUTPUTS: Final = {0: "boxes", 1: "scores"}
_LANDMARK_OUTPUTS: Final = {0: "landmarks", 1: "presence", 3: "heatmaps", 4: "world_landmarks"}


def onnx_networks(model_file: bytes) -> tuple[bytes, bytes]:
    """The two networks of a ``.task`` file as ONNX.

    Parameters
    ----------
    model_file : bytes

    Returns
    -------
    detector, landmarks : bytes
        Opset 17. Each takes ``"image"``, float32 (1, H, W, 3): 224 pixels wide and high, from -1 to 1, for the
        detector; 256, from 0 to 1, for the landmark network.

    Raises
    ------
    BundleError
        If this is no such file, or it holds a network that cannot be converted.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(model_file)) as archive:
            detector, landmarks = (
                archive.read(f"{name}.tflite") for name in ("pose_detector", "pose_landmarks_detector")
            )
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError, RuntimeError) as error:
        raise BundleError(
            "bundle_contents",
            "A model file must be a .task file with MediaPipe's two pose networks; this one is not. Choose one that "
            "MediaPipe's PoseLandmarker opens.",
        ) from error
    return (
        to_onnx(read_network(detector), name="pose_detector", outputs=_DETECTOR_OUTPUTS).SerializeToString(),
        to_onnx(
            read_network(landmarks), name="pose_landmarks", outputs=_LANDMARK_OUTPUTS
        ).SerializeToString(),
    )


def agreement(
    variant: Variant, pipeline: onnx_run.PosePipeline, pictures_rgb: Sequence[FrameRGB]
) -> dict[str, Any]:
    """How far the exported model's landmarks are from MediaPipe's, on pictures.

    Parameters
    ----------
    variant : str
        The shipped model that was exported.
    pipeline : PosePipeline
        The export.
    pictures_rgb : sequence of ndarray, uint8 (H, W, 3)
        One person is looked for in each.

    Returns
    -------
    dict
        ``pictures``; ``found_by_both``, ``found_by_one``: in how many somebody was found; ``median_px``, ``p90_px``,
        ``largest_px``: distances over all landmarks of all pictures, and ``world_median_mm``; None if nobody was
        found by both.
    """
    distances_px, world_m, found_by_one = [], [], 0
    with closing(ImageLandmarker(DetectionSettings(model=variant, people=1))) as landmarker:
        for picture_rgb in pictures_rgb:
            ours, theirs = pipeline.find(picture_rgb), landmarker.detect(picture_rgb)
            if ours and theirs:
                away = ours[0].xyz_px[:, :2] - theirs[0].image_xy_px
                distances_px.append(np.linalg.norm(away, axis=1))
                world_m.append(np.linalg.norm(ours[0].world_xyz_m - theirs[0].world_xyz_m, axis=1))
            elif ours or theirs:
                found_by_one += 1
    figures: dict[str, Any] = dict.fromkeys(("median_px", "p90_px", "largest_px", "world_median_mm"))
    if distances_px:
        all_px = np.concatenate(distances_px)
        figures = {
            "median_px": round(float(np.median(all_px)), 3),
            "p90_px": round(float(np.percentile(all_px, 90)), 3),
            "largest_px": round(float(all_px.max()), 3),
            "world_median_mm": round(float(np.median(np.concatenate(world_m))) * 1000, 3),
        }
    return {
        "pictures": len(pictures_rgb),
        "found_by_both": len(distances_px),
        "found_by_one": found_by_one,
        **figures,
    }


def onnx_files(variant: Variant) -> Mapping[str, bytes]:
    """Everything to run a shipped model with onnxruntime, NumPy and Pillow alone.

    Parameters
    ----------
    variant : str
        One of `pose_core.settings.VARIANTS`.

    Returns
    -------
    mapping of str to bytes
        By file name: ``detector.onnx``, ``landmarks.onnx``, ``anchors.npy``, ``run.py``, ``agreement.json`` (with
        MediaPipe, on the sample pictures, measured now), ``README.md``, ``LICENSE`` and ``NOTICE``.

    Raises
    ------
    SettingsError
        If there is no such variant.
    BundleError
        If the model file is missing or damaged.
    SetupError
        If a system library is missing.
    """
    detector, landmarks = onnx_networks(verified_path(variant).read_bytes())
    anchors = onnx_run.find_anchors().astype(np.float32)
    pictures_rgb = [decode_picture(sample_bytes(sample.id)).frame_rgb for sample in SAMPLES]
    measured = agreement(variant, onnx_run.PosePipeline(detector, landmarks, anchors), pictures_rgb)
    report = {
        "model": variant,
        "model_file_sha256": bundle(variant).sha256,
        "posedeck": VERSION,
        "mediapipe": runtime_version(),
        "onnxruntime": version("onnxruntime"),
        "opset": OPSET,
        "sample_pictures": [sample.id for sample in SAMPLES],
        "agreement": measured,
    }
    anchors_file = io.BytesIO()
    np.save(anchors_file, anchors)
    return {
        "detector.onnx": detector,
        "landmarks.onnx": landmarks,
        "anchors.npy": anchors_file.getvalue(),
        "run.py": Path(onnx_run.__file__).read_bytes(),
        "agreement.json": (json.dumps(report, indent=2) + "\n").encode(),
        "README.md": _readme(variant, measured).encode(),
        "LICENSE": (FOLDER / "LICENSE").read_bytes(),
        "NOTICE": _notice(variant).encode(),
    }


def _notice(variant: Variant) -> str:
    origins = "".join(
        f"\n{source.entry}\n  from {source.origin}\n"
        + "".join(f"  changed: {change}\n" for change in source.changes)
        for source in bundle(variant).sources
    )
    return f"""These networks were made by Google (the MediaPipe Authors) and are licensed under the Apache License,
Version 2.0; see LICENSE. PoseDeck {VERSION} converted them to ONNX. It is no product of Google and not endorsed by it.
{origins}"""


def _readme(variant: str, measured: Mapping[str, Any]) -> str:
    return f"""# MediaPipe Pose, {variant}, as ONNX

    pip install onnxruntime numpy pillow
    python run.py photo.jpg --draw drawn.png

prints each person's 33 landmarks as JSON, in MediaPipe's order. `detector.onnx` finds people, `landmarks.onnx` places
the landmarks; opset {OPSET}, weights stored as float16, computed as float32. `anchors.npy` are the middles of the
detector's boxes. In code:

    from run import PosePipeline
    pipeline = PosePipeline("detector.onnx", "landmarks.onnx", numpy.load("anchors.npy"))
    people = pipeline.find(picture)  # uint8, (height, width, 3), RGB

On {measured["pictures"]} sample pictures, half of the landmarks are within {measured["median_px"]} pixels of
MediaPipe's, nine of ten within {measured["p90_px"]}; see `agreement.json`. Whether somebody counts as found is decided
by a limit on a score; where it is on the limit, the two can differ.

The networks are Google's, Apache-2.0: see LICENSE and NOTICE. PoseDeck converted them; Google does not endorse this.
"""
