"""Export a model as ONNX, with a script that runs it by itself."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pose_core.commands.files import new_folder, write_output
from pose_core.settings import VARIANTS

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("model", choices=VARIANTS)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the files, and for a ZIP of them"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the files, and a ZIP of them, into the folder."""
    from pose_core.export.onnx_files import onnx_files
    from pose_core.export.photos import to_zip

    folder = new_folder(arguments.out)
    files = onnx_files(arguments.model)
    archive = {f"pose_{arguments.model}_onnx.zip": to_zip(files.items())}
    for name, content in {**files, **archive}.items():
        write_output(folder / name, content)
    sys.stderr.write(f"{len(files) + len(archive)} files in {folder}\n")
