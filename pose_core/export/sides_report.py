"""A comparison of two settings as one HTML file: the sentence, bars, where they differ most, how it was made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.evaluation.side_by_side.charts import apart_figure
from pose_core.evaluation.side_by_side.comparing import BLOCK_S, Comparison, largest_first
from pose_core.evaluation.side_by_side.looking import Seen
from pose_core.evaluation.side_by_side.words import (
    facts,
    figures_table,
    joints_table,
    notes,
    setting_names,
    verdict,
)
from pose_core.export.report import Beside, Chart, Facts, Heading, Part, Picture, Table, Text, html_report
from pose_core.export.videos import clock
from pose_core.media.films import read_film
from pose_core.media.images import decode_picture, encode_jpeg, fit_within
from pose_core.models.landmarker import runtime_version
from pose_core.settings import DrawSettings
from pose_core.translate import Translate
from pose_core.version import VERSION

__all__ = ["sides_report"]

_LARGEST: Final = 4
_PX: Final = 560


def sides_report(
    comparison: Comparison,
    files: bytes | Mapping[str, bytes],
    t: Translate,
    *,
    language: str,
    made: str = "",
) -> bytes:
    """The report.

    Parameters
    ----------
    comparison : Comparison
    files : bytes, or mapping of str to bytes
        The film, or the pictures by their names.
    t : callable
        Translator.
    language : str
        Tag of its language, such as ``"en"``.
    made : str, optional
        When it was made, and of what.

    Returns
    -------
    bytes
        UTF-8, about 5 MB, most of it Plotly.
    """
    return html_report(t("sides.report_title"), _parts(comparison, files, t), language=language, made=made)


def _parts(comparison: Comparison, files: bytes | Mapping[str, bytes], t: Translate) -> Iterator[Part]:
    yield Text(verdict(comparison, t), "lead")
    yield from (Text(note, "note") for note in notes(comparison, t))
    yield Table(*figures_table(comparison, t))
    yield Text(t("sides.define_figures"), "quiet")
    yield Heading(t("sides.tab_joints"))
    yield Chart(apart_figure(comparison, "percent", t), t("sides.alt_joints"))
    yield Table(*joints_table(comparison, t), t("sides.define_joints"))
    yield Heading(t(f"sides.largest_{comparison.looked.kind}"))
    yield from _largest(comparison, files, t)
    yield Heading(t("report.made_heading"))
    yield Text(t("sides.method", block=f"{BLOCK_S:g}"))
    versions = (t("report.versions"), f"PoseDeck {VERSION}, MediaPipe {runtime_version()}")
    yield Facts([*facts(comparison, t), versions])
    yield Heading(t("report.limits_heading"))
    yield Text(t("sides.limits"))


def _largest(comparison: Comparison, files: bytes | Mapping[str, bytes], t: Translate) -> Iterator[Part]:
    names = setting_names(comparison.settings, t)
    places = largest_first(comparison, _LARGEST)
    if not places:
        yield Text(t("sides.no_difference"))
    for place in places:
        seen = comparison.looked.seen[place]
        frame_rgb = _frame(seen, files)
        if frame_rgb is None:
            continue
        where = seen.name or clock(seen.time_s)
        apart = comparison.apart_torso[place]
        share = f"{100 * apart:.1f} %" if math.isfinite(apart) else "–"
        yield Beside(
            [
                Picture(
                    _drawn(seen, side, frame_rgb),
                    t("sides.alt_drawn", name=name, where=where),
                    f"{name} · {t('sides.thumbnail', name=where, apart=share)}",
                )
                for side, name in enumerate(names)
            ]
        )


def _frame(seen: Seen, files: bytes | Mapping[str, bytes]) -> FrameRGB | None:
    if not isinstance(files, bytes):
        return decode_picture(files[seen.name]).frame_rgb
    found = next(read_film(files, checked=True).frames(max(0.0, seen.time_s - 1e-4), math.inf), None)
    return None if found is None else found[1]


def _drawn(seen: Seen, side: int, frame_rgb: FrameRGB) -> bytes:
    small_rgb = fit_within(frame_rgb, _PX)
    size_wh = (small_rgb.shape[1], small_rgb.shape[0])
    poses = [person.pose.resized(size_wh) for person in seen.people[side].people]
    return encode_jpeg(draw_poses(small_rgb, poses, DrawSettings(style="sides")), 85)
