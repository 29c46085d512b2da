"""Plotly figures of landmarks, and of angles over time."""
