"""The pool keeps its limits under any threads, and never loses a place."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

import numpy as np
import pytest

from pose_core.errors import BusyError, SetupError
from pose_core.machine import usable_cores
from pose_core.models import pool as pool_module
from pose_core.models.pool import STREAMS_PER_CORE, PosePool
from pose_core.performer import PerformerFrame
from pose_core.settings import DetectionSettings
from tests.support.waiting import LONG_S

FRAME = np.zeros((32, 32, 3), dtype=np.uint8)
LITE, FULL, HEAVY = (DetectionSettings(model=model) for model in ("lite", "full", "heavy"))


class FakeLandmarker:
    """Stands in for a real one where threads must meet at one moment; counts its instances."""

    guard: ClassVar[threading.Lock] = threading.Lock()
    made: ClassVar[list[FakeLandmarker]] = []
    live: ClassVar[int] = 0
    most_live: ClassVar[int] = 0
    pause_s: ClassVar[float] = 0.0
    fails: ClassVar[bool] = False

    def __init__(self, settings: DetectionSettings) -> None:
        if self.fails:
            raise SetupError("library_missing", "no library")
        self.settings = settings
        self.closed = False
        self.runs = 0
        with self.guard:
            type(self).live += 1
            type(self).most_live = max(self.live, self.most_live)
            self.made.append(self)
        time.sleep(self.pause_s)

    def detect(self, frame_rgb: object) -> tuple[()]:
        assert not self.closed
        self.runs += 1
        return ()

    def close(self) -> None:
        time.sleep(self.pause_s)
        with self.guard:
            if not self.closed:
                type(self).live -= 1
            self.closed = True


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[FakeLandmarker], type[FakeLandmarker]]]:
    """Fresh stand-ins for pictures and for streams."""
    kinds = []
    for name in ("ImageLandmarker", "StreamLandmarker"):
        kind = type(f"Fake{name}", (FakeLandmarker,), {"made": [], "guard": threading.Lock()})
        monkeypatch.setattr(pool_module, name, kind)
        kinds.append(kind)
    yield kinds[0], kinds[1]
    assert all(kind.live >= 0 for kind in kinds)


@pytest.fixture
def images(fakes: tuple[type[FakeLandmarker], type[FakeLandmarker]]) -> type[FakeLandmarker]:
    return fakes[0]


@pytest.fixture
def streams(fakes: tuple[type[FakeLandmarker], type[FakeLandmarker]]) -> type[FakeLandmarker]:
    return fakes[1]


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads switch as often as possible, so that gaps between locks show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def watched_pool(monkeypatch: pytest.MonkeyPatch) -> tuple[PosePool, threading.Event]:
    """A pool with one place, and an event that is set once a thread waits for it."""
    waiting = threading.Event()

    class Noted(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            waiting.set()
            return super().wait(timeout)

    with monkeypatch.context() as patch:  # not for threads and events, which have their own conditions
        patch.setattr(threading, "Condition", Noted)
        return PosePool(image_limit=1), waiting


def run_in_threads(number: int, work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def guarded(which: int) -> None:
        try:
            work(which)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
        assert not thread.is_alive(), "a thread is stuck"
    if failures:
        raise failures[0]


# ---------------------------------------------------------------------- limits
class BorrowerError(Exception):
    pass


@pytest.mark.usefixtures("restless")
def test_never_more_than_the_limit_are_busy_or_alive(images: type[FakeLandmarker]) -> None:
    images.pause_s = 0.0005
    limit = 3
    pool = PosePool(image_limit=limit)
    guard = threading.Lock()
    busy = most_busy = served = 0

    def work(which: int) -> None:
        nonlocal busy, most_busy, served
        chance = random.Random(which)
        for _ in range(12):
            try:
                with pool.borrow(chance.choice((LITE, FULL, HEAVY)), wait_s=LONG_S) as landmarker:
                    with guard:
                        busy += 1
                        most_busy = max(most_busy, busy)
                        served += 1
                    landmarker.detect(FRAME)
                    time.sleep(0.0002)
                    with guard:
                        busy -= 1
                    if chance.random() < 0.2:
                        raise BorrowerError
            except BorrowerError:
                pass

    run_in_threads(16, work)
    assert served == 16 * 12
    assert most_busy == limit, "the limit is used"
    assert images.most_live == limit, "and never passed"
    assert pool.status().image_busy == 0
    pool.close()
    assert images.live == 0


def test_a_landmarker_is_never_shared(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=2)
    with pool.borrow(FULL) as one, pool.borrow(FULL) as other:
        assert one is not other
        assert pool.status().image_busy == pool.status().image_landmarkers == 2


def test_a_waiting_caller_gets_the_place_that_is_freed(
    images: type[FakeLandmarker], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, waiting = watched_pool(monkeypatch)
    got = threading.Event()

    def wait() -> None:
        with pool.borrow(FULL, wait_s=LONG_S):
            got.set()

    waiter = threading.Thread(target=wait)
    with pool.borrow(FULL):
        waiter.start()
        assert waiting.wait(LONG_S)
        assert not got.is_set()
    assert got.wait(LONG_S)
    waiter.join(LONG_S)
    assert len(images.made) == 1


def test_waiting_ends_with_a_clear_error_and_changes_nothing(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1)
    with pool.borrow(FULL):
        for wait_s in (0.0, 0.02):
            with (
                pytest.raises(BusyError, match="all 1 are in use") as caught,
                pool.borrow(LITE, wait_s=wait_s),
            ):
                pytest.fail("two places where there is one")
            assert caught.value.code == "pool_busy"
        assert pool.status().image_busy == 1
    with pool.borrow(FULL, wait_s=0.0):
        pass
    assert len(images.made) == 1


# ---------------------------------------------------------------------- reuse
def test_an_idle_landmarker_is_used_again(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=2)
    for _ in range(5):
        assert pool.detect(FRAME, FULL) == ()
    assert [made.runs for made in images.made] == [5]


def test_other_settings_replace_the_one_that_was_idle_longest(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=2)
    for settings in (LITE, FULL, LITE, HEAVY):  # full was used before lite's second time
        pool.detect(FRAME, settings)
    lite, full, heavy = images.made
    assert (lite.closed, full.closed, heavy.closed) == (False, True, False)
    pool.detect(FRAME, LITE)
    pool.detect(FRAME, HEAVY)
    assert len(images.made) == 3


def test_a_failing_borrower_frees_the_place_and_its_landmarker_is_not_used_again(
    images: type[FakeLandmarker],
) -> None:
    pool = PosePool(image_limit=1)
    with pytest.raises(BorrowerError), pool.borrow(FULL):
        raise BorrowerError
    assert images.made[0].closed
    assert pool.status().image_landmarkers == 0
    pool.detect(FRAME, FULL, wait_s=0.0)
    assert [made.runs for made in images.made] == [0, 1]


def test_a_model_that_cannot_be_loaded_costs_no_place(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    images.fails = True
    for _ in range(3):
        with pytest.raises(SetupError):
            pool.detect(FRAME, FULL, wait_s=0.0)
        with pytest.raises(SetupError):
            pool.warm(FRAME)
    assert pool.status().image_busy == 0
    images.fails = False
    pool.detect(FRAME, FULL, wait_s=0.0)


# ---------------------------------------------------------------------- warming
def test_warming_fills_every_place_and_runs_each_twice(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=3)
    assert pool.status().warm_s is None
    took_s = pool.warm(FRAME, FULL)
    assert pool.status().warm_s == took_s >= 0
    assert [made.runs for made in images.made] == [2, 2, 2]
    assert (pool.status().image_landmarkers, pool.status().image_busy) == (3, 0)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(pool.borrow(FULL))
    assert len(images.made) == 3, "nobody waits for a model after that"


def test_warming_leaves_alone_what_is_already_there(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=2)
    with pool.borrow(LITE) as borrowed:
        pool.warm(FRAME, FULL)
        assert len(images.made) == 2
        pool.warm(FRAME, FULL)
    assert images.most_live == 2
    assert not borrowed.closed


@pytest.mark.usefixtures("restless")
def test_visitors_during_the_warming_do_not_break_the_limit(images: type[FakeLandmarker]) -> None:
    images.pause_s = 0.002
    pool = PosePool(image_limit=2)

    def work(which: int) -> None:
        if which == 0:
            pool.warm(FRAME, FULL)
        else:
            for settings in (FULL, LITE, FULL):
                pool.detect(FRAME, settings, wait_s=LONG_S)

    run_in_threads(5, work)
    assert images.most_live == 2
    assert pool.status().image_busy == 0


def test_a_picture_that_fails_while_warming_leaves_no_model_behind(
    images: type[FakeLandmarker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BorrowerError

    monkeypatch.setattr(images, "detect", fail)
    pool = PosePool(image_limit=2)
    with pytest.raises(BorrowerError):
        pool.warm(FRAME, FULL)
    assert images.live == 0
    assert pool.status().image_busy == 0


# ---------------------------------------------------------------------- streams
def test_each_stream_has_its_own_landmarker_up_to_the_limit(streams: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1, stream_limit=2)
    leased = [pool.lease_stream(FULL) for _ in range(2)]
    assert leased[0] is not leased[1]
    assert pool.status().streams == 2
    with pytest.raises(BusyError, match="all 2 are taken") as caught:
        pool.lease_stream(FULL)
    assert caught.value.code == "seats_taken"
    assert len(streams.made) == 2, "no model is loaded for who gets no seat"


def test_a_released_seat_is_free_and_releasing_again_frees_no_other(
    streams: type[FakeLandmarker],
) -> None:
    pool = PosePool(image_limit=1, stream_limit=2)
    first, second = pool.lease_stream(FULL), pool.lease_stream(FULL)
    for _ in range(3):
        pool.release_stream(first)
    assert first.closed
    assert not second.closed
    assert pool.status().streams == 1
    pool.lease_stream(FULL)
    with pytest.raises(BusyError):
        pool.lease_stream(FULL)


def test_a_stream_that_cannot_be_opened_costs_no_seat(streams: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    streams.fails = True
    for _ in range(2):
        with pytest.raises(SetupError):
            pool.lease_stream(FULL)
    assert pool.status().streams == 0
    streams.fails = False
    pool.lease_stream(FULL)


@pytest.mark.usefixtures("restless")
def test_seats_are_never_given_twice(streams: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1, stream_limit=2)
    refused = 0

    def work(_: int) -> None:
        nonlocal refused
        for _ in range(40):
            try:
                stream = pool.lease_stream(FULL)
            except BusyError:
                refused += 1
                continue
            pool.release_stream(stream)

    run_in_threads(8, work)
    assert streams.most_live <= 2
    assert refused, "there was a crowd"
    assert pool.status().streams == 0


def test_no_seat_looks_free_while_one_is_being_taken(
    streams: type[FakeLandmarker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread tries at every moment at which the pool's lock is free."""
    attempts: list[str] = []

    class Probed(threading.Condition):
        probing = False

        def __exit__(self, *args: Any) -> None:
            super().__exit__(*args)
            if not Probed.probing:
                Probed.probing = True
                try:
                    pool.lease_stream(FULL)
                    attempts.append("got a seat")
                except BusyError as error:
                    attempts.append(error.code)
                Probed.probing = False

    monkeypatch.setattr(threading, "Condition", Probed)
    pool = PosePool(image_limit=1, stream_limit=1)
    pool.lease_stream(FULL)
    assert len(attempts) >= 2
    assert set(attempts) == {"seats_taken"}


def test_a_stream_keeps_its_seat_while_its_model_is_exchanged(streams: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    first = pool.lease_stream(FULL)
    seen: list[int] = []
    closing = first.close

    def close() -> None:
        seen.append(pool.seats_free)
        closing()

    first.close = close  # type: ignore[method-assign]
    second = pool.exchange_stream(first, LITE)
    assert seen == [0], "nobody could slip in"
    assert first.closed
    assert second.settings == LITE
    assert streams.most_live == 1
    assert pool.seats_free == 0
    pool.release_stream(second)
    assert pool.seats_free == 1


def test_an_exchange_that_fails_frees_the_seat(streams: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    stream = pool.lease_stream(FULL)
    streams.fails = True
    with pytest.raises(SetupError):
        pool.exchange_stream(stream, LITE)
    assert stream.closed
    assert pool.seats_free == 1


def test_only_a_leased_stream_can_be_exchanged(streams: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    stream = pool.lease_stream(FULL)
    pool.release_stream(stream)
    with pytest.raises(ValueError, match="leased from this pool"):
        pool.exchange_stream(stream, LITE)
    assert pool.seats_free == 1


def test_pictures_and_streams_do_not_take_each_others_places(
    fakes: tuple[type[FakeLandmarker], type[FakeLandmarker]],
) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    pool.lease_stream(FULL)
    with pool.borrow(FULL, wait_s=0.0):
        status = pool.status()
    assert (status.image_busy, status.image_limit, status.streams, status.stream_limit) == (1, 1, 1, 1)


# ---------------------------------------------------------------------- closing
def test_closing_frees_idle_landmarkers_at_once_and_others_when_they_are_returned(
    fakes: tuple[type[FakeLandmarker], type[FakeLandmarker]],
) -> None:
    images, streams = fakes
    pool = PosePool(image_limit=2, stream_limit=2)
    stream = pool.lease_stream(FULL)
    pool.warm(FRAME, FULL)
    with pool.borrow(FULL) as borrowed:
        pool.close()
        assert images.live == 1
        assert not borrowed.closed
        borrowed.detect(FRAME)
    assert (images.live, streams.live) == (0, 0)
    pool.release_stream(stream)
    pool.close()
    assert pool.status().image_landmarkers == pool.status().streams == 0


def test_a_closed_pool_refuses_every_request(images: type[FakeLandmarker]) -> None:
    pool = PosePool(image_limit=1)
    pool.close()
    requests: tuple[Callable[[], Any], ...] = (
        lambda: pool.detect(FRAME, FULL),
        lambda: pool.lease_stream(FULL),
    )
    for request in requests:
        with pytest.raises(BusyError) as caught:
            request()
        assert caught.value.code == "pool_closed"
    pool.warm(FRAME, FULL)
    assert images.made == []


def test_closing_wakes_waiting_callers(images: type[FakeLandmarker], monkeypatch: pytest.MonkeyPatch) -> None:
    pool, waiting = watched_pool(monkeypatch)
    codes: list[str] = []

    def wait() -> None:
        try:
            pool.detect(FRAME, FULL, wait_s=LONG_S)
        except BusyError as error:
            codes.append(error.code)

    waiter = threading.Thread(target=wait)
    with pool.borrow(FULL):
        waiter.start()
        assert waiting.wait(LONG_S)
        pool.close()
        waiter.join(LONG_S / 2)
        assert not waiter.is_alive(), "before the place was free"
    assert codes == ["pool_closed"]


def test_a_stream_that_opens_while_the_pool_closes_is_freed(
    streams: type[FakeLandmarker], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    plain_init = streams.__init__

    def close_meanwhile(self: FakeLandmarker, *args: Any) -> None:
        plain_init(self, *args)
        pool.close()

    monkeypatch.setattr(streams, "__init__", close_meanwhile)
    with pytest.raises(BusyError) as caught:
        pool.lease_stream(FULL)
    assert caught.value.code == "pool_closed"
    assert streams.live == 0


# ---------------------------------------------------------------------- real landmarkers
def test_limits_follow_the_cores_unless_given() -> None:
    status = PosePool().status()
    assert usable_cores() >= 1
    assert status.image_limit == usable_cores()
    assert status.stream_limit == usable_cores() * STREAMS_PER_CORE


def test_real_landmarkers_serve_many_threads_and_agree(performer: Callable[..., PerformerFrame]) -> None:
    frames = [performer("squat", phase).rgb for phase in (0.0, 0.25, 0.5)]
    pool = PosePool(image_limit=2, stream_limit=1)
    try:
        pool.warm(frames[0], LITE)
        expected = [pool.detect(frame_rgb, LITE)[0].image_xy_px for frame_rgb in frames]

        def work(which: int) -> None:
            for number, frame_rgb in enumerate(frames):
                (pose,) = pool.detect(frame_rgb, LITE, wait_s=LONG_S)
                np.testing.assert_array_equal(pose.image_xy_px, expected[number])

        run_in_threads(6, work)
        assert pool.status().image_landmarkers == 2
    finally:
        pool.close()


def test_a_real_stream_can_be_leased_used_and_released_while_detecting(
    performer: Callable[..., PerformerFrame],
) -> None:
    frame_rgb = performer("squat", 0.25).rgb
    pool = PosePool(image_limit=1, stream_limit=1)
    stream = pool.lease_stream(LITE)
    started = threading.Event()
    outcomes: list[Any] = []

    def watch() -> None:
        try:
            while True:
                outcomes.append(len(stream.detect(frame_rgb, len(outcomes) / 30)))
                started.set()
        except RuntimeError as error:
            outcomes.append(str(error))

    viewer = threading.Thread(target=watch)
    viewer.start()
    assert started.wait(LONG_S)
    pool.close()
    viewer.join(LONG_S)
    assert not viewer.is_alive()
    assert set(outcomes[:-1]) == {1}
    assert outcomes[-1] == "this landmarker is closed"
