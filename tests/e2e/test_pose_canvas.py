"""The canvas that browsers draw people on: the same picture as Python's, from the same people."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from pose_core.colours import DOT, EDGE, GROUND, LINE, PEOPLE, SIDES, rgb
from pose_core.drawing.skeleton import draw_poses
from pose_core.export.people_message import ANGLES_SENT, decode_people, encode_people
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.geometry.definitions import ANGLES
from pose_core.pose import Pose, TrackedPerson
from pose_core.settings import DrawSettings, Style
from pose_core.skeleton import CONNECTIONS, INDEX, LANDMARK_NAMES, MAIN_JOINTS
from pose_ui.shell.module_route import module_path
from tests.support.poses import PoseMaker
from tests.support.server import Server
from tests.support.visit import visit
from tests.support.watching import watched

pytestmark = pytest.mark.e2e

SIZE_WH = (640, 480)
#: Far enough from others that a window around each shows it alone.
APART = tuple(name for name in MAIN_JOINTS if name != "nose")
REACH = 5
ROUNDING_PX = 1.0  # pixel centres lie half a pixel off between the two
PLAIN = DrawSettings(names=False)

_IMPORT = "const load = (path) => import(new URL(path, document.baseURI).href);"
_DRAW = f"""
    async ([canvasPath, messagePath, message, options, [width, height]]) => {{
        {_IMPORT}
        const [canvas, reader] = [await load(canvasPath), await load(messagePath)];
        const bytes = Uint8Array.from(atob(message), (c) => c.charCodeAt(0));
        const {{ people }} = reader.decodePeople(bytes.buffer);
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.fillStyle = "#000";
        context.fillRect(0, 0, width, height);
        canvas.drawPeople(context, people, options, {{ width, height }});
        let text = "";
        const pixels = context.getImageData(0, 0, width, height).data;
        for (let i = 0; i < pixels.length; i += 32768) text += String.fromCharCode(...pixels.subarray(i, i + 32768));
        return btoa(text);
    }}
"""


@pytest.fixture(scope="module")
def page(server: Server, browser: Browser) -> Iterator[Page]:
    with visit(browser, f"{server.url}/live") as page:
        yield page


def message_of(people: Sequence[tuple[int, Pose]]) -> bytes:
    return encode_people(watched(1.0, [TrackedPerson(n, pose, pose) for n, pose in people]), 5, 1.75e9, 0.02)


def drawn(page: Page, people: Sequence[tuple[int, Pose]], **options: Any) -> Any:
    """What the browser draws on black, RGB of shape (H, W, 3)."""
    text = page.evaluate(
        _DRAW,
        [
            module_path("pose_canvas.js"),
            module_path("people_message.js"),
            base64.b64encode(message_of(people)).decode(),
            options,
            list(SIZE_WH),
        ],
    )
    width, height = SIZE_WH
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[..., :3]


def near(picture: Any, xy: Any) -> Any:
    x, y = np.rint(xy).astype(int)
    return picture[y - REACH : y + REACH + 1, x - REACH : x + REACH + 1].astype(int)


def centre_of(picture: Any, xy: Any, colour: str) -> Any:
    """Middle of the pixels of about this colour near a place, relative to it; NaN if there are none."""
    distance = np.abs(near(picture, xy) - rgb(colour)).max(axis=2)
    rows, columns = np.nonzero(distance < 60)
    return np.array((columns.mean(), rows.mean())) - REACH if len(rows) else np.full(2, np.nan)


def black(size_wh: tuple[int, int] = SIZE_WH) -> Any:
    return np.zeros((size_wh[1], size_wh[0], 3), np.uint8)


# ---------------------------------------------------------------------- the same facts
def test_the_canvas_knows_the_same_skeleton_and_colours_as_python(page: Page) -> None:
    known = page.evaluate(
        f"""async (path) => {{
            {_IMPORT}
            const {{ LANDMARK_NAMES, CONNECTIONS, MAIN_JOINTS, LIMB_ANGLES, COLOURS }} = await load(path);
            return {{ LANDMARK_NAMES, CONNECTIONS, MAIN_JOINTS, LIMB_ANGLES, COLOURS }};
        }}""",
        module_path("pose_canvas.js"),
    )
    assert tuple(known["LANDMARK_NAMES"]) == LANDMARK_NAMES
    assert {frozenset(pair) for pair in known["CONNECTIONS"]} == {frozenset(pair) for pair in CONNECTIONS}
    assert len(known["CONNECTIONS"]) == len(CONNECTIONS)
    assert tuple(known["MAIN_JOINTS"]) == MAIN_JOINTS
    limbs = {angle.name: list(angle.indices) for angle in ANGLES if angle.name in ANGLES_SENT}
    assert list(known["LIMB_ANGLES"].items()) == list(limbs.items()), "in the order in which angles are sent"
    assert known["COLOURS"] == {
        "sides": SIDES,
        "people": list(PEOPLE),
        "dot": DOT,
        "line": LINE,
        "edge": EDGE,
        "ground": GROUND,
    }


def test_the_browser_reads_what_python_reads(page: Page, make_pose: PoseMaker) -> None:
    message = message_of([(3, make_pose(hidden=("left_knee",))), (9, make_pose(shift_xy=(50.5, 3.25)))])
    read = page.evaluate(
        f"""async ([path, message]) => {{
            {_IMPORT}
            const bytes = Uint8Array.from(atob(message), (c) => c.charCodeAt(0));
            const {{ decodePeople, ANGLES_SENT }} = await load(path);
            const found = decodePeople(bytes.buffer);
            const plain = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
            for (const person of found.people)
                for (const [name, values] of Object.entries(person))
                    if (values.length) person[name] = plain(values);
            const refused = [new ArrayBuffer(3), bytes.buffer.slice(1), bytes.buffer.slice(0, -1)].map(decodePeople);
            return {{ ...found, ANGLES_SENT, refused }};
        }}""",
        [module_path("people_message.js"), base64.b64encode(message).decode()],
    )
    assert read["refused"] == [None, None, None]
    assert tuple(read["ANGLES_SENT"]) == ANGLES_SENT
    truth = decode_people(message)
    assert (read["frameId"], read["capturedMs"], read["timeS"]) == (5, 1.75e12, truth.time_s)
    assert read["serverMs"] == pytest.approx(20)
    assert tuple(read["size"]) == truth.size_wh
    for person, true in zip(read["people"], truth.people, strict=True):
        assert person["number"] == true.number
        for name, values in (
            ("points", true.xy_norm.reshape(-1)),
            ("visibility", true.visibility),
            ("presence", true.presence),
            ("angles", true.angles_deg),
            ("uncertain", true.uncertain),
        ):
            found = np.array([np.nan if value is None else value for value in person[name]], float)
            np.testing.assert_allclose(found, values.astype(float), atol=1e-4, err_msg=name)


# ---------------------------------------------------------------------- the same picture
@pytest.mark.parametrize("mirrored", [False, True], ids=["as it is", "mirrored"])
def test_joints_are_where_python_draws_them(page: Page, make_pose: PoseMaker, mirrored: bool) -> None:
    pose = make_pose()
    ours = drawn(page, [(1, pose)], mirrored=mirrored)
    pythons = draw_poses(black(), [pose], PLAIN, mirrored=mirrored)
    for name in APART:
        x, y = pose.image_xy_px[INDEX[name]]
        place = (SIZE_WH[0] - 1 - x if mirrored else x, y)
        there, here = centre_of(pythons, place, DOT), centre_of(ours, place, DOT)
        assert np.isfinite(there).all(), name
        assert np.abs(here - there).max() < ROUNDING_PX, (name, here, there)
    # Lines and edges too: the pictures differ only where a line's border is smoothed.
    differs = np.abs(ours.astype(int) - pythons).max(axis=2) > 128
    assert differs.sum() < 0.35 * (pythons.max(axis=2) > 128).sum()


def test_several_people_have_a_colour_each_and_a_number(page: Page, make_pose: PoseMaker) -> None:
    people = [(2, make_pose(shift_xy=(-150, 0))), (4, make_pose(shift_xy=(150, 0)))]
    ours = drawn(page, people)
    pythons = draw_poses(black(), [pose for _, pose in people], PLAIN, numbers=[2, 4])
    for number, pose in people:
        hip, knee = (pose.image_xy_px[INDEX[name]] for name in ("left_hip", "left_knee"))
        middle = (hip + knee) / 2
        for picture in (ours, pythons):
            assert np.isfinite(centre_of(picture, middle, PEOPLE[number - 1])).all(), number
            assert np.isfinite(centre_of(picture, knee, LINE)).all(), number
        x, y = pose.image_xy_px[INDEX["left_eye"]].astype(int)
        above = ours[y - 45 : y - 12, x - 20 : x + 20]
        assert (above.min(axis=2) > 200).any(), "the number is white"


def test_sides_are_blue_and_orange_and_the_middle_grey(page: Page, make_pose: PoseMaker) -> None:
    pose = make_pose()
    ours = drawn(page, [(1, pose)], style="sides")
    at = {name: pose.image_xy_px[INDEX[name]] for name in LANDMARK_NAMES}
    for side in ("left", "right"):
        thigh = (at[f"{side}_hip"] + at[f"{side}_knee"]) / 2
        assert np.isfinite(centre_of(ours, thigh, SIDES[side])).all()
        assert np.isfinite(centre_of(ours, at[f"{side}_knee"], SIDES[side])).all()
    across = (at["left_hip"] + at["right_hip"]) / 2
    assert np.isfinite(centre_of(ours, across, SIDES["middle"])).all()


def test_hidden_joints_are_drawn_faint_or_left_out_as_wanted(page: Page, make_pose: PoseMaker) -> None:
    pose = make_pose(hidden=("left_knee",))
    knee = pose.image_xy_px[INDEX["left_knee"]]
    light = {
        hidden: near(drawn(page, [(1, pose)], hidden=hidden), knee).max()
        for hidden in ("drawn", "faint", "none")
    }
    assert light["drawn"] > 240
    assert 40 < light["faint"] < 180
    assert light["none"] == 0
    shown = drawn(page, [(1, pose)], hidden="none")
    assert np.isfinite(centre_of(shown, pose.image_xy_px[INDEX["right_knee"]], DOT)).all()


@pytest.mark.parametrize("confidence", [False, True])
def test_hidden_joints_are_hollow(page: Page, make_pose: PoseMaker, confidence: bool) -> None:
    pose = make_pose(hidden=("left_knee",))
    ours = drawn(page, [(1, pose)], confidence=confidence)
    pythons = draw_poses(black(), [pose], DrawSettings(names=False, confidence=confidence))
    for picture in (ours, pythons):
        x, y = pose.image_xy_px[INDEX["left_knee"]].astype(int)
        assert picture[y, x].max() < 80, "hollow"
        x, y = pose.image_xy_px[INDEX["right_knee"]].astype(int)
        assert picture[y, x].min() < 90 < picture[y, x].max(), "filled"


def test_names_and_angles_stand_beside_their_joints(page: Page, make_pose: PoseMaker) -> None:
    pose = make_pose(hidden=("right_knee",))
    bare = drawn(page, [(1, pose)])
    named = drawn(page, [(1, pose)], names={"left_knee": "KNEE", "right_knee": "KNEE"})
    turned = drawn(page, [(1, pose)], angles=["left_knee", "right_knee"])

    def change(picture: Any, joint: str, side: int) -> int:
        """Pixels that changed beside a joint; `side` is 1 for the right of the picture, -1 for the left."""
        x, y = pose.image_xy_px[INDEX[joint]].astype(int)
        columns = slice(x + 8, x + 70) if side > 0 else slice(x - 70, x - 8)
        rows = slice(y - 12, y + 12)
        return int((picture[rows, columns] != bare[rows, columns]).any(axis=2).sum())

    lettered = drawn(page, [(1, pose)], style="sides", letters=True)
    sided = drawn(page, [(1, pose)], style="sides")
    assert (lettered != sided).any(axis=2).sum() > 60, "L and R"
    assert change(named, "left_knee", 1) > 100
    assert change(turned, "left_knee", 1) > 60
    assert change(named, "right_knee", -1) == change(turned, "right_knee", -1) == 0, "it is not visible"
    angle = watched(0.0, [TrackedPerson(1, pose, pose)]).angles_deg[0, ANGLE_NAMES.index("left_knee")]
    assert 170 < angle < 180


@pytest.mark.parametrize("style", ["classic", "sides"])
def test_arcs_are_where_python_draws_them(page: Page, make_pose: PoseMaker, style: Style) -> None:
    bent = make_pose({"left_ankle": (390.0, 330.0)})
    ours = drawn(page, [(1, bent)], style=style, arcs=["knee"])
    angles = watched(0.0, [TrackedPerson(1, bent, bent)]).angles_deg
    draw = DrawSettings(names=False, letters=False, style=style, arcs=("knee",))
    pythons = draw_poses(black(), [bent], draw, angles_deg=angles)
    bare = drawn(page, [(1, bent)], style=style)
    x, y = (bent.image_xy_px[INDEX["right_knee"]] + (-12, -18)).astype(
        int
    )  # in the opening, above the figure
    assert bare[y, x].max() == 0
    assert pythons[y, x].max() > 40
    filled = (pythons == pythons[y, x]).all(axis=2)
    assert filled.sum() > 100
    np.testing.assert_allclose(np.median(ours[filled], axis=0), pythons[y, x], atol=3)
    assert (ours != bare).any(axis=2).sum() > 400, "arcs and figures at both knees"


def test_people_without_a_place_are_left_out(page: Page, make_pose: PoseMaker) -> None:
    pose = make_pose({"left_knee": (np.nan, np.nan)})
    assert drawn(page, [(1, pose)]).max() == 0
    assert drawn(page, []).max() == 0
