"""A page with charts that are redrawn in place, for test_live_chart.py."""

from __future__ import annotations

print
