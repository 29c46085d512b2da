"""A validation in sentences and tables. A translator supplies the text; shares become percent here, and only here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import isfinite
from typing import Final

from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.figures import JointScores
from pose_core.evaluation.outcomes import KINDS, Protocol
from pose_core.evaluation.published import PUBLISHED
from pose_core.evaluation.validate import FEW_PICTURES, Paired, ValidationResult
from pose_core.translate import Translate

__all__ = [
    "DEFINED",
    "answers",
    "best_model",
    "data_table",
    "definitions",
    "difference_text",
    "errors_table",
    "figures_table",
    "groups_table",
    "joints_table",
    "notes",
    "paired_table",
    "percent",
    "published_table",
    "together",
    "widths_text",
]

Table = tuple[list[str], list[list[str]]]

#: Figures of the first table, each with its definition ``validate.define_<name>``.
DEFINED: Final = ("found", "pck", "pck_found", "oks", "oks_found")
_DASH: Final = "\N{EN DASH}"
#: From this share of people missed in whole pictures on, that is what the sentence is about.
_MISSED: Final = 0.1
#: A part of the body is told from so many joints on, and as a fault below this share of right ones.
_LEAST_JOINTS: Final = 4
_RIGHT: Final = 0.95
_GROUPS: Final = ("size", "visibility", "pose", "view")


def percent(figure: Figure | None, digits: int = 1) -> str:
    """Such as ``"85.3 % [80.1, 90.2]"``; a dash where it is unknown."""
    if figure is None or not isfinite(figure.value):
        return _DASH
    interval = f" [{_in(figure, digits)}]" if isfinite(figure.low) else ""
    return f"{100 * figure.value:.{digits}f} %{interval}"


def _in(figure: Figure, digits: int = 1, sign: str = "") -> str:
    # Adding 0 makes -0.0 a plain 0.
    return ", ".join(
        f"{round(100 * value, digits) + 0:{sign}.{digits}f}" for value in (figure.low, figure.high)
    )


def _points(figure: Figure) -> str:
    """A difference, such as ``"+4.1 [+2.0, +6.3]"``, in points."""
    if not isfinite(figure.value):
        return _DASH
    interval = f" [{_in(figure, 1, '+')}]" if isfinite(figure.low) else ""
    return f"{round(100 * figure.value, 1) + 0:+.1f}{interval}"


def _ranked(result: ValidationResult, protocol: Protocol) -> list[str]:
    names = [model.name for model in result.settings.models]
    return sorted(names, key=lambda name: -result.scores[name, protocol].pck.value)


def best_model(result: ValidationResult, protocol: Protocol) -> str:
    """The one with the highest PCK, whether or not the difference is real."""
    return _ranked(result, protocol)[0]


def _difference(result: ValidationResult, better: str, worse: str, protocol: Protocol) -> Figure:
    pair: Paired = next(
        one for one in result.paired if {one.a, one.b} == {better, worse} and one.protocol == protocol
    )
    figure = pair.differences["pck"]
    return figure if pair.b == better else Figure(-figure.value, -figure.high, -figure.low)


def answers(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> list[tuple[str, str]]:
    """What a visitor asks first, each with its answer in plain words.

    Parameters
    ----------
    result : ValidationResult
    model : str
        Whose finds and faults are told.
    protocol : {"whole", "crop"}
        Of which the joints and the difference are told; finds are told of both.
    t : callable
        Translator.

    Returns
    -------
    list of (str, str)
        Who is found, where it fails and, with two models or more, whether the difference is real.
    """
    said = [
        (t("validate.ask_found"), _found_text(result, model, protocol, t)),
        (t("validate.ask_fails"), _fails_text(result, model, protocol, t)),
    ]
    if len(result.settings.models) > 1:
        said.append((t("validate.ask_real"), difference_text(result, protocol, t)))
    return said


def _found_text(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> str:
    of = {one: result.scores[model, one] for one in ("crop", "whole")}
    people = of["crop"].people
    crop, whole = (round(of[one].found.value * people) if people else 0 for one in ("crop", "whole"))
    if crop == whole == people > 1:
        found = t("validate.found_all", model=model, people=_people(people, t))
    elif crop - whole > _MISSED * people:
        found = t("validate.found_fewer", model=model, crop=crop, people=people, whole=whole)
    else:
        found = t("validate.found_some", model=model, crop=crop, people=people, whole=whole)
    right = t(
        "validate.joints_right", value=percent(of[protocol].pck, 0), protocol=t(f"validate.seen_{protocol}")
    )
    return together([found, right], t)


def _people(count: int, t: Translate) -> str:
    return t("count.person" if count == 1 else "count.people", count=count)


def _fails_text(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> str:
    scores = result.scores[model, protocol]
    parts: dict[str, list[JointScores]] = {}
    for joint, one in scores.per_joint.items():
        if one.found and isfinite(one.pck_found.value):
            parts.setdefault(joint.removeprefix("left_").removeprefix("right_"), []).append(one)
    right = {
        part: sum(one.pck_found.value * one.found for one in both) / sum(one.found for one in both)
        for part, both in parts.items()
        if sum(one.found for one in both) >= _LEAST_JOINTS
    }
    worst = sorted(right, key=lambda part: right[part])[:2]
    said = []
    if worst and right[worst[0]] < _RIGHT:
        listed = t("angle.list_separator").join(
            t(
                "validate.part_share",
                part=t(f"validate.part_{part}").lower(),
                share=f"{100 * right[part]:.0f}",
            )
            for part in worst
            if right[part] < _RIGHT
        )
        said.append(t("validate.fails_at", parts=listed))
    elif worst:
        said.append(t("validate.fails_nowhere", share=f"{100 * min(right.values()):.0f}"))
    else:
        said.append(t("validate.fails_unknown"))
    missed = scores.people - round(scores.found.value * scores.people) if scores.people else 0
    if missed:
        said.append(t("validate.fails_missed", people=_people(missed, t)))
    return together(said, t)


def difference_text(result: ValidationResult, protocol: Protocol, t: Translate) -> str:
    """Which model is better on these pictures, by how much and how surely.

    Parameters
    ----------
    result : ValidationResult
        Of two models or more.
    protocol : {"whole", "crop"}
    t : callable
        Translator.
    """
    pictures = next(iter(result.scores.values())).pictures_with_people
    if pictures < 2:
        return t("validate.verdict_single")
    best, *others = _ranked(result, protocol)
    compared = [(name, _difference(result, best, name, protocol)) for name in others]
    real = [(name, figure) for name, figure in compared if figure.excludes_zero]
    close = [(name, figure) for name, figure in compared if not figure.excludes_zero]
    sentences = []
    if real:
        name, figure = real[0]
        sentences.append(
            t(
                "validate.verdict_better",
                better=best,
                worse=name,
                points=f"{100 * figure.value:.1f}",
                interval=_in(figure),
            )
        )
    if close:
        name, figure = close[0]
        sentences.append(t("validate.verdict_same", a=best, b=name, points=_points(figure)))
    least = result.smallest_difference[protocol]
    if result.few_pictures and any(abs(figure.value) >= least for _, figure in close):
        sentences.append(t("validate.verdict_more", pictures=pictures, enough=FEW_PICTURES))
    elif result.few_pictures and isfinite(least):
        sentences.append(t("validate.verdict_few", pictures=pictures, points=f"{100 * least:.1f}"))
    return together(sentences, t)


def together(sentences: list[str], t: Translate) -> str:
    """Sentences one after the other: Chinese has no space between them."""
    return (
        reduce(lambda one, two: t("validate.two_sentences", one=one, two=two), sentences) if sentences else ""
    )


def notes(result: ValidationResult, t: Translate) -> Iterator[str]:
    """What to know before trusting the figures."""
    if result.exchanged.suspected:
        yield t("validate.exchanged", count=len(result.exchanged.people), judged=result.exchanged.judged)
    elif result.exchanged.people:
        yield t("validate.exchanged_some", count=len(result.exchanged.people), judged=result.exchanged.judged)
    first = next(iter(result.scores.values()))
    if first.without_torso:
        yield t("validate.without_torso", count=first.without_torso)
    if result.unreadable:
        yield t("validate.left_out", count=len(result.unreadable))


def definitions(t: Translate) -> list[str]:
    """What each figure means, a line for each."""
    lines = [f"{t(f'validate.figure_{name}')}: {t(f'validate.define_{name}')}" for name in DEFINED]
    return [*lines, t("validate.define_interval")]


def figures_table(result: ValidationResult, t: Translate) -> Table:
    """A row for each model and protocol."""
    head = [t("validate.model"), t("validate.protocol"), *(t(f"validate.figure_{name}") for name in DEFINED)]
    rows = [
        [model, t(f"validate.{protocol}"), *(percent(getattr(scores, name)) for name in DEFINED)]
        for (model, protocol), scores in result.scores.items()
    ]
    if next(iter(result.scores.values())).ap is not None:
        head.append("AP")
        for row, scores in zip(rows, result.scores.values(), strict=True):
            row.append(percent(scores.ap["ap"] if scores.ap else None))
    return head, rows


def paired_table(result: ValidationResult, t: Translate) -> Table:
    """A row for each two models and protocol: differences in points, marked where they are real."""
    head = [
        t("validate.pair"),
        t("validate.protocol"),
        *(t(f"validate.figure_{n}") for n in ("found", "pck", "oks")),
    ]
    rows = []
    for pair in result.paired:
        cells = [
            f"{_points(figure)}{t('validate.real') if figure.excludes_zero else ''}"
            for figure in pair.differences.values()
        ]
        rows.append([t("validate.less", a=pair.a, b=pair.b), t(f"validate.{pair.protocol}"), *cells])
    return head, rows


def joints_table(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> Table:
    """A row for each joint: how often it is right, how far off, and in which direction."""
    columns = ("annotated", "pck", "pck_found", "error", "outward", "right", "down")
    head = [t("validate.joint"), *(t(f"validate.joint_{name}") for name in columns)]
    rows = [
        [
            t(f"landmark.{joint}"),
            str(one.annotated),
            *(percent(figure) for figure in (one.pck, one.pck_found, one.error)),
            *(_points(figure) for figure in (one.outward, one.right, one.down)),
        ]
        for joint, one in result.scores[model, protocol].per_joint.items()
    ]
    return head, rows


def widths_text(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> str:
    """How wide shoulders and hips are predicted, against the annotated width."""
    parts = [
        t(f"validate.width_{name}", value=percent(figure, 0))
        for name, figure in result.scores[model, protocol].widths.items()
        if isfinite(figure.value)
    ]
    return together(parts, t)


def errors_table(result: ValidationResult, protocol: Protocol, t: Translate) -> Table:
    """A row for each model: shares of the kinds of errors."""
    kinds = (*KINDS, "not_found")
    head = [t("validate.model"), *(t(f"validate.kind_{kind}") for kind in kinds)]
    rows = [
        [model.name, *(percent(result.scores[model.name, protocol].errors[kind]) for kind in kinds)]
        for model in result.settings.models
    ]
    return head, rows


def groups_table(result: ValidationResult, model: str, t: Translate) -> Table:
    """A row for each group of people; a dash where there are too few."""
    head = [
        t("validate.group"),
        t("validate.people"),
        *(t("validate.group_found", protocol=t(f"validate.{protocol}")) for protocol in ("whole", "crop")),
        *(t("validate.group_pck", protocol=t(f"validate.{protocol}")) for protocol in ("whole", "crop")),
    ]
    whole, crop = (result.scores[model, protocol].groups for protocol in ("whole", "crop"))
    rows = []
    for kind in _GROUPS:
        for name, group in whole[kind].items():
            other = crop[kind][name]
            if group.people:
                rows.append(
                    [
                        t(f"validate.group_{kind}_{name}"),
                        str(group.people),
                        *(percent(figure) for figure in (group.found, other.found, group.pck, other.pck)),
                    ]
                )
    return head, rows


def published_table(t: Translate) -> Table:
    """What others have published, as published."""
    head = [
        t("validate.model"),
        t("validate.published_data"),
        t("validate.published_figure"),
        t("validate.published_source"),
    ]
    rows = [
        [
            one.model,
            one.data,
            f"{'AP' if one.metric == 'ap' else 'PCK@0.2'} {100 * one.value:.1f} %",
            one.source,
        ]
        for one in PUBLISHED
    ]
    return head, rows


def data_table(result: ValidationResult, t: Translate) -> list[tuple[str, str]]:
    """What was measured, and how: names and values."""
    dataset, settings = result.dataset, result.settings
    ignored = sum(bool(person.ignored) for truth in result.truths for person in truth.people)
    first = next(iter(result.scores.values()))
    kit = dataset.keypoints
    return [
        (t("validate.fact_data"), dataset.name),
        (t("validate.fact_set"), kit.name),
        (t("validate.fact_pictures"), str(len(result.pictures))),
        (t("validate.fact_people"), str(first.people)),
        (t("validate.fact_ignored"), str(ignored)),
        (t("validate.fact_missing"), str(len(dataset.missing))),
        (t("validate.fact_unreadable"), str(len(result.unreadable))),
        (t("validate.fact_compared"), str(len(kit.joints))),
        (t("validate.fact_not_comparable"), ", ".join(kit.not_comparable) or _DASH),
        (t("validate.fact_looked_for"), str(settings.people)),
        (
            t("validate.fact_confidence"),
            f"{settings.detection_confidence:g} / {settings.presence_confidence:g}",
        ),
        (t("validate.fact_crop"), f"{settings.crop_factor:g}×"),
        (t("validate.fact_resamples"), f"{settings.resamples} ({settings.seed})"),
        (t("validate.fact_took"), f"{result.took_s:.0f} s"),
    ]
