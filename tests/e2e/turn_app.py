"""A page that sends each picture back as it came, for test_turn.py. Its log holds all that any library has to say."""

from __future__ import annotations

import logging

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from pose_core.errors import PoseCoreError
from pose_ui.webrtc.ice import ice_configuration


def main() -> None:
    """Show the stream, or why the settings do not allow one."""
    try:
        configuration = ice_configuration()
    except PoseCoreError as error:
        st.error(str(error))
        return
    webrtc_streamer(
        key="echo",
        mode=WebRtcMode.SENDRECV,
        rtc_configuration=configuration,
        media_stream_constraints={"video": True, "audio": False},
        video_frame_callback=lambda frame: frame,
    )


if __name__ == "__main__":  # as Streamlit runs it; pytest only imports it, in search of doctests
    logging.basicConfig(level=logging.DEBUG)
    main()
