"""The model files, MediaPipe's landmarkers, and the pool in which they are shared."""
