"""What was dropped on a page, as one set of files: single files and the insides of ZIPs together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pose_core.errors import DatasetError
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.files import MAX_FILES, PICTURE_ENDINGS, Files, UploadedFiles, ZipFiles
from pose_core.evaluation.reading import read_dataset
from pose_core.media.images import MAX_FILE_MB

__all__ = ["MAX_PEOPLE_SCORED", "MAX_UPLOADED_ANNOTATIONS_MB", "MAX_UPLOADED_PICTURES", "read_uploads"]

#: A page's visitor shares the machine with others; the command takes more.
MAX_UPLOADED_PICTURES: Final = 1000
MAX_PEOPLE_SCORED: Final = 5000
MAX_UPLOADED_ANNOTATIONS: Final = 50_000
#: Read as a whole, they take ten times as much memory; COCO's own of 5000 pictures have 10 MB.
MAX_UPLOADED_ANNOTATIONS_MB: Final = 20
_MB: Final = 2**20
_ZIP: Final = b"PK\x03\x04"


class _Together:
    """Several sets of files as one; a ZIP's are below its name if there is more than one set."""

    def __init__(self, parts: Mapping[str, Files], label: str) -> None:
        self.label = label
        self._where = {
            f"{start}{name}": (files, name) for start, files in parts.items() for name in files.names
        }
        if len(self._where) > MAX_FILES:
            raise DatasetError(
                "dataset_too_many_files",
                "A folder or ZIP must hold at most {limit} files; this one has more. Validate a part of them.",
                limit=MAX_FILES,
            )
        self.names: tuple[str, ...] = tuple(sorted(self._where))

    def read(self, name: str) -> bytes:
        """A whole file."""
        if name not in self._where:
            raise FileNotFoundError(name)
        files, inside = self._where[name]
        return files.read(inside)


def read_uploads(files: Mapping[str, bytes]) -> Dataset:
    """Read annotations and pictures from uploaded files; a ZIP counts as the files in it.

    Parameters
    ----------
    files : mapping of str to bytes
        By name. What is a ZIP is told from its content.

    Raises
    ------
    DatasetError
        With the reason, for people to read.
    """
    zips = {name: data for name, data in files.items() if data.startswith(_ZIP)}
    single = {name: data for name, data in files.items() if name not in zips}
    opened = {name: ZipFiles(data, name) for name, data in zips.items()}
    _check_annotations(
        {
            **{name: one.annotation_bytes for name, one in opened.items()},
            **{n: len(data) for n, data in single.items() if not n.lower().endswith(PICTURE_ENDINGS)},
        }
    )
    parts: dict[str, Files] = {f"{name}/": one for name, one in opened.items()}
    if single:
        parts[""] = UploadedFiles(single)
    label = next(iter(zips), next((name for name in single if name.lower().endswith(".json")), "upload"))
    whole: Files = next(iter(parts.values())) if len(parts) == 1 else _Together(parts, label)
    dataset = read_dataset(whole, most_annotations=MAX_UPLOADED_ANNOTATIONS)
    if len(dataset.pictures) > MAX_UPLOADED_PICTURES:
        raise DatasetError(
            "dataset_too_many_pictures",
            "At most {limit} pictures can be validated at a time; got {count}. Take a part of them.",
            limit=MAX_UPLOADED_PICTURES,
            count=len(dataset.pictures),
        )
    people = sum(not person.ignored for picture in dataset.pictures for person in picture.people)
    if people > MAX_PEOPLE_SCORED:
        raise DatasetError(
            "dataset_too_many_people",
            "At most {limit} annotated people can be validated at a time; got {count}. Take a part of the pictures.",
            limit=MAX_PEOPLE_SCORED,
            count=people,
        )
    return dataset


def _check_annotations(sizes: Mapping[str, int]) -> None:
    total = sum(sizes.values())
    if total > MAX_UPLOADED_ANNOTATIONS_MB * _MB:
        raise DatasetError(
            "dataset_file_too_large",
            "A picture must have at most {pictures} MB and annotations at most {annotations} MB; {file} has "
            "{megabytes:.0f} MB. Leave it out, or split the annotations.",
            pictures=MAX_FILE_MB,
            annotations=MAX_UPLOADED_ANNOTATIONS_MB,
            file=max(sizes, key=lambda name: sizes[name]),
            megabytes=total / _MB,
        )
