"""A whole film as MP4: H.264 at the source's own times, and the source's sound, copied packet by packet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import Any, BinaryIO, Final

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.media.demux import container_of
from pose_core.media.encoder import TICKS_PER_S, even_px, fit_into, open_mp4
from pose_core.media.fitting import box_scale

__all__ = ["FILM_BOX_PX", "MAX_FILM_OUT_BYTES", "FilmWriter"]

#: Longer and shorter side of a film that is written.
FILM_BOX_PX: Final = (1920, 1080)
#: The rate is bounded so that a film of any length stays below this.
MAX_FILM_OUT_BYTES: Final = 250_000_000
#: Bits a second: enough for 1080p with camera noise.
_MAX_RATE: Final = 8_000_000
#: A third of the work of "veryfast" for a picture as near to the source (PSNR 46.8 instead of 46.3 dB) at 1.3 times
#: the size: "ultrafast" with what makes its files small and smooth again.
_X264: Final = {
    "preset": "ultrafast",
    "crf": "25",
    "x264-params": "cabac=1:8x8dct=1:deblock=0,0:weightp=1",
}
#: Share of the bytes that pictures may take; the rest is sound and index.
_PICTURES: Final = 0.8
#: Sound that MP4 holds and browsers know.
_SOUND: Final = ("aac", "mp3", "opus", "ac3", "eac3", "alac", "flac")


class FilmWriter:
    """Writes an MP4 file (H.264, yuv420p, index at the front) on the caller's thread. Not for several threads at once.

    Parameters
    ----------
    file : file object
        Empty, open for reading and writing, and able to seek. It stays open.
    duration_s : float
        About how long the film will be, for its rate; NaN if unknown.
    source : bytes, optional
        The film whose sound is copied, if MP4 takes it.
    first_s, start_s : float
        The source's stated time of its first frame, and how far behind it the new film begins.

    Attributes
    ----------
    frames : int
        Frames written so far.
    sound : bool
        Whether the film has sound; known from the first frame on.
    """

    def __init__(
        self,
        file: BinaryIO,
        duration_s: float,
        source: bytes | None = None,
        *,
        first_s: float = 0.0,
        start_s: float = 0.0,
    ) -> None:
        self._file = file
        self._rate = _MAX_RATE
        if duration_s > 0:
            self._rate = min(_MAX_RATE, int(MAX_FILM_OUT_BYTES * 8 * _PICTURES / duration_s))
        self._source = source
        self._sound_from_s = first_s + start_s
        self._stack = ExitStack()
        self._output: tuple[Any, Any] | None = None
        self._size_wh = (0, 0)
        self._packets: Iterator[Any] = iter(())
        self._waiting: Any = None
        self.frames = 0
        self.sound = False

    def add(self, time_s: float, frame_rgb: FrameRGB) -> None:
        """Encode the next frame, and the sound up to it.

        Parameters
        ----------
        time_s : float
            From the start of the film, 0 or more, increasing.
        frame_rgb : ndarray of uint8, shape (H, W, 3)
            Not changed, and not needed afterwards. Frames of another size than the first are letterboxed.
        """
        if self._output is None:
            self._output = self._open(frame_rgb)
        container, stream = self._output
        # OpenCV takes a fraction of the time of PyAV's converter.
        planes = cv2.cvtColor(fit_into(frame_rgb, self._size_wh), cv2.COLOR_RGB2YUV_I420)
        frame = av.VideoFrame.from_numpy_buffer(np.asarray(planes, dtype=np.uint8), format="yuv420p")
        frame.pts, frame.time_base = round(time_s * TICKS_PER_S), Fraction(1, TICKS_PER_S)
        self._add_sound(container, time_s)
        container.mux(stream.encode(frame))
        self._last_s = time_s
        self.frames += 1

    def finish(self) -> None:
        """Write what is left, and the index. Without frames the file stays empty. A second call does nothing."""
        output, self._output = self._output, None
        with self._stack:
            if output is not None:
                container, stream = output
                with container:
                    container.mux(stream.encode())
                    self._add_sound(container, self._last_s + 0.05)

    def _open(self, frame_rgb: FrameRGB) -> tuple[Any, Any]:
        height, width = frame_rgb.shape[:2]
        scale = box_scale(width, height, FILM_BOX_PX)
        self._size_wh = even_px(width * scale), even_px(height * scale)
        options = _X264 | {"maxrate": str(self._rate), "bufsize": str(2 * self._rate)}
        container, stream = open_mp4(self._file, self._size_wh, options)
        if self._source is not None:
            self._open_sound(container, self._source)
        return container, stream

    def _open_sound(self, container: Any, source: bytes) -> None:
        opened, _ = self._stack.enter_context(container_of(source))
        tracks = [s for s in opened.streams.audio if s.codec_context and s.codec_context.name in _SOUND]
        if not tracks:
            return
        self._track = tracks[0]
        self._sound_out = container.add_stream_from_template(self._track)
        self._packets = opened.demux(self._track)
        self.sound = True

    def _add_sound(self, container: Any, until_s: float) -> None:
        while self.sound:
            if self._waiting is None:
                try:
                    self._waiting = next(self._packets)
                except (StopIteration, av.FFmpegError):  # its end, or the place where the file breaks off
                    self._packets = iter(())
                    return
            packet = self._waiting
            at_s = (
                math.nan if packet.pts is None else float(packet.pts * packet.time_base) - self._sound_from_s
            )
            if at_s > until_s:
                return
            self._waiting = None
            if packet.size and at_s >= 0:
                shift = round(self._sound_from_s / packet.time_base)
                packet.pts -= shift
                packet.dts = packet.pts
                packet.stream = self._sound_out
                container.mux(packet)
