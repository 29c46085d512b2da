"""The model files, MediaPipe's landmarkers, and the pool that shares them."""
