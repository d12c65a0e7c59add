"""Diagnose in a browser: upload, dial, slider, downloads, a shared link, a narrow screen."""

import io
import json

import numpy as np
from PIL import Image

from tests.browser.conftest import DIAL, GATE
from util.language import say


def picture() -> bytes:
    """A grey film of noise and two dark ovals, as PNG."""
    y, x = np.mgrid[-1:1:240j, -1:1:300j]
    lungs = np.exp(-(((np.abs(x) - 0.4) / 0.25) ** 4) - (y / 0.6) ** 4)
    grey = 170 - 110 * lungs + np.random.default_rng(3).normal(0, 6, lungs.shape)
    stream = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def upload(page, name: str = "film.png") -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": picture()}
    page.locator(".st-key-upload input[type=file]").set_input_files(file)
    page.locator(DIAL).wait_for()


def test_the_first_visitor_of_a_server_meets_the_door_on_every_page(visit):
    page = visit("/models")
    assert page.title() != ""
    page.locator(GATE).click()
    page.get_by_role("heading", name=say("pages.models_title", "en")).wait_for()


def test_an_upload_becomes_an_answer_a_map_and_a_report_in_the_browsers_language(visit, tmp_path):
    page = visit("/", "fr-FR")
    page.get_by_role("heading", name=say("interface.gate_title", "fr")).wait_for()
    page.locator(GATE).focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=say("interface.empty_title", "fr")).wait_for()
    assert "language=fr" in page.url

    upload(page)
    dial = page.locator(DIAL).inner_text()
    assert say("interface.band_grey", "fr") in dial
    assert "0,30" in dial and "0.30" not in dial
    assert "\u00a0%" in dial

    overlay = page.locator(".st-key-map img").nth(1)
    before = overlay.get_attribute("src")
    page.locator(".st-key-opacity input, .st-key-opacity [role=slider]").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([picture, before]) => document.querySelectorAll(picture)[1].getAttribute('src') !== before",
        arg=[".st-key-map img", before],
    )

    with page.expect_download() as waiting:
        page.locator(".st-key-download_pdf button").click()
    report = tmp_path / "report.pdf"
    waiting.value.save_as(report)
    text = read_pdf(report)
    assert say("report.education_only", "fr") in text
    assert "pneumonie" in text

    with page.expect_download() as waiting:
        page.locator(".st-key-download_json button").click()
    waiting.value.save_as(tmp_path / "result.json")
    result = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert result["language"] == "fr"
    assert set(result["classes"]) == {"NORMAL", "PNEUMONIA"}


def read_pdf(path) -> str:
    from pypdf import PdfReader

    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_a_shared_link_opens_the_same_sample_and_the_language_can_be_changed(visit):
    page = visit("/?modality=skin&sample=melanoma&language=fr")
    page.locator(GATE).click()
    page.locator(DIAL).wait_for()
    assert (
        page.get_by_role("radio", name=say("interface.modality_skin", "fr")).get_attribute("aria-checked")
        == "true"
    )
    page.locator(".st-key-language").get_by_text("EN").click()
    page.get_by_role("tab", name=say("interface.tab_trust", "en")).wait_for()
    assert "language=en" in page.url and "sample=melanoma" in page.url
    assert page.locator(".st-key-sample [aria-checked=true]").count() == 1
    page.locator(DIAL).wait_for()


def test_on_a_narrow_screen_the_input_folds_to_one_line_and_the_sentence_comes_first(visit):
    page = visit("/", width=390)
    page.locator(GATE).click()
    upload(page, "a_long_name_from_a_camera_roll_2026_11_21.png")
    page.locator(".st-key-folded button").wait_for()
    assert not page.locator(".st-key-upload").is_visible()
    headline = page.locator(".st-key-page h1").bounding_box()
    assert headline["y"] < 400
    assert headline["y"] < page.locator(DIAL).bounding_box()["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".st-key-folded button").click()
    page.locator(".st-key-upload").wait_for()
