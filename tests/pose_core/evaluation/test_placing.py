from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pose_core.evaluation.dataset import AnnotatedPicture, make_person
from pose_core.evaluation.keypoint_sets import recognise
from pose_core.evaluation.orientation import exif_orientation
from pose_core.evaluation.placing import place
from pose_core.media.images import decode_picture

KIT = recognise(["nose", "left_knee"])
STORED_WH = (64, 32)


def _picture(**more: object) -> AnnotatedPicture:
    person = make_person(1, [[10, 20, 2], [0, 0, 0]], KIT, box_xywh=[8, 16, 20, 10], area=100)
    return AnnotatedPicture(1, "a.jpg", (person,), lambda: b"", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_annotations_of_the_stored_picture_follow_it_upright(orientation: int, form: str) -> None:
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[18:22, 8:12] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, exif=exif, **({"quality": 95} if form != "PNG" else {}))
    assert exif_orientation(file.getvalue()) == orientation
    upright = decode_picture(file.getvalue())
    if orientation < 5 and orientation > 1:
        return  # the size does not tell; such annotations count as those of the upright picture
    truth = place(_picture(size_wh=STORED_WH), upright.size_wh, STORED_WH, orientation, 2)
    assert truth is not None
    rows, columns = np.nonzero(upright.frame_rgb[..., 0] > 128)
    np.testing.assert_allclose(truth.xy_px[0, 0], [columns.mean() + 0.5, rows.mean() + 0.5], atol=0.6)
    assert np.isnan(truth.xy_px[0, 1]).all()
    assert truth.area_px2[0] == pytest.approx(100)
    np.testing.assert_allclose(truth.in_file(truth.xy_px[0, :1]), [[10, 20]], atol=1e-9)


def test_annotations_of_the_upright_picture_stay() -> None:
    truth = place(_picture(size_wh=(32, 64)), (32, 64), STORED_WH, 6, 2)
    assert truth is not None
    np.testing.assert_allclose(truth.xy_px[0, 0], [10, 20])


def test_annotations_of_a_smaller_copy_are_scaled_with_their_area() -> None:
    truth = place(_picture(size_wh=(64, 32)), (640, 320), (640, 320), 1, 2)
    assert truth is not None
    np.testing.assert_allclose(truth.xy_px[0, 0], [100, 200])
    np.testing.assert_allclose(truth.box_px[0], [80, 160, 200, 100])
    assert truth.area_px2[0] == pytest.approx(10_000)


def test_annotations_of_a_picture_of_another_shape_are_refused() -> None:
    assert place(_picture(size_wh=(500, 500)), (640, 320), (640, 320), 1, 2) is None


def test_a_missing_area_is_a_share_of_the_box() -> None:
    person = make_person(1, [[10, 20, 2], [0, 0, 0]], KIT, box_xywh=[0, 0, 10, 20])
    truth = place(AnnotatedPicture(1, "a", (person,), lambda: b""), (64, 32), (64, 32), 1, 2)
    assert truth is not None
    assert truth.area_px2[0] == pytest.approx(0.53 * 200)


def test_damaged_exif_means_upright() -> None:
    assert exif_orientation(b"\xff\xd8Exif\0\0II*\0\xff\xff\xff\x7f") == 1
    assert exif_orientation(b"") == 1
