"""The Photo page in a browser, as a visitor uses it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from pose_core.media.images import decode_picture, encode_jpeg
from pose_core.performer import render_frame
from pose_core.performer.samples import SAMPLES, sample_bytes
from pose_core.skeleton import LANDMARK_NAMES
from tests.support.server import Server
from tests.support.visit import (
    download,
    go_to,
    pixels,
    settle,
    until_on_page,
    upload,
    visit,
    wait_for_result,
)
from tests.support.waiting import until

pytestmark = pytest.mark.e2e

_WHOLLY_SHOWN = """one => {
    const [own, strip] = [one, one.parentElement].map((element) => element.getBoundingClientRect());
    return own.left >= strip.left && own.right <= strip.right + 1;
}"""
_ENDS = ("pose.jpg", "pose.json", "pose.xlsx", "landmarks.csv")


def _button(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=label, exact=True)


def _caption(page: Page) -> Locator:
    return page.get_by_text(" ms · ").first


AREA_PX = "picture => picture.getBoundingClientRect().width * picture.getBoundingClientRect().height"


def _drawn(page: Page) -> Locator:
    return page.get_by_alt_text(re.compile("the skeleton drawn on each"))


def _settings(page: Page) -> None:
    _button(page, "Settings").click()
    expect(page.get_by_text("People to look for")).to_be_visible()


def _explore(page: Page) -> Locator:
    """The interactive picture, which is only sent when somebody asks for it."""
    page.get_by_role("radio", name="Explore").click()
    plot = page.locator(".js-plotly-plot").first
    expect(plot.locator(".scatterlayer")).to_be_attached()
    settle(page)
    return plot


# ---------------------------------------------------------------------- first visit
def test_first_visit_shows_red_dots_where_the_joints_really_are(photo: Page) -> None:
    truth = next(sample for sample in SAMPLES if sample.id == "squat").render().landmarks_px[0]
    shown = pixels(_drawn(photo))
    assert shown.shape[:2] == (720, 960)
    red = (shown[..., 0] > 200) & (shown[..., 1] < 110) & (shown[..., 2] < 110)
    for joint in ("left_shoulder", "left_knee", "right_knee", "left_ankle", "right_ankle"):
        x, y = np.rint(truth[LANDMARK_NAMES.index(joint)]).astype(int)
        assert red[y - 25 : y + 26, x - 25 : x + 26].any(), joint


def test_picture_and_angles_are_in_the_first_screen_and_no_chart_is_loaded(
    server: Server, browser: Browser
) -> None:
    with visit(browser, f"{server.url}/photo", height=800) as page:
        wait_for_result(page)
        until_on_page(page, lambda: _drawn(page).evaluate(AREA_PX) > 0.35 * 1280 * 800)  # in its final place
        drawn = _drawn(page).bounding_box()
        assert drawn is not None
        assert drawn["y"] + drawn["height"] <= 800
        last = page.get_by_role("cell", name="Pelvis obliquity").bounding_box()
        assert last is not None
        assert last["y"] + last["height"] <= 800
        expect(page.locator(".js-plotly-plot")).to_have_count(0)


def test_on_a_phone_the_whole_picture_is_in_the_first_screen_before_any_angle(
    server: Server, browser: Browser
) -> None:
    with visit(browser, f"{server.url}/photo", width=390, height=844) as page:
        wait_for_result(page)
        drawn = _drawn(page).bounding_box()
        assert drawn is not None
        assert drawn["width"] > 350
        assert drawn["y"] + drawn["height"] <= 844
        joint = page.get_by_role("cell", name="Elbow").bounding_box()
        assert joint is not None
        assert joint["y"] > drawn["y"] + drawn["height"]
        for button in (_button(page, "Settings"), page.get_by_role("radio", name="Lunge")):
            target = button.bounding_box()
            assert target is not None
            assert min(target["width"], target["height"]) >= 40


def test_an_upright_picture_of_a_batch_and_one_with_nobody_fit_the_first_screen(
    server: Server, browser: Browser
) -> None:
    upright = np.ascontiguousarray(decode_picture(sample_bytes("stand")).frame_rgb[:, 210:750])
    with visit(browser, f"{server.url}/photo", height=800) as page:
        wait_for_result(page)
        upload(page, ("upright.jpg", encode_jpeg(upright)), ("empty.png", sample_bytes("empty_room")))
        for name, least in (("upright", 0.19), ("empty", 0.35)):
            page.get_by_role("radio", name=re.compile(name)).click()
            shown = page.get_by_alt_text(re.compile(name))
            expect(shown).to_be_visible()
            settle(page)
            box = shown.bounding_box()
            assert box is not None
            assert box["width"] * box["height"] > least * 1280 * 800
            assert box["y"] + box["height"] <= 800
        expect(_button(page, "Use the heavy model")).to_be_in_viewport()


def test_on_a_phone_nobody_found_is_said_above_the_picture(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/photo?photo_sample=empty_room", width=390, height=844) as page:
        wait_for_result(page)
        said = page.get_by_text("Nobody was found in this picture").bounding_box()
        drawn = page.get_by_alt_text(re.compile("nobody was found")).bounding_box()
        assert said is not None
        assert drawn is not None
        assert said["y"] + said["height"] < drawn["y"]


def test_own_pictures_sent_by_another_page_are_in_view_among_the_samples(
    server: Server, browser: Browser
) -> None:
    with visit(browser, server.url) as page:
        settle(page)
        page.locator("input[type=file]").set_input_files(
            [{"name": "me.png", "mimeType": "image/png", "buffer": sample_bytes("stand")}]
        )
        wait_for_result(page)
        own = page.get_by_role("radio", name="My pictures (1)")
        expect(own).to_be_checked()
        until(lambda: own.evaluate(_WHOLLY_SHOWN))


def test_near_a_joint_the_pointer_shows_its_angle(photo: Page) -> None:
    truth = next(sample for sample in SAMPLES if sample.id == "squat").render().landmarks_px[0]
    x, y = truth[LANDMARK_NAMES.index("left_knee")]
    knee = photo.get_by_role("row", name=re.compile("Knee")).get_by_role("cell").nth(1).inner_text()
    angle = photo.get_by_text(f"Left knee {knee}", exact=True)

    def shows_it() -> bool:
        shown = _drawn(photo).bounding_box()  # it may move until everything beside it is there
        assert shown is not None
        photo.mouse.move(shown["x"] + x / 960 * shown["width"], shown["y"] + y / 720 * shown["height"])
        return angle.is_visible()

    until_on_page(photo, shows_it)
    photo.mouse.move(5, 5)
    expect(angle).to_be_hidden()


def test_the_divider_moves_by_keyboard(photo: Page) -> None:
    slider = photo.get_by_label(re.compile("Divider between"))
    slider.focus()
    for _ in range(30):
        slider.press("ArrowRight")
    expect(photo.get_by_text("Before", exact=True)).to_be_visible()
    expect(slider).to_have_value("30")


# ---------------------------------------------------------------------- own pictures
def test_an_uploaded_picture_is_analysed_and_every_format_can_be_downloaded(photo: Page) -> None:
    upload(photo, ("my squat.png", sample_bytes("stand")))
    expect(_caption(photo)).to_contain_text("1 person")

    name, data = download(photo, _button(photo, "PNG"))
    assert name == "my_squat_pose.png"
    assert Image.open(io.BytesIO(data)).size == (960, 720)

    name, data = download(photo, _button(photo, "CSV"))
    assert name == "my_squat_landmarks.csv"
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert [row["landmark"] for row in rows] == list(LANDMARK_NAMES)

    name, data = download(photo, _button(photo, "JSON"))
    assert name == "my_squat_pose.json"
    result = json.loads(data)
    assert result["file"]["name"] == "my squat.png"
    assert len(result["people"][0]["landmarks"]) == 33
    assert result["people"][0]["landmarks"][0]["x_px"] == pytest.approx(float(rows[0]["x_px"]))

    name, data = download(photo, _button(photo, "XLSX"))
    assert name == "my_squat_pose.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Angles", "Landmarks", "About"]
    assert book["Landmarks"].max_row == 34


def test_a_batch_goes_into_one_zip_and_names_what_could_not_be_read(photo: Page) -> None:
    upload(
        photo,
        ("one.png", sample_bytes("stand")),
        ("two.png", sample_bytes("lunge")),
        ("bad.jpg", b"just words"),
    )
    expect(photo.get_by_text("1 of 3 pictures could not be read")).to_be_visible()
    photo.get_by_role("button", name="Pack all 3 as ZIP").click()
    with photo.expect_download() as waiting:
        photo.get_by_role("button", name=re.compile("Download ZIP")).click()
    assert re.fullmatch(r"posedeck_\d{4}-\d\d-\d\d_\d{4}\.zip", waiting.value.suggested_filename)
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted(
            [f"{stem}_{end}" for stem in ("one", "two") for end in _ENDS] + ["summary.csv"]
        )
        assert "none of these" in archive.read("summary.csv").decode("utf-8-sig")


def test_a_batch_is_walked_through_with_the_arrow_keys_and_each_picture_says_its_state(photo: Page) -> None:
    upload(
        photo,
        ("one.png", sample_bytes("stand")),
        ("bad.jpg", b"just words"),
        ("empty.png", sample_bytes("empty_room")),
    )
    strip = photo.get_by_role("radiogroup", name="My pictures")
    for name in ("1/3 one.png: 1 person", "2/3 bad.jpg: cannot be read", "3/3 empty.png: nobody found"):
        expect(strip.get_by_role("radio", name=name)).to_be_visible()
    strip.get_by_role("radio", name="1/3").click()
    strip.get_by_role("radio", name="1/3").press("ArrowRight")
    expect(strip.get_by_role("radio", name="2/3")).to_be_checked()
    expect(strip.get_by_role("radio", name="2/3")).to_be_focused()
    expect(photo.get_by_text("the content of this one is none of these").first).to_be_visible()
    photo.keyboard.press("ArrowRight")
    expect(strip.get_by_role("radio", name="3/3")).to_be_checked()
    expect(photo.get_by_text("Nobody was found")).to_be_visible()
    photo.get_by_role("heading", name="Photo").click()  # anywhere outside: the page's own shortcut
    photo.keyboard.press("ArrowLeft")
    expect(strip.get_by_role("radio", name="2/3")).to_be_checked()


def test_a_batch_comes_as_one_workbook_and_one_report_that_fetches_nothing(
    photo: Page, browser: Browser, tmp_path: Path
) -> None:
    upload(photo, ("one.png", sample_bytes("stand")), ("two.png", sample_bytes("lunge")))
    expect(_button(photo, "Report of all")).to_be_visible()
    settle(photo)
    name, data = download(photo, _button(photo, "XLSX of all"))
    assert re.fullmatch(r"posedeck_[\d_-]+\.xlsx", name)
    assert openpyxl.load_workbook(io.BytesIO(data))["Landmarks"].max_row == 67
    name, data = download(photo, _button(photo, "Report of all"))
    file = tmp_path / name
    file.write_bytes(data)
    report = browser.new_page()
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url[:30]))
    report.goto(file.as_uri())
    expect(report.get_by_role("heading", name="2 pictures")).to_be_visible()
    expect(report.get_by_role("img")).to_have_count(2)
    widths = report.get_by_role("img").evaluate_all("pictures => pictures.map(one => one.naturalWidth)")
    assert widths == [960, 960]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    report.close()


def test_a_long_batch_and_its_zip_show_progress_and_can_be_stopped(photo: Page) -> None:
    pictures = [
        (f"{i}.jpg", encode_jpeg(render_frame("walk", i / 40, yaw_deg=30).rgb, quality=80 + i % 15))
        for i in range(40)
    ]
    _settings(photo)
    photo.get_by_text("heavy: most accurate").click()  # slow enough to be seen while it runs
    settle(photo)
    photo.keyboard.press("Escape")
    photo.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in pictures]
    )
    expect(photo.get_by_text(re.compile(r"Picture \d+ of 40, about \d+ s left"))).to_be_visible()
    photo.get_by_role("button", name="Stop").click()
    expect(photo.get_by_text(re.compile(r"Stopped after \d+ of 40 pictures"))).to_be_visible()
    photo.get_by_role("button", name="Continue").click()
    expect(photo.get_by_text(re.compile("Stopped after"))).to_have_count(0)
    settle(photo)
    expect(photo.get_by_role("cell", name="1 person")).to_have_count(40)

    photo.get_by_role("button", name="Pack all 40 as ZIP").click()
    expect(photo.get_by_text(re.compile(r"Packing \d+ of 40, about \d+ s left"))).to_be_visible()
    photo.get_by_role("button", name="Stop").click()
    expect(photo.get_by_text(re.compile("Packing"))).to_have_count(0)
    expect(photo.get_by_role("button", name="Pack all 40 as ZIP")).to_be_visible()
    settle(photo)
    expect(photo.get_by_role("button", name=re.compile("Download ZIP"))).to_have_count(0)


def test_a_camera_snapshot_is_analysed(photo: Page) -> None:
    photo.get_by_role("button", name="Take a picture").click()
    expect(photo.locator("[data-testid=stCameraInput] video")).to_have_js_property("readyState", 4)
    photo.get_by_test_id("stCameraInputButton").click()
    expect(_caption(photo)).to_contain_text("nobody found")  # Chromium's fake camera shows no person
    expect(photo.get_by_test_id("stCameraInput")).to_have_count(
        0
    )  # the result is not covered, the camera is off


def test_a_bad_file_gets_a_message_and_the_page_still_works(photo: Page) -> None:
    upload(photo, ("text.jpg", b"no picture at all"))
    expect(photo.get_by_text("the content of this one is none of these")).to_be_visible()
    photo.get_by_role("radio", name="Standing").click()
    expect(_caption(photo)).to_contain_text("1 person")


# ---------------------------------------------------------------------- choices
def test_language_reaches_names_on_the_picture_charts_and_workbook(photo: Page) -> None:
    _settings(photo)
    photo.get_by_text("Joint names", exact=True).click()
    photo.keyboard.press("Escape")
    settle(photo)
    english = pixels(_drawn(photo))
    photo.get_by_text("中文", exact=True).click()
    expect(photo.get_by_role("heading", name="照片")).to_be_visible()
    settle(photo)
    chinese = pixels(photo.get_by_alt_text(re.compile("并画出每个人的骨架")))
    assert (english != chinese).any()
    photo.get_by_role("radio", name="角度").click()
    expect(photo.locator(".js-plotly-plot .bars").first).to_be_attached()
    expect(photo.locator(".js-plotly-plot").first).to_contain_text("左 (L)")
    _, data = download(photo, _button(photo, "XLSX"))
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames == ["角度", "关键点", "说明"]


def test_each_tab_shows_its_view(photo: Page) -> None:
    for tab, content in (
        ("3-D", ".js-plotly-plot .gl-container canvas"),
        ("Angles", ".js-plotly-plot .bars"),
        ("Table", "[data-testid=stDataFrame] canvas"),
        ("JSON", "[data-testid=stJson]"),
        ("Explore", ".js-plotly-plot .scatterlayer"),
    ):
        photo.get_by_role("radio", name=tab).click()
        expect(photo.locator(content).first).to_be_attached()
        settle(photo)


def test_hovering_a_landmark_names_it_with_its_figures(photo: Page) -> None:
    plot = _explore(photo)
    plot.scroll_into_view_if_needed()
    # Plotly's own layer for the pointer covers the points: hence by force.
    plot.locator(".scatterlayer .points path").first.hover(force=True)
    expect(plot.locator(".hoverlayer")).to_contain_text(
        re.compile(r"x \d+ px, y \d+ px, z -?[\d.]+visibility")
    )


def test_double_clicking_samples_leaves_the_last_one_shown(photo: Page) -> None:
    photo.get_by_role("radio", name="Lunge").click()
    photo.get_by_role("radio", name="Arms raised").dblclick()
    photo.get_by_role("radio", name="Standing").click()
    settle(photo)
    expect(photo.get_by_alt_text(re.compile("stand.png: "))).to_be_visible()


def test_a_double_click_on_a_sample_chooses_it(photo: Page) -> None:
    photo.get_by_role("radio", name="Standing").dblclick()
    expect(photo.get_by_alt_text(re.compile("stand.png: "))).to_be_visible()
    settle(photo)
    expect(photo.get_by_alt_text(re.compile("stand.png: "))).to_be_visible()


def test_skeleton_only_sends_no_picture_of_the_person(photo: Page) -> None:
    _explore(photo)
    _settings(photo)
    photo.get_by_text("Skeleton only", exact=True).click()
    expect(photo.get_by_text("so that nobody can be recognised")).to_be_visible()
    settle(photo)
    expect(photo.get_by_label(re.compile("Divider between"))).to_be_hidden()
    shown = pixels(_drawn(photo))
    grey = np.ptp(shown[..., :3].astype(int), axis=-1) < 30
    assert grey.mean() > 0.97  # what is left has hardly any colour: no shirt, no floor
    expect(photo.locator(".js-plotly-plot image")).to_have_count(0)


def test_pictures_add_up_across_pages_and_can_be_removed(photo: Page) -> None:
    upload(photo, ("one.png", sample_bytes("stand")))
    go_to(photo, "Home")
    expect(photo.get_by_text("nothing is sent anywhere")).to_be_visible()
    go_to(photo, "Photo")
    wait_for_result(photo)
    upload(photo, ("two.png", sample_bytes("lunge")))
    expect(photo.get_by_role("radio", name="My pictures (2)")).to_be_checked()
    photo.get_by_role("button", name="Remove all").click()
    expect(photo.get_by_role("radio", name="Squat")).to_be_checked()


def test_the_wheel_over_the_interactive_picture_scrolls_the_page(photo: Page) -> None:
    plot = _explore(photo)
    plot.hover(position={"x": 200, "y": 100})
    top = plot.evaluate("element => element.getBoundingClientRect().top")
    photo.mouse.wheel(0, 200)
    # Not by wait_for_function: the page's policy does not allow its eval.
    plot.evaluate(
        """async (element, top) => {
            while (element.getBoundingClientRect().top >= top - 50) await new Promise(requestAnimationFrame);
        }""",
        top,
    )


def test_two_tabs_of_one_person_do_not_disturb_each_other(
    server: Server, browser: Browser, photo: Page
) -> None:
    with visit(browser, f"{server.url}/photo") as second:
        wait_for_result(second)
        second.get_by_role("radio", name="Empty room").click()
        expect(_caption(second)).to_contain_text("nobody found")
    photo.get_by_role("radio", name="Standing").click()
    expect(photo.get_by_alt_text(re.compile("stand.png: "))).to_be_visible()
