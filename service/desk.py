"""Who is served and who is asked to come back: bounds on requests, and work off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from traceback import clear_frames
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from ops.memory import is_out_of_memory
from pose_core.errors import BusyError
from pose_core.machine import usable_cores
from pose_core.media.images import MAX_FILE_MB
from pose_core.models.pool import PosePool

__all__ = ["Desk", "Limits"]

_T = TypeVar("_T")

#: Pictures decoded at a time, for each core: one in the model while the next is decoded or the last one drawn.
_WORKERS_PER_CORE: Final = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what requests may take.

    Attributes
    ----------
    body_mb : int
        Most megabytes of a request's body: one file of the largest size, and the form around it.
    images : int
        Most pictures in one request.
    in_flight : int
        Most requests with pictures at a time; a further one is refused at once. With `body_mb` this bounds memory.
    wait_s : float
        Longest wait for a free worker, and for a free landmarker.
    read_s : float
        Longest time for a body to arrive: 50 MB at 14 Mbit/s.
    """

    body_mb: int = MAX_FILE_MB + 1
    images: int = 8
    in_flight: int = 16
    wait_s: float = 5.0
    read_s: float = 30.0


class Desk:
    """Takes requests in. Lives on the event loop; the work itself runs in threads.

    Parameters
    ----------
    pool : callable
        Returns the shared pool.
    limits : Limits
    """

    def __init__(self, pool: Callable[[], PosePool], limits: Limits) -> None:
        self.pool = pool
        self.limits = limits
        self.in_flight = 0
        workers = usable_cores() * _WORKERS_PER_CORE
        self._workers = anyio.Semaphore(workers)
        # Threads of its own, so that pictures never keep Streamlit's file serving waiting.
        self._threads = anyio.CapacityLimiter(workers)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one request, from before its body is read until it is answered.

        Raises
        ------
        BusyError
            At once, if all are taken; later, if there was no memory for what is done in it.
        """
        if self.in_flight >= self.limits.in_flight:
            raise BusyError(
                "too_many_requests_in_flight",
                "Up to {limit} requests at a time are served, and as many are under way. Please try again in a moment.",
                limit=self.limits.in_flight,
            )
        self.in_flight += 1
        try:
            yield
            return
        except Exception as error:
            _empty(error)
            if not is_out_of_memory(error):
                raise
        finally:
            self.in_flight -= 1
        # Here and not above, where the error would come along as its context.
        raise BusyError(
            "out_of_memory",
            "Memory for this request was expected, and there is none left. Please try again in a moment, or with "
            "smaller pictures.",
        )

    async def run(self, work: Callable[[PosePool, float], _T]) -> _T:
        """Call `work` with the pool, and the longest wait for a landmarker, in a thread.

        Raises
        ------
        BusyError
            If no worker came free in time, or `work` raised it.
        """
        wait_s = self.limits.wait_s
        try:
            with anyio.fail_after(wait_s):
                await self._workers.acquire()
        except TimeoutError:
            raise BusyError(
                "workers_busy",
                "A free worker was expected within {wait_s:g} s, and all are in use. Please try again in a moment.",
                wait_s=wait_s,
            ) from None
        try:
            return await anyio.to_thread.run_sync(partial(work, self.pool(), wait_s), limiter=self._threads)
        finally:
            self._workers.release()


def _empty(error: BaseException) -> None:
    """Let an error take no pictures along.

    Its traceback holds what the functions held in which it was raised, up to 150 MB a picture; and Python frees an
    error that went through a coroutine only when it next looks for cycles.
    """
    link: BaseException | None = error
    while link is not None:
        clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
