"""The pictures that one visitor looks at, and what was found in them. Lives in ``st.session_state``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import streamlit as st

from pose_core.errors import PictureError
from pose_core.images import Picture, decode_picture
from pose_core.photo import PhotoResult, analyse_photo
from pose_core.pool import PosePool
from pose_core.samples import sample_bytes
from pose_core.settings import DetectionSettings, PoseSettings
from pose_ui.state import PHOTO

__all__ = ["FIRST_SAMPLE", "MAX_PICTURES", "MAX_TOTAL_MB", "PhotoItem", "PhotoSession", "photo_session"]

FIRST_SAMPLE: Final = "squat"  # what a first visitor sees
MAX_PICTURES: Final = 100
MAX_TOTAL_MB: Final = 200

Outcome = PhotoResult | PictureError


@dataclass(frozen=True)
class PhotoItem:
    """A picture file in memory."""

    name: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        """Checksum of the file: its identity."""
        return hashlib.sha256(self.data).hexdigest()


def _analysis_key(settings: PoseSettings) -> tuple[DetectionSettings, bool]:
    """The choices that need the model again when they change."""
    return settings.detection, settings.enlarge_small


@dataclass
class PhotoSession:
    """The visitor's pictures: one sample, or a batch of own ones.

    Attributes
    ----------
    items : list of PhotoItem
    sample : str or None
        Id of the sample shown; None with own pictures.
    selected : int
        Which of `items` is looked at.
    stopped : bool
        Whether the visitor stopped the analysis of the batch.
    left_out : int
        Pictures beyond the limits that were not kept.
    zip_file : bytes or None
        The packed batch, once asked for.
    zip_of : object
        The choices that it was packed with; others outdate it.
    """

    items: list[PhotoItem] = field(default_factory=list)
    sample: str | None = None
    selected: int = 0
    stopped: bool = False
    left_out: int = 0
    zip_file: bytes | None = None
    zip_of: object = None
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _outcomes_key: object = None
    _decoded: tuple[str, Picture] | None = None

    # ------------------------------------------------------------------ what is looked at
    def show_sample(self, sample: str) -> None:
        """Look at one of the shipped samples instead of own pictures."""
        self._replace([PhotoItem(f"{sample}.png", sample_bytes(sample))], sample)

    def show_own(self, items: Iterable[PhotoItem]) -> None:
        """Look at own pictures, as many as the limits allow."""
        kept: list[PhotoItem] = []
        room = MAX_TOTAL_MB * 1024 * 1024
        left_out = 0
        for item in items:
            if len(kept) < MAX_PICTURES and len(item.data) <= room:
                kept.append(item)
                room -= len(item.data)
            else:
                left_out += 1
        self._replace(kept)
        self.left_out = left_out

    def _replace(self, items: list[PhotoItem], sample: str | None = None) -> None:
        self.items = items
        self.sample = sample
        self.selected = 0
        self.stopped = False
        self.left_out = 0
        self.zip_file = None
        kept = {item.sha256 for item in items}
        self._outcomes = {sha: outcome for sha, outcome in self._outcomes.items() if sha in kept}
        self._decoded = None

    def step(self, by: int) -> None:
        """Look at the next or previous picture."""
        self.selected = max(0, min(len(self.items) - 1, self.selected + by))

    @property
    def item(self) -> PhotoItem:
        """The picture that is looked at."""
        return self.items[self.selected]

    # ------------------------------------------------------------------ what was found
    def forget_if_changed(self, settings: PoseSettings) -> None:
        """Drop results that were made with other choices for the model."""
        key = _analysis_key(settings)
        if key != self._outcomes_key:
            self._outcomes.clear()
            self._outcomes_key = key
            self.stopped = False

    def pending(self) -> list[PhotoItem]:
        """Pictures not analysed yet, the one that is looked at first."""
        ordered = [self.item, *self.items] if self.items else []
        return list({item.sha256: item for item in ordered if item.sha256 not in self._outcomes}.values())

    def analyse(self, item: PhotoItem, settings: PoseSettings, pool: PosePool) -> None:
        """Analyse one picture and keep the outcome, be it a result or why the file cannot be read."""
        try:
            result, picture = analyse_photo(item.data, settings, pool, name=item.name)
        except PictureError as error:
            self._outcomes[item.sha256] = error
        else:
            self._outcomes[item.sha256] = result
            if item.sha256 == self.item.sha256:
                self._decoded = (item.sha256, picture)

    def outcome(self, item: PhotoItem, settings: PoseSettings) -> Outcome | None:
        """What became of a picture under the present choices; None while it is pending."""
        outcome = self._outcomes.get(item.sha256)
        if isinstance(outcome, PhotoResult):
            return replace(outcome, name=item.name, settings=settings)
        return outcome

    def picture(self) -> Picture:
        """Pixels of the picture that is looked at; only this one is kept decoded."""
        item = self.item
        if self._decoded is None or self._decoded[0] != item.sha256:
            self._decoded = (item.sha256, decode_picture(item.data))
        return self._decoded[1]


def photo_session() -> PhotoSession:
    """The visitor's `PhotoSession`; new ones look at `FIRST_SAMPLE`."""
    if PHOTO not in st.session_state:
        session = PhotoSession()
        session.show_sample(FIRST_SAMPLE)
        st.session_state[PHOTO] = session
    found: PhotoSession = st.session_state[PHOTO]
    return found
