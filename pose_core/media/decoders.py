"""The processes that decode pictures, shared by all of this process: a file can be stopped, and memory is bounded.

A file of 2 MB can hold a decoder for an hour, and a thread cannot be stopped. So pictures are decoded in processes of
their own (`pose_core.media.decode_child`), which are killed when their time is over, and replaced when they are next
needed. Pixels come back through a pipe, strip by strip, straight into the array that is handed out.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError, PictureError
from pose_core.machine import usable_cores
from pose_core.media.decode_child import NO_MEMORY, OK, TOO_MUCH_WORK
from pose_core.media.picture_file import Header, damaged
from pose_core.media.room import Room
from pose_core.stopping import Stop, StoppedError

__all__ = ["DECODE_LIMIT_S", "Decoders"]

#: A picture of 50 megapixels takes 1 to 3 s on a quiet machine.
DECODE_LIMIT_S: Final = 15.0
_PIPE_BYTES: Final = 2**20
_F_SETPIPE_SZ: Final = 1031  # Linux
#: All of the environment that the process gets; passwords and tokens are not its business.
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT")
#: One thread, and memory that goes back to the system after each picture (glibc).
_SMALL: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**20),
}


class _Child:
    """One process, and the deadline of what it is doing."""

    def __init__(self) -> None:
        places = [str(Path(place).absolute()) for place in sys.path]  # it imports what this process would
        code = f"import sys; sys.path[:] = {places!r}; from pose_core.media.decode_child import main; main()"
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= _SMALL
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
        )
        self._lock = threading.Lock()
        self._busy = False
        self.killed = False
        if sys.platform == "linux":
            import fcntl

            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):  # the user's pipes may be at their limit
                    fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)  # type: ignore[arg-type]

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self.killed = True
        self._process.kill()

    def _kill_if_busy(self) -> None:
        with self._lock:
            if self._busy:
                self.kill()

    def close(self) -> int:
        """End the process; returns its exit code."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        return code

    @contextmanager
    def within(self, limit_s: float, stop: Stop) -> Iterator[None]:
        """Kill the process if the body takes longer, or nobody wants its result any more."""
        self._busy = True
        timer = threading.Timer(limit_s, self._kill_if_busy)
        timer.daemon = True
        timer.start()
        try:
            with stop.calls(self._kill_if_busy):
                yield
        finally:
            timer.cancel()
            with self._lock:
                self._busy = False

    def send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        for part in (memoryview(struct.pack("<Q", len(data))), memoryview(data)):
            while part:
                part = part[self._process.stdin.write(part) :]

    def read(self, into: memoryview) -> None:
        assert self._process.stdout is not None
        while into:
            count = self._process.stdout.readinto(into)  # type: ignore[attr-defined]
            if not count:
                raise EOFError
            into = into[count:]

    def read_bytes(self, count: int) -> bytes:
        data = bytearray(count)
        self.read(memoryview(data))
        return bytes(data)


class Decoders:
    """Decodes pictures in processes that are started when needed and kept.

    Parameters
    ----------
    pixels : float
        How many pixels may be under way at a time, from the moment of decoding until the picture is gone.
    processes : int, optional
        How many pictures may be decoded at a time; one for each core unless given.
    limit_s : float
        Longest time for one picture.
    """

    def __init__(
        self, pixels: float = float("inf"), processes: int | None = None, limit_s: float = DECODE_LIMIT_S
    ) -> None:
        self.room = Room(pixels, processes or usable_cores())
        self.limit_s = limit_s
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()

    @property
    def busy(self) -> int:
        """How many pictures are being decoded."""
        with self._lock:
            return len(self._busy)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes that run, at work or waiting for it."""
        with self._lock:
            return tuple(child.process_id for child in (*self._idle, *self._busy) if child.alive)

    def decode(
        self, data: bytes, header: Header, wait_s: float, stop: Stop | None = None
    ) -> tuple[FrameRGB, dict[str, Any], Any]:
        """Decode a file whose header was read; given up when `stop` is set.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
        dict
            ``format`` and ``notes``.
        callable
            Gives the room back; to be called once, when the pixels are gone.

        Raises
        ------
        PictureError
            If the file is damaged, or takes longer than the limit.
        BusyError
            If there was no room in time, or the decoders were closed meanwhile.
        MemoryError
            If there is too little memory for this picture.
        StoppedError
            If it was given up.
        """
        stop = stop or Stop()
        pixels = header.decoded_pixels
        kept = header.size_wh[0] * header.size_wh[1]
        self.room.take(pixels, wait_s, stop)
        try:
            frame_rgb, facts = self._decode(data, header, stop)
        except BaseException:
            self.room.give_back(pixels)
            raise
        finally:
            self.room.leave_seat()
        self.room.give_back(pixels - kept)  # what was cut off is gone
        return frame_rgb, facts, lambda: self.room.give_back(kept)

    def _decode(self, data: bytes, header: Header, stop: Stop) -> tuple[FrameRGB, dict[str, Any]]:
        child = self._take()
        usable = False
        try:
            with child.within(self.limit_s, stop):
                answer = _exchange(child, data, header, self.limit_s)
            usable = not child.killed
            return answer
        except (EOFError, BrokenPipeError) as error:
            raise self._why(child, stop) from error
        except PictureError:
            usable = not child.killed
            raise
        finally:
            self._give(child, usable)

    def _why(self, child: _Child, stop: Stop) -> Exception:
        """What it means that a process ended in the middle of a picture."""
        closed = child not in self._busy
        code = child.close()
        if closed:
            return BusyError("pool_closed", "PoseDeck is shutting down. Start it again to go on.")
        if child.killed and stop.is_set:
            return StoppedError()
        if child.killed:
            return _too_slow(self.limit_s)
        if code == NO_MEMORY or code == -9:  # the system ends these processes first
            return MemoryError("no memory is left for this picture")
        return damaged()  # the decoder crashed

    def _take(self) -> _Child:
        with self._lock:
            child = None
            while self._idle and child is None:
                child = self._idle.pop()
                if not child.alive:
                    child.close()
                    child = None
            child = child or _Child()
            self._busy.add(child)
            return child

    def _give(self, child: _Child, usable: bool) -> None:
        with self._lock:
            keep = usable and child in self._busy
            self._busy.discard(child)
            if keep:
                self._idle.append(child)
        if not keep:
            child.close()

    def close(self) -> None:
        """End all processes; pictures in them are refused. A later picture starts a process again."""
        with self._lock:
            busy, idle = self._busy, self._idle
            self._busy, self._idle = set(), []
        for child in busy:
            child.kill()  # closed by the thread that waits for it
        for child in idle:
            child.close()


def _too_slow(limit_s: float) -> PictureError:
    return PictureError(
        "picture_too_slow",
        "A picture must be readable within {limit_s:g} s and without needless repetition; this file is not. "
        "Open it in a picture program, save it as a plain JPG and try that.",
        limit_s=limit_s,
    )


def _exchange(
    child: _Child, data: bytes, header: Header, limit_s: float
) -> tuple[FrameRGB, dict[str, Any]]:
    child.send(data)
    status, width, height = struct.unpack("<BII", child.read_bytes(9))
    if status == TOO_MUCH_WORK:
        raise _too_slow(limit_s)
    if status == NO_MEMORY:
        raise MemoryError("too little memory for this picture")
    if status != OK:
        raise damaged()
    if sorted((width, height)) != sorted(header.size_wh):
        child.kill()  # it goes on writing
        raise damaged()
    frame_rgb = np.empty((height, width, 3), dtype=np.uint8)
    child.read(frame_rgb.data.cast("B"))
    (length,) = struct.unpack("<I", child.read_bytes(4))
    return frame_rgb, json.loads(child.read_bytes(length))
