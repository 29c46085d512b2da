"""The connection between browser and server, and what is changed in aiortc and streamlit-webrtc for it."""
