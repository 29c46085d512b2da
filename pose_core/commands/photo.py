"""Find people in a picture, and write landmarks, angles and the picture with skeletons."""

from __future__ import annotations

import argparse
import sys

from pose_core.commands.files import add_common, new_folder, pose_settings, read_input, write_output
from pose_core.export.photos import to_csv, to_json
from pose_core.media.images import encode_png
from pose_core.models.pool import PosePool
from pose_core.pipeline.photo import analyse_photo, annotate_photo

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    add_common(parser, "JPG, PNG, WebP, GIF, HEIC or AVIF file")


def run(arguments: argparse.Namespace) -> None:
    """Do it: pose.json, landmarks.csv and annotated.png into the folder."""
    settings = pose_settings(arguments)
    data = read_input(arguments.input)
    folder = new_folder(arguments.out)
    pool = PosePool(image_limit=1)
    try:
        result, picture = analyse_photo(data, settings, pool, name=arguments.input.name)
    finally:
        pool.close()
    drawn_rgb, _ = annotate_photo(result, picture.frame_rgb, settings)
    write_output(folder / "pose.json", to_json(result))
    write_output(folder / "landmarks.csv", to_csv(result))
    write_output(folder / "annotated.png", encode_png(drawn_rgb))
    sys.stderr.write(f"people: {len(result.poses)}; files are in {folder}\n")
