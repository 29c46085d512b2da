"""Each page in Streamlit's own test driver with the real model: what it shows, and how it reacts."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit_webrtc import Translations

from pose_core.export.photos import COLUMNS
from pose_core.export.video_files import FILE_NAMES
from pose_core.media.films import read_film
from pose_core.media.images import encode_png
from pose_core.performer import Camera, Person, render_frame, render_scene
from pose_core.performer.samples import SAMPLES, sample_bytes
from pose_core.pipeline.live import LiveSettings, LiveStream
from pose_core.pipeline.photo import PhotoResult
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings
from pose_ui.live_view import picture
from pose_ui.photo import session as photo_session
from pose_ui.photo.session import PhotoItem, PhotoSession
from pose_ui.shell.resources import close_pool, film_studio, pool
from pose_ui.shell.state import LIVE, PHOTO
from pose_ui.texts import Translator, catalogue
from pose_ui.video import session as video_session
from tests.support.numbered_film import numbered_film
from tests.support.paths import ROOT

DASHBOARD = ROOT / "dashboard.py"
EN, ZH = Translator("en"), Translator("zh")


@pytest.fixture(scope="module", autouse=True)
def _free_the_pool() -> Iterator[None]:
    yield
    close_pool()


def _open(page: str = "", **query: str) -> AppTest:
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def _session(app: AppTest) -> PhotoSession:
    session: PhotoSession = app.session_state[PHOTO]
    return session


def _shown(app: AppTest) -> str:
    """All text of the page."""
    kinds = (
        app.title,
        app.header,
        app.subheader,
        app.markdown,
        app.caption,
        app.info,
        app.warning,
        app.error,
    )
    return "\n".join(element.value for kind in kinds for element in kind)


def _upload(app: AppTest, *files: tuple[str, bytes]) -> None:
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
    app.run()
    assert not app.exception


def _choose(app: AppTest, choice: str) -> None:
    """What a press on a thumbnail does, which this driver cannot press: a sample, or "own"."""
    session = _session(app)
    if choice == "own":
        session.show_own()
    else:
        session.show_sample(choice)
        shown = len(next(sample.people for sample in SAMPLES if sample.id == choice))
        app.session_state["setting_people"] = max(shown, app.session_state["setting_people"])
    app.run()


def _rows(app: AppTest, table: int = 0) -> list[list[Any]]:
    return app.table[table].value.to_numpy().tolist()  # type: ignore[no-any-return]


# ---------------------------------------------------------------------- Home
def test_home_shows_its_claim_and_the_status() -> None:
    app = _open()
    text = _shown(app)
    assert EN("home.claim") in text
    assert EN("home.how_we_know_text") not in text
    app.button(key="home_how").click().run()
    text = _shown(app)
    assert EN("home.how_we_know_text").strip() in text
    assert "mediapipe 0.10.33" in text
    assert [row[0] for row in _rows(app)] == ["lite", "full", "heavy"]


def test_home_is_in_chinese_if_the_address_says_so() -> None:
    assert ZH("home.claim") in _shown(_open(lang="zh"))


def test_an_unknown_language_in_the_address_falls_back_to_english() -> None:
    app = _open(lang="xx")
    assert EN("home.claim") in _shown(app)


def test_go_live_opens_live_with_the_performer_already_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = SimpleNamespace(state=SimpleNamespace(playing=False, signalling=True))
    monkeypatch.setattr(picture, "webrtc_streamer", lambda **_: idle)
    app = _open()
    next(button for button in app.button if button.label == EN("home.go_live")).click().run()
    assert not app.exception
    assert app.segmented_control(key="live_source").value == "performer"
    session = app.session_state[LIVE]
    assert session.connection.on
    session.stop()
    # Only that once: a stop is a stop.
    app.run()
    assert not session.connection.on


# ---------------------------------------------------------------------- choices that are remembered
def test_an_address_sets_the_choices_it_names_and_ignores_what_cannot_be_chosen() -> None:
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60)
    app.query_params.update(
        {"model": "lite", "people": "99", "draw": "angles.skeleton_only", "visibility": "nan"}
    )
    app.run()
    app.switch_page("pages/photo.py").run()
    assert app.radio(key="setting_model").value == "lite"
    assert app.slider(key="setting_people").value == 1
    assert app.pills(key="setting_draw").value == ["angles", "skeleton_only"]
    assert app.slider(key="setting_visibility").value == 0.5


# ---------------------------------------------------------------------- Photo: first visit
def test_first_visit_shows_an_analysed_sample_with_angles_near_the_truth() -> None:
    app = _open("photo")
    rows = {row[0]: row[1:] for row in _rows(app)}
    knees = [int(cell.removesuffix("°")) for cell in rows["Knee"][:2]]
    assert all(50 <= knee <= 100 for knee in knees)  # a deep squat at 45 degrees
    assert any(re.fullmatch(r"full · 960×720 · \d+ ms · 1 person", caption.value) for caption in app.caption)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_each_sample_shows_how_many_people_are_in_it(sample: Any) -> None:
    app = _open("photo")
    _choose(app, sample.id)
    expected = EN.people(len(sample.people)) if sample.people else EN("count.nobody")
    assert any(caption.value.endswith(expected) for caption in app.caption)


def test_each_of_two_people_can_be_selected() -> None:
    app = _open("photo")
    _choose(app, "two_people")
    first = _rows(app)
    app.segmented_control(key="photo_person_of_2").select(1).run()
    assert _rows(app) != first


# ---------------------------------------------------------------------- Photo: choices
def test_the_model_chosen_is_the_one_that_runs() -> None:
    app = _open("photo")
    app.radio(key="setting_model").set_value("lite").run()
    assert any(caption.value.startswith("lite ·") for caption in app.caption)


def test_a_higher_visibility_limit_hides_angles() -> None:
    app = _open("photo")
    _choose(app, "lunge")
    before = sum(EN("reason.not_visible") in row for row in _rows(app))
    app.slider(key="setting_visibility").set_value(0.95).run()
    assert sum(EN("reason.not_visible") in row for row in _rows(app)) > before


def test_joints_that_the_model_only_guesses_are_named() -> None:
    app = _open("photo")
    assert "hollow dots" not in _shown(app)
    _choose(app, "lunge")
    hidden = EN("angle.list_separator").join(EN(f"landmark.left_{joint}") for joint in ("elbow", "wrist"))
    assert EN("photo.guessed_not_visible", names=hidden) in _shown(app)


def test_changing_what_is_drawn_does_not_run_the_model_again() -> None:
    app = _open("photo")
    before = _session(app).outcome(_session(app).item, None)  # type: ignore[arg-type]
    app.pills(key="setting_draw").set_value(["angles", "skeleton_only"]).run()
    after = _session(app).outcome(_session(app).item, None)  # type: ignore[arg-type]
    assert before is not None
    assert after is not None
    assert before.times_ms is after.times_ms  # type: ignore[union-attr]


def test_angles_in_space_differ_from_those_in_the_picture() -> None:
    app = _open("photo")
    in_picture = _rows(app)
    app.segmented_control(key="photo_space").select("world").run()
    assert _rows(app) != in_picture


def test_choices_and_pictures_survive_a_page_change_and_a_language_change() -> None:
    app = _open("photo")
    app.radio(key="setting_model").set_value("lite").run()
    _upload(app, ("own.png", sample_bytes("stand")))
    app.segmented_control(key="lang").select("zh").run()
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/photo.py").run()
    assert app.radio(key="setting_model").value == "lite"
    assert _session(app).item.name == "own.png"
    assert ZH("photo.title") in _shown(app)
    assert any(caption.value.startswith("lite ·") for caption in app.caption)


def test_back_to_defaults_undoes_every_choice() -> None:
    app = _open("photo")
    app.radio(key="setting_model").set_value("lite")
    app.slider(key="setting_people").set_value(4)
    app.pills(key="setting_draw").set_value([]).run()
    next(button for button in app.button if button.label == EN("settings.reset")).click().run()
    assert app.radio(key="setting_model").value == "full"
    assert app.slider(key="setting_people").value == 1
    assert app.pills(key="setting_draw").value == ["letters"]


def test_nobody_found_offers_remedies_that_work_until_none_is_left() -> None:
    app = _open("photo")
    _choose(app, "empty_room")
    assert EN("photo.nobody") in _shown(app)
    for label in (
        EN("photo.remedy_confidence", value=0.25),
        EN("photo.remedy_heavy"),
    ):
        next(button for button in app.main.button if button.label == label).click().run()
        assert not app.exception
    assert app.slider(key="setting_detection").value == 0.25
    assert app.radio(key="setting_model").value == "heavy"
    assert EN("photo.nobody_tried") in _shown(app)


# ---------------------------------------------------------------------- Photo: own pictures
def test_an_own_picture_replaces_the_sample() -> None:
    app = _open("photo")
    _upload(app, ("holiday.png", sample_bytes("arms_raised")))
    assert _session(app).item.name == "holiday.png"
    assert EN("photo.until_reload") in _shown(app)
    shoulders = next(row for row in _rows(app) if row[0] == "Shoulder")
    assert all(int(cell.removesuffix("°")) > 120 for cell in shoulders[1:3])


def test_a_broken_file_is_named_and_the_rest_of_the_batch_continues() -> None:
    app = _open("photo")
    _upload(app, ("text.jpg", b"just text"), ("stand.png", sample_bytes("stand")), ("empty.png", b""))
    text = _shown(app)
    assert r"text\.jpg" in text
    assert "the content of this one is none of these" in text
    assert EN("photo.failed_some", count=2, total=3) in text
    results = {row[0].replace("\\", ""): row[1] for row in _rows(app, -1)}
    assert results["stand.png"] == "1 person"
    assert "this one is empty" in results["empty.png"]


def test_next_and_previous_step_through_a_batch() -> None:
    app = _open("photo")
    _upload(app, ("one.png", sample_bytes("stand")), ("two.png", sample_bytes("empty_room")))
    next(button for button in app.main.button if button.label == EN("photo.next")).click().run()
    assert EN("photo.nobody") in _shown(app)
    next(button for button in app.main.button if button.label == EN("photo.previous")).click().run()
    assert EN("photo.nobody") not in _shown(app)


def test_a_stopped_batch_keeps_its_results_and_can_continue(monkeypatch: pytest.MonkeyPatch) -> None:
    # The button cannot be pressed during a run here (tests/e2e does that), so this sets what it sets.
    add_own = PhotoSession.add_own

    def add_and_stop(self: PhotoSession, items: Iterable[PhotoItem]) -> None:
        add_own(self, items)
        self.stopped = True

    monkeypatch.setattr(PhotoSession, "add_own", add_and_stop)
    app = _open("photo")
    _upload(app, ("one.png", sample_bytes("stand")), ("two.png", sample_bytes("lunge")))
    assert EN("photo.stopped", done=1, total=2) in _shown(app)
    next(button for button in app.main.button if button.label == EN("photo.go_on")).click().run()
    assert _session(app).pending() == []


def test_a_visitor_can_switch_to_a_sample_and_back_and_remove_own_pictures() -> None:
    app = _open("photo")
    _upload(app, ("own.png", sample_bytes("stand")))
    _choose(app, "lunge")
    assert _session(app).item.name == "lunge.png"
    _choose(app, "own")
    assert _session(app).item.name == "own.png"
    app.button(key="photo_remove").click().run()
    assert _session(app).item.name == "squat.png"
    assert not app.exception


def test_the_open_view_survives_a_language_change_and_a_page_change() -> None:
    app = _open("photo")
    app.segmented_control(key="photo_tab").select("table").run()
    app.segmented_control(key="lang").select("zh").run()
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/photo.py").run()
    assert len(app.dataframe) == 1


def test_the_table_of_landmarks_says_which_are_not_visible() -> None:
    app = _open("photo")
    app.segmented_control(key="photo_tab").select("table").run()
    whole = Image.open(io.BytesIO(sample_bytes("stand")))
    cut = io.BytesIO()
    whole.crop((0, 0, whole.width, whole.height * 6 // 10)).save(cut, "PNG")
    _upload(app, ("cut.png", cut.getvalue()))
    app.run()
    assert not app.exception
    reasons = app.dataframe[0].value[EN("column.reason")]
    assert "" in set(reasons)
    assert EN("reason.outside_picture") in set(reasons)


def test_no_chart_is_sent_before_somebody_asks_for_a_closer_look() -> None:
    app = _open("photo")
    assert not app.get("plotly_chart")
    app.segmented_control(key="photo_tab").select("explore").run()
    assert app.get("plotly_chart")


def test_a_remedy_that_helps_says_what_it_changed_and_can_be_undone() -> None:
    app = _open("photo")
    app.slider(key="setting_detection").set_value(0.95).run()
    camera = Camera(480, 480, scene_height_m=9.0)
    far = render_scene([Person("arm_raise", 0.3)], camera=camera).rgb
    _upload(app, ("far.png", encode_png(far)))
    assert EN("photo.nobody") in _shown(app)
    app.button(key="photo_remedy_confidence").click().run()
    assert [one.value for one in app.success] == [
        EN("photo.remedy_helped_confidence", before="0.95", after="0.25")
    ]
    next(button for button in app.main.button if button.label == EN("photo.remedy_undo")).click().run()
    assert EN("photo.nobody") in _shown(app)
    assert not app.success


def test_a_link_shows_the_same_sample_model_and_drawing() -> None:
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60)
    link = {
        "photo_sample": "lunge",
        "model": "lite",
        "people": "2",
        "style": "sides",
        "arcs": "knee.hip",
        "draw": "names",
    }
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("pages/photo.py").run()
    session = _session(app)
    assert session.item.name == "lunge.png"
    outcome = session.outcome(session.item, PoseSettings())
    assert isinstance(outcome, PhotoResult)
    assert app.radio(key="setting_model").value == "lite"
    assert app.slider(key="setting_people").value == 2
    assert app.segmented_control(key="setting_style").value == "sides"
    assert app.pills(key="setting_arcs").value == ["knee", "hip"]
    assert app.pills(key="setting_draw").value == ["names"]


def test_a_link_with_values_that_do_not_exist_shows_the_defaults() -> None:
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60)
    for name, value in {
        "photo_sample": "../../etc/passwd",
        "model": "huge",
        "people": "99",
        "style": "x",
        "arcs": "knee.nose",
    }.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("pages/photo.py").run()
    assert not app.exception
    assert _session(app).item.name == "squat.png"
    assert app.radio(key="setting_model").value == "full"
    assert app.slider(key="setting_people").value == 1
    assert app.segmented_control(key="setting_style").value == "classic"
    assert app.pills(key="setting_arcs").value == []


def test_pictures_beyond_the_limit_are_left_out_with_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_session, "MAX_PICTURES", 1)
    app = _open("photo")
    _upload(app, ("one.png", sample_bytes("stand")), ("two.png", sample_bytes("squat")))
    assert any("left out: 1" in warning.value for warning in app.warning)


def test_a_small_picture_is_enlarged_and_the_page_says_so() -> None:
    frame = Image.fromarray(render_frame("arm_raise", 0.3).rgb).resize((213, 160))
    file = io.BytesIO()
    frame.save(file, "PNG")
    app = _open("photo")
    _upload(app, ("small.png", file.getvalue()))
    assert any("enlarged from 213×160 to 639×480" in caption.value for caption in app.caption)
    app.toggle(key="setting_enlarge").set_value(False).run()
    assert not any("enlarged" in caption.value for caption in app.caption)


def test_a_hostile_file_name_is_shown_as_plain_text() -> None:
    app = _open("photo")
    _upload(app, ("<img src=x onerror=alert(1)>**.jpg", b"no picture"))
    shown = app.error[0].value
    assert r"\<img src\=x" in shown  # neither HTML nor the file's own Markdown takes effect
    assert r"\*\*\.jpg" in shown


# ---------------------------------------------------------------------- Live
def test_live_offers_a_start_and_shows_how_many_watch() -> None:
    app = _open("live")
    text = _shown(app)
    assert EN("live.ready_performer") in text  # it moves on any machine, and asks nothing
    assert "watching: 0 of" in text
    assert [button.label for button in app.button if button.label == EN("live.start")]
    assert app.button(key="live_record").disabled
    assert app.button(key="live_snapshot").disabled


def test_live_is_in_chinese_if_the_address_says_so() -> None:
    app = _open("live", lang="zh")
    assert ZH("live.ready_performer") in _shown(app)


def test_live_settings_follow_the_panel() -> None:
    app = _open("live")
    stream = LiveStream(pool(), LiveSettings())
    app.session_state[LIVE].connection.stream = stream
    app.segmented_control(key="live_source").set_value("camera").run()
    assert not app.sidebar.radio
    app.radio(key="setting_model").set_value("heavy")
    app.slider(key="setting_visibility").set_value(0.7)
    app.segmented_control(key="live_height").set_value(720)
    app.slider(key="live_min_cutoff").set_value(2.5)
    app.slider(key="live_beta").set_value(3.0)
    app.slider(key="live_target").set_value(24).run()
    assert not app.exception
    chosen = stream.settings
    assert (chosen.pose.detection.model, chosen.pose.visibility_limit) == ("heavy", 0.7)
    assert (chosen.height_px, chosen.target_fps) == (720, 24)
    assert chosen.smoothing == SmoothingSettings(2.5, 3.0)
    assert chosen.mirror
    assert chosen.adaptive
    for name in ("smooth", "mirror", "adaptive"):
        app.toggle(key=f"live_{name}").set_value(False)
    app.run()
    assert not app.exception
    assert (stream.settings.smoothing, stream.settings.mirror, stream.settings.adaptive) == (
        None,
        False,
        False,
    )
    assert not [slider for slider in app.slider if slider.key == "live_min_cutoff"]
    stream.close()


# ---------------------------------------------------------------------- Video
def test_the_first_visit_of_video_offers_the_performer() -> None:
    app = _open("video")
    assert [button for button in app.button if button.label == EN("film.try_performer")]
    assert not app.error


def test_a_file_that_is_no_film_is_told_so_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_session, "film_owner", lambda _: "visitor of this test")
    studio = film_studio()
    with studio.arrive("visitor of this test", "notes.mp4", 5) as film:
        film.add(b"notes")
        film.finish()
    try:
        app = _open("video")
        assert any("notes" in error.value and "video" in error.value for error in app.error)
        other = next(button for button in app.button if button.label == EN("film.other"))
        other.click().run()
        assert not app.error
        assert studio.newest_film("visitor of this test") is None
    finally:
        studio.discard(film)


def test_the_result_of_a_film_is_corrected_and_packed_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = "visitor of this test"
    monkeypatch.setattr(video_session, "film_owner", lambda _: owner)
    studio = film_studio()
    data = numbered_film(12)
    with studio.arrive(owner, "squat.mp4", len(data)) as film:
        film.add(data)
        film.finish()
    job = studio.analyse(film, VideoSettings(PoseSettings(DetectionSettings("lite"))), with_copy=True)
    assert job.over.wait(60)
    try:
        app = _open("video")
        assert not app.error
        app.button(key="video_exchange_sides").click().run()
        corrected = studio.version(job.id, owner)
        assert corrected is not None
        assert corrected.undoable == 1
        app.button(key="video_undo").click().run()
        assert not app.exception
        made = {}
        for kind in ("film", "zip"):
            app.button(key=f"video_make_{kind}").click().run()
            assert not app.exception
            (making, *_) = reversed(studio.jobs.of(owner, about=job.id))
            assert making.over.wait(60)
            app.run()
            made[kind] = making.result
            assert [button for button in app.get("download_button") if kind in str(button.proto.id)]
        assert read_film(made["film"]).size_wh == (320, 240)
        with zipfile.ZipFile(io.BytesIO(made["zip"])) as archive:
            assert {*FILE_NAMES, "poses.xlsx", "landmarks.csv"} <= {*archive.namelist()}
        app.button(key="video_again").click().run()
        assert [button for button in app.button if button.label == EN("film.analyse")]
        assert not app.exception
    finally:
        studio.discard(film)


# ---------------------------------------------------------------------- Benchmark
def test_benchmark_shows_figures_before_anything_was_measured() -> None:
    app = _open("benchmark")
    text = _shown(app)
    assert "The developers' machine: smooth for 4 people watching at once with the full model" in text
    assert "figures of the developers' machine" in text
    assert not app.error
    assert [button.label for button in app.button if button.label == EN("benchmark.run")]


def test_a_goal_chosen_just_before_use_on_live_is_the_one_that_counts() -> None:
    app = _open("benchmark")
    app.segmented_control(key="benchmark_goal").set_value("exact")
    use = next(button for button in app.button if button.label == EN("benchmark.use"))
    use.click().run()  # both in one run of the page, as after two quick presses
    assert app.session_state["live_target"] == 5
    assert app.session_state["live"].connection.on  # it starts, and says what was set
    assert "at least 5 frames a second" in app.session_state["live"].note
    app.session_state["live"].stop()


# ---------------------------------------------------------------------- all pages
def test_nothing_on_the_first_view_of_benchmark_needs_an_engineer() -> None:
    app = _open("benchmark")
    labels = [element.label for kind in (app.button, app.segmented_control) for element in kind]
    said = " ".join([_shown(app), *labels]).lower()
    for word in ("p99", "percentile", "variation", "inference", "end to end"):
        assert word not in said, word


@pytest.mark.parametrize("page", ["home", "photo", "live", "coach", "benchmark"])
def test_one_of_several_stays_chosen_however_often_it_is_pressed(page: str) -> None:
    app = _open(page)
    choices = [
        one
        for one in (*app.segmented_control, *app.pills)
        if one.proto.click_mode == one.proto.SINGLE_SELECT
        and one.key != "photo_tab"  # a second press closes the view
    ]
    assert choices
    assert all(one.proto.required for one in choices), [one.key for one in choices if not one.proto.required]


# ---------------------------------------------------------------------- Live: the frame with the picture
@pytest.mark.parametrize("t", [EN, ZH], ids=["en", "zh"])
def test_texts_inside_the_live_frame_are_in_the_language_of_the_page(
    monkeypatch: pytest.MonkeyPatch, t: Translator
) -> None:
    asked: dict[str, Any] = {}

    def frame(**options: Any) -> SimpleNamespace:
        asked.update(options)
        return SimpleNamespace(state=SimpleNamespace(playing=False, signalling=True))

    monkeypatch.setattr(picture, "webrtc_streamer", frame)
    app = _open("live", lang=t.language)
    app.segmented_control(key="live_source").select("performer").run()
    app.button(key="live_start").click().run()
    assert not app.exception
    app.session_state[LIVE].stop()
    texts = {key.removeprefix("webrtc."): t(key) for key in catalogue() if key.startswith("webrtc.")}
    assert asked["translations"] == texts
    assert set(texts) < set(Translations.__annotations__)


# ---------------------------------------------------------------------- Photo: a whole batch
def test_each_file_of_a_packed_batch_is_of_its_own_kind() -> None:
    app = _open("photo")
    _upload(app, ("one.png", sample_bytes("stand")), ("two.png", sample_bytes("lunge")))
    next(
        button for button in app.main.button if button.label == EN("photo.zip_prepare", total=2)
    ).click().run()
    assert not app.exception
    packed = _session(app).zip_file
    assert packed is not None
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for stem in ("one", "two"):
            assert Image.open(archive.open(f"{stem}_pose.jpg")).size == (960, 720)
            assert json.loads(archive.read(f"{stem}_pose.json"))["file"]["name"] == f"{stem}.png"
            assert archive.read(f"{stem}_landmarks.csv").decode().startswith(",".join(COLUMNS))
            assert openpyxl.load_workbook(archive.open(f"{stem}_pose.xlsx"))["Landmarks"].max_row == 34


def test_files_of_any_name_are_judged_by_content_and_each_refused_one_keeps_its_line() -> None:
    app = _open("photo")
    stand = sample_bytes("stand")
    _upload(app, ("one.jfif", stand), ("two", stand), ("notes.txt", b"just text"), ("three.heic", stand))
    for _ in range(2):
        results = {row[0].replace("\\", ""): row[1] for row in _rows(app, -1)}
        assert [results[name] for name in ("one.jfif", "two", "three.heic")] == ["1 person"] * 3
        assert "the content of this one is none of these" in results["notes.txt"]
        app.run()
    assert list(app.file_uploader[0].proto.type) == []
