"""The connection between browser and server, and the changes to aiortc and streamlit-webrtc that it needs."""
