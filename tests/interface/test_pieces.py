import io
import re
import sys
import tomllib
import types
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT
from util.interface import warmth
from util.interface.given import Given
from util.interface.palette import DARK, LIGHT
from util.interface.pictures import as_jpeg, data_address, fitted, framed
from util.interface.text import markup, plain
from util.prediction import Metadata

CSS = (ROOT / "util/interface/style.css").read_text("utf-8")


def brightness(colour: str) -> float:
    """Relative luminance in [0, 1] of a hex colour (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    high, low = sorted((brightness(one), brightness(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_can_be_read_on_paper(colours):
    for name in ("ink", "muted", "accent"):
        assert contrast(getattr(colours, name), colours.paper) >= 4.5


def test_words_on_the_bands_can_be_read():
    for name in ("below", "above"):
        assert contrast("#FFFFFF", LIGHT.band(name)) >= 4.5
        assert contrast("#14171C", DARK.band(name)) >= 4.5
    assert contrast("#1E2430", LIGHT.grey) >= 4.5
    assert contrast("#14171C", DARK.grey) >= 4.5


def test_charts_style_sheet_and_theme_have_the_same_colours():
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))["theme"]
    for colours, base in ((LIGHT, theme["light"]), (DARK, theme["dark"])):
        assert (base["backgroundColor"], base["textColor"]) == (colours.paper, colours.ink)
        assert (base["primaryColor"], base["borderColor"]) == (colours.accent, colours.lines)
        assert (base["blueColor"], base["yellowColor"], base["redColor"]) == (
            colours.below,
            colours.grey,
            colours.above,
        )
    for field in fields(LIGHT):
        pair = f"--{field.name}: light-dark({getattr(LIGHT, field.name)}, {getattr(DARK, field.name)});"
        assert pair in CSS


def test_the_style_sheet_hangs_on_our_own_names_alone():
    rules = re.sub(r"/\*.*?\*/", "", CSS, flags=re.S)
    own = "trust|note|teaching|legend|rows|heat|file-name|map-line|composite|borderline"
    ours = re.compile(rf"^(st-key-[a-z_]+|chip(-[a-z]+)?|{own})$")
    assert [name for name in re.findall(r"\.([a-zA-Z][\w-]*)", rules) if not ours.match(name)] == []
    assert "data-testid" not in rules


def test_nothing_is_fetched_from_elsewhere():
    assert re.findall(r"url\(|@import|https?:", CSS) == []


def test_in_markdown_no_character_of_a_text_stays_an_order():
    text = "a_b *x* [l](http://x) $5$ :red[y] `c` <b> 1. one # no, 83 %; l’été \\"
    shown = plain(text)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown) == text
    escaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", shown)
    assert re.findall(r"[!-/:-@\[-`{-~]", escaped) == []


def test_text_in_html_stays_text():
    assert markup('<script a="b">') == "&lt;script a=&quot;b&quot;&gt;"


@pytest.mark.parametrize("shape", [(1, 1), (20000, 2), (300, 400, 3), (50, 50, 3), (640, 640)])
def test_a_picture_keeps_its_aspect_and_fits_the_screen(shape):
    shown = fitted(np.zeros(shape, np.uint8), 640)
    assert max(shown.shape[:2]) <= 640
    assert shown.shape[2:] == shape[2:]
    wanted = shape[1] / shape[0]
    assert shown.shape[1] == pytest.approx(max(1, shown.shape[0] * wanted), abs=1)


def test_a_window_is_drawn_on_the_picture_and_a_whole_one_is_not():
    pixels = np.zeros((400, 640), np.uint8)
    assert not framed(pixels, (0, 0, 640, 400), "#FF0000").any()
    drawn = framed(pixels, (100, 50, 300, 250), "#FF0000")
    rows, columns = np.nonzero(drawn[..., 0])
    assert (columns.min(), columns.max()) == pytest.approx((100, 300), abs=3)
    assert (rows.min(), rows.max()) == pytest.approx((50, 250), abs=3)
    assert not drawn[..., 1:].any()
    assert not pixels.any()


def test_a_jpeg_has_the_colours_of_its_picture():
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    back = np.asarray(Image.open(io.BytesIO(as_jpeg(red))))
    assert np.abs(back.astype(int) - red).max() < 12


def test_a_thumbnail_is_a_small_square_inside_its_address():
    stream = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(stream, "PNG")
    address = data_address(stream.getvalue(), 64)
    assert address.startswith("data:image/jpeg;base64,")
    assert len(address) < 4000


def test_two_images_are_told_apart_by_everything_but_their_name():
    given = Given(b"image", "a.png", "skin", model="one")
    assert given.key == replace(given, name="b.png", synthetic=True).key
    others = [
        replace(given, data=b"other"),
        replace(given, modality="chest"),
        replace(given, metadata=Metadata(age=3.0)),
        replace(given, um_per_pixel=0.5),
        replace(given, model="two"),
        replace(given, card="another"),
    ]
    assert len({given.key, *(other.key for other in others)}) == 7


def test_warming_up_begins_once_a_server_whoever_asks(monkeypatch):
    begun = []
    state = warmth._State()
    monkeypatch.setattr(warmth, "_state", lambda: state)
    monkeypatch.setattr(warmth, "_warm", lambda done: (begun.append(1), done.set()))
    assert warmth.is_cold() and not warmth.started()
    for _ in range(3):
        warmth.warm_up()
    state.thread.join()
    assert begun == [1]
    assert not warmth.is_cold()


def test_a_page_run_does_not_clear_the_networks_that_all_sessions_share(monkeypatch):
    cleared = []
    backend = types.SimpleNamespace(clear_session=lambda free_memory=True: cleared.append(1))
    monkeypatch.setitem(sys.modules, "keras", types.SimpleNamespace(backend=backend))
    warmth.keep_networks()
    sys.modules["keras"].backend.clear_session()
    assert cleared == []


def test_warming_up_waits_for_a_visitor_who_came_first(monkeypatch):
    state = warmth._State()
    monkeypatch.setattr(warmth, "_state", lambda: state)
    with warmth.my_turn():
        assert state.turn.locked()
    assert not state.turn.locked()
    state.done.set()
    with warmth.my_turn():
        assert not state.turn.locked()


def test_warming_up_that_fails_is_logged_and_does_not_block_the_first_answer(monkeypatch, caplog, tmp_path):
    monkeypatch.setenv("PENUMBRA_MODELS", str(tmp_path))
    monkeypatch.setattr("util.modelstore.cards", lambda: 1 / 0)
    state = warmth._State()
    warmth._warm(state.done)
    assert state.done.is_set()
    assert "warming up failed" in caplog.text
