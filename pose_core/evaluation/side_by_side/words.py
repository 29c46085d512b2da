"""A comparison in sentences and tables. A translator supplies the text; shares become percent here, and only here."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Final

from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.side_by_side.comparing import Comparison
from pose_core.evaluation.side_by_side.looking import Kind
from pose_core.evaluation.side_by_side.settings import Setting, SideBySideSettings
from pose_core.evaluation.words import together
from pose_core.skeleton import MAIN_JOINTS
from pose_core.translate import Translate

__all__ = [
    "facts",
    "figures_table",
    "joints_table",
    "notes",
    "setting_names",
    "setting_text",
    "signed",
    "unsigned",
    "verdict",
]

Table = tuple[list[str], list[list[str]]]

_DASH: Final = "\N{EN DASH}"


def setting_text(setting: Setting, t: Translate) -> str:
    """Every choice of a setting in a line."""
    height = (
        t("sides.size_full") if setting.height_px is None else t("sides.size_px", height=setting.height_px)
    )
    return t(
        "sides.setting",
        model=setting.model.name,
        detection=f"{setting.detection_confidence:g}",
        presence=f"{setting.presence_confidence:g}",
        smoothing=t("sides.unsmoothed" if setting.smoothing is None else "sides.smoothed"),
        size=height,
    )


def setting_names(settings: SideBySideSettings, t: Translate) -> tuple[str, str]:
    """Both by what tells them apart, such as ``"A (lite)"`` and ``"B (full, 240 px)"``."""
    one, other = (
        t("sides.named", side=side, what=t("angle.list_separator").join(_apart(mine, theirs, t)))
        for side, mine, theirs in (("A", settings.a, settings.b), ("B", settings.b, settings.a))
    )
    return one, other


def _apart(mine: Setting, theirs: Setting, t: Translate) -> Iterator[str]:
    yield mine.model.name
    if mine.height_px != theirs.height_px:
        yield (t("sides.size_full") if mine.height_px is None else t("sides.size_px", height=mine.height_px))
    if mine.smoothing != theirs.smoothing:
        yield t("sides.unsmoothed" if mine.smoothing is None else "sides.smoothed")
    for name in ("detection_confidence", "presence_confidence"):
        if getattr(mine, name) != getattr(theirs, name):
            yield t(f"sides.short_{name}", value=f"{getattr(mine, name):g}")


def _count(kind: Kind, count: int, t: Translate) -> str:
    """Such as ``"225 frames"`` or ``"1 picture"``."""
    return t(f"sides.one_{kind}") if count == 1 else t(f"sides.where_{kind}", count=count)


def unsigned(figure: Figure, factor: float = 1.0, digits: int = 1) -> str:
    """A size with its interval, such as ``"4.1 [3.6, 4.7]"``; a dash where it is unknown."""
    if not isfinite(figure.value):
        return _DASH
    interval = f" [{_ends(figure, factor, digits)}]" if isfinite(figure.low) else ""
    return f"{factor * figure.value:.{digits}f}{interval}"


def _ends(figure: Figure, factor: float, digits: int, sign: str = "") -> str:
    # Adding 0 makes -0.0 a plain 0.
    return ", ".join(
        f"{round(factor * value, digits) + 0:{sign}.{digits}f}" for value in (figure.low, figure.high)
    )


def signed(figure: Figure, t: Translate, factor: float = 1.0, digits: int = 1) -> str:
    """A difference: with its sign where its interval excludes 0, as written; else only the interval. 0 if all is 0."""
    if not isfinite(figure.value):
        return _DASH
    if figure.value == figure.low == figure.high == 0:
        return "0"
    if not isfinite(figure.low):
        return t("sides.unclear")
    ends = _ends(figure, factor, digits, "+")
    if not figure.excludes_zero or any(round(factor * end, digits) == 0 for end in (figure.low, figure.high)):
        return t("sides.unclear_within", ends=ends)
    return f"{factor * figure.value:+.{digits}f} [{ends}]"


def verdict(comparison: Comparison, t: Translate) -> str:
    """How far apart they are, where most, and which is faster: a few sentences."""
    where = _count(comparison.looked.kind, len(comparison.looked.seen), t)
    a, b = setting_names(comparison.settings, t)
    if not comparison.pairs:
        sentences = [t("sides.verdict_nobody", where=where)]
    elif comparison.all_torso.value == 0:
        sentences = [
            t("sides.verdict_zero" if comparison.settings.identical else "sides.verdict_same", where=where)
        ]
    else:
        known = [name for name in MAIN_JOINTS if isfinite(comparison.joints[name].torso.value)]
        most = max(known, key=lambda name: comparison.joints[name].torso.value)
        sentences = [
            t(
                "sides.verdict_apart",
                a=a,
                b=b,
                percent=unsigned(comparison.all_torso, 100),
                px=f"{comparison.all_px.value:.1f}",
                joint=t(f"landmark.{most}"),
                most=f"{100 * comparison.joints[most].torso.value:.1f}",
                where=where,
            )
        ]
    sentences += _more(comparison, a, b, t)
    return together(sentences, t)


def _more(comparison: Comparison, a: str, b: str, t: Translate) -> Iterator[str]:
    """What else is real: who is found, and how fast."""
    found, slower = comparison.found[2], comparison.took_ms[2]
    if found.excludes_zero:
        more, less = (b, a) if found.value > 0 else (a, b)
        yield t("sides.verdict_found", more=more, less=less, points=f"{100 * abs(found.value):.1f}")
    if comparison.settings.identical:
        return
    if slower.excludes_zero:
        slow, fast = (b, a) if slower.value > 0 else (a, b)
        ends = sorted((abs(slower.low), abs(slower.high)))
        yield t(
            "sides.verdict_slower",
            per=t(f"sides.per_{comparison.looked.kind}"),
            slow=slow,
            fast=fast,
            ms=f"{abs(slower.value):.1f}",
            low=f"{ends[0]:.1f}",
            high=f"{ends[1]:.1f}",
        )
    elif isfinite(slower.low):
        yield t("sides.verdict_same_speed", low=f"{slower.low:+.1f}", high=f"{slower.high:+.1f}")


def notes(comparison: Comparison, t: Translate) -> Iterator[str]:
    """What to know before trusting the figures."""
    looked = comparison.looked
    if looked.ended_by in ("time", "cancelled"):
        yield t(f"sides.ended_{looked.ended_by}", count=len(looked.seen))
    if looked.unreadable:
        yield t("sides.left_out", count=len(looked.unreadable))
    if comparison.pairs and not isfinite(comparison.all_torso.low):
        yield t(f"sides.too_few_{looked.kind}")
    only_a, only_b = comparison.alone.sum(axis=0).tolist()
    if only_a or only_b:
        yield t("sides.alone", a=only_a, b=only_b)


def figures_table(comparison: Comparison, t: Translate) -> Table:
    """Speed, found and steadiness of both, and the difference."""
    rows = [
        (t("sides.row_took"), comparison.took_ms, 1.0, 1),
        (t("sides.row_found"), comparison.found, 100.0, 1),
    ]
    if comparison.looked.kind == "film":
        rows.append((t("sides.row_jitter"), comparison.jitter_torso, 100.0, 2))
    a, b = setting_names(comparison.settings, t)
    head = [t("sides.figure"), a, b, t("sides.b_less_a")]
    return head, [
        [
            name,
            unsigned(first, factor, digits),
            unsigned(second, factor, digits),
            signed(more, t, factor, digits),
        ]
        for name, (first, second, more), factor, digits in rows
    ]


def joints_table(comparison: Comparison, t: Translate) -> Table:
    """A row for each of the 33 landmarks."""
    head = [t(f"sides.{name}") for name in ("joint", "apart_percent", "apart_px", "right", "down", "counted")]
    rows = [
        [
            t(f"landmark.{name}"),
            unsigned(one.torso, 100, 2),
            unsigned(one.px, 1, 2),
            signed(one.right, t, 100, 2),
            signed(one.down, t, 100, 2),
            str(one.counted),
        ]
        for name, one in comparison.joints.items()
    ]
    return head, rows


def facts(comparison: Comparison, t: Translate) -> list[tuple[str, str]]:
    """What was compared, and how: names and values."""
    looked, settings = comparison.looked, comparison.settings
    found = [
        ("A", setting_text(settings.a, t)),
        ("B", setting_text(settings.b, t)),
        (t("sides.fact_seen"), _count(looked.kind, len(looked.seen), t)),
        (t("sides.fact_people"), str(settings.people)),
        (t("sides.fact_pairs"), str(comparison.pairs)),
    ]
    if looked.kind == "film" and looked.seen:
        first, last = looked.seen[0].time_s, looked.seen[-1].time_s
        found.append((t("sides.fact_part"), f"{first:.2f} – {last:.2f} s"))
        found.append((t("sides.fact_block"), _count("film", comparison.block, t)))
    found.append((t("sides.fact_resamples"), f"{settings.resamples} ({settings.seed})"))
    return found
