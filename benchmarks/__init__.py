"""Measurements from the command line: engine, photos, live streams, REST, load and more; results are in ``results/``.

``benchmarks.resolution`` runs the measurement of the Benchmark page, `pose_core.benchmark`; the others stand alone. The
page's own parts are in `pose_ui.benchmark`.
"""
