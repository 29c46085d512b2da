"""Where annotations and pictures come from: a folder, a ZIP, or uploads; bounded, and never outside of it."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from pydantic import ValidationError

from pose_core.errors import DatasetError
from pose_core.media.images import MAX_FILE_MB

__all__ = [
    "MAX_FILES",
    "PICTURE_ENDINGS",
    "Files",
    "FolderFiles",
    "NameIndex",
    "UploadedFiles",
    "ZipFiles",
    "first_fault",
    "open_files",
]

PICTURE_ENDINGS: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".heic", ".heif", ".avif", ".jfif")
MAX_FILES: Final = 50_000
MAX_ANNOTATIONS_MB: Final = 300  # COCO's own training file has 240
MAX_UNPACKED_GB: Final = 20
#: Pictures do not become smaller in a ZIP; annotations, which are text, become 20 times smaller.
_MAX_RATIO: Final = 200
_RATIO_FROM_BYTES: Final = 10 * 2**20
_MB: Final = 2**20


class Files(Protocol):
    """Files by their names, relative, with ``/``."""

    @property
    def label(self) -> str:
        """What it is called."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every file, sorted."""

    def read(self, name: str) -> bytes:
        """A whole file, at most as large as `limit_bytes` allows."""


def limit_bytes(name: str) -> int:
    """How large a file may be: a picture as everywhere, annotations more."""
    picture = name.lower().endswith(PICTURE_ENDINGS)
    return (MAX_FILE_MB if picture else MAX_ANNOTATIONS_MB) * _MB


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Where a JSON file has another form than it must have, such as ``"images.0.id"``, and what is wrong there."""
    first = error.errors(include_url=False, include_input=False)[0]
    return ".".join(map(str, first["loc"])), first["msg"]


def _check_size(name: str, size: int) -> None:
    if size > limit_bytes(name):
        raise DatasetError(
            "dataset_file_too_large",
            "A picture must have at most {pictures} MB and annotations at most {annotations} MB; {file} has "
            "{megabytes:.0f} MB. Leave it out, or split the annotations.",
            pictures=MAX_FILE_MB,
            annotations=MAX_ANNOTATIONS_MB,
            file=name,
            megabytes=size / _MB,
        )


def _check_count(count: int) -> None:
    if count > MAX_FILES:
        raise DatasetError(
            "dataset_too_many_files",
            "A folder or ZIP must hold at most {limit} files; this one has more. Validate a part of them.",
            limit=MAX_FILES,
        )


class FolderFiles:
    """The files below a folder; what a symbolic link shows outside of it does not count."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        self.label = folder.name or str(folder)
        found = []
        for place, folders, files in os.walk(self._root, followlinks=False):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in files:
                path = Path(place) / name
                if not name.startswith(".") and self._inside(path):
                    found.append(path.relative_to(self._root).as_posix())
            _check_count(len(found))
        self.names: tuple[str, ...] = tuple(sorted(found))

    def _inside(self, path: Path) -> bool:
        if not path.is_symlink():
            return path.is_file()
        target = path.resolve()
        return target.is_relative_to(self._root) and target.is_file()

    def read(self, name: str) -> bytes:
        """A whole file."""
        path = self._root / name
        if name not in self.names or not self._inside(path):
            raise FileNotFoundError(name)
        with path.open("rb") as file:
            data = file.read(limit_bytes(name) + 1)
        _check_size(name, len(data))
        return data


class ZipFiles:
    """The files in a ZIP; only what is asked for is unpacked, in memory."""

    def __init__(self, source: Path | bytes, label: str) -> None:
        self.label = label
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _broken_zip(label) from error
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        _check_count(len(entries))
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = entry.filename.replace("\\", "/")
            parts = PurePosixPath(name).parts
            if name.startswith("/") or ".." in parts or (parts and ":" in parts[0]):
                raise DatasetError(
                    "dataset_zip_outside",
                    "Names in a ZIP must stay inside it; {label} has {file!r}. Pack the folder again.",
                    label=label,
                    file=entry.filename[:200],
                )
            if stat.S_ISLNK(entry.external_attr >> 16) or any(p.startswith((".", "__MACOSX")) for p in parts):
                continue
            if entry.flag_bits & 1:
                raise DatasetError(
                    "dataset_zip_password",
                    "A ZIP must not need a password; {label} does. Pack it without one.",
                    label=label,
                )
            self._entries[name] = entry
        self._check_bomb()
        self.names: tuple[str, ...] = tuple(sorted(self._entries))

    @property
    def annotation_bytes(self) -> int:
        """What all files that are no pictures would unpack to."""
        return sum(
            entry.file_size
            for name, entry in self._entries.items()
            if not name.lower().endswith(PICTURE_ENDINGS)
        )

    def _check_bomb(self) -> None:
        unpacked = sum(entry.file_size for entry in self._entries.values())
        for entry in self._entries.values():
            large = entry.file_size > _RATIO_FROM_BYTES
            if (large and entry.file_size > _MAX_RATIO * max(1, entry.compress_size)) or (
                unpacked > MAX_UNPACKED_GB * 2**30
            ):
                raise DatasetError(
                    "dataset_zip_bomb",
                    "A ZIP must unpack to at most {limit} GB, and no file to {ratio} times its size; {label} "
                    "claims more. Pack the pictures again.",
                    limit=MAX_UNPACKED_GB,
                    ratio=_MAX_RATIO,
                    label=self.label,
                )

    def read(self, name: str) -> bytes:
        """A whole file, unpacked."""
        if name not in self._entries:
            raise FileNotFoundError(name)
        _check_size(name, self._entries[name].file_size)
        try:
            with self._zip.open(self._entries[name]) as file:
                data = file.read(limit_bytes(name) + 1)
        except (
            zipfile.BadZipFile,
            OSError,
            EOFError,
            ValueError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise _broken_zip(self.label) from error
        except Exception as error:  # zlib.error and those of other compressions have no common parent
            if type(error).__module__ in ("zlib", "_lzma", "lzma"):
                raise _broken_zip(self.label) from error
            raise
        _check_size(name, len(data))
        return data


def _broken_zip(label: str) -> DatasetError:
    return DatasetError(
        "dataset_zip_damaged",
        "{label} must be a complete ZIP file; it is cut off, damaged or packed in an unusual way. Pack it again.",
        label=label,
    )


class UploadedFiles:
    """Files that are in memory already, by name.

    Parameters
    ----------
    files : mapping of str to bytes
    label : str
    """

    def __init__(self, files: Mapping[str, bytes], label: str = "upload") -> None:
        _check_count(len(files))
        self.label = label
        self._files = {name.replace("\\", "/").lstrip("/"): data for name, data in files.items()}
        self.names: tuple[str, ...] = tuple(sorted(self._files))

    def read(self, name: str) -> bytes:
        """A whole file."""
        if name not in self._files:
            raise FileNotFoundError(name)
        _check_size(name, len(self._files[name]))
        return self._files[name]


class _OneFile(FolderFiles):
    """A single file of a folder."""

    def __init__(self, path: Path) -> None:
        self._root = path.resolve().parent
        self.label = path.name
        self.names = (path.resolve().name,)


def open_files(path: str | os.PathLike[str]) -> Files:
    """The files of a folder or ZIP, or a single file.

    Raises
    ------
    DatasetError
        If there is nothing there, or it is too large, damaged or malicious.
    """
    place = Path(path)
    if place.is_dir():
        return FolderFiles(place)
    if not place.is_file():
        raise DatasetError(
            "dataset_not_there",
            "There must be a file or folder {path}; there is none. Check the path.",
            path=str(path),
        )
    return (
        ZipFiles(place, place.name)
        if zipfile.is_zipfile(place) or place.suffix.lower() == ".zip"
        else _OneFile(place)
    )


class NameIndex:
    """Finds a picture by the name that annotations give it, which may have other folders, or none.

    Parameters
    ----------
    names : iterable of str
        Files that are there.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._by_base: dict[str, list[str]] = {}
        for name in names:
            self._exact.add(name)
            self._by_base.setdefault(name.rpartition("/")[2].casefold(), []).append(name)

    def find(self, wanted: str) -> str | None:
        """The file of that name; of several with that last part, the one with the most folders in common.

        None if there is none, or if it is not clear which. A name such as ``../../x.jpg`` finds only files that are
        there.
        """
        plain = wanted.replace("\\", "/")
        if plain in self._exact:
            return plain
        parts = [part.casefold() for part in PurePosixPath(plain).parts]
        candidates = self._by_base.get(parts[-1] if parts else "", [])
        if len(candidates) == 1:
            return candidates[0]
        scored = sorted(((_common(parts, name), name) for name in candidates), reverse=True)
        return scored[0][1] if scored and scored[0][0] > 1 and scored[0][0] > scored[1][0] else None


def _common(parts: list[str], name: str) -> int:
    there = [part.casefold() for part in name.split("/")]
    count = 0
    while count < min(len(parts), len(there)) and parts[-1 - count] == there[-1 - count]:
        count += 1
    return count
