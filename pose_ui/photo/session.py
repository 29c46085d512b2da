"""One visitor's pictures and results, kept in ``st.session_state``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Final

import streamlit as st

from pose_core.arrays import FrameRGB
from pose_core.errors import PictureError
from pose_core.media.images import decode_picture, encode_jpeg, fit_within
from pose_core.models.pool import PosePool
from pose_core.performer.samples import SAMPLES, sample_bytes
from pose_core.pipeline.photo import PhotoResult, analyse_photo
from pose_core.settings import DetectionSettings, PoseSettings
from pose_ui.shell.mailbox import collect_pictures
from pose_ui.shell.remembered import one_of, remembered
from pose_ui.shell.state import PHOTO, PHOTO_SAMPLE

__all__ = [
    "FIRST_SAMPLE",
    "MAX_PICTURES",
    "MAX_TOTAL_MB",
    "PhotoItem",
    "PhotoSession",
    "Preview",
    "Remedy",
    "photo_session",
    "sample_thumbnail",
    "thumbnail",
]

FIRST_SAMPLE: Final = "squat"  # what a visitor sees at first
PREVIEW_PX: Final = 1600  # longer side of the picture in the browser; downloads keep the full size
THUMBNAIL_PX: Final = 144
MAX_PICTURES: Final = 100
MAX_TOTAL_MB: Final = 200

Outcome = PhotoResult | PictureError
_CHOICES: Final = {"sample": one_of([sample.id for sample in SAMPLES], FIRST_SAMPLE)}


@dataclass(frozen=True)
class PhotoItem:
    """A picture file in memory."""

    name: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        """Checksum of the file, which identifies it."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, eq=False)
class Preview:
    """A picture for the browser, at most `PREVIEW_PX` on its longer side."""

    frame_rgb: FrameRGB

    @cached_property
    def jpeg(self) -> bytes:
        """The picture as a JPEG file, encoded once for all runs of the page."""
        return encode_jpeg(self.frame_rgb)


@dataclass(frozen=True, slots=True)
class Remedy:
    """Choices that were changed for a picture in which nobody was found.

    Attributes
    ----------
    sha256 : str
        Of the picture.
    name : str
        Which remedy it was.
    before, after : mapping of str to object
        The choices, as `pose_ui.shell.settings_panel.choose` takes them.
    """

    sha256: str
    name: str
    before: Mapping[str, object]
    after: Mapping[str, object]


def _analysis_key(settings: PoseSettings) -> tuple[DetectionSettings, bool]:
    """The choices that make the model run again when they change."""
    return settings.detection, settings.enlarge_small


@dataclass
class PhotoSession:
    """The visitor's own pictures, and the sample that is shown in their place, if any.

    Attributes
    ----------
    own : list of PhotoItem
        Own pictures, kept until they are removed.
    sample : PhotoItem or None
        The sample on show; None while own pictures are shown.
    stopped : bool
        Whether the visitor stopped the analysis of the batch.
    left_out : int
        How many of the pictures added last were beyond the limits and not kept.
    zip_file : bytes or None
        The packed batch, once the visitor has asked for it.
    zip_of : object
        The choices it was packed with; it is outdated when they change.
    remedy : Remedy or None
        What was tried last for a picture in which nobody was found.
    """

    own: list[PhotoItem] = field(default_factory=list)
    sample: PhotoItem | None = None
    stopped: bool = False
    left_out: int = 0
    zip_file: bytes | None = None
    zip_of: object = None
    remedy: Remedy | None = None
    _own_selected: int = 0
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _outcomes_key: object = None
    _preview: tuple[str, Preview] | None = None
    _thumbnails: dict[str, bytes] = field(default_factory=dict)

    @property
    def kept_bytes(self) -> int:
        """Size of the own pictures; `pose_ui.shell.upload_gate` asks for it."""
        return sum(len(item.data) for item in self.own)

    # ------------------------------------------------------------------ which picture is shown
    def show_sample(self, sample: str) -> None:
        """Show one of the shipped samples; own pictures are kept."""
        self.sample = PhotoItem(f"{sample}.png", sample_bytes(sample))
        self._discard_outdated()

    def show_own(self) -> None:
        """Show own pictures again."""
        self.sample = None

    def add_own(self, items: Iterable[PhotoItem]) -> None:
        """Add as many pictures as the limits allow, and show the first new one."""
        self.left_out = 0
        room = MAX_TOTAL_MB * 1024 * 1024 - self.kept_bytes
        first_new: int | None = None
        for item in items:
            if item in self.own:
                first_new = self.own.index(item) if first_new is None else first_new
            elif len(self.own) < MAX_PICTURES and len(item.data) <= room:
                first_new = len(self.own) if first_new is None else first_new
                self.own.append(item)
                room -= len(item.data)
            else:
                self.left_out += 1
        if first_new is not None:
            self._own_selected = first_new
            self.sample = None
        self._discard_outdated()

    def remove_selected(self) -> None:
        """Remove the selected own picture; after the last one, `FIRST_SAMPLE` is shown."""
        del self.own[self._own_selected]
        self.step(0)
        if self.own:
            self._discard_outdated()
        else:
            self.show_sample(FIRST_SAMPLE)

    def remove_all(self) -> None:
        """Remove all own pictures and show `FIRST_SAMPLE`."""
        self.own.clear()
        self.show_sample(FIRST_SAMPLE)

    def _discard_outdated(self) -> None:
        """Discard results of pictures that are gone, and the packed batch."""
        self.stopped = False
        self.zip_file = None
        kept = {item.sha256 for item in (*self.own, *self.items)}
        self._outcomes = {sha: outcome for sha, outcome in self._outcomes.items() if sha in kept}
        self._thumbnails = {sha: jpeg for sha, jpeg in self._thumbnails.items() if sha in kept}

    @property
    def items(self) -> list[PhotoItem]:
        """The sample, or the own pictures."""
        return self.own if self.sample is None else [self.sample]

    @property
    def selected(self) -> int:
        """Index of the shown picture in `items`."""
        return self._own_selected if self.sample is None else 0

    def select(self, number: int) -> None:
        """Show the own picture with this number, from 0."""
        self._own_selected = max(0, min(len(self.own) - 1, number))

    def step(self, by: int) -> None:
        """Show the next or previous own picture."""
        self.select(self._own_selected + by)

    @property
    def item(self) -> PhotoItem:
        """The shown picture."""
        return self.items[self.selected]

    # ------------------------------------------------------------------ results
    def forget_if_changed(self, settings: PoseSettings) -> None:
        """Discard results that were made with other model choices."""
        key = _analysis_key(settings)
        if key != self._outcomes_key:
            self._outcomes.clear()
            self._outcomes_key = key
            self.stopped = False

    def pending(self) -> list[PhotoItem]:
        """Pictures not analysed yet, the shown one first."""
        ordered = [self.item, *self.items]
        return list({item.sha256: item for item in ordered if item.sha256 not in self._outcomes}.values())

    def analyse(self, item: PhotoItem, settings: PoseSettings, pool: PosePool) -> None:
        """Analyse one picture and keep the outcome: a result, or why the file cannot be read."""
        try:
            result, picture = analyse_photo(item.data, settings, pool, name=item.name, sha256=item.sha256)
        except PictureError as error:
            self._outcomes[item.sha256] = error
        else:
            self._outcomes[item.sha256] = result
            if item.sha256 not in self._thumbnails:
                self._thumbnails[item.sha256] = thumbnail(picture.frame_rgb)
            if item.sha256 == self.item.sha256:
                self._keep_preview(item, picture.frame_rgb)

    def thumbnail(self, item: PhotoItem) -> bytes | None:
        """The picture as a small JPEG file; None while it is pending, or if it cannot be read."""
        return self._thumbnails.get(item.sha256)

    def outcome(self, item: PhotoItem, settings: PoseSettings) -> Outcome | None:
        """The outcome for a picture under the current choices; None while it is pending."""
        outcome = self._outcomes.get(item.sha256)
        if isinstance(outcome, PhotoResult):
            return replace(outcome, name=item.name, settings=settings)
        return outcome

    def preview(self) -> Preview:
        """The shown picture, scaled for the browser; only this one is kept decoded."""
        item = self.item
        if self._preview is None or self._preview[0] != item.sha256:
            return self._keep_preview(item, decode_picture(item.data).frame_rgb)
        return self._preview[1]

    def _keep_preview(self, item: PhotoItem, frame_rgb: FrameRGB) -> Preview:
        preview = Preview(fit_within(frame_rgb, PREVIEW_PX))
        self._preview = (item.sha256, preview)
        return preview


def thumbnail(frame_rgb: FrameRGB) -> bytes:
    """A picture as a JPEG file of a few kilobytes."""
    return encode_jpeg(fit_within(frame_rgb, THUMBNAIL_PX), 75)


@cache
def sample_thumbnail(sample: str) -> bytes:
    """A shipped sample as a small JPEG file, made once for everybody."""
    return thumbnail(decode_picture(sample_bytes(sample)).frame_rgb)


def photo_session() -> PhotoSession:
    """The visitor's `PhotoSession`, with pictures that other pages sent; a new one shows the sample of the address."""
    if PHOTO not in st.session_state:
        session = PhotoSession()
        remembered("photo", _CHOICES)
        session.show_sample(st.session_state[PHOTO_SAMPLE])
        st.session_state[PHOTO] = session
    found: PhotoSession = st.session_state[PHOTO]
    sent = collect_pictures()
    if sent:
        found.add_own(PhotoItem(name, data) for name, data in sent)
    # What the address shows: own pictures stay on this machine, so their address names the first sample.
    st.session_state[PHOTO_SAMPLE] = found.sample.name.removesuffix(".png") if found.sample else FIRST_SAMPLE
    remembered("photo", _CHOICES)
    return found
