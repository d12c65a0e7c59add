"""Compare in a browser: maps fill in, one is enlarged, the arrays come along, and a network forgets."""

import json

import numpy as np

from tests.browser.conftest import GATE
from util.explanation import FIRST
from util.language import say

MAPS = ".st-key-maps img"
DONE = ".st-key-compare_status"


def compared(visit, width: int = 1280):
    """The page Compare with a drawn film on it and all maps there."""
    page = visit("/compare?modality=chest&sample=lobar", width=width)
    page.locator(GATE).click()
    page.locator("[class*=st-key-enlarge_] button:not([disabled])").nth(len(FIRST) - 1).wait_for()
    return page


def test_maps_fill_in_one_is_enlarged_and_the_arrays_are_those_on_the_page(visit, tmp_path):
    page = compared(visit)
    assert page.locator(MAPS).count() == len(FIRST)
    assert f"{len(FIRST)} of {len(FIRST)}" in page.locator(DONE).inner_text()
    assert all(page.locator(MAPS).nth(turn).get_attribute("alt") for turn in range(len(FIRST)))

    page.locator(".st-key-enlarge_occlusion button").click()
    large = page.get_by_role("dialog").locator("img")
    large.wait_for()
    assert large.bounding_box()["width"] > page.locator(MAPS).first.bounding_box()["width"]
    page.keyboard.press("Escape")
    large.wait_for(state="detached")

    with page.expect_download() as waiting:
        page.locator(".st-key-export_npz button").click()
    file = tmp_path / "maps.npz"
    waiting.value.save_as(file)
    with np.load(file, allow_pickle=False) as stored:
        facts = json.loads(str(stored["facts"]))
        assert set(facts["methods"]) == set(FIRST)
        for name, told in facts["methods"].items():
            heat = stored[f"map_{name}"]
            assert np.isfinite(heat).all()
            assert bool(heat.any()) != told["empty"]


def test_the_visitor_guesses_which_map_the_trained_network_drew(visit):
    page = visit("/compare?modality=chest&sample=lobar&tab=sanity", "fr-FR")
    page.locator(GATE).click()
    page.locator(".st-key-sanity_begin button").click()
    page.get_by_text(say("compare.sanity_question", "fr")).wait_for()
    page.locator(".st-key-sanity_letter button").first.click()
    page.locator(".st-key-sanity_check button:not([disabled])").click()
    page.locator(".st-key-sanity_again button").wait_for()
    assert say("compare.stage_trained", "fr") in page.locator(".st-key-page").inner_text()


def test_on_a_narrow_screen_maps_stand_below_one_another_and_nothing_sticks_out(visit):
    page = compared(visit, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [page.locator(MAPS).nth(turn).bounding_box() for turn in range(len(FIRST))]
    assert all(box["x"] + box["width"] <= 390 for box in boxes)
    assert all(
        above["y"] + above["height"] <= below["y"] for above, below in zip(boxes, boxes[1:], strict=False)
    )
