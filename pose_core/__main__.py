"""``python -m pose_core``: the commands."""

from __future__ import annotations

import sys

from pose_core.commands import main

sys.exit(main())
