"""Measure how good models are on annotated pictures, or on the built-in performer."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pose_core.errors import DatasetError, SettingsError
from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.detecting import Progress
from pose_core.evaluation.own.checking import OwnModel, read_own_model
from pose_core.evaluation.performer_set import check_against_shipped, performer_dataset
from pose_core.evaluation.reading import open_dataset
from pose_core.evaluation.settings import CROP_FACTOR, Model, ValidationSettings, own, shipped
from pose_core.evaluation.validate import ValidationResult, validate
from pose_core.export import validations
from pose_core.models.pool import PosePool

__all__ = ["add_arguments", "run"]

_EVERY_S: Final = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "annotations", nargs="?", help="COCO keypoints JSON, YOLO-pose folder, or ZIP with both"
    )
    parser.add_argument("pictures", nargs="?", help="folder or ZIP with the pictures")
    parser.add_argument("--performer", action="store_true", help="the performer, whose joints are known")
    parser.add_argument("--small", action="store_true", help="with --performer: a few pictures only")
    parser.add_argument("--models", default=None, help="lite,full,heavy unless given; full with --performer")
    parser.add_argument("--bundle", type=Path, help="a .task file of your own, measured against full")
    parser.add_argument("--onnx", type=Path, help="an ONNX network of your own, measured against full")
    parser.add_argument(
        "--decoder",
        type=Path,
        metavar="FILE",
        help="with --onnx: its declaration, JSON or TOML (docs/validate.md)",
    )
    parser.add_argument("--people", type=int, default=5, help="people looked for in a picture (5)")
    parser.add_argument(
        "--crop", type=float, default=CROP_FACTOR, help=f"size of the crop in boxes ({CROP_FACTOR})"
    )
    parser.add_argument(
        "--enlarge", action="store_true", help="enlarge pictures below 300 px, as the Photo page does"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the intervals (0)")
    for kind in ("json", "csv", "xlsx"):
        parser.add_argument(
            f"--{kind}", type=Path, metavar="FILE", help=f"write the result as {kind.upper()}"
        )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report that opens by itself")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the report (en)")
    parser.add_argument(
        "--coco",
        type=Path,
        metavar="FOLDER",
        help="write predictions in COCO's form, a file for each model and protocol",
    )


def run(arguments: argparse.Namespace) -> None:
    """Validate, print a table, write files."""
    if arguments.performer:
        dataset = performer_dataset(small=arguments.small)
    elif arguments.annotations is None:
        raise DatasetError(
            "dataset_not_named",
            "There must be annotations or --performer; got neither. Name a file: "
            "python -m pose_core validate annotations.json pictures/",
        )
    else:
        dataset = open_dataset(arguments.annotations, arguments.pictures)
    settings = ValidationSettings(
        models=_models(arguments),
        people=arguments.people,
        crop_factor=arguments.crop,
        enlarge_small=arguments.enlarge,
        seed=arguments.seed,
    )
    _tell_dataset(dataset)
    pool = PosePool()
    try:
        result = validate(dataset, settings, pool, _progress())
    finally:
        pool.close()
        sys.stderr.write("\n")
    sys.stdout.write(table(result))
    _write(arguments, result)
    if arguments.performer:
        sys.stdout.write(check_against_shipped(result))


def _models(arguments: argparse.Namespace) -> tuple[Model, ...]:
    mine = _own(arguments)
    default = "full" if arguments.performer or mine else "lite,full,heavy"
    models = list(
        shipped(*(name.strip() for name in (arguments.models or default).split(",") if name.strip()))
    )
    if mine and all(model.name != "full" for model in models):
        models.insert(0, Model("full"))
    return (*models, *map(own, mine))


def _own(arguments: argparse.Namespace) -> list[OwnModel]:
    """Models of one's own, checked, with what looks wrong on stderr."""
    found = []
    if (arguments.onnx is None) != (arguments.decoder is None):
        raise SettingsError(
            "onnx_with_decoder",
            "--onnx and --decoder must be given together; got one of them. Add the other: docs/validate.md says what a "
            "declaration must have.",
        )
    for paths in ([arguments.bundle], [arguments.onnx, arguments.decoder]):
        files = {path.name: _bytes(path) for path in paths if path is not None}
        if files:
            found.append(read_own_model(files))
            for warning in found[-1].warnings:
                sys.stderr.write(f"{found[-1].name}: {warning}\n")
    return found


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise DatasetError(
            "dataset_not_there",
            "There must be a file or folder {path}; there is none. Check the path.",
            path=str(path),
        )
    return path.read_bytes()


def _tell_dataset(dataset: Dataset) -> None:
    kit = dataset.keypoints
    lines = [
        f"{dataset.name}: {len(dataset.pictures)} pictures, keypoint set {kit.name}, {len(kit.joints)} joints compared"
    ]
    if kit.not_comparable:
        lines.append(f"not comparable: {', '.join(kit.not_comparable)}")
    if dataset.missing:
        lines.append(f"missing pictures: {len(dataset.missing)}, such as {dataset.missing[0]}")
    if dataset.notes:
        lines.append(f"assumed: {', '.join(dataset.notes)}")
    sys.stderr.write("\n".join(lines) + "\n")


def _progress() -> Callable[[Progress], None]:
    last_s = 0.0

    def report(progress: Progress) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s < _EVERY_S and progress.done < progress.total:
            return
        last_s = now_s
        sys.stderr.write(f"\r{progress.done} of {progress.total}, {progress.left_s:.0f} s left   ")
        sys.stderr.flush()

    return report


def _write(arguments: argparse.Namespace, result: ValidationResult) -> None:
    for path, make in (
        (arguments.json, validations.to_json),
        (arguments.csv, validations.to_csv),
        (arguments.xlsx, validations.to_xlsx),
    ):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make(result))
    if arguments.html is not None:
        arguments.html.parent.mkdir(parents=True, exist_ok=True)
        arguments.html.write_bytes(_report(result, arguments.language))
    if arguments.coco is not None:
        arguments.coco.mkdir(parents=True, exist_ok=True)
        for model, protocol in result.scores:
            name = f"{model.replace(':', '_')}_{protocol}.json"
            (arguments.coco / name).write_bytes(validations.to_coco(result, model, protocol))


def _report(result: ValidationResult, language: Literal["en", "zh"]) -> bytes:
    from pose_core.export.validation_report import validation_report  # with Plotly, half a second
    from pose_ui.texts import Translator  # the one place where a command needs the catalogue

    t = Translator(language)
    made = t("validate.report_made", time=f"{datetime.now():%Y-%m-%d %H:%M}", data=result.dataset.name)
    return validation_report(result, "crop", t, language=language, made=made, reason_of=t.error)


def _text(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def table(result: ValidationResult) -> str:
    """The main figures as text, with their definitions."""
    columns = ("found", "pck", "pck_found", "oks")
    lines = [f"{'model':12}{'protocol':10}" + "".join(f"{name:23}" for name in columns)]
    for (model, protocol), scores in result.scores.items():
        figures = "".join(f"{_text(getattr(scores, name)):23}" for name in columns)
        lines.append(f"{model:12}{protocol:10}{figures}".rstrip())
    first = next(iter(result.scores.values()))
    lines.append(f"{first.people} people on {first.pictures_with_people} of {first.pictures} pictures")
    for pair in result.paired:
        parts = [
            f"{name} {figure.value:+.3f} [{figure.low:+.3f}, {figure.high:+.3f}]{' *' if figure.excludes_zero else ''}"
            for name, figure in pair.differences.items()
        ]
        lines.append(f"{pair.b} - {pair.a}, {pair.protocol}: {', '.join(parts)}")
    if result.few_pictures:
        small = ", ".join(f"{value:.3f} ({name})" for name, value in result.smallest_difference.items())
        lines.append(f"Too few pictures to tell apart less than {small} of PCK.")
    if result.exchanged.suspected:
        lines.append(
            f"Left and right of the annotations look exchanged: {len(result.exchanged.people)} of "
            f"{result.exchanged.judged} people fit better the other way round."
        )
    for name, reason in result.unreadable[:10]:
        lines.append(f"left out: {name}: {reason}")
    lines += [f"{name}: {validations.DEFINITIONS[name]}." for name in (*columns, "interval")]
    return "\n".join(lines) + "\n"
