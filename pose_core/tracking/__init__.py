"""People over time: numbers, smoothing, history, recordings."""
