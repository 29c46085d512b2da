"""What has to be known about an ONNX network before it can be used, as its maker states it: docs/validate.md.

Nothing is guessed: a network with the colours exchanged or another mean still gives joints, only worse ones.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pose_core.errors import BundleError
from pose_core.evaluation.files import first_fault
from pose_core.evaluation.keypoint_sets import KeypointSet, recognise

__all__ = [
    "DECODERS",
    "MAX_DECLARATION_KB",
    "Declaration",
    "MoveNet",
    "SimCC",
    "YoloPose",
    "example",
    "read_declaration",
]

DECODERS: Final = ("simcc", "movenet", "yolo_pose")
MAX_DECLARATION_KB: Final = 64

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Side = Annotated[int, Field(ge=16, le=2048, strict=True)]


class _Network(BaseModel):
    """What all decoders need."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    #: Size of the picture that the network takes, in pixels.
    width: _Side
    height: _Side
    #: Order of the colours, and of the numbers in the tensor: batch, height, width, colours, or colours before height.
    colours: Literal["rgb", "bgr"]
    layout: Literal["nchw", "nhwc"]
    #: Of each colour, in the order of `colours`: the tensor is (value from 0 to 255 - mean) / std.
    mean: tuple[_Finite, _Finite, _Finite]
    std: tuple[_Finite, _Finite, _Finite]
    #: How a picture of another shape gets into it: as large as fits with bars around it, with bars on the right or
    #: below only, or without keeping its shape. `padding` is the bars' grey, 0 to 255.
    fit: Literal["letterbox", "corner", "stretch"]
    padding: int | None = Field(None, ge=0, le=255, strict=True)
    #: Names of the joints, in the network's order.
    joints: tuple[_Name, ...] = Field(min_length=1, max_length=300)
    #: Names of the outputs that are decoded.
    outputs: tuple[_Name, ...]
    #: Least score of a person: of SimCC and a single MoveNet the mean over the joints.
    confidence: _Share

    @model_validator(mode="after")
    def _check(self) -> _Network:
        if min(self.std) <= 0:
            raise ValueError("std must be above 0")
        if self.fit != "stretch" and self.padding is None:
            raise ValueError("padding must be stated, as there are bars")
        if len(set(self.joints)) < len(self.joints):
            raise ValueError("joints must have different names")
        return self

    @property
    def keypoints(self) -> KeypointSet:
        """Which landmarks the joints are."""
        return recognise(self.joints)


class SimCC(_Network):
    """One person; for each joint two rows of scores, along x and along y, as RTMPose has them."""

    decoder: Literal["simcc"]
    outputs: tuple[_Name, _Name]  # x, y
    #: Places in a row for each pixel.
    split: Annotated[float, Field(ge=0.25, le=16, allow_inf_nan=False)]


class MoveNet(_Network):
    """For each joint y, x (shares of the input) and a score; one person, or several with box and score behind."""

    decoder: Literal["movenet"]
    outputs: tuple[_Name]


class YoloPose(_Network):
    """Rows of a box, scores and joints, in pixels of the input, as Ultralytics writes them."""

    decoder: Literal["yolo_pose"]
    outputs: tuple[_Name]
    #: ``raw``: middle x, y, width, height, a score for each class, joints; overlapping rows are of the same person.
    #: ``final``: left, top, right, bottom, score, class, joints; one row a person.
    rows: Literal["raw", "final"]
    #: How many classes there are, and which is the person.
    classes: int = Field(ge=1, le=1000, strict=True)
    person: int = Field(ge=0, le=999, strict=True)
    #: Numbers of a joint: x, y, or x, y, score.
    numbers: Literal[2, 3]
    #: Rows whose boxes overlap more (intersection over union) are of the same person; only of ``raw`` rows.
    overlap: _Share | None = None

    @model_validator(mode="after")
    def _check_rows(self) -> YoloPose:
        if self.person >= self.classes:
            raise ValueError("person must be below classes")
        if self.rows == "raw" and self.overlap is None:
            raise ValueError("overlap must be stated for raw rows")
        return self


Declaration = SimCC | MoveNet | YoloPose


class _Any(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    network: Declaration = Field(discriminator="decoder")


def read_declaration(data: bytes) -> Declaration:
    """Read and check a declaration.

    Parameters
    ----------
    data : bytes
        JSON or TOML.

    Raises
    ------
    BundleError
        If it is neither, a field is missing, unknown or out of range, or no joint is one that can be compared.
    """
    value = _value(data)
    try:
        declared = _Any.model_validate({"network": value}).network
    except ValidationError as error:
        place, problem = first_fault(error)
        raise BundleError(
            "declaration_wrong",
            "A declaration must say what docs/validate.md lists for its decoder; at {place}: {problem}. Correct it.",
            place=place.removeprefix("network").strip(".") or "decoder",
            problem=problem.removeprefix("Value error, "),
        ) from error
    if not declared.keypoints.joints:
        raise BundleError(
            "declaration_joints",
            "At least one joint must be one that can be compared, such as left_knee; the declaration has only: "
            "{joints}. Name the joints as docs/validate.md says.",
            joints=", ".join(declared.joints[:12])[:300],
        )
    return declared


def _value(data: bytes) -> Any:
    try:
        if len(data) > MAX_DECLARATION_KB * 1024:
            raise ValueError
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
        return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # what both raise
        raise BundleError(
            "declaration_broken",
            "A declaration must be JSON or TOML of at most {limit} kB; this file is neither, or larger. Correct it.",
            limit=MAX_DECLARATION_KB,
        ) from error


def example(decoder: str) -> bytes:
    """A declaration to begin with, as TOML; one for each of `DECODERS`."""
    return (Path(__file__).parent / "examples" / f"{decoder}.toml").read_bytes()
