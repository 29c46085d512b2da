"""A live stream: newest frame in, skeleton drawn, with figures. Independent of browsers and WebRTC."""

from pose_core.pipeline.live.detectors import Detector, OpenDetector
from pose_core.pipeline.live.meter import LIVE_STEPS, Figures
from pose_core.pipeline.live.quality import Change, Rung
from pose_core.pipeline.live.second import VIEWS, LivePair, SecondSettings, View, draw_both
from pose_core.pipeline.live.settings import LiveSettings, LiveStatus
from pose_core.pipeline.live.sources import SCENES, ClipSource, PerformerSource, Source
from pose_core.pipeline.live.stream import LiveStream
from pose_core.pipeline.live.told import ToldFrame, ToldStream

__all__ = [
    "LIVE_STEPS",
    "SCENES",
    "VIEWS",
    "Change",
    "ClipSource",
    "Detector",
    "Figures",
    "LivePair",
    "LiveSettings",
    "LiveStatus",
    "LiveStream",
    "OpenDetector",
    "PerformerSource",
    "Rung",
    "SecondSettings",
    "Source",
    "ToldFrame",
    "ToldStream",
    "View",
    "draw_both",
]
