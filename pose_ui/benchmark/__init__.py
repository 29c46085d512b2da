"""What the Benchmark page alone needs; the measurement is `pose_core.benchmark`."""
