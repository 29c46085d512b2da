"""The parts of the Benchmark page. `pose_core.benchmark` measures, and ``benchmarks/`` is for the command line."""
