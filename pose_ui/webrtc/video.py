"""How aiortc and streamlit-webrtc are set up for live pictures, in this one place. `pose_ui.resources.warm_up` does it.

Bound to aiortc 1.16 and streamlit-webrtc 0.79: all of it changes constants and classes of theirs that have no setting.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from aiortc import codecs
from aiortc.codecs import h264, vpx
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack
from streamlit.components.v1.component_registry import ComponentRegistry
from streamlit_webrtc import component, relay

from pose_ui.webrtc.encoder import LiveVp8Encoder

__all__ = ["NewestRelay", "apply", "timed"]

#: aiortc starts at 0.5 and ends at 1.5 Mbit/s, which blurs 720p. On a machine's own network there is room for more; the
#: receiver's reports still bring it down where there is not.
_START_BITS_PER_S: Final = 1_500_000
_MOST_BITS_PER_S: Final = 3_000_000


class NewestRelay(MediaRelay):
    """Hands on the newest frame only. The original queues without bound, so delay grows when a consumer is slower."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = False) -> MediaStreamTrack:
        """A proxy that holds one frame; called by streamlit-webrtc with the track alone."""
        return super().subscribe(track, buffered=buffered)


def timed(decode: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """A decoder's method that leaves its milliseconds in each frame's `opaque`."""

    def timed(self: Any, encoded_frame: Any) -> list[Any]:
        start_s = time.perf_counter()
        frames = decode(self, encoded_frame)
        elapsed_ms = (time.perf_counter() - start_s) * 1e3
        for frame in frames:
            frame.opaque = elapsed_ms / len(frames)
        return frames

    return timed


@cache
def apply() -> None:
    """Set all of it, once Streamlit's runtime exists; a second call does nothing."""
    both: tuple[Any, ...] = (vpx, h264)
    for codec in both:
        codec.DEFAULT_BITRATE = _START_BITS_PER_S
        codec.MAX_BITRATE = _MOST_BITS_PER_S
    decoders: tuple[Any, ...] = (vpx.Vp8Decoder, h264.H264Decoder)
    for decoder in decoders:
        decoder.decode = timed(decoder.decode)
    its_codecs: Any = codecs
    its_codecs.Vp8Encoder = LiveVp8Encoder
    its_relay: Any = relay
    its_relay.MediaRelay = NewestRelay
    # Imported outside a page's run, a component is not registered by itself. Doing it here saves the first visitor of
    # the Live page the second that the import takes.
    ComponentRegistry.instance().register_component(component._component_func)
    # Both log addresses of visitors and, at connection problems, whole tracebacks.
    for name in ("aiortc", "aioice", "streamlit_webrtc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
