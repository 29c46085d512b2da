"""People over time: who is who, smoothing, history, recordings."""
