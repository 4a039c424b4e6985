"""The page in headless Chromium against the real desk: with a stand-in for the engine, and once in a real show.

`window.performer` holds the page's parts."""

import contextlib
import io
import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

from performer.assets import find_model
from performer.desk.process import DeskOptions
from performer.parameters import Table
from performer.visuals.looks import looks_of
from performer.visuals.page import jpeg as page_jpeg
from performer.visuals.testcard import CORNERS
from performer.visuals.testcard import testcard as make_card
from performer.visuals.walk import PREFIX as PICTURE
from tests.desk.stand import Stand, eventually, jpeg
from tests.show_process import ShowProcess

pytestmark = pytest.mark.programs

FLAGS = (
    "--no-sandbox", "--disable-gpu-sandbox", "--use-angle=swiftshader", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SMALL = {"width": 920, "height": 440}
SHOW = ("[midi]\nenabled = false", "[audio]\nenabled = false", '[[voice]]\nmode = "harmonise"')


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    stand = Stand(DeskOptions(voices=2))
    yield stand
    assert stand.end() == 0


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None and not os.environ.get("CI"):
        pytest.skip("chromium or playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(stand, browser):
    """Open an address of the desk and wait until it talks with the desk. Whatever the browser complains of fails the test."""
    complaints: list[str] = []
    context = browser.new_context(viewport=SMALL)

    def open_page(path="/"):
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.goto(f"http://{stand.host}{path}")
        shows(page, "!!window.performer && performer.link.state !== 'lost'")
        stand.hears("/performer/sync")
        return page

    yield open_page
    context.close()
    assert [each for each in complaints if "GPU stall" not in each] == []


def shows(page, expression):
    """Wait until the expression is true in the page, and return it."""
    return eventually(lambda: page.evaluate(expression), expression)


@contextlib.contextmanager
def painting(stand, grey=180):
    """The picture's process: a frame every 40 ms."""
    over = threading.Event()

    def paint():
        while not over.wait(0.04):
            stand.paint(jpeg(grey))

    thread = threading.Thread(target=paint)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_key_of_the_computer_and_a_click_reach_the_engine_and_sound(stand, open_page):
    page = open_page()
    page.keyboard.down("a")
    _, pitch, velocity, channel = stand.hears("/performer/note/on")
    assert pitch % 12 == 0 and velocity > 0 and channel == 1
    page.keyboard.up("a")
    stand.hears("/performer/note/off", pitch)
    box = page.locator(f'.key[data-pitch="{pitch + 4}"]').bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.95)
    page.mouse.down()
    loud = stand.hears("/performer/note/on", pitch + 4)[2]
    assert page.locator(f'.key[data-pitch="{pitch + 4}"].human').count() == 1
    shows(page, "performer.sound.running && performer.sound.level() > 0.001")
    page.mouse.up()
    stand.hears("/performer/note/off", pitch + 4)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.7)
    page.mouse.down()
    assert stand.hears("/performer/note/on", pitch + 4)[2] < loud
    page.mouse.up()
    assert page.evaluate("performer.sound.started.human") >= 2
    assert not page.locator("#wake").is_visible()


def test_what_the_model_plays_is_seen_and_heard(stand, open_page):
    page = open_page()
    page.keyboard.press("Tab")  # a touch: sound may begin
    shows(page, "performer.sound.running")
    stand.say("/performer/played", 1, 67, 100, 0.0, 0.2)
    shows(page, "performer.roll.notes.some((note) => note.who === 'model' && note.pitch === 67 && note.end === Infinity)")
    shows(page, "performer.sound.voices.has('model 1 67') && performer.sound.level() > 0.001")
    assert page.locator('.key[data-pitch="67"].model').count() == 1
    stand.say("/performer/released", 1, 67)
    shows(page, "performer.sound.voices.size === 0 && performer.roll.notes.every((note) => note.end < Infinity)")
    assert page.locator(".key.model").count() == 0
    stand.say("/performer/voice/2/channel", 10)
    stand.say("/performer/played", 2, 36, 100, 0.1, 0.2)
    shows(page, "performer.sound.started.model === 2 && performer.sound.voices.size === 0")


def test_a_key_that_the_engine_tells_of_is_shown_once(stand, open_page):
    page = open_page()
    page.keyboard.down("a")
    pitch = stand.hears("/performer/note/on")[1]
    stand.say("/performer/heard", pitch, 84, 1)
    stand.say("/performer/heard", pitch + 7, 84, 1)
    shows(page, "performer.roll.notes.length === 2 && performer.players.told.length === 0")
    assert page.evaluate("performer.roll.notes.filter((note) => note.who === 'human').length") == 2
    page.keyboard.up("a")
    stand.say("/performer/heard", pitch, 0, 1)
    stand.say("/performer/heard", pitch + 7, 0, 1)
    shows(page, "performer.roll.notes.every((note) => note.end < Infinity)")
    assert page.locator(".key.human").count() == 0


def test_the_picture_is_there(stand, open_page):
    page = open_page()
    assert page.evaluate("performer.picture.brightness()") < 0.02
    with painting(stand):
        shows(page, "performer.picture.drawn > 5 && performer.picture.brightness() > 0.2")


def test_the_projector_shows_the_picture_and_nothing_else(stand, open_page):
    page = open_page("/projector")
    with painting(stand):
        shows(page, "performer.picture.drawn > 5 && performer.picture.brightness() > 0.6")
    assert page.evaluate("document.body.children.length") == 1
    assert page.evaluate("getComputedStyle(document.documentElement).cursor") == "none"


def test_the_projector_composes_as_the_window_does(stand, open_page):
    page = open_page("/projector")
    values = Table().defaults() | {PICTURE + "test_card": True}
    quad = {"top_left": (0.15, 0.1), "top_right": (0.95, 0.02), "bottom_right": (0.99, 0.8), "bottom_left": (0.05, 0.9)}
    values |= {f"/performer/window/{corner}_{axis}": share for corner, at in quad.items() for axis, share in zip("xy", at, strict=True)}
    stand.paint(page_jpeg(make_card(SMALL["width"], SMALL["height"])))
    stand.say("/performer/looks", json.dumps(asdict(looks_of(values))))
    corners = np.array(list(quad.values())) * (SMALL["width"], SMALL["height"])
    spots = [np.round(corner + 0.08 * (corners.mean(0) - corner)).astype(int) for corner in corners]

    def pinned():
        shot = pixels(page)
        return [shot] if all(np.abs(shot[y, x] - colour).max() < 40 for (x, y), colour in zip(spots, CORNERS, strict=True)) else []

    (shot,) = eventually(pinned, "the card on its four corners")
    assert shot[:5].max() < 10 and shot[:, :20].max() < 10 and shot[-30:].max() < 10
    blurred = {PICTURE + name: value for name, value in (("blur", 0.5), ("feedback", 0.5), ("kaleidoscope", 6), ("mirror", "both"), ("zoom", 2.0))}
    looks = looks_of(Table().defaults() | blurred | {"/performer/window/gamma": 1.5})
    assert (looks.look, looks.place) == (("FOLDED", "BLURRED", "TRAIL"), ("SHADED",))
    stand.say("/performer/looks", json.dumps(asdict(looks)))

    def folded():
        shot = pixels(page)
        return np.abs(shot - shot[::-1]).mean() < 2 and np.abs(shot - shot[:, ::-1]).mean() < 2 and shot.mean() > 10

    eventually(folded, "all looks at once")


def pixels(page):
    """What the page shows, (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)


def test_without_webgl_the_picture_is_drawn_plainly(stand, open_page, browser):
    with browser.new_context(viewport=SMALL) as context:
        context.add_init_script("const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext ="
                                " function (kind, ...rest) { return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest); };")  # fmt: skip
        page = context.new_page()
        page.goto(f"http://{stand.host}/projector")
        with painting(stand):
            shows(page, "window.performer && performer.picture.drawn > 5 && performer.picture.brightness() > 0.6")


def test_panic(stand, open_page):
    page = open_page()
    page.keyboard.down("a")
    stand.hears("/performer/note/on")
    stand.say("/performer/played", 1, 67, 100, 0.0, 0.2)
    shows(page, "performer.sound.voices.size === 2")
    page.keyboard.press("Escape")
    stand.hears("/performer/panic")
    assert page.evaluate("performer.sound.voices.size") == 0
    assert page.locator(".key.human, .key.model").count() == 0
    page.get_by_role("button", name="Panic").click()
    stand.hears("/performer/panic")


def test_the_controls_are_the_table(stand, open_page):
    page = open_page()
    assert page.evaluate("[...performer.controls.rows.keys()]") == list(Table(2).rows)
    page.get_by_role("radio", name="harmonise").first.click()
    assert stand.hears("/performer/voice/1/mode")[1] == "harmonise"
    slider = page.locator('[data-address="/performer/visuals/react"] input')
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert stand.hears("/performer/visuals/react")[1] == pytest.approx(1.01)
    page.locator('[data-address="/performer/visuals/react"] .name').dblclick()
    assert stand.hears("/performer/visuals/react")[1] == 1.0
    page.locator('[data-address="/performer/voice/1/scale"] select').select_option("dorian")
    assert stand.hears("/performer/voice/1/scale")[1] == "dorian"
    stand.say("/performer/visuals/speed", 1.25)
    shows(page, "document.querySelector('[data-address$=\"visuals/speed\"] output').textContent === '1.25'")
    page.get_by_role("tab", name="Voice 2").click()
    assert page.locator('[data-address="/performer/voice/2/mode"]').is_visible()


def test_suggestions_are_seen_heard_and_chosen(stand, open_page):
    page = open_page()
    page.get_by_role("button", name="Suggest", exact=True).first.click()
    assert stand.hears("/performer/suggest")[1:] == (1, 3)
    for number in (2, 1):
        for beat in range(4):
            stand.say("/performer/suggestion", 1, number, 60 + 5 * number + beat, 90, float(beat), 0.8)
        stand.say("/performer/suggestion/ready", 1, number, 8.0)
    shows(page, "document.querySelectorAll('.card').length === 2")
    assert page.evaluate("[...document.querySelectorAll('.card')].map((card) => card.dataset.number)") == ["1", "2"]
    lit = "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((v, i) => i % 4 === 3 && v > 100).length"
    assert page.locator('.card[data-number="2"] canvas').evaluate(lit) > 200
    page.get_by_role("button", name="Hear suggestion 2").click()
    assert stand.hears("/performer/suggest/hear")[1:] == (1, 2)
    page.get_by_role("button", name="Choose suggestion 2").click()
    assert stand.hears("/performer/suggest/choose")[1:] == (1, 2)
    stand.say("/performer/suggestion/chosen", 1, 2)
    shows(page, "document.querySelector('.card.chosen')?.dataset.number === '2'")
    page.get_by_role("button", name="Earlier idea").first.click()
    assert stand.hears("/performer/suggest/back")[1:] == (1,)
    stand.say("/performer/suggestion/cleared", 1)
    shows(page, "document.querySelectorAll('.card').length === 0")


def test_status_and_errors_are_sentences(stand, open_page):
    page = open_page()
    stand.say("/performer/status", json.dumps({"model": "lstm-first", "midi_in": "Performer In", "visuals": {"fps": 24.0}}))
    stand.say("/performer/status", json.dumps({"voices": [{"voice": 1, "mode": "call", "doing": "answering"}], "key": [2, "minor"]}))
    shows(page, "document.getElementById('status').innerText.includes('lstm-first')")
    shows(page, "document.getElementById('status').innerText.includes('D minor')")
    assert page.locator(".doing.busy").inner_text() == "answering"
    stand.say("/performer/error", "model", "The model <b>fell</b> asleep.")
    shows(page, "document.getElementById('toasts').textContent === 'The model <b>fell</b> asleep.'")


def test_a_lost_connection_is_told_and_mended(stand, open_page):
    page = open_page()
    stand.say("/performer/played", 1, 67, 100, 0.0, 0.2)
    shows(page, "performer.roll.notes.length === 1")
    page.evaluate("performer.link.wait = 1500; performer.link.socket.close()")
    shows(page, "!document.getElementById('banner').hidden")
    assert page.locator(".key.model").count() == 0
    stand.hears("/performer/sync")
    shows(page, "document.getElementById('banner').hidden")


def test_no_byte_comes_from_elsewhere(stand, open_page):
    page = open_page()
    asked = page.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host)")
    assert asked and set(asked) == {stand.host}


def test_in_a_real_show_the_model_answers_and_the_picture_moves(browser, tmp_path):
    notes = "lstm-first" if find_model("lstm-first") else "echo"
    with ShowProcess(tmp_path, *SHOW, f'[models]\nnotes = "{notes}"') as show, browser.new_context(viewport=SMALL) as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{show.page}/")
        shows(page, "!!window.performer && performer.link.state === 'open'")
        page.keyboard.down("a")
        shows(page, "performer.roll.notes.some((note) => note.who === 'human')")
        shows(page, "performer.roll.notes.some((note) => note.who === 'model') && performer.sound.started.model > 0")
        shows(page, "performer.sound.level() > 0.001 && performer.players.told.length === 0")
        if notes != "echo":
            shows(page, "/^[0-9.]+ \\/ [0-9.]+ ms$/.test(document.querySelector('[data-fact=step] dd').textContent)")
        shows(page, "performer.picture.drawn > 5 && performer.picture.brightness() > 0.02")
        before = page.evaluate("performer.picture.brightness()")
        shows(page, f"Math.abs(performer.picture.brightness() - {before}) > 0.0005")
        page.keyboard.press("Escape")
        shows(page, "performer.sound.voices.size === 0 && performer.roll.notes.every((note) => note.end < Infinity)")
        page.goto(f"http://127.0.0.1:{show.page}/projector")
        shows(page, "!!window.performer && performer.picture.drawn > 5 && performer.picture.brightness() > 0.02")
        taken = show.take
    assert '"kind":"Panic"' in taken.read_text(encoding="utf-8")
