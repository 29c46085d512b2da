"""One visitor's validation: the files, what was read from them, the run. Lives in ``st.session_state``."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, get_args

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_core.evaluation.cases import annotated_picture
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.performer_set import performer_dataset
from pose_core.evaluation.running import ValidationRun, ValidationRunner
from pose_core.evaluation.settings import ValidationSettings
from pose_core.evaluation.uploads import read_uploads
from pose_core.evaluation.validate import ValidationResult
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.models.pool import PosePool
from pose_ui.shell.state import VALIDATE
from pose_ui.shell.streamlit_bindings import session_is_here

__all__ = ["MAX_TOTAL_MB", "SOURCES", "Source", "ValidateSession", "validate_session"]

Source = Literal["few", "many", "own"]
SOURCES: Final[tuple[Source, ...]] = get_args(Source)
#: What one visitor's files may take in memory while they are kept.
MAX_TOTAL_MB: Final = 200
_MB: Final = 1024 * 1024
_LOOK_S: Final = 1.0  # how often a run looks whether its visitor is still there
_PREVIEWS: Final = 8
_PREVIEW_PX: Final = 480

Previews = tuple[tuple[str, bytes], ...]


@cache
def _sample(source: Source) -> Dataset:
    return performer_dataset(small=source == "few")


@dataclass
class ValidateSession:
    """State of the Validate page.

    Attributes
    ----------
    files : dict of str to bytes
        The visitor's own.
    dataset : Dataset or None
        What was read from them.
    problem : PoseCoreError or None
        Why they cannot be used, or why the last run did not start.
    too_large : bool
        Whether the last files were refused for their size.
    run : ValidationRun or None
        The last run.
    at : int
        Which of the worst pictures is shown.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    dataset: Dataset | None = None
    problem: PoseCoreError | None = None
    too_large: bool = False
    run: ValidationRun | None = None
    at: int = 0
    _own_previews: Previews | None = None

    @property
    def kept_bytes(self) -> int:
        """How much memory the files take."""
        return sum(map(len, self.files.values()))

    def add(self, files: dict[str, bytes]) -> None:
        """Add files, and read all of them; a problem is kept for the page to show."""
        both = {**self.files, **files}
        self.too_large = sum(map(len, both.values())) > MAX_TOTAL_MB * _MB
        if self.too_large:
            return
        self.files = both
        self._forget_result()
        self.dataset, self._own_previews = None, None
        try:
            self.dataset = read_uploads(self.files)
            self.problem = None
        except PoseCoreError as error:
            self.problem = error

    def remove(self) -> None:
        """Forget the files, and what was measured on them."""
        self._forget_result()
        self.files, self.dataset, self.problem, self.too_large = {}, None, None, False
        self._own_previews = None

    def _forget_result(self) -> None:
        if self.run is not None and self.run.dataset.format != "performer":  # its result keeps the pictures
            self.run.stop()
            self.run = None

    def chosen(self, source: Source) -> Dataset | None:
        """What there is to measure on."""
        return self.dataset if source == "own" else _sample(source)

    def previews(self, source: Source) -> Previews:
        """Names and JPEG files of the first annotated pictures, with the annotations drawn."""
        if source != "own":
            return _sample_previews(source)
        if self._own_previews is None:
            self._own_previews = _drawn(self.dataset) if self.dataset is not None else ()
        return self._own_previews

    def start(
        self, dataset: Dataset, settings: ValidationSettings, runner: ValidationRunner, pool: PosePool
    ) -> None:
        """Start a run unless one is under way; a problem is kept for the page to show."""
        if self.run is not None and self.run.running:
            return
        self.problem, self.at = None, 0
        try:
            self.run = runner.start(dataset, settings, pool)
        except PoseCoreError as error:
            self.problem = error
        else:
            _stop_with_the_session(self.run)

    def chosen_otherwise(self, dataset: Dataset | None, settings: ValidationSettings | None) -> bool:
        """Whether the last run was on other pictures or with other models than these."""
        return self.run is not None and (self.run.dataset is not dataset or self.run.settings != settings)

    def result(self) -> ValidationResult | None:
        """The result of the last run, once it is over."""
        return self.run.result() if self.run is not None else None


def _drawn(dataset: Dataset) -> Previews:
    found: list[tuple[str, bytes]] = []
    for picture in dataset.pictures[: 4 * _PREVIEWS]:
        if len(found) == _PREVIEWS:
            break
        if any(not person.ignored for person in picture.people):
            drawn_rgb = annotated_picture(picture, dataset.keypoints)
            if drawn_rgb is not None:
                found.append((picture.name, encode_jpeg(fit_within(drawn_rgb, _PREVIEW_PX), 80)))
    return tuple(found)


@cache
def _sample_previews(source: Source) -> Previews:
    """Made once for everybody."""
    return _drawn(_sample(source))


def _stop_with_the_session(run: ValidationRun) -> None:
    """Stop the run soon after the visitor's session ends."""
    here = session_is_here()

    def watch() -> None:
        while not run.wait(_LOOK_S):
            if not here():
                run.stop()

    threading.Thread(target=watch, name="posedeck-validation-visitor", daemon=True).start()


def validate_session() -> ValidateSession:
    """The visitor's `ValidateSession`."""
    session: ValidateSession = st.session_state.setdefault(VALIDATE, ValidateSession())
    return session
