"""The model files that ship with the project: which ones exist, and whether they are intact.

Each of ``bundles/*.task`` contains two networks, one that finds people and one that places 33 landmarks;
``bundles/manifest.json`` says where they come from. ``scripts/build_bundles.py`` writes both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from pose_core.errors import BundleError
from pose_core.settings import check_variant

__all__ = ["Bundle", "BundleSource", "bundle", "verified_path"]

FOLDER = Path(__file__).with_name("bundles")
MANIFEST = "manifest.json"
RESTORE = "Restore it with `git checkout -- pose_core/models/bundles`, or download the project again."


@dataclass(frozen=True, slots=True)
class BundleSource:
    """A network inside a bundle, as Google ships it.

    Attributes
    ----------
    entry : str
        Its name inside the bundle.
    origin : str
        Package, version and file that it was taken from.
    size_bytes : int
    sha256 : str
        Of the file in that package, before any changes.
    changes : tuple of str
        What the project changed.
    """

    entry: str
    origin: str
    size_bytes: int
    sha256: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model file, as the manifest describes it.

    Attributes
    ----------
    variant : str
        One of `pose_core.settings.VARIANTS`.
    path : Path
    size_bytes : int
    sha256 : str
    licence : str
        SPDX identifier of the weights' licence.
    sources : tuple of BundleSource
    """

    variant: str
    path: Path
    size_bytes: int
    sha256: str
    licence: str
    sources: tuple[BundleSource, ...]


def bundle(variant: str, folder: Path = FOLDER) -> Bundle:
    """Look up a model file in the manifest, without reading the file itself.

    Parameters
    ----------
    variant : str
        One of `pose_core.settings.VARIANTS`.
    folder : Path, optional
        Where the manifest and the model files are.

    Raises
    ------
    SettingsError
        If there is no such variant.
    BundleError
        If the manifest is missing or damaged.

    Examples
    --------
    >>> bundle("full").path.name
    'full.task'
    """
    check_variant(variant)
    with _open(folder / MANIFEST) as file:
        text = file.read()
    try:
        entry = json.loads(text)["bundles"][variant]
        return Bundle(
            variant=variant,
            path=folder / entry["file"],
            size_bytes=entry["size_bytes"],
            sha256=entry["sha256"],
            licence=entry["licence"],
            sources=tuple(
                BundleSource(**{**source, "changes": tuple(source["changes"])}) for source in entry["sources"]
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(
            "bundle_damaged",
            "The list of model files, {file}, must have an entry for {variant}; it is damaged. " + RESTORE,
            file=MANIFEST,
            variant=variant,
        ) from error


def verified_path(variant: str, folder: Path = FOLDER) -> Path:
    """Where a model file is, after checking that it is the one that the manifest describes.

    Give MediaPipe the path and not the bytes: it maps a file into memory, but copies bytes three times for each
    landmarker. The check reads the file once, 5 to 20 ms.

    Parameters
    ----------
    variant : str
        One of `pose_core.settings.VARIANTS`.
    folder : Path, optional
        Where the manifest and the model files are.

    Raises
    ------
    SettingsError
        If there is no such variant.
    BundleError
        With code ``"bundle_missing"``, ``"bundle_unreadable"`` or ``"bundle_damaged"``.
    """
    wanted = bundle(variant, folder)
    with _open(wanted.path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes = file.tell()
    if (size_bytes, sha256) != (wanted.size_bytes, wanted.sha256):
        raise BundleError(
            "bundle_damaged",
            "The model file {file} is damaged: it must have {expected_bytes} bytes with sha256 "
            "{expected_sha256:.12}...; got {found_bytes} bytes with sha256 {found_sha256:.12}... " + RESTORE,
            file=wanted.path.name,
            expected_bytes=wanted.size_bytes,
            expected_sha256=wanted.sha256,
            found_bytes=size_bytes,
            found_sha256=sha256,
        )
    return wanted.path


@contextmanager
def _open(path: Path) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise BundleError(
            "bundle_missing",
            "The model file {file} must be in pose_core/models/bundles; it is missing. " + RESTORE,
            file=path.name,
        ) from error
    except OSError as error:
        raise BundleError(
            "bundle_unreadable",
            "The model file {file} cannot be read ({reason}): the user who starts the program must have permission. "
            "Change its permissions, or download the project again.",
            file=path.name,
            reason=error.strerror,
        ) from error
