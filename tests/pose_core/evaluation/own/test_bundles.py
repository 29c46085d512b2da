"""Bundles of one's own: what cannot work is refused, what looks wrong is warned of, and weights that are zero show."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from pose_core.errors import BundleError
from pose_core.evaluation.own.checking import check_own
from pose_core.evaluation.performer_set import performer_dataset
from pose_core.evaluation.settings import Model, ValidationSettings
from pose_core.evaluation.validate import validate
from pose_core.models.bundles import bundle
from pose_core.models.pool import PosePool
from tests.support.bundles import DETECTOR, LANDMARKS, repacked, with_zeros


def test_a_good_bundle_has_no_warnings() -> None:
    report = check_own("mine.task", repacked())
    assert report.trial_found
    assert report.trial_error_torso < 0.1
    assert report.warnings == ()
    assert report.label == "own:mine"


def test_zeroed_weights_are_warned_of() -> None:
    report = check_own("mine.task", repacked(with_zeros))
    assert report.zero_share > 0.03
    assert next(warning.code for warning in report.warnings) == "own_model_zeros"


@pytest.mark.nightly
def test_zeroed_weights_are_worse_than_full_beyond_doubt() -> None:
    data = repacked(with_zeros)
    pool = PosePool(image_limit=1)
    try:
        settings = ValidationSettings((Model("full"), Model("own:zero", data)), resamples=200)
        dataset = performer_dataset(small=True)
        dataset = replace(dataset, pictures=dataset.pictures[:3])  # frontal, from behind, far
        result = validate(dataset, settings, pool)
    finally:
        pool.close()
    (crop,) = [pair for pair in result.paired if pair.protocol == "crop"]
    assert crop.differences["oks"].high < 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: b"", "own_bundle_wrong"),
        (lambda: b"PK\x03\x04", "own_bundle_wrong"),
        (lambda: repacked()[:200_000], "own_bundle_wrong"),
        (lambda: repacked(lambda n, d: d if n == DETECTOR else None), "own_bundle_wrong"),
        (lambda: repacked(packing=zipfile.ZIP_DEFLATED), "own_bundle_wrong"),
        (lambda: repacked(lambda n, d: b"text" * 9), "own_network_wrong"),
        (lambda: repacked(lambda n, d: d[:8] + bytes(len(d) - 8)), "own_network_wrong"),
        (
            lambda: repacked(lambda n, d: d.replace(b"TFLITE_METADATA", b"TFLITE_METAXXXX")),
            "own_network_wrong",
        ),
    ],
    ids=["empty", "cut", "half", "one_network", "compressed", "text", "zeros", "no_metadata"],
)
def test_what_is_no_pose_bundle_is_refused(data: Callable[[], bytes], code: str) -> None:
    with pytest.raises(BundleError) as caught:
        check_own("mine.task", data())
    assert caught.value.code == code


def test_networks_in_each_others_place_are_refused() -> None:
    with zipfile.ZipFile(bundle("lite").path) as file:
        networks = {name: file.read(name) for name in file.namelist()}
    swapped = {DETECTOR: LANDMARKS, LANDMARKS: DETECTOR}
    with pytest.raises(BundleError) as caught:
        check_own("mine.task", repacked(lambda name, data: networks[swapped[name]]))
    assert caught.value.code == "own_network_wrong"


def test_a_bundle_that_ends_mediapipe_ends_only_the_trial() -> None:
    def cut(name: str, data: bytes) -> bytes:
        half = len(data) // 3
        return (
            data[:half]
            + bytes(b ^ 0x5A for b in data[half : half + 20_000])
            + bytes(len(data) - half - 20_000)
        )

    with pytest.raises(BundleError) as caught:
        check_own("mine.task", repacked(cut))
    assert caught.value.code in ("own_bundle_fails", "own_network_wrong", "own_model_memory")
