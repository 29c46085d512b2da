"""Streamlit's secrets files, read with tomllib; each is read again only when it has changed.

Not through ``st.secrets``, which raises the same exception for a missing file (the usual case, and fine) and for a
damaged one (which must be reported).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pose_core.errors import SettingsError

__all__ = ["secrets_section"]


def secrets_section(name: str, files: Iterable[str | Path]) -> tuple[str, Any] | None:
    """A section of the secrets.

    Parameters
    ----------
    name : str
        Such as ``"ice"`` for ``[ice]``.
    files : iterable of path
        Streamlit's option ``secrets.files``. One that does not exist is skipped, and so is a folder of mounted
        secrets, which only Streamlit itself reads.

    Returns
    -------
    tuple or None
        The last file that has the section, named as an error may name it, and the section's content; None without one.

    Raises
    ------
    SettingsError
        A file cannot be read as TOML. The message quotes nothing of it.
    """
    found = None
    for path in map(Path, files):
        # A visitor may see the name, so it does not tell where the project is.
        shown = "/".join(path.parts[-2:])
        try:
            content = _parsed(path, path.stat().st_mtime_ns) if path.suffix == ".toml" else {}
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:  # TOML and UTF-8 faults are ValueErrors
            place = re.search(r"line \d+", str(error))
            raise SettingsError(
                "secrets_file",
                "{file} must be a TOML file that can be read; it is not ({reason}). Correct it; docs/deploy.md shows "
                "an example.",
                file=shown,
                reason=place.group() if place else type(error).__name__,
            ) from None
        if name in content:
            found = shown, content[name]
    return found


@lru_cache(maxsize=8)
def _parsed(path: Path, changed_ns: int) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
