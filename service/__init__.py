"""The REST interface: the same poses for programs, from the same process and the same pool. Knows nothing of Streamlit.

`routes` makes what ``app.py`` adds to the application. How to use it: docs/api.md.
"""

from __future__ import annotations

from service.gate import routes
from service.validation import Validations
from service.workers import Limits

__all__ = ["Limits", "Validations", "routes"]
