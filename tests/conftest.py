"""For all tests: the real model, the performer, hand-made poses; and no long runs unless `-m` selects them."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import hypothesis
import pytest

from pose_core.models.landmarker import ImageLandmarker
from pose_core.models.pool import PosePool
from pose_core.performer import render_frame
from pose_core.settings import DetectionSettings
from tests.support import poses
from tests.support.poses import Performer, PoseMaker

# Examples are the same on every run and machine, and a slow machine is not an error.
hypothesis.settings.register_profile("posedeck", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("posedeck")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long runs unless `-m` selects them."""
    if "nightly" not in config.option.markexpr:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("nightly")])
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]


@pytest.fixture(scope="session")
def make_pose() -> PoseMaker:
    """Makes poses by hand."""
    return poses.make_pose


@pytest.fixture(scope="session")
def performer() -> Performer:
    """`render_frame`, which draws each picture only once."""
    return functools.lru_cache(maxsize=None)(render_frame)


@pytest.fixture(scope="session")
def full_landmarker() -> Iterator[ImageLandmarker]:
    """The full model with its default settings."""
    landmarker = ImageLandmarker(DetectionSettings())
    yield landmarker
    landmarker.close()


@pytest.fixture(scope="session")
def lite_pool() -> Iterator[PosePool]:
    """A pool for one picture at a time; fast with the lite model."""
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()
