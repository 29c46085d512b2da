"""What to validate, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pose_core.errors import SettingsError
from pose_core.evaluation.bootstrap import RESAMPLES
from pose_core.evaluation.own.checking import OwnModel
from pose_core.evaluation.own.declaration import Declaration
from pose_core.settings import MAX_PEOPLE, VARIANTS, DetectionSettings, Variant, check_range
from pose_core.skeleton import LANDMARK_NAMES

__all__ = ["CROP_FACTOR", "Model", "ValidationSettings", "own", "shipped"]

#: The annotated person's box is enlarged to this multiple of its width and of its height, as is usual top-down.
CROP_FACTOR: Final = 1.25


@dataclass(frozen=True, slots=True)
class Model:
    """A model to validate.

    Attributes
    ----------
    name : str
        A shipped variant's, or any for a model of one's own.
    bundle : bytes, optional
        Content of one's own ``.task`` or ``.onnx`` file, checked already (`pose_core.evaluation.own.checking`).
    declaration : Declaration, optional
        Of an ONNX network.
    """

    name: str
    bundle: bytes | None = field(default=None, repr=False)
    declaration: Declaration | None = None

    @property
    def variant(self) -> Variant:
        """Which shipped model it is; ``"full"`` for one's own, which takes its place."""
        return next((variant for variant in VARIANTS if variant == self.name), "full")

    @property
    def joints(self) -> tuple[str, ...]:
        """The landmarks that it has."""
        return LANDMARK_NAMES if self.declaration is None else self.declaration.keypoints.joints


def own(model: OwnModel) -> Model:
    """A checked model of one's own."""
    return Model(model.label, model.data, model.declaration)


def shipped(*names: str) -> tuple[Model, ...]:
    """Shipped models by name."""
    return tuple(Model(name) for name in names)


@dataclass(frozen=True, slots=True)
class ValidationSettings:
    """All choices of a validation.

    Attributes
    ----------
    models : tuple of Model
        With different names; differences are those of the later one against the earlier.
    people : int
        How many people are looked for in each picture and crop.
    detection_confidence, presence_confidence : float
        As in `DetectionSettings`.
    enlarge_small : bool
        Enlarge pictures and crops less than 300 px high, as the Photo page does; otherwise the model gets the pixels
        as they are.
    crop_factor : float
        See `CROP_FACTOR`.
    resamples, seed : int
        Of the intervals; the same seed gives the same intervals.
    """

    models: tuple[Model, ...] = (Model("lite"), Model("full"), Model("heavy"))
    people: int = MAX_PEOPLE
    detection_confidence: float = 0.5
    presence_confidence: float = 0.5
    enlarge_small: bool = False
    crop_factor: float = CROP_FACTOR
    resamples: int = RESAMPLES
    seed: int = 0

    def __post_init__(self) -> None:
        names = [model.name for model in self.models]
        if not names or len(set(names)) < len(names):
            raise SettingsError(
                "validation_models",
                "Models must be at least one, each with a name of its own; got {names}.",
                names=", ".join(names) or "-",
            )
        for model in self.models:
            if model.bundle is None and model.name not in VARIANTS:
                raise SettingsError(
                    "setting_model",
                    "model must be one of {known}; got {value!r}.",
                    known=", ".join(VARIANTS),
                    value=model.name,
                )
        check_range("crop_factor", self.crop_factor, 1, 4)
        check_range("resamples", self.resamples, 100, 20_000)
        self.detection(self.models[0])

    def detection(self, model: Model) -> DetectionSettings:
        """Settings of a model's landmarkers."""
        return DetectionSettings(
            model.variant, self.people, self.detection_confidence, self.presence_confidence
        )
