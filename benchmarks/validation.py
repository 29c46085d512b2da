"""How long a validation of 100 annotated pictures takes, from files to figures.

``python -m benchmarks.validation annotations.json pictures/`` takes pictures of one's own, in turn until there are 100;
without them, the performer's. Wall time depends on what else the machine does; processor time hardly.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from pose_core.evaluation.dataset import AnnotatedPicture, Dataset
from pose_core.evaluation.performer_set import performer_dataset
from pose_core.evaluation.reading import open_dataset
from pose_core.evaluation.settings import ValidationSettings, shipped
from pose_core.evaluation.validate import validate
from pose_core.machine import describe_machine
from pose_core.media.images import close_decoders, encode_jpeg
from pose_core.models.pool import PosePool


def _as_file(picture: AnnotatedPicture) -> AnnotatedPicture:
    """A picture made by code as a JPEG, so that decoding counts."""
    data = picture.load()
    file = data if isinstance(data, bytes) else encode_jpeg(np.asarray(data))
    return replace(picture, load=lambda: file)


def _of(dataset: Dataset, count: int) -> Dataset:
    pictures = [_as_file(picture) for picture in dataset.pictures[:count]]
    return replace(
        dataset,
        pictures=tuple(replace(one, id=number) for number, one in enumerate(islice(cycle(pictures), count))),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("annotations", nargs="?", type=Path)
    parser.add_argument("pictures", nargs="?", type=Path)
    parser.add_argument("--models", default="full")
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    machine = describe_machine()
    source = (
        open_dataset(options.annotations, options.pictures) if options.annotations else performer_dataset()
    )
    dataset = _of(source, options.count)
    settings = ValidationSettings(shipped(*options.models.split(",")))
    pool = PosePool()
    start_s, start_cpu_s = time.perf_counter(), _worked_s()
    try:
        result = validate(dataset, settings, pool)
    finally:
        pool.close()
    took_s = time.perf_counter() - start_s
    close_decoders()  # only what has ended is counted
    worked_s = _worked_s() - start_cpu_s
    people = next(iter(result.scores.values())).people
    print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load_1min']}")
    print(f"{len(result.pictures)} pictures, {people} people, {options.models}")
    print(f"{took_s:.1f} s, {worked_s:.1f} s of a core")


def _worked_s() -> float:
    """Processor time of this process and of those that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
