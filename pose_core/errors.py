"""What can go wrong, in sentences for people.

::

    PoseCoreError
    ├── PictureError      a file is not a picture that can be read
    ├── ClipError         a file is not a video that can be played, or a clip could not be written
    ├── SettingsError     a choice is outside its range
    ├── DatasetError      annotations or their pictures cannot be used
    ├── BundleError       a model file is missing, damaged or not one of this kind
    ├── RegressionError   a model is worse than it was
    ├── SetupError        a system library is missing
    └── BusyError         everything is in use; trying again later helps

Every error carries a ``code`` (stable, for translation and for programs) and ``values`` (what was given, for the
sentence). ``str(error)`` is the English sentence: what must hold, what was given, what to do. It never contains
picture content, and a file name only where the caller put one in.
"""

from __future__ import annotations

__all__ = [
    "BundleError",
    "BusyError",
    "ClipError",
    "DatasetError",
    "PictureError",
    "PoseCoreError",
    "RegressionError",
    "SettingsError",
    "SetupError",
]


class PoseCoreError(Exception):
    """Base of all errors that pages and routes show unchanged.

    Parameters
    ----------
    code : str
        Stable name of the fault, such as ``"picture_damaged"``.
    message : str
        English sentence, with ``{name}`` fields filled from `values`.
    **values
        What the sentence mentions: sizes, limits, names.
    """

    def __init__(self, code: str, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.code = code
        self.values = values


class PictureError(PoseCoreError):
    """The bytes are not a readable picture, or the picture is outside the limits."""


class ClipError(PoseCoreError):
    """The bytes are not a playable video, or the video is outside the limits; or a clip could not be encoded."""


class SettingsError(PoseCoreError, ValueError):
    """A choice is outside its range."""


class DatasetError(PoseCoreError):
    """Annotations cannot be read, do not fit their pictures, or say nothing that can be compared."""


class BundleError(PoseCoreError):
    """A shipped model file is missing or differs from the manifest; or a visitor's own is none that can be used."""


class RegressionError(PoseCoreError):
    """A model does worse on pictures with known joints than the figures that ship with the project."""


class SetupError(PoseCoreError):
    """A system library that the model needs is missing."""


class BusyError(PoseCoreError):
    """All landmarkers are in use; nothing is broken."""
