"""Finds poses in a photo with the two ONNX networks beside this file: ``python run.py photo.jpg``.

Prints JSON: for each person found, 33 landmarks in MediaPipe's order. Needs onnxruntime, NumPy and Pillow; reads
detector.onnx, landmarks.onnx and anchors.npy from its own folder.

The way is that of MediaPipe's pose pipeline for single pictures: the detector sees the whole picture in a square of 224
pixels and gives a box and two points for each person; a square around these, turned so that the person stands upright,
goes to the landmark network in 256 pixels; its positions are refined by its heat maps and turned back.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

__all__ = ["Person", "PosePipeline", "Square", "find_anchors", "main"]

#: The sides in pixels of the squares that the networks see.
DETECTOR_PX = 224
LANDMARKS_PX = 256
N_LANDMARKS = 33
#: A detection or a pose below this is dropped; MediaPipe's own limits.
DETECTION_LIMIT = 0.5
PRESENCE_LIMIT = 0.5
#: Detections that overlap more (intersection over union) are of the same person.
SAME_PERSON_OVERLAP = 0.3
#: The landmark network's square is larger by this than the circle that the detector gives.
MARGIN = 1.25
#: Positions are refined over squares of this many cells of a heat map, if one of them is above the limit.
HEATMAP_CELLS = 7
HEATMAP_LIMIT = 0.5
#: Parts of a pixel that a cut-out tells apart.
_PARTS = 32

#: The limbs that ``--draw`` draws, as pairs of landmarks.
LIMBS = (
    *((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24)),
    *((23, 25), (25, 27), (27, 31), (24, 26), (26, 28), (28, 32)),
)

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Square:
    """A turned square in the picture: its middle, its side in pixels, and its angle, clockwise in radians."""

    x_px: float
    y_px: float
    side_px: float
    angle_rad: float

    def to_picture(self, xy: FloatArray) -> FloatArray:
        """Points given as fractions of the square, shape (N, 2), in pixels of the picture."""
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        turned = (xy - 0.5) @ np.array([[cos, sin], [-sin, cos]])
        result: FloatArray = np.array([self.x_px, self.y_px]) + turned * self.side_px
        return result

    def cut_out(self, picture: NDArray[np.uint8], size_px: int, *, repeat_border: bool) -> FloatArray:
        """What is in the square, shape (size_px, size_px, 3), 0 to 255.

        Outside of the picture is black, or repeats the picture's border.
        """
        steps = np.arange(size_px) / size_px
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        # To a 32nd of a pixel, and in whole numbers, as MediaPipe's own (OpenCV's) warping works: exact interpolation
        # moves landmarks by half a pixel, those of people at the edge of the picture by ten.
        points = np.rint(self.to_picture(grid) * _PARTS).astype(np.int64)
        corner, share = points // _PARTS, points % _PARTS
        height, width = picture.shape[:2]
        total = np.zeros((len(points), 3), dtype=np.int64)
        for right in (0, 1):
            for down in (0, 1):
                x, y = corner[:, 0] + right, corner[:, 1] + down
                weight = (share[:, 0] if right else _PARTS - share[:, 0]) * (
                    share[:, 1] if down else _PARTS - share[:, 1]
                )
                if not repeat_border:
                    weight = weight * ((x >= 0) & (x < width) & (y >= 0) & (y < height))
                total += weight[:, None] * picture[y.clip(0, height - 1), x.clip(0, width - 1)]
        whole = (total + _PARTS**2 // 2) // _PARTS**2
        return whole.reshape(size_px, size_px, 3).astype(np.float32)


@dataclass(frozen=True)
class Person:
    """One pose: `xyz_px` and `world_xyz_m` (33, 3), `visibility` and `presence` (33,), and the network's `score`."""

    xyz_px: FloatArray
    world_xyz_m: FloatArray
    visibility: FloatArray
    presence: FloatArray
    score: float


def find_anchors() -> FloatArray:
    """The middles of the detector's 2254 boxes, as fractions of its square, shape (2254, 2)."""
    grids = []
    for stride_px, boxes in ((8, 2), (16, 2), (32, 6)):
        middles = (np.arange(DETECTOR_PX // stride_px) + 0.5) * stride_px / DETECTOR_PX
        x, y = np.meshgrid(middles, middles)
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), boxes, axis=0))
    return np.concatenate(grids)


def sigmoid(values: FloatArray) -> FloatArray:
    """From the networks' raw scores to 0..1."""
    result: FloatArray = 1 / (1 + np.exp(-np.clip(values, -80, 80)))
    return result


class PosePipeline:
    """The two networks and what is around them.

    `detector` and `landmarks` are ONNX files or their bytes; `anchors` is what `find_anchors` gives.
    """

    def __init__(
        self, detector: str | bytes, landmarks: str | bytes, anchors: FloatArray, threads: int = 1
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self._detector = onnxruntime.InferenceSession(detector, options, providers=providers)
        self._landmarks = onnxruntime.InferenceSession(landmarks, options, providers=providers)
        self._anchors = anchors

    def find(self, picture: NDArray[np.uint8], people: int = 1) -> list[Person]:
        """The poses in an RGB picture, shape (H, W, 3), the surest detections first."""
        found = (self._pose(picture, square) for square in self.squares(picture)[:people])
        return [person for person in found if person.score >= PRESENCE_LIMIT]

    def squares(self, picture: NDArray[np.uint8]) -> list[Square]:
        """Where the detector sees people, as the squares in which the landmark network looks."""
        height, width = picture.shape[:2]
        whole = Square(width / 2, height / 2, max(width, height), 0.0)
        seen = whole.cut_out(picture, DETECTOR_PX, repeat_border=False) / 127.5 - 1
        boxes, scores = self._detector.run(["boxes", "scores"], {"image": seen[None].astype(np.float32)})
        score = sigmoid(scores[0, :, 0])
        sure = score >= DETECTION_LIMIT
        # A box is x, y, width, height and four points, in pixels of the square and from the anchor.
        box, score, anchor = boxes[0][sure] / DETECTOR_PX, score[sure], self._anchors[sure]
        middle, half = box[:, :2] + anchor, box[:, 2:4] / 2
        low, high = middle - half, middle + half
        points = box[:, 4:].reshape(-1, 4, 2) + anchor[:, None]
        squares = []
        left = np.argsort(-score, kind="stable")
        while len(left):
            first = left[0]
            shared = np.prod(
                np.clip(np.minimum(high[first], high[left]) - np.maximum(low[first], low[left]), 0, None),
                axis=1,
            )
            areas = np.prod(high - low, axis=1)
            same = shared / (areas[first] + areas[left] - shared) > SAME_PERSON_OVERLAP
            same[0] = True
            # Detections of the same person are averaged, the surer ones more.
            weights = score[left[same]] / score[left[same]].sum()
            hips, rim = whole.to_picture(np.einsum("n,nij->ij", weights, points[left[same]])[:2])
            up = rim - hips
            squares.append(
                Square(hips[0], hips[1], 2 * MARGIN * float(np.hypot(*up)), float(np.arctan2(up[0], -up[1])))
            )
            left = left[~same]
        return squares

    def _pose(self, picture: NDArray[np.uint8], square: Square) -> Person:
        seen = square.cut_out(picture, LANDMARKS_PX, repeat_border=True) / 255
        raw, score, heatmaps, world = self._landmarks.run(
            ["landmarks", "presence", "heatmaps", "world_landmarks"], {"image": seen[None].astype(np.float32)}
        )
        values = raw.reshape(-1, 5)[:N_LANDMARKS]
        xy_px = square.to_picture(refined(values[:, :2] / LANDMARKS_PX, heatmaps[0]))
        z_px = values[:, 2:3] / LANDMARKS_PX * square.side_px
        cos, sin = np.cos(square.angle_rad), np.sin(square.angle_rad)
        world_xyz_m = world.reshape(-1, 3)[:N_LANDMARKS] @ np.array(
            [[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]
        )
        return Person(
            np.concatenate([xy_px, z_px], axis=1),
            world_xyz_m,
            sigmoid(values[:, 3]),
            sigmoid(values[:, 4]),
            float(score[0, 0]),
        )


def refined(xy: FloatArray, heatmaps: FloatArray) -> FloatArray:
    """Positions, as fractions of the square, moved to the middle of the heat around them, where there is any."""
    height, width = heatmaps.shape[:2]
    result = xy.copy()
    reach = HEATMAP_CELLS // 2
    for landmark, (x, y) in enumerate(xy):
        column, row = int(x * width), int(y * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        left, top = max(0, column - reach), max(0, row - reach)
        heat = sigmoid(heatmaps[top : row + reach + 1, left : column + reach + 1, landmark])
        if heat.max() >= HEATMAP_LIMIT:
            rows, columns = np.indices(heat.shape)
            result[landmark] = (
                (heat * (columns + left)).sum() / width / heat.sum(),
                (heat * (rows + top)).sum() / height / heat.sum(),
            )
    return result


def draw(picture: NDArray[np.uint8], people: Sequence[Person]) -> Image.Image:
    """The picture with the limbs whose two ends are visible."""
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    width = max(2, max(image.size) // 240)
    for person in people:
        for first, second in LIMBS:
            if person.visibility[[first, second]].min() >= 0.5:
                ends = [tuple(float(v) for v in person.xyz_px[end, :2]) for end in (first, second)]
                pen.line(ends, fill=(230, 60, 60), width=width)
    return image


def main(arguments: Sequence[str] | None = None) -> None:
    """Read a photo, print its poses."""
    parser = argparse.ArgumentParser(description="Finds poses in a photo and prints them as JSON.")
    parser.add_argument("photo", type=Path)
    parser.add_argument("--people", type=int, default=1, help="look for at most so many (1)")
    parser.add_argument(
        "--draw", type=Path, metavar="PNG", help="also save the photo with the limbs drawn on it"
    )
    options = parser.parse_args(arguments)
    folder = Path(__file__).parent
    with Image.open(options.photo) as opened:
        picture = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    pipeline = PosePipeline(
        str(folder / "detector.onnx"), str(folder / "landmarks.onnx"), np.load(folder / "anchors.npy")
    )
    people = pipeline.find(picture, options.people)
    if options.draw is not None:
        draw(picture, people).save(options.draw)
    result = {
        "width": picture.shape[1],
        "height": picture.shape[0],
        "people": [
            {
                "score": round(person.score, 4),
                "landmarks_px": np.round(person.xyz_px, 2).tolist(),
                "world_landmarks_m": np.round(person.world_xyz_m, 4).tolist(),
                "visibility": np.round(person.visibility, 4).tolist(),
                "presence": np.round(person.presence, 4).tolist(),
            }
            for person in people
        ],
    }
    json.dump(result, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
