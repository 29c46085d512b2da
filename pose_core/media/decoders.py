"""The processes that decode pictures and check clips and films, shared by all of this process: a file can be stopped,
and memory is bounded.

A file of 2 MB can hold a decoder for an hour, and a thread cannot be stopped. So pictures are decoded in processes of
their own (`pose_core.media.decode_child`), which are killed when their time is over, and replaced when they are next
needed. Pixels come back through a pipe, strip by strip, straight into the array that is handed out. Of a clip or
a film, only figures come back: what it costs is known then, and bounded.
"""

from __future__ import annotations

import atexit
import json
import struct
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError, PictureError, PoseCoreError
from pose_core.machine import usable_cores
from pose_core.media.child_process import ChildProcess
from pose_core.media.child_side import NO_MEMORY, OK, REFUSED
from pose_core.media.clip_errors import clip_damaged, clip_too_much
from pose_core.media.decode_child import CLIP, CLIP_MB, FILM, PICTURE, TOO_MUCH_WORK
from pose_core.media.picture_file import Header, damaged
from pose_core.media.room import Room, shutting_down
from pose_core.stopping import Stop, StoppedError

__all__ = ["DECODE_LIMIT_S", "SHARED_DECODERS", "Decoders"]

_T = TypeVar("_T")
_CHILD: Final = "pose_core.media.decode_child"

#: A picture of 50 megapixels takes 1 to 3 s on a quiet machine.
DECODE_LIMIT_S: Final = 15.0
#: A pixel under way takes up to 12 bytes: so are counted what a clip's check may take, and a film's own bytes.
_PIXEL_BYTES: Final = 12
_CLIP_PIXELS: Final = round(CLIP_MB * 1e6 / _PIXEL_BYTES)
#: A film's check has more time for each of its bytes, which are all read: 25 times as much as a usual film takes.
_FILM_BYTES_PER_S: Final = 10e6


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
        self._idle: list[ChildProcess] = []
        self._busy: set[ChildProcess] = set()

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

    def check_clip(self, data: bytes, longest_s: float, wait_s: float) -> dict[str, Any]:
        """Open a clip, read it to its end and decode its first frame (`pose_core.media.clips.look_at_clip`).

        Parameters
        ----------
        data : bytes
            A whole file, within the limit on size.
        longest_s : float
            Longest duration accepted.
        wait_s : float
            Longest wait for the files of others.

        Returns
        -------
        dict
            ``size_wh``, ``fps`` and ``duration_s``.

        Raises
        ------
        ClipError
            If it cannot be played, or costs more than a clip may.
        BusyError
            If there was no room in time, or the decoders were closed meanwhile.
        """
        return self._check(CLIP, data, longest_s, wait_s, self.limit_s, _CLIP_PIXELS)

    def check_film(self, data: bytes, longest_s: float, wait_s: float) -> dict[str, Any]:
        """The same for a film (`pose_core.media.films.look_at_film`), with more time; it counts as room for its size.

        Returns
        -------
        dict
            ``size_wh``, ``fps``, ``duration_s``, ``first_s`` and ``codec``.
        """
        limit_s = round(self.limit_s + len(data) / _FILM_BYTES_PER_S)
        return self._check(FILM, data, longest_s, wait_s, limit_s, _CLIP_PIXELS + len(data) // _PIXEL_BYTES)

    def _check(
        self, job: int, data: bytes, longest_s: float, wait_s: float, limit_s: float, pixels: int
    ) -> dict[str, Any]:
        def exchange(child: ChildProcess) -> dict[str, Any]:
            child.send(job, data, longest_s)
            status, length, _ = struct.unpack("<BII", child.read_bytes(9))
            answer: dict[str, Any] = json.loads(child.read_bytes(length))
            if status in (TOO_MUCH_WORK, NO_MEMORY):
                child.kill()  # what it had to keep may have left gaps, which would hide what the next one costs
                raise clip_too_much(limit_s)
            if status == REFUSED:
                raise _clip_error(answer)
            return answer

        self.room.take(pixels, wait_s)
        try:
            return self._work(exchange, Stop(), limit_s, clip_too_much, clip_damaged)
        except MemoryError as error:
            raise clip_too_much(limit_s) from error
        finally:
            self.room.leave_seat()
            self.room.give_back(pixels)

    def _decode(self, data: bytes, header: Header, stop: Stop) -> tuple[FrameRGB, dict[str, Any]]:
        return self._work(
            lambda child: _exchange(child, data, header, self.limit_s), stop, self.limit_s, _too_slow, damaged
        )

    def _work(
        self,
        exchange: Callable[[ChildProcess], _T],
        stop: Stop,
        limit_s: float,
        too_slow: Callable[[float], PoseCoreError],
        damaged: Callable[[], PoseCoreError],
    ) -> _T:
        """One file in one process, within the limit; the errors are what it means if the process ends over it."""
        child = self._take()
        usable = False
        try:
            with child.within(limit_s, stop):
                answer = exchange(child)
            usable = not child.killed
            return answer
        except (EOFError, BrokenPipeError) as error:
            closed = child not in self._busy
            code = child.close()
            if closed:
                raise shutting_down() from error
            if child.killed and stop.is_set:
                raise StoppedError from error
            if child.killed:
                raise too_slow(limit_s) from error
            if code == NO_MEMORY or code == -9:  # the system ends these processes first
                raise MemoryError("no memory is left for this file") from error
            raise damaged() from error  # the decoder crashed
        except (PictureError, ClipError):
            usable = not child.killed
            raise
        finally:
            self._give(child, usable)

    def _take(self) -> ChildProcess:
        with self._lock:
            child = None
            while self._idle and child is None:
                child = self._idle.pop()
                if not child.alive:
                    child.close()
                    child = None
            child = child or ChildProcess(_CHILD)
            self._busy.add(child)
            return child

    def _give(self, child: ChildProcess, usable: bool) -> None:
        with self._lock:
            keep = usable and child in self._busy
            self._busy.discard(child)
            if keep:
                self._idle.append(child)
        if not keep:
            child.close()

    def close(self) -> None:
        """End all processes; what is in them or waits for them is refused. A later file starts a process again."""
        self.room.turn_away()
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
    child: ChildProcess, data: bytes, header: Header, limit_s: float
) -> tuple[FrameRGB, dict[str, Any]]:
    child.send(PICTURE, data)
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


def _clip_error(answer: dict[str, Any]) -> ClipError:
    """The error that the process has found."""
    code = answer["code"]
    error = ClipError(code, "{sentence}", sentence=answer["sentence"])
    error.values = answer["values"]
    return error


#: Decodes for everything in this process. A server limits what is under way and closes it at its end.
SHARED_DECODERS: Final = Decoders()
atexit.register(SHARED_DECODERS.close)
