"""The REST interface: the same poses for programs, from the same process and the same pool. Knows no Streamlit.

`routes` gives what ``app.py`` hands to the application. How to ask: docs/api.md.
"""

from __future__ import annotations

from service.gate import routes
from service.workers import Limits

__all__ = ["Limits", "routes"]
