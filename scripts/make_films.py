"""Make the short films of the Home page again, with their stills: ``python scripts/make_films.py``.

Each shows the performer as the full model sees it, and ends where it begins. Names may follow, to make only those.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project is not an installed package

from pose_core.arrays import FrameRGB
from pose_core.benchmark import shipped_result
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.encoder import ClipEncoder
from pose_core.media.images import encode_jpeg
from pose_core.models.landmarker import StreamLandmarker
from pose_core.performer import PALETTES, Camera, Person, render_scene
from pose_core.pipeline.frame import FramePath, ProcessedFrame
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings
from pose_ui.home.films import FOLDER

FPS = 25
_STILL_QUALITY = 82
_DARK, _LIGHT, _GREY = (24, 29, 35), (232, 234, 237), (110, 118, 128)
#: Okabe-Ito blue, green and orange.
_BAR_COLOURS = ((0, 114, 178), (0, 158, 115), (230, 159, 0))

Frames = Iterator[FrameRGB]


def _watched(scene: Callable[[float], list[Person]], seconds: float, camera: Camera, people: int) -> Frames:
    """A scene as the Live page shows it."""
    return (done.drawn_rgb for done in _processed(scene, seconds, camera, people))


def _processed(
    scene: Callable[[float], list[Person]], seconds: float, camera: Camera, people: int
) -> Iterator[ProcessedFrame]:
    """A scene, drawn on. Played twice; the second time is kept, so that the loop is smooth."""
    settings = PoseSettings(DetectionSettings(people=people), DrawSettings(names=False))
    landmarker = StreamLandmarker(settings.detection)
    path = FramePath(SmoothingSettings())
    count = round(seconds * FPS)
    try:
        for number in range(2 * count):
            picture = render_scene(scene(number / count), camera=camera, supersampling=2).rgb
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            done = path.process(frame, number / FPS, landmarker.detect, settings)
            if done is not None and number >= count:
                yield done
    finally:
        landmarker.close()


def _sway(turn: float, most_deg: float) -> float:
    return most_deg * math.sin(2 * math.pi * turn)


def hero() -> Frames:
    """Two people in motion, one after a squat, one after a raise of the arms."""

    def scene(turn: float) -> list[Person]:
        return [
            Person("squat", 2 * turn, yaw_deg=-32 + _sway(turn, 14), x_m=-0.72),
            Person("jack", 4 * turn, yaw_deg=18 + _sway(turn, 10), x_m=0.82, palette=PALETTES[1]),
        ]

    return _watched(scene, 5.0, Camera(1120, 630, target_height_m=1.06, scene_height_m=2.5), 2)


def live() -> Frames:
    """One person who raises the arms and turns."""

    def scene(turn: float) -> list[Person]:
        return [Person("arm_raise", 2 * turn, yaw_deg=_sway(turn, 25), palette=PALETTES[3])]

    return _watched(scene, 5.0, Camera(480, 270, target_height_m=1.12, scene_height_m=2.3), 1)


def video() -> Frames:
    """One person who squats, above the curve of the knee with a cursor."""

    def scene(turn: float) -> list[Person]:
        return [Person("squat", 2 * turn, yaw_deg=-40, palette=PALETTES[2])]

    knee = ANGLE_NAMES.index("left_knee")
    camera = Camera(480, 194, target_height_m=1.0, scene_height_m=2.2)
    done = [
        (frame.drawn_rgb.copy(), frame.watched.angles_deg[0, knee] if frame.watched.people else math.nan)
        for frame in _processed(scene, 5.0, camera, 1)
    ]
    x = np.linspace(14, 466, len(done))
    y = 262 - 60 * np.clip((np.array([degrees for _, degrees in done]) - 60) / 120, 0, 1)
    points = np.stack([x, y], axis=1)[np.isfinite(y)].round().astype(np.int32)
    for number, (drawn_rgb, _) in enumerate(done):
        frame = np.full((270, 480, 3), _DARK, dtype=np.uint8)
        frame[:194] = drawn_rgb
        cv2.polylines(frame, [points], False, _BAR_COLOURS[2], 2, cv2.LINE_AA)
        at = round(float(x[number]))
        cv2.line(frame, (at, 198), (at, 266), _LIGHT, 1)
        if math.isfinite(y[number]):
            cv2.circle(frame, (at, round(float(y[number]))), 5, _LIGHT, -1, cv2.LINE_AA)
        yield frame


def photo() -> Frames:
    """A still person; a divider uncovers the skeleton and covers it again."""
    person = Person("lunge", 0.5, yaw_deg=58, palette=PALETTES[2])
    camera = Camera(480, 270, target_height_m=0.76, scene_height_m=1.7)
    before = render_scene([person], camera=camera, supersampling=3).rgb
    after = next(iter(_watched(lambda _: [person], 0.4, camera, 1)))
    count = 4 * FPS
    for number in range(count):
        share = 0.5 - 0.5 * math.cos(2 * math.pi * number / count)
        at = round((0.04 + 0.92 * share) * camera.width_px)
        frame = before.copy()
        frame[:, :at] = after[:, :at]
        cv2.line(frame, (at, 0), (at, camera.height_px), (255, 255, 255), 2, cv2.LINE_AA)
        cv2.circle(frame, (at, camera.height_px // 2), 9, (255, 255, 255), -1, cv2.LINE_AA)
        yield frame


def benchmark() -> Frames:
    """Frames a second of the three models at 640x480, from the result that ships, as bars that grow."""
    cells = {one.cell.model: one.fps for one in shipped_result().cells if _is_compared(one.cell)}
    count, most = 4 * FPS, max(cells.values())
    for number in range(count):
        turn = number / count
        share = min(1.0, turn / 0.4) if turn < 0.85 else (1 - turn) / 0.15
        grown = 1 - (1 - share) ** 3
        frame = np.full((270, 480, 3), _DARK, dtype=np.uint8)
        for row, ((model, fps), colour) in enumerate(zip(cells.items(), _BAR_COLOURS, strict=True)):
            y = 52 + row * 70
            cv2.putText(frame, model, (28, y + 27), cv2.FONT_HERSHEY_DUPLEX, 0.7, _LIGHT, 1, cv2.LINE_AA)
            right = 118 + round(grown * fps / most * 270)
            cv2.rectangle(frame, (118, y), (right, y + 38), colour, -1)
            figure = f"{grown * fps:.0f}"
            cv2.putText(
                frame, figure, (right + 12, y + 28), cv2.FONT_HERSHEY_DUPLEX, 0.8, _LIGHT, 1, cv2.LINE_AA
            )
        cv2.line(frame, (118, 36), (118, 244), _GREY, 1)
        yield frame


def _is_compared(cell: object) -> bool:
    size_wh, mode, people = (getattr(cell, name) for name in ("size_wh", "mode", "people"))
    return size_wh == (640, 480) and mode == "video" and people == 1


#: Name to what makes its frames, and the moment, as a share of the film, that its still shows.
FILMS: dict[str, tuple[Callable[[], Frames], float]] = {
    "hero": (hero, 0.24),
    "photo": (photo, 0.36),
    "video": (video, 0.3),
    "live": (live, 0.22),
    "benchmark": (benchmark, 0.6),
}


def main(names: list[str]) -> None:
    """Write the films named, or all, and their stills."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or FILMS:
        make, still_at = FILMS[name]
        frames = [frame.copy() for frame in make()]
        file = io.BytesIO()
        encoder = ClipEncoder(file, compact=True)
        for number, frame in enumerate(frames):
            encoder.add(number / FPS, frame)
        encoder.finish()
        still = encode_jpeg(frames[round(still_at * len(frames))], _STILL_QUALITY)
        for suffix, data in (("mp4", file.getvalue()), ("jpg", still)):
            (FOLDER / f"{name}.{suffix}").write_bytes(data)
            print(f"{name}.{suffix}: {len(data) / 1024:.0f} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
