"""The performer as ground truth: pictures with exactly known joints, and the figures that the shipped models reach.

Not a measure of accuracy on people, but sharp about changes: a changed model, runtime or dependency that is worse shows
here before anybody has annotated anything. ``scripts/measure_performer.py`` writes the shipped figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import RegressionError
from pose_core.evaluation.dataset import AnnotatedPicture, Dataset, make_person
from pose_core.evaluation.keypoint_sets import COCO_JOINTS, recognise
from pose_core.evaluation.outcomes import PROTOCOLS
from pose_core.evaluation.settings import Model
from pose_core.evaluation.validate import ValidationResult
from pose_core.performer import Camera, Person, landmarks_px, render_scene
from pose_core.skeleton import INDEX

__all__ = ["SHIPPED", "check_against_shipped", "group_figures", "performer_dataset"]

SHIPPED: Final = Path(__file__).with_name("performer_figures.json")
#: What may differ between processors without meaning anything: joints of a group, torsos, and a share of the error.
_JOINTS, _ERROR, _ERROR_SHARE = 1.5, 0.015, 0.15
_PCK_AT: Final = 0.1  # at 0.2 of the torso nearly everything on the performer is right
_BASE: Final = Camera()


@dataclass(frozen=True, slots=True)
class _Scene:
    """One picture to draw."""

    name: str
    person: Person
    camera: Camera = _BASE
    noise: float = 0.0
    light: float = 1.0
    gamma: float = 1.0
    blur: float = 0.0  # share of the motion's cycle during the exposure
    panel: tuple[float, float] | None = None  # covers the picture's height between these shares of the body's


_POSES: Final = {"squat": ("squat", 0.3), "jack": ("jack", 0.35), "walk": ("walk", 0.12)}


def _scenes() -> Iterator[_Scene]:
    for pose, (motion, phase) in _POSES.items():
        person = Person(motion, phase, yaw_deg=-25)
        for yaw in (0, 45, 90, 135, 180, 270):
            yield _Scene(f"view/{yaw}/{pose}", Person(motion, phase, yaw_deg=yaw))
        for metres in (2.1, 3.5, 5.0, 7.0):
            yield _Scene(f"distance/{metres}/{pose}", person, Camera(scene_height_m=metres))
        for height in (120, 240, 480, 960):
            yield _Scene(f"size/{height}/{pose}", person, Camera(height * 4 // 3, height))
        for part, panel in (("shins", (0.75, 1.0)), ("hips", (0.42, 0.6)), ("head", (0.0, 0.17))):
            yield _Scene(f"occlusion/{part}/{pose}", person, panel=panel)
        yield _Scene(f"light/dark/{pose}", person, light=0.15)
        yield _Scene(f"light/bright/{pose}", person, light=1.5)
        yield _Scene(f"light/flat/{pose}", person, light=0.8, gamma=0.4)
        for grey in (15, 40):
            yield _Scene(f"noise/{grey}/{pose}", person, noise=grey)
        for share in (0.04, 0.1):
            yield _Scene(f"blur/{share}/{pose}", person, blur=share)


def performer_dataset(*, small: bool = False) -> Dataset:
    """Pictures of the performer with their true joints.

    Parameters
    ----------
    small : bool
        One picture of each kind of difficulty, in a few seconds, in place of all.
    """
    kit = recognise(COCO_JOINTS)
    scenes = list(_scenes())
    if small:
        pose = next(iter(_POSES))
        wanted = {f"{name}/{pose}" for name in _SMALL}
        scenes = [scene for scene in scenes if scene.name in wanted]
    return Dataset(
        "performer", "performer", kit, tuple(_annotated(scene, i) for i, scene in enumerate(scenes, 1))
    )


_SMALL: Final = (
    "view/0",
    "view/135",
    "distance/3.5",
    "size/240",
    "occlusion/shins",
    "light/dark",
    "noise/40",
    "blur/0.1",
)


def _annotated(scene: _Scene, number: int) -> AnnotatedPicture:
    kit = recognise(COCO_JOINTS)
    everything = landmarks_px(scene.person, scene.camera)
    xy = everything[[INDEX[joint] for joint in COCO_JOINTS]]
    size = np.array((scene.camera.width_px, scene.camera.height_px))
    inside = ((xy >= 0) & (xy <= size)).all(axis=1)
    low, high = np.clip(everything.min(axis=0), 0, size), np.clip(everything.max(axis=0), 0, size)
    top, bottom = _panel_px(scene, everything)
    hidden = (xy[:, 1] >= top) & (xy[:, 1] < bottom)
    flags = np.where(inside, np.where(hidden, 1, 2), 0)
    person = make_person(number, np.column_stack([xy, flags]), kit, box_xywh=[*low, *(high - low)])
    return AnnotatedPicture(number, scene.name, (person,), _drawer(scene), (int(size[0]), int(size[1])))


def _panel_px(scene: _Scene, everything: FloatArray) -> tuple[float, float]:
    if scene.panel is None:
        return 0.0, 0.0
    low, high = everything[:, 1].min(), everything[:, 1].max()
    return low + scene.panel[0] * (high - low), low + scene.panel[1] * (high - low) + 8 * (
        scene.panel[1] == 1
    )


def _drawer(scene: _Scene) -> Callable[[], FrameRGB]:
    def draw() -> FrameRGB:
        steps = np.linspace(-0.5, 0.5, 5) if scene.blur else np.zeros(1)
        person = scene.person
        frames = [
            render_scene(
                [Person(person.motion, person.phase + scene.blur * step, person.yaw_deg)],
                camera=scene.camera,
                supersampling=1,
            ).rgb
            for step in steps.tolist()
        ]
        picture = np.mean(frames, axis=0)
        if scene.panel is not None:
            everything = landmarks_px(person, scene.camera)
            top, bottom = (round(value) for value in _panel_px(scene, everything))
            picture[max(0, top) : bottom] = (150, 140, 120)
        picture = 255 * (picture / 255) ** scene.gamma * scene.light
        if scene.noise:
            picture += np.random.default_rng(7).standard_normal(picture.shape) * scene.noise
        return np.asarray(np.rint(np.clip(picture, 0, 255)), dtype=np.uint8)

    return draw


def group_figures(result: ValidationResult) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """By model, protocol and difficulty: ``found``, ``pck`` at 0.1 of the torso, mean ``error``, ``joints``."""
    figures: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    groups = np.array([picture.name.partition("/")[0] for picture in result.pictures])
    for (model, protocol), outcomes in result.outcomes.items():
        of_person = groups[outcomes.picture]
        found = figures.setdefault(model, {}).setdefault(protocol, {})
        for group in dict.fromkeys(groups.tolist()):
            rows = of_person == group
            distance, annotated = outcomes.distance_torso[rows], outcomes.annotated[rows]
            near = np.nan_to_num(distance, nan=np.inf) <= _PCK_AT
            known = np.isfinite(distance)
            found[group] = {
                "found": float(outcomes.found[rows].mean()),
                "pck": float(near[annotated].mean()),
                "error": float(distance[known].mean()) if known.any() else float("nan"),
                "joints": int(annotated.sum()),
            }
    return figures


def _is_small(result: ValidationResult) -> bool:
    return len(result.pictures) == len(_SMALL)


def check_against_shipped(result: ValidationResult) -> str:
    """Compare with the figures that ship, and describe what was measured, a line for each difficulty.

    A model of one's own is compared with full.

    Raises
    ------
    RegressionError
        If a model is worse than the shipped figures allow, with the first thing that is.
    """
    shipped: dict[str, Any] = json.loads(SHIPPED.read_text("utf-8"))["small" if _is_small(result) else "all"]
    lines, worse = [], []
    for model, by_protocol in group_figures(result).items():
        variant = next(
            (one.variant for one in result.settings.models if one.name == model), Model("full").variant
        )
        for protocol in PROTOCOLS:
            for group, now in by_protocol[protocol].items():
                then = shipped[variant][protocol][group]
                bad = [
                    name
                    for name, is_bad in (
                        ("found", now["found"] < then["found"]),
                        (
                            "pck",
                            now["pck"] < then["pck"] - max(_JOINTS, 0.03 * then["joints"]) / then["joints"],
                        ),
                        (
                            "error",
                            not now["error"] <= then["error"] + max(_ERROR, _ERROR_SHARE * then["error"]),
                        ),
                    )
                    if is_bad
                ]
                numbers = ", ".join(
                    f"{name} {now[name]:.3f} ({then[name]:.3f})" for name in ("found", "pck", "error")
                )
                lines.append(f"{model} {protocol} {group}: {numbers}{'  WORSE' if bad else ''}")
                worse += [(model, protocol, group, name, now[name], then[name]) for name in bad]
    if worse:
        model, protocol, group, name, value, wanted = worse[0]
        raise RegressionError(
            "model_worse",
            "A model must be as good on the performer as when its figures were shipped; {model} ({protocol}, {group}) "
            "has {name} {value:.3f} in place of {wanted:.3f}, and {more} more are worse. Undo what changed it, or ship "
            "new figures.",
            model=model,
            protocol=protocol,
            group=group,
            name=name,
            value=value,
            wanted=wanted,
            more=len(worse) - 1,
        )
    return "\n".join(lines) + "\nNot worse than the shipped figures (in brackets).\n"
