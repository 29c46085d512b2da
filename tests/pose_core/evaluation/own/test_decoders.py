"""Where a picture ends up in a network's input, and where its answers end up on the picture."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pose_core.evaluation.own.declaration import Declaration, read_declaration
from pose_core.evaluation.own.decoders import WrongOutputsError, decode, prepare
from tests.support.networks import HEIGHT, WIDTH, declared


def of(decoder: str, **more: Any) -> Declaration:
    return read_declaration(json.dumps(declared(decoder, **more)).encode())


def simcc_rows(places: list[tuple[float, float]], split: float = 2.0) -> list[np.ndarray[Any, Any]]:
    rows = [np.zeros((1, 3, round(side * split))) for side in (WIDTH, HEIGHT)]
    for joint, place in enumerate(places):
        for row, at in zip(rows, place, strict=True):
            row[0, joint, round(at * split)] = 1.0
    return rows


def test_colours_mean_and_layout_are_as_declared() -> None:
    frame_rgb = np.full((HEIGHT, WIDTH, 3), (10, 20, 30), dtype=np.uint8)
    usual, _ = prepare(frame_rgb, of("simcc", mean=[1, 2, 3], std=[2, 4, 8]))
    np.testing.assert_allclose(usual[0, :, 5, 5], [9 / 2, 18 / 4, 27 / 8])
    turned, _ = prepare(frame_rgb, of("simcc", mean=[1, 2, 3], std=[2, 4, 8], colours="bgr", layout="nhwc"))
    assert turned.shape == (1, HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(turned[0, 5, 5], [29 / 2, 18 / 4, 7 / 8])


@pytest.mark.parametrize(
    ("fit", "bars", "at"),
    [
        # A picture twice as wide and four times as high as the input: a quarter of its size, 32 pixels wide.
        ("letterbox", ([8, 0], [8, 60]), (16 + 20 / 4, 80 / 4)),
        ("corner", ([8, 40], [8, 60]), (20 / 4, 80 / 4)),
        ("stretch", (), (20 / 2, 80 / 4)),
    ],
)
def test_a_picture_of_another_shape_lies_in_the_input_as_declared(
    fit: str, bars: tuple[list[int], ...], at: tuple[float, float]
) -> None:
    network = of("simcc", fit=fit, padding=0)
    tensor, placement = prepare(np.full((4 * HEIGHT, 2 * WIDTH, 3), 255, dtype=np.uint8), network)
    assert (tensor == 0).any() == (fit != "stretch")
    for y, x in bars:
        assert (tensor[0, :, y, x] == 0).all()
    np.testing.assert_allclose(placement.to_picture(np.array(at)), (20, 80))


def test_padding_has_its_own_grey() -> None:
    tensor, _ = prepare(np.zeros((10, 60, 3), dtype=np.uint8), of("simcc", padding=114))
    np.testing.assert_allclose(tensor[0, :, 0, 0], 114 / 255)


def test_simcc_gives_the_highest_place_and_the_less_sure_of_two_scores() -> None:
    network = of("simcc")
    _, placement = prepare(np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8), network)
    rows = simcc_rows([(10.5, 20), (30, 40.5), (0, 0)])
    rows[1] *= 0.5
    xy, scores = decode(rows, network, placement)
    np.testing.assert_allclose(xy, [[(10.5, 20), (30, 40.5), (0, 0)]])
    np.testing.assert_allclose(scores, [0.5])
    assert len(decode([row * 0.2 for row in rows], network, placement)[0]) == 0


def test_movenet_gives_one_person_or_several_with_their_own_scores() -> None:
    network = of("movenet")
    _, placement = prepare(np.zeros((2 * HEIGHT, 2 * WIDTH, 3), dtype=np.uint8), network)
    points = [(0.5, 0.25, 0.9), (0.25, 0.5, 0.8), (1, 1, 0.7)]
    xy, scores = decode([np.array([[points]])], network, placement)
    np.testing.assert_allclose(xy[0], [(0.25 * 128, 0.5 * 96), (0.5 * 128, 0.25 * 96), (128, 96)])
    np.testing.assert_allclose(scores, [0.8])
    people = np.array([[[*np.ravel(points), 0, 0, 1, 1, score] for score in (0.4, 0.1, 0.6)]])
    xy, scores = decode([people], network, placement)
    assert (len(xy), scores.tolist()) == (2, [0.6, 0.4])


def yolo_row(box: tuple[float, ...], scores: tuple[float, ...], x: float) -> list[float]:
    return [*box, *scores, *np.ravel([(x, x, 1.0)] * 3).tolist()]


@pytest.mark.parametrize("turned", [False, True], ids=["columns", "rows"])
def test_yolo_keeps_the_surest_of_those_that_overlap_and_only_people(turned: bool) -> None:
    network = of("yolo_pose", classes=2, person=1)
    _, placement = prepare(np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8), network)
    rows = np.array(
        [
            yolo_row((20, 20, 20, 20), (0.0, 0.6), 1),
            yolo_row((21, 20, 20, 20), (0.0, 0.9), 2),
            yolo_row((50, 20, 20, 20), (0.1, 0.5), 3),
            yolo_row((20, 40, 4, 4), (0.8, 0.7), 4),  # a dog
            yolo_row((5, 5, 4, 4), (0.0, 0.2), 5),  # not sure enough
        ]
    )
    xy, scores = decode([rows[None] if turned else rows.T[None]], network, placement)
    assert xy[:, 0, 0].tolist() == [2, 3]
    assert scores.tolist() == [0.9, 0.5]


def test_final_rows_of_yolo_are_people_as_they_are() -> None:
    network = of("yolo_pose", rows="final", classes=2, person=1, numbers=2)
    _, placement = prepare(np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8), network)
    rows = np.array([[0, 0, 9, 9, score, kind, *[x] * 6] for score, kind, x in ((0.5, 1, 7), (0.9, 0, 8))])
    xy, scores = decode([rows[None]], network, placement)
    assert (xy[:, 0, 0].tolist(), scores.tolist()) == ([7], [0.5])


def test_a_person_with_a_joint_that_is_no_number_is_not_found() -> None:
    network = of("movenet")
    _, placement = prepare(np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8), network)
    points = np.full((1, 1, 3, 3), 0.5)
    points[0, 0, 1, 0] = np.nan
    xy, scores = decode([points], network, placement)
    assert xy.shape == (0, 3, 2)
    assert scores.shape == (0,)


@pytest.mark.parametrize(
    ("decoder", "outputs"),
    [
        ("simcc", [np.zeros((1, 3, 64)), np.zeros((1, 3, 96))]),
        ("simcc", [np.zeros((3, 128)), np.zeros((1, 3, 96))]),
        ("movenet", [np.zeros((1, 1, 17, 3))]),
        ("yolo_pose", [np.zeros((1, 56, 100))]),
        ("yolo_pose", [np.zeros(7)]),
    ],
    ids=["split", "flat", "joints", "yolo_joints", "yolo_flat"],
)
def test_outputs_of_another_shape_are_named(decoder: str, outputs: list[Any]) -> None:
    network = of(decoder)
    _, placement = prepare(np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8), network)
    with pytest.raises(WrongOutputsError, match=r"output \w+ must be \[1, "):
        decode(outputs, network, placement)
