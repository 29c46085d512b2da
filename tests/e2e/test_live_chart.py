"""Charts that are redrawn in place: on the Live page, and on a page that redraws them far too often."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Browser, JSHandle, Page, expect

from pose_ui.shell.plotly_route import PLOTLY_PATH
from pose_ui.widgets.live_chart import _HTML, _JS, _compact
from tests.support.live_page import start
from tests.support.server import Server, running_server
from tests.support.visit import until_on_page, visit

pytestmark = pytest.mark.e2e

APP = "tests/e2e/live_chart_app.py"
HEIGHT_PX = 240  # of its chart
#: Not at the server's root, as behind many a proxy; the Live page is tested at the root.
BASE = "/some/where"
CHART = ".posedeck-live-chart"
SCRIPT = re.compile(r"/posedeck/plotly-[\d.]+\.min\.js$")
GAP_MS = 250
#: A browser's timer may fire a little early, and its clock is made coarse on purpose.
TIMER_MS = 5
#: What a busy machine may add between a drawing's start and the note of it.
BUSY_MS = 100
TEXT_COLOUR = {False: "rgb(20, 23, 27)", True: "rgb(232, 234, 237)"}  # from .streamlit/config.toml

#: From now on, note how many figures have arrived, when each is drawn and what it shows, and each chart node that comes
#: or goes.
WATCH = """
    async () => {
        const box = document.querySelector(".posedeck-live-chart");
        const Plotly = await window.posedeckPlotly;
        const seen = { plot: box.querySelector(".js-plotly-plot"), arrived: 0, drawnAt: [], shown: [], moved: [] };
        const react = Plotly.react;
        Plotly.react = function (plot, data, ...rest) {
            seen.drawnAt.push(performance.now());
            seen.shown.push(JSON.stringify(data.map(({ x, y, z }) => [x, y, z])));
            return react.call(this, plot, data, ...rest);
        };
        const chart = ".posedeck-live-chart, .js-plotly-plot, .svg-container";
        new MutationObserver((changes) => {
            for (const { addedNodes, removedNodes } of changes)
                for (const node of [...addedNodes, ...removedNodes])
                    if (node.matches?.(chart) || node.querySelector?.(chart)) seen.moved.push(node.outerHTML);
        }).observe(document.body, { childList: true, subtree: true });
        // The component describes each figure again, also when its description stays the same.
        new MutationObserver((changes) => (seen.arrived += changes.length)).observe(
            box, { attributeFilter: ["aria-label"] });
        return seen;
    }
"""
#: Calls the component's function as Streamlit does when a newer call overtakes one: it ends the older one first. Then
#: as it does when it drops an element to bring it back at once.
OVERTAKE = """
    async ([js, html, script]) => {
        const module = await import(URL.createObjectURL(new Blob([js], { type: "text/javascript" })));
        const element = () => {
            const parentElement = document.createElement("div");
            parentElement.innerHTML = html;
            document.body.append(parentElement);
            return parentElement;
        };
        const shown = (y) => ({ data: [{ type: "scatter", y }], layout: {} });
        const call = (parentElement, key, y) => {
            const data = { figure: shown(y), config: {}, height: 100, alt: "", script, key };
            return module.default({ data, parentElement });
        };
        const until = async (true_) => { while (!true_()) await new Promise((later) => setTimeout(later, 20)); };
        const goneForGood = element();
        const last = call(goneForGood, "gone for good", [0, 1]);
        await until(() => goneForGood.querySelector(".svg-container .scatterlayer path"));
        const forgotten = goneForGood.querySelector(".js-plotly-plot");
        const before = element();
        const first = call(before, "one", [1, 2]);
        await until(() => before.querySelector(".svg-container .scatterlayer path"));
        const drawn = before.querySelector(".svg-container");
        const plot = before.querySelector(".js-plotly-plot");
        first();
        const second = call(before, "one", [3, 4]);
        await until(() => plot.data?.[0].y[0] === 3);
        const inPlace = drawn === before.querySelector(".svg-container");

        before.remove();
        second();
        goneForGood.remove();
        last(); // after the one above: when this plot has been freed, that one's time to be freed is over, too
        const [other, after] = [element(), element()];
        call(other, "another", [0, 0]);
        const third = call(after, "one", [5, 6]);
        const takenOver = plot.parentElement === after.firstElementChild && drawn.isConnected;
        await until(() => plot.data?.[0].y[0] === 5);
        await until(() => !forgotten._fullLayout);
        const held = Boolean(plot._fullLayout) && drawn.isConnected;

        after.remove();
        third();
        await until(() => !plot._fullLayout);
        return [inPlace, takenOver, held];
    }
"""
SEEN_CAMERA = "seen => seen.plot._fullLayout.scene._scene.getCamera().eye"


def _watch(page: Page) -> JSHandle:
    expect(page.locator(f"{CHART} .main-svg").first).to_be_visible()
    return page.evaluate_handle(WATCH)


def _wait_for_drawings(page: Page, seen: JSHandle, more: int) -> None:
    drawn = seen.evaluate("seen => seen.drawnAt.length")
    page.wait_for_function(
        "([seen, wanted]) => seen.drawnAt.length >= wanted", arg=[seen, drawn + more], timeout=60_000
    )


def _assert_in_place(seen: JSHandle) -> None:
    assert seen.evaluate("seen => seen.moved") == []
    assert seen.evaluate(f"seen => seen.plot === document.querySelector('{CHART} .js-plotly-plot')")


def _assert_at_most_four_a_second(seen: JSHandle) -> None:
    gaps_ms = np.diff(seen.evaluate("seen => seen.drawnAt"))
    assert np.median(gaps_ms) > GAP_MS - TIMER_MS
    assert min(gaps_ms) > GAP_MS - BUSY_MS


# ---------------------------------------------------------------------- what is sent
def test_arrays_are_sent_as_short_lists_with_none_for_what_json_cannot_represent() -> None:
    figure = go.Figure()
    figure.add_scatter3d(
        x=np.array([0.12345, np.nan, -np.inf]),
        y=np.array([1, 2, 3]),
        z=[0.5, float("nan"), 2],
        marker={"symbol": np.array(["circle", "square", "cross"])},
    )
    figure.add_heatmap(z=np.array([[0.0001, 1.0], [2.0, 3.0]], np.float32))
    scatter, heatmap = _compact(figure.to_plotly_json()["data"])
    assert scatter["x"] == [0.123, None, None]
    assert scatter["y"] == [1, 2, 3]
    assert scatter["z"] == [0.5, None, 2]
    assert scatter["marker"]["symbol"] == ["circle", "square", "cross"]
    assert heatmap["z"] == [[0.0, 1.0], [2.0, 3.0]]
    json.dumps([scatter, heatmap], allow_nan=False)


# ---------------------------------------------------------------------- on the Live page
@pytest.fixture(scope="class")
def live(server: Server, browser: Browser) -> Iterator[Page]:
    """The Live page with the performer playing."""
    with visit(browser, f"{server.url}/live", height=1400) as page:
        start(page, "Performer")
        expect(page.locator(f"{CHART} .main-svg").first).to_be_visible(timeout=60_000)
        yield page


class TestOnTheLivePage:
    """One after another on the same page, which is expensive to start."""

    def test_angles_move_in_place_at_most_four_times_a_second(self, live: Page) -> None:
        expect(live.get_by_role("img", name=re.compile("Angles of the last 10 seconds"))).to_be_visible()
        seen = _watch(live)
        _wait_for_drawings(live, seen, 6)
        _assert_in_place(seen)
        assert len(set(seen.evaluate("seen => seen.shown"))) >= 5
        _assert_at_most_four_a_second(seen)

    def test_labels_of_the_bars_have_room(self, live: Page) -> None:
        live.get_by_role("radio", name="Visibility").click()
        expect(live.locator(f"{CHART} .ytick text", has_text="Shoulder")).to_be_visible()
        # All read at once: each drawing may replace the old labels with new ones.
        room = live.wait_for_function(
            """chart => {
                const labels = [...document.querySelectorAll(`${chart} .ytick text`)];
                const label = labels.find(text => text.textContent.includes("Shoulder"))?.getBoundingClientRect();
                return label?.width && { px: label.left - document.querySelector(chart).getBoundingClientRect().left };
            }""",
            arg=CHART,
        ).json_value()
        assert room["px"] >= 0

    def test_view_turned_by_hand_or_by_button_stays_turned_while_the_figure_moves(self, live: Page) -> None:
        live.get_by_role("radio", name="3-D").click()
        expect(live.locator(f"{CHART} .gl-container canvas").first).to_be_visible()
        expect(live.locator(f"{CHART} .modebar")).to_have_count(0)
        seen = _watch(live)
        _wait_for_drawings(live, seen, 1)
        first = seen.evaluate(SEEN_CAMERA)

        area = live.locator(f"{CHART} .gl-container canvas").first.bounding_box()
        assert area is not None
        x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
        live.mouse.move(x, y)
        live.mouse.down()
        live.mouse.move(x + 60, y + 10, steps=5)
        arrived, drawn = seen.evaluate("seen => [seen.arrived, seen.drawnAt.length]")
        live.wait_for_function("([seen, wanted]) => seen.arrived >= wanted", arg=[seen, arrived + 4])
        live.mouse.move(x + 90, y + 10, steps=5)
        assert seen.evaluate("seen => seen.drawnAt.length") == drawn  # no drawing disturbs the hand
        live.mouse.up()
        _wait_for_drawings(live, seen, 1)
        turned = seen.evaluate(SEEN_CAMERA)
        assert max(abs(turned[axis] - first[axis]) for axis in "xyz") > 0.2
        _wait_for_drawings(live, seen, 4)
        assert seen.evaluate(SEEN_CAMERA) == pytest.approx(turned, abs=1e-6)

        live.locator(f"{CHART} .updatemenu-button", has_text="Side").click()
        _wait_for_drawings(live, seen, 4)
        assert seen.evaluate(SEEN_CAMERA) == pytest.approx({"x": 1.9, "y": 0, "z": 0.15}, abs=1e-6)
        live.set_viewport_size({"width": 1180, "height": 1400})
        _wait_for_drawings(live, seen, 4)
        assert seen.evaluate(SEEN_CAMERA) == pytest.approx({"x": 1.9, "y": 0, "z": 0.15}, abs=1e-6)

        assert len(set(seen.evaluate("seen => seen.shown"))) > 4
        _assert_in_place(seen)


# ---------------------------------------------------------------------- on a page that redraws far too often
@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the small app answers."""
    log = tmp_path_factory.mktemp("live_chart") / "log.txt"
    with running_server(log, script=APP, base=BASE) as running:
        yield f"{running.url}/"
    running.assert_no_traceback()


def test_twenty_figures_a_second_are_drawn_four_times_the_newest_each_time(
    url: str, browser: Browser
) -> None:
    with visit(browser, url) as page:
        seen = _watch(page)
        _wait_for_drawings(page, seen, 12)
        _assert_in_place(seen)  # even with a line above it that appears and disappears
        _assert_at_most_four_a_second(seen)
        counts = [json.loads(shown)[0][1][1] for shown in seen.evaluate("seen => seen.shown")]
        assert all(later > earlier for earlier, later in pairwise(counts))
        assert counts[-1] - counts[0] > len(counts)  # some were left out
        expect(page.get_by_role("img", name=re.compile(r"^Count \d+$"))).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_the_colour_and_font_of_the_page_on_a_transparent_background(
    url: str, browser: Browser, dark: bool
) -> None:
    with visit(browser, url, dark=dark) as page:
        title = page.locator(f"{CHART} .gtitle")
        expect(title).to_have_text("A title")
        expect(title).to_have_css("fill", TEXT_COLOUR[dark])
        expect(title).to_have_css("font-family", re.compile("Source Sans"))
        expect(page.locator(f"{CHART} .xtick text").first).to_have_css("fill", TEXT_COLOUR[dark])
        expect(page.locator(f"{CHART} .main-svg").first).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_chart_stays_as_wide_as_its_column(url: str, browser: Browser) -> None:
    fits = f"""() => {{
        const box = document.querySelector("{CHART}");
        return box.querySelector(".main-svg").clientWidth === box.clientWidth && box.clientWidth;
    }}"""
    with visit(browser, f"{url}?rest") as page:  # no new figure arrives
        seen = _watch(page)
        wide = page.wait_for_function(fits).json_value()
        page.set_viewport_size({"width": 500, "height": 900})
        page.wait_for_function("([seen, wide]) => seen.plot.clientWidth < wide", arg=[seen, wide])
        assert page.wait_for_function(fits).json_value() < 500
        _assert_in_place(seen)


def test_space_is_kept_before_the_script_has_loaded(url: str, browser: Browser) -> None:
    with visit(browser, "about:blank") as page:
        held = []
        page.route(SCRIPT, lambda route: held.append(route))
        page.goto(url)
        box = page.locator(CHART)
        expect(box).to_have_css("height", f"{HEIGHT_PX}px")
        expect(box.locator("svg")).to_have_count(0)
        until_on_page(page, lambda: held)
        held[0].continue_()
        expect(box.locator(".main-svg").first).to_be_visible()
        expect(box).to_have_css("height", f"{HEIGHT_PX}px")
        assert len(held) == 1  # one script for the page


def test_unreachable_script_leaves_the_space_empty_and_is_tried_again(url: str, browser: Browser) -> None:
    with visit(browser, "about:blank") as page:
        page.route(SCRIPT, lambda route: route.abort())
        with page.expect_event("requestfailed", lambda request: SCRIPT.search(request.url)):
            page.goto(url)
        box = page.locator(CHART)
        expect(box).to_have_css("height", f"{HEIGHT_PX}px")
        expect(box).to_have_attribute(
            "aria-label", re.compile(r"^Count \d\d$")
        )  # more figures have arrived since
        expect(box.locator("svg")).to_have_count(0)
        expect(page.get_by_text("below")).to_be_visible()
        page.unroute(SCRIPT)
        expect(box.locator(".main-svg").first).to_be_visible()


def test_chart_that_goes_frees_what_plotly_held_and_may_return(url: str, browser: Browser) -> None:
    with visit(browser, url) as page:
        seen = _watch(page)
        assert seen.evaluate("seen => Boolean(seen.plot._fullLayout)")
        page.get_by_text("Show").click()
        expect(page.locator(CHART)).to_have_count(0)
        drawn = seen.evaluate("seen => seen.drawnAt.length")
        # It is freed a second later; a pending drawing would have happened by then.
        page.wait_for_function("seen => !seen.plot.isConnected && !seen.plot._fullLayout", arg=seen)
        assert seen.evaluate("seen => seen.drawnAt.length") == drawn
        page.get_by_text("Show").click()
        expect(page.locator(f"{CHART} .main-svg").first).to_be_visible()
        _wait_for_drawings(page, seen, 3)


def test_replaced_call_and_returning_element_remove_nothing(url: str, browser: Browser) -> None:
    with visit(browser, url) as page:
        assert page.evaluate(OVERTAKE, [_JS, _HTML, PLOTLY_PATH]) == [True, True, True]
