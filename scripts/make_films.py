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
from pose_core.evaluation.cases import draw_case
from pose_core.evaluation.performer_set import performer_dataset
from pose_core.evaluation.pictures import pixels_of
from pose_core.evaluation.settings import ValidationSettings, shipped
from pose_core.evaluation.validate import validate as run_validation
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.encoder import ClipEncoder
from pose_core.media.images import encode_jpeg
from pose_core.models.landmarker import StreamLandmarker
from pose_core.models.pool import PosePool
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


def coach() -> Frames:
    """Squats, and how many there have been."""

    def scene(turn: float) -> list[Person]:
        return [Person("squat_right", 3 * turn, yaw_deg=62, x_m=-0.35, palette=PALETTES[2])]

    frames = _watched(scene, 6.0, Camera(480, 270, target_height_m=0.86, scene_height_m=1.95), 1)
    for number, frame in enumerate(frames):
        done = min(3, int(3 * number / (6.0 * FPS) + 0.15))
        centre, share = (380, 135), (3 * number / (6.0 * FPS)) % 1
        cv2.circle(frame, centre, 62, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.ellipse(frame, centre, (52, 52), -90, 0, 360, (223, 227, 232), 8, cv2.LINE_AA)
        reached = round(180 - 180 * math.cos(2 * math.pi * share))
        cv2.ellipse(frame, centre, (52, 52), -90, 0, reached, _BAR_COLOURS[0], 8, cv2.LINE_AA)
        text, font = str(done), cv2.FONT_HERSHEY_DUPLEX
        (width, height), _ = cv2.getTextSize(text, font, 2.2, 4)
        place = (centre[0] - width // 2, centre[1] + height // 2)
        cv2.putText(frame, text, place, font, 2.2, _DARK, 4, cv2.LINE_AA)
        yield frame


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


def validate() -> Frames:
    """Pictures of the performer's set with truth in white and the lite model's prediction in colour, one by one."""
    dataset = performer_dataset(small=True)
    pool = PosePool(image_limit=1)
    try:
        result = run_validation(dataset, ValidationSettings(shipped("lite"), resamples=100), pool)
    finally:
        pool.close()
    outcomes = result.outcomes["lite", "crop"]
    pictures = []
    for row in range(5):
        frame_rgb = pixels_of(result.pictures[outcomes.picture[row]])
        drawn = draw_case(frame_rgb, outcomes.true_px[row], outcomes.predicted_px[row], dataset.keypoints)
        height, width = drawn.shape[:2]
        rows = round(width * 9 / 16)
        top = (height - rows) // 2
        pictures.append(cv2.resize(drawn[top : top + rows], (480, 270), interpolation=cv2.INTER_AREA))
    each, fade = 20, 6
    for number in range(len(pictures) * each):
        at, step = divmod(number, each)
        mix = max(0.0, (step - (each - fade)) / fade)
        after = pictures[(at + 1) % len(pictures)]
        yield np.asarray(cv2.addWeighted(pictures[at], 1 - mix, after, mix, 0), dtype=np.uint8)


def side_by_side() -> Frames:
    """A small picture of somebody in motion as lite sees it, left of a divider that moves, and as full sees it."""
    camera = Camera(480, 270, target_height_m=1.0, scene_height_m=2.2)
    count, names = 5 * FPS, ("lite", "full")
    settings = [
        PoseSettings(DetectionSettings(name), DrawSettings(style="sides", letters=False)) for name in names
    ]
    sides = [(one, StreamLandmarker(one.detection), FramePath(None)) for one in settings]
    try:
        for number in range(2 * count):
            turn = number / count
            person = Person("jack", 3 * turn, yaw_deg=20 + _sway(turn, 30), palette=PALETTES[1])
            picture = render_scene([person], camera=camera, supersampling=2).rgb
            drawn = []
            for one, landmarker, path in sides:
                done = path.process(
                    av.VideoFrame.from_ndarray(picture, format="rgb24"), number / FPS, landmarker.detect, one
                )
                if done is not None and done.drawn_rgb is not None:
                    drawn.append(done.drawn_rgb)
            if number < count:  # played twice, so that the loop is smooth
                continue
            at = round(camera.width_px * (0.5 + 0.32 * math.sin(2 * math.pi * turn)))
            frame = np.concatenate([drawn[0][:, :at], drawn[1][:, at:]], axis=1)
            cv2.line(frame, (at, 0), (at, camera.height_px), (255, 255, 255), 2, cv2.LINE_AA)
            for name, x in zip(names, (14, 414), strict=True):
                cv2.putText(frame, name, (x, 254), cv2.FONT_HERSHEY_DUPLEX, 0.7, _DARK, 4, cv2.LINE_AA)
                cv2.putText(frame, name, (x, 254), cv2.FONT_HERSHEY_DUPLEX, 0.7, _LIGHT, 1, cv2.LINE_AA)
            yield frame
    finally:
        for _, landmarker, _ in sides:
            landmarker.close()


def _is_compared(cell: object) -> bool:
    size_wh, mode, people = (getattr(cell, name) for name in ("size_wh", "mode", "people"))
    return size_wh == (640, 480) and mode == "video" and people == 1


#: Name to what makes its frames, and the moment, as a share of the film, that its still shows.
FILMS: dict[str, tuple[Callable[[], Frames], float]] = {
    "hero": (hero, 0.24),
    "photo": (photo, 0.36),
    "video": (video, 0.3),
    "live": (live, 0.22),
    "coach": (coach, 0.5),
    "benchmark": (benchmark, 0.6),
    "validate": (validate, 0.1),
    "side_by_side": (side_by_side, 0.12),
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
