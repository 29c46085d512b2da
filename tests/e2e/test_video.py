"""The Video page in a browser: a film in, its frames and its curves on one clock, and files out."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import av
import jsonschema
import numpy as np
import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from pose_core.export.video_files import FILE_NAMES, MORE_FILE_NAMES
from tests.support.numbered_film import FPS, NUMBER_JS, number_in, numbered_duo
from tests.support.paths import ROOT
from tests.support.server import Server
from tests.support.visit import download, go_to, pixels, settle, until_on_page, visit

pytestmark = pytest.mark.e2e

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import c3d

FRAMES = 50
#: Fractions of the width of the curves at which they are clicked, not in order.
CLICKS = [(0.02 + 0.37 * n) % 1 for n in range(20)]
#: Plays the film, and notes for each picture its own number and the frame at the cursor.
PLAY_AND_NOTE = f"""async root => {{
  const number = {NUMBER_JS};
  const {{ player }} = root;
  const context = new OffscreenCanvas(128, 16).getContext("2d", {{ willReadFrequently: true }});
  const noted = [];
  const over = new Promise(resolve => {{
    const next = () => {{
      noted.push([number(player.video, context), player.frame]);
      if (noted.length < 30) player.video.requestVideoFrameCallback(next);
      else resolve();
    }};
    player.video.requestVideoFrameCallback(next);
  }});
  player.toggle();
  await over;
  player.pause();
  return noted;
}}"""


def _choose(page: Page, data: bytes, name: str = "squat.mp4") -> None:
    page.locator(".drop input[type=file]").set_input_files(
        [{"name": name, "mimeType": "video/mp4", "buffer": data}]
    )


def _player(page: Page) -> Locator:
    """The player, once people and the first picture are there."""
    player = page.locator(".posedeck-film")
    expect(player.locator(".stage")).to_be_visible(timeout=120_000)  # the model works first
    until_on_page(
        page,
        lambda: player.evaluate(
            "root => root.player?.film && root.player.video.readyState >= 2 && root.player.shownMediaS >= 0"
        ),
    )
    return player


def _at(player: Locator) -> dict[str, Any]:
    """The frame that the curves mean, and the time of the picture that the browser says it shows."""
    told: dict[str, Any] = player.evaluate(
        "root => ({ frame: root.player.frame, mediaS: root.player.shownMediaS,"
        " timeS: root.player.film.timeS[root.player.frame] })"
    )
    return told


@pytest.fixture(scope="module")
def film() -> bytes:
    return numbered_duo(FRAMES)


@pytest.fixture(scope="module")
def page(server: Server, browser: Browser, film: bytes) -> Iterator[Page]:
    """A visitor whose film of two people is analysed."""
    with visit(browser, f"{server.url}/video?model=lite&people=2") as visited:
        _choose(visited, film)
        visited.get_by_role("button", name="Analyse", exact=True).click()
        _player(visited)
        settle(visited)
        yield visited


def test_a_click_on_the_curve_shows_the_frame_that_it_means(page: Page) -> None:
    player = _player(page)
    plot, video = player.locator(".plot"), player.locator("video")
    box = plot.bounding_box()
    assert box is not None
    for share in CLICKS:
        x = 36 + share * (box["width"] - 42)
        plot.click(position={"x": x, "y": 60})
        meant = round(share * (FRAMES - 1))
        until_on_page(page, lambda: number_in(pixels(video)) == _at(player)["frame"])
        at = _at(player)
        assert abs(at["frame"] - meant) <= 1
        assert at["mediaS"] == pytest.approx(at["timeS"], abs=0.5 / FPS)


def test_arrow_keys_step_by_a_frame_and_with_shift_by_a_second(page: Page) -> None:
    player = _player(page)
    video = player.locator("video")
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    for key, frame in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("Shift+ArrowRight", 2 + FPS),
        ("ArrowLeft", 1 + FPS),
    ):
        page.keyboard.press(key)
        until_on_page(page, lambda wanted=frame: number_in(pixels(video)) == wanted)
        assert _at(player)["frame"] == frame


def test_the_cursor_follows_the_playing_picture_by_at_most_one_frame(page: Page) -> None:
    player = _player(page)
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    until_on_page(page, lambda: number_in(pixels(player.locator("video"))) == 0)
    noted = np.array(player.evaluate(PLAY_AND_NOTE))
    assert np.ptp(noted[:, 0]) >= 10
    assert np.abs(noted[:, 0] - noted[:, 1]).max() <= 1
    until_on_page(page, lambda: number_in(pixels(player.locator("video"))) == _at(player)["frame"])
    moved = player.locator(".cursor").evaluate(
        "cursor => new DOMMatrix(getComputedStyle(cursor).transform).e"
    )
    meant = player.evaluate("root => root.player.charts.x(root.player.frame)")
    assert moved == pytest.approx(meant, abs=1)


def _rest_at(page: Page, player: Locator, frame: int) -> None:
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    for _ in range(frame):
        page.keyboard.press("ArrowRight")
    assert _at(player)["frame"] == frame


def _choose_person(page: Page, player: Locator, person: int) -> None:
    chip = player.get_by_role("button", name=f"Person {person}")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    page.get_by_text(f"Person {person}: swap left and right").first.wait_for(state="attached")


def test_a_person_is_chosen_and_their_curves_and_files_are_shown(page: Page) -> None:
    player = _player(page)
    _rest_at(page, player, 25)
    values, found = player.locator(".values"), {}
    for person in (2, 1):
        _choose_person(page, player, person)
        _, trc = download(page, page.get_by_role("button", name="TRC", exact=True))
        nose_x_m = float(trc.decode().split("\n")[6].split("\t")[2])
        found[person] = values.inner_text(), nose_x_m
    assert found[1][0] != found[2][0]
    assert abs(found[1][1] - found[2][1]) > 0.8  # metres between the two


def test_a_picture_of_each_person_shows_their_curves(page: Page) -> None:
    player = _player(page)
    strip = page.get_by_role("radiogroup", name="People in the video")
    expect(strip.get_by_role("radio")).to_have_count(2)
    reds = {}
    for person in (2, 1):
        picture = strip.get_by_role("radio", name=f"Person {person}: in ")
        reds[person] = pixels(picture.get_by_role("presentation"))[..., :3].mean(axis=(0, 1))
        picture.click()
        expect(player.get_by_role("button", name=f"Person {person}")).to_have_attribute(
            "aria-pressed", "true"
        )
        expect(picture).to_be_checked()
    assert np.abs(reds[1] - reds[2]).max() > 3  # they are dressed differently
    settle(page)


def test_two_people_are_exchanged_from_the_cursor_on_and_back(page: Page) -> None:
    player = _player(page)
    who = "root => [5, 45].map(i => root.player.film.person[root.player.film.start[i]])"
    before = player.evaluate(who)
    _choose_person(page, player, 1)
    _rest_at(page, player, 20)
    _open_corrections(page)
    page.get_by_role("button", name="Swap 1 and 2 from 0.80 s on").click()
    until_on_page(page, lambda: player.evaluate(who) == [before[0], 3 - before[1]])
    page.get_by_role("button", name="Undo").click()
    until_on_page(page, lambda: player.evaluate(who) == before)


def _open_corrections(page: Page) -> None:
    if not page.get_by_role("button", name="Undo").is_visible():
        page.get_by_text("and corrections").click()


def test_left_and_right_are_exchanged_from_the_cursor_on_and_back(page: Page) -> None:
    player = _player(page)
    left_hip = "root => [5, 45].map(i => root.player.film.xy[root.player.film.start[i] * 66 + 46])"
    before = player.evaluate(left_hip)
    _choose_person(page, player, 1)
    _rest_at(page, player, 20)
    _open_corrections(page)
    button = page.get_by_role("button", name="swap left and right from 0.80 s on")
    expect(button).to_be_visible()
    button.click()
    until_on_page(page, lambda: player.evaluate(left_hip)[1] != before[1])
    assert player.evaluate(left_hip)[0] == before[0]
    page.get_by_role("button", name="Undo").click()
    until_on_page(page, lambda: player.evaluate(left_hip) == before)


def test_a_moment_is_marked_renamed_found_again_and_removed(page: Page) -> None:
    player = _player(page)
    marks = "root => root.player.data.marks.map(mark => [mark.text, +mark.time_s.toFixed(2)])"
    _rest_at(page, player, 30)
    page.keyboard.press("m")
    until_on_page(page, lambda: player.evaluate(marks) == [["Mark 1", 1.2]])
    settle(page)
    name = page.get_by_role("textbox", name="Name of the mark")
    name.fill("heels up")
    name.press("Enter")
    until_on_page(page, lambda: player.evaluate(marks) == [["heels up", 1.2]])
    _rest_at(page, player, 3)
    flag = player.evaluate(
        "root => { const { charts } = root.player; return { x: charts.x(30) + 4, y: charts.markTop + 5 }; }"
    )
    player.locator(".plot").click(position=flag)
    until_on_page(page, lambda: number_in(pixels(player.locator("video"))) == 30)
    page.get_by_role("button", name="Remove the mark").click()
    until_on_page(page, lambda: player.evaluate(marks) == [])


def test_the_result_is_there_after_another_page_and_after_a_reload(page: Page) -> None:
    _player(page)
    go_to(page, "Home")
    expect(page.get_by_role("listitem").first).to_be_visible()
    go_to(page, "Video")
    _player(page)
    page.reload()
    _player(page)
    expect(page.get_by_text("squat.mp4")).to_be_visible()
    settle(page)


def test_a_frame_chosen_before_there_is_a_picture_is_shown(page: Page) -> None:
    held: list[Route] = []
    free: list[bool] = []
    page.route(
        re.compile(r"/posedeck/film/.*/film$"),
        lambda route: route.continue_() if free else held.append(route),
    )
    page.reload()
    player = page.locator(".posedeck-film")
    until_on_page(page, lambda: held and player.evaluate("root => Boolean(root.player?.film)"))
    player.locator(".stage").focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    free.append(True)
    for route in held:
        route.continue_()
    until_on_page(page, lambda: number_in(pixels(_player(page).locator("video"))) == 12)
    assert _at(player)["frame"] == 12
    settle(page)


def _opened(name: str, data: bytes) -> None:
    """Open a file as its reader does; it must hold the film's frames."""
    if name == "angles.csv":
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        assert len({row["frame"] for row in rows}) > 0.9 * FRAMES
        assert {row["person"] for row in rows} == {"1", "2"}
    elif name == "poses.json":
        found = json.loads(data)
        jsonschema.validate(found, json.loads((ROOT / "docs" / "poses.schema.json").read_text()))
        assert len(found["time_s"]) == FRAMES
    elif name == "poses.xlsx":
        assert len(openpyxl.load_workbook(io.BytesIO(data), read_only=True).sheetnames) >= 3
    elif name == "poses.trc":
        assert f"\t{FRAMES}\t27\tm\t" in data.decode()
    elif name == "angles.mot":
        assert f"nRows={FRAMES}" in data.decode()
    elif name == "poses.c3d":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert sum(1 for _ in c3d.Reader(io.BytesIO(data)).read_frames()) == FRAMES
    elif name == "report.html":
        assert "Movement in squat.mp4" in data.decode()
    elif name == "moments.png":
        assert Image.open(io.BytesIO(data)).size[0] > 480
    elif name == "annotated.mp4":
        with av.open(io.BytesIO(data)) as film:
            assert [frame.time for frame in film.decode(video=0)] == pytest.approx(
                [n / FPS for n in range(FRAMES)], abs=1e-3
            )
    else:
        assert name == "landmarks.csv"
        assert len(data.splitlines()) > FRAMES


def test_every_download_opens(page: Page) -> None:
    _player(page)
    settle(page)
    buttons = {
        "angles.csv": "CSV",
        "poses.xlsx": "XLSX",
        "poses.json": "JSON",
        "poses.trc": "TRC",
        "angles.mot": "MOT",
        "poses.c3d": "C3D",
        "report.html": "Report",
        "moments.png": "All on one sheet (PNG)",
    }
    for name, label in buttons.items():
        given, data = download(page, page.get_by_role("button", name=label, exact=True))
        assert given == ("squat_moments.png" if name == "moments.png" else f"squat_{name}")
        _opened(name, data)
    page.get_by_role("button", name="Make the video with skeletons").click()
    given, data = download(page, page.get_by_role("button", name="Save the video"))
    assert given == "squat_posedeck.mp4"
    _opened("annotated.mp4", data)
    page.get_by_role("button", name="Pack everything").click()
    given, data = download(page, page.get_by_role("button", name="Save the ZIP"))
    assert given == "squat_posedeck.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sorted(archive.namelist()) == sorted((*FILE_NAMES, *MORE_FILE_NAMES))
        for name in archive.namelist():
            _opened(name, archive.read(name))


def test_a_film_that_was_made_is_there_after_another_page(page: Page) -> None:
    go_to(page, "Home")
    expect(page.get_by_role("listitem").first).to_be_visible()
    go_to(page, "Video")
    _player(page)
    expect(page.get_by_role("button", name="Save the video")).to_be_visible()


def test_an_analysis_goes_on_without_its_page_and_stops_when_told(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/video?model=heavy") as page:
        page.get_by_role("button", name="Try it with the performer").click()
        bar = page.get_by_role("progressbar").first
        expect(page.get_by_text(re.compile(r"Finding people · \d+ % · about"))).to_be_visible()
        expect(page.get_by_text("Knees so far")).to_be_visible()
        share = float(bar.get_attribute("aria-valuenow") or 0)
        go_to(page, "Home")
        expect(page.get_by_role("listitem").first).to_be_visible()
        go_to(page, "Video")
        expect(page.get_by_text("Finding people")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Finding people")).to_be_visible()
        assert float(bar.get_attribute("aria-valuenow") or 0) >= share
        page.get_by_role("button", name="Stop and keep").click()
        expect(page.get_by_text("Stopped by hand")).to_be_visible()
        player = _player(page)
        assert 0 < player.evaluate("root => root.player.film.frames") < 225
        settle(page)


def test_a_film_on_its_way_shows_how_far_it_is_and_can_be_stopped(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/video") as page:
        expect(page.get_by_text("Drop a video here")).to_be_visible()
        page.context.new_cdp_session(page).send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000},
        )
        _choose(page, bytes(6_000_000), "long.mp4")
        expect(page.locator(".drop .share")).to_have_text(re.compile(r"(0\.[1-9]|[1-5][\d.]*) / 5.7 MB"))
        assert 0 < page.locator(".drop progress").evaluate("bar => bar.value") < 1
        page.locator(".drop").get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Drop a video here")).to_be_visible()


def test_a_film_that_cannot_be_read_is_refused_with_its_sentence(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/video") as page:
        _choose(page, b"no film at all" * 100, "notes.mp4")
        expect(page.get_by_role("alert").filter(has_text="notes.mp4")).to_be_visible()
        page.get_by_role("button", name="Another video").click()
        expect(page.get_by_text("Drop a video here")).to_be_visible()
        _choose(page, b"", "empty.mp4")
        expect(page.get_by_text("this one is empty")).to_be_visible()
