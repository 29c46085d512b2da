"""What the commands share: a file in, a folder out, the settings that both have."""

from __future__ import annotations

import argparse
from pathlib import Path

from pose_core.errors import ClipError, SettingsError
from pose_core.settings import MAX_PEOPLE, VARIANTS, DetectionSettings, PoseSettings

__all__ = ["add_common", "new_folder", "pose_settings", "read_input", "write_output"]


def add_common(parser: argparse.ArgumentParser, what: str) -> None:
    """Arguments for the input, the model, the number of people, and the folder."""
    parser.add_argument("input", type=Path, help=what)
    parser.add_argument(
        "--model", choices=VARIANTS, default="full", help="from the fastest to the most accurate"
    )
    parser.add_argument(
        "--people",
        type=int,
        choices=range(1, MAX_PEOPLE + 1),
        default=1,
        help="look for so many people at most",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the files; made if missing")


def pose_settings(arguments: argparse.Namespace) -> PoseSettings:
    """The settings that the common arguments name."""
    return PoseSettings(DetectionSettings(arguments.model, arguments.people))


def read_input(path: Path) -> bytes:
    """The whole file.

    Raises
    ------
    ClipError
        If there is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ClipError(
            "input_unreadable",
            "The input must be a file that can be read; {path} is not ({reason}). Check its name.",
            path=path,
            reason=error.strerror or type(error).__name__,
        ) from error


def new_folder(path: Path) -> Path:
    """The folder, made if it is missing; errors as `write_output`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def write_output(path: Path, data: bytes) -> None:
    """Write a file.

    Raises
    ------
    SettingsError
        If that is not possible.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(path: Path, error: OSError) -> SettingsError:
    return SettingsError(
        "folder_unwritable",
        "--out must be a folder that can be written to; got {folder} ({reason}). Choose another.",
        folder=path,
        reason=error.strerror or type(error).__name__,
    )
