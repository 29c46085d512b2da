"""The baseline of the live benchmark: a pose app written as in tutorials.

One image-mode landmarker for everybody, kept by ``st.cache_resource`` and guarded by a lock, is called in the frame
callback; the joints are drawn with plain OpenCV calls. Everything else is streamlit-webrtc's default, except that no
outside server is used (``iceServers``), which does not affect the speed. The model is PoseDeck's own bundle ``full``,
made of Google's networks, so that both apps do the same work for a frame.

    streamlit run benchmarks/tutorial_app.py
"""

from __future__ import annotations

import threading

import av
import cv2
import numpy as np
import streamlit as st
from streamlit_webrtc import webrtc_streamer

from pose_core.models.landmarker import ImageLandmarker
from pose_core.settings import DetectionSettings
from pose_core.skeleton import CONNECTIONS


@st.cache_resource
def load_model() -> tuple[ImageLandmarker, threading.Lock]:
    """Return the process's one landmarker, and the lock for its users."""
    return ImageLandmarker(DetectionSettings(model="full")), threading.Lock()


landmarker, lock = load_model()


def callback(frame: av.VideoFrame) -> av.VideoFrame:
    """Find the person and draw the skeleton; runs in a thread of streamlit-webrtc."""
    image = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    with lock:
        poses = landmarker.detect(image)
    for pose in poses:
        points = [(int(x), int(y)) for x, y in pose.image_xy_px]
        for start, end in CONNECTIONS:
            cv2.line(image, points[start], points[end], (255, 255, 255), 2)
        for point in points:
            cv2.circle(image, point, 4, (255, 0, 0), -1)
    return av.VideoFrame.from_ndarray(image, format="rgb24")


st.title("Pose estimation")
webrtc_streamer(
    key="pose",
    video_frame_callback=callback,
    rtc_configuration={"iceServers": []},
    media_stream_constraints={"video": True, "audio": False},
)
