"""Requests and answers as the OpenAPI document describes them. What the fields mean: docs/conventions.md.

The answer of ``/api/v1/pose`` is made by `pose_core.export.photos`, like the Photo page's JSON; a test checks that it
matches its description here.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ops.jobs import JobState
from pose_core.evaluation.settings import CROP_FACTOR, ValidationSettings, shipped
from pose_core.geometry.definitions import Space
from pose_core.geometry.reasons import Missing, Stated
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import (
    MAX_PEOPLE,
    VARIANTS,
    DetectionSettings,
    DrawSettings,
    PoseSettings,
    Style,
    Variant,
)
from pose_core.tracking.smoothing import SmoothingSettings

__all__ = [
    "DemoLandmark",
    "DemoProblemAnswer",
    "HealthAnswer",
    "JobAnswer",
    "Model",
    "Options",
    "PoseAnswer",
    "ProblemAnswer",
    "ValidateJobAnswer",
    "ValidateOptions",
    "VideoJobAnswer",
    "VideoOptions",
]

_DEFAULTS = PoseSettings()
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _ModelOptions(BaseModel):
    """What the model is to do, for pictures and films alike."""

    model_config = ConfigDict(extra="forbid")

    model: Variant = Field(
        _DEFAULTS.detection.model,
        description=f"From the fastest to the most accurate: {', '.join(VARIANTS)}.",
    )
    people: int = Field(
        _DEFAULTS.detection.people, ge=1, le=MAX_PEOPLE, description="How many people to look for at most."
    )
    detection_confidence: _Share = Field(
        _DEFAULTS.detection.detection_confidence, description="Least score for a person to be detected."
    )
    presence_confidence: _Share = Field(
        _DEFAULTS.detection.presence_confidence, description="Least score for landmarks to be accepted."
    )
    visibility_limit: _Share = Field(
        _DEFAULTS.visibility_limit, description="Below it a joint is not visible and its angles are null."
    )

    def detection(self) -> DetectionSettings:
        """The same options as the core's settings."""
        return DetectionSettings(
            model=self.model,
            people=self.people,
            detection_confidence=self.detection_confidence,
            presence_confidence=self.presence_confidence,
        )


class Options(_ModelOptions):
    """Options of a request, in its query string. An unknown one is an error, so that no typo goes unnoticed."""

    angles: bool = Field(
        _DEFAULTS.draw.angles, description="Draw the limb angles; only for image/jpeg and image/png."
    )
    enlarge: bool = Field(
        _DEFAULTS.enlarge_small, description="Enlarge pictures below 300 px high to 480 px first."
    )

    def settings(self) -> PoseSettings:
        """The same options as the core's settings."""
        return PoseSettings(
            detection=self.detection(),
            draw=DrawSettings(angles=self.angles),
            visibility_limit=self.visibility_limit,
            enlarge_small=self.enlarge,
        )


class VideoOptions(_ModelOptions):
    """Options of a film, in its query string. An unknown one is an error, as for pictures."""

    smoothing: bool = Field(True, description="Smooth the movement; the files have the raw positions too.")
    start_s: float = Field(0.0, ge=0, allow_inf_nan=False, description="Begin at this second of the video.")
    end_s: float | None = Field(None, gt=0, allow_inf_nan=False, description="End before this second.")
    slowed: float = Field(
        1.0,
        ge=0.1,
        le=100,
        allow_inf_nan=False,
        description="How many times slower the video plays than it was recorded.",
    )
    mirrored: bool = Field(False, description="The video was recorded as in a mirror.")
    film: bool = Field(False, description="Write the video with skeletons as well: the file annotated.mp4.")
    name: str = Field(
        "film", max_length=200, description="Name of the file, as it is written into the files."
    )

    def settings(self) -> VideoSettings:
        """The same options as the core's settings."""
        return VideoSettings(
            pose=PoseSettings(detection=self.detection(), visibility_limit=self.visibility_limit),
            smoothing=SmoothingSettings() if self.smoothing else None,
            start_s=self.start_s,
            end_s=math.inf if self.end_s is None else self.end_s,
            slowed=self.slowed,
            mirrored=self.mirrored,
        )


class ProblemAnswer(BaseModel):
    """Any error."""

    code: str = Field(description="Stable name of the fault, for programs.", examples=["picture_damaged"])
    message: str = Field(description="What must hold and what was given.")
    hint: str = Field(description="What to do.")


class JobAnswer(BaseModel):
    """How a job stands."""

    id: str = Field(description="Of the job. Whoever has it may ask for the result; it cannot be guessed.")
    state: JobState
    ahead: int = Field(description="Jobs that come before this one, while it waits.")
    done: float
    total: float | None = Field(description="Of what `done` counts; null if unknown.")
    share: float = Field(ge=0, le=1, description="How much of the present state is done.")
    left_s: float | None = Field(description="Seconds until the present state ends; null if not known yet.")
    problem: ProblemAnswer | None = Field(description="Why it failed.")
    files: list[str] = Field(
        description="Names for the job's address and /files/{name}; empty before the end."
    )


class VideoJobAnswer(JobAnswer):
    """How the work on a film stands."""

    done: float = Field(
        description="Seconds of the video that are analysed, or the share of it that is written."
    )


class ValidateJobAnswer(JobAnswer):
    """How a validation stands."""

    done: float = Field(description="Looks of a model at a picture.")


class ValidateOptions(BaseModel):
    """Options of a validation, in its query string. An unknown one is an error, as for pictures."""

    model_config = ConfigDict(extra="forbid")

    models: str = Field(
        ",".join(VARIANTS),
        max_length=100,
        description=f"Which of {', '.join(VARIANTS)}, with commas between them; a model of your own comes beside them.",
    )
    people: int = Field(MAX_PEOPLE, ge=1, le=MAX_PEOPLE, description="How many people to look for at most.")
    crop: float = Field(
        CROP_FACTOR, ge=1, le=4, allow_inf_nan=False, description="Size of the crop, in annotated boxes."
    )
    enlarge: bool = Field(False, description="Enlarge pictures and crops below 300 px high first.")
    seed: int = Field(
        0, ge=0, le=2**31 - 1, description="Of the intervals: the same seed gives the same ones."
    )

    def settings(self) -> ValidationSettings:
        """The same options as the core's settings."""
        names = [name.strip() for name in self.models.split(",") if name.strip()]
        return ValidationSettings(
            models=shipped(*names),
            people=self.people,
            crop_factor=self.crop,
            enlarge_small=self.enlarge,
            seed=self.seed,
        )


class DemoProblemAnswer(BaseModel):
    """Any error of /predict; if nobody is found, it has only ``error``."""

    error: str = Field(examples=["No pose detected"])
    code: str | None = None
    message: str | None = None
    hint: str | None = None


class DemoLandmark(BaseModel):
    """One of 33 landmarks, normalised as in MediaPipe."""

    x: float = Field(description="Share of the picture's width.")
    y: float = Field(description="Share of the picture's height.")
    z: float = Field(description="Depth as a share of the picture's width; smaller is nearer.")
    visibility: float


class _File(BaseModel):
    name: str
    sha256: str
    format: Literal["JPEG", "PNG", "WEBP", "GIF", "HEIC", "AVIF"]
    width_px: int
    height_px: int
    analysed_width_px: int
    analysed_height_px: int
    notes: list[str]


class _UsedModel(BaseModel):
    variant: Variant
    sha256: str


class _Versions(BaseModel):
    posedeck: str
    mediapipe: str
    python: str


class _Detection(BaseModel):
    model: Variant
    people: int
    detection_confidence: float
    presence_confidence: float


class _Draw(BaseModel):
    names: bool
    angles: bool
    confidence: bool
    skeleton_only: bool
    style: Style
    letters: bool
    arcs: list[str]


class _Settings(BaseModel):
    detection: _Detection
    draw: _Draw
    visibility_limit: float
    enlarge_small: bool


class _Landmark(BaseModel):
    name: str
    x_px: float | None
    y_px: float | None
    x_norm: float | None
    y_norm: float | None
    z: float | None
    world_x_m: float | None
    world_y_m: float | None
    world_z_m: float | None
    visibility: float | None
    presence: float | None
    reason: Missing | None = Field(description="Why it has no angles; null if it has.")


class _Person(BaseModel):
    person: int = Field(ge=1, le=MAX_PEOPLE)
    doubtful: bool = Field(description="Whether only a confidence below the default has found this person.")
    landmarks: list[_Landmark] = Field(min_length=33, max_length=33)
    angles_deg: dict[Space, dict[str, float | None]]
    angle_reasons: dict[Space, dict[str, Stated | None]] = Field(
        description="Why an angle is null, or uncertain; null if there is nothing to say."
    )


class PoseAnswer(BaseModel):
    """What was found in one picture, as in the Photo page's JSON file; without people if nobody was found."""

    schema_version: str
    file: _File
    model: _UsedModel
    versions: _Versions
    settings: _Settings
    times_ms: dict[str, float]
    others: int = Field(
        ge=0, description="How many more were found than asked for; people has the most prominent."
    )
    people: list[_Person]


class Model(BaseModel):
    """An included model."""

    variant: Variant
    size_bytes: int
    sha256: str
    licence: str
    default: bool = Field(description="Whether it is used if a request names none.")


class _Seats(BaseModel):
    taken: int
    limit: int


class _Landmarkers(BaseModel):
    loaded: int
    busy: int
    limit: int


class HealthAnswer(BaseModel):
    """That the process is alive, and how much of it is in use."""

    status: Literal["ok"]
    warmed: bool = Field(description="Whether the models are loaded and warmed up.")
    seats: _Seats = Field(description="Live streams.")
    image_landmarkers: _Landmarkers = Field(description="For pictures, shared by pages and requests.")
    versions: _Versions
