"""Pose estimation around MediaPipe Pose: pictures in, landmarks, angles, drawings and files out. Knows no Streamlit."""

from __future__ import annotations

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1.0"
