"""The report: one file that needs nothing else, in both languages, readable on a phone, and true to the figures."""

import dataclasses
import html.parser
import re

import numpy as np
import pytest

from tests.networks import card_mapping
from util.modelstore.card import Evaluation, Figure
from util.modelstore.mapping import from_mapping
from util.training.dataset import Dataset
from util.training.evaluation import curves, errors, page, svg
from util.training.evaluation.whole import Whole, class_rows
from util.training.ship import Answers

CHANGE = {"balanced_accuracy": [-0.1, -0.15, -0.05], "macro_auc": [0.01, 0.0, 0.02]}


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """An evaluation of random answers in eight classes, with every section."""
    folder, rng = tmp_path_factory.mktemp("card"), np.random.default_rng(0)
    mapping = card_mapping("skin", familiarity=None, title={"en": "A <skin> model", "fr": "Un modèle <peau>"})
    card = from_mapping({**mapping, "sha256": "0" * 64}, folder)
    target, group = np.arange(160) % 8, np.arange(160).astype(str)
    scores = rng.normal(size=(160, 8)) + 2 * np.eye(8)[target]
    paths = tuple(f"images/<{i}>.png" for i in range(160))
    data = Dataset("skin", folder, card.labels, paths, target, group, target, group, None, {})
    said = Answers(data, scores, np.zeros((160, 2)))
    found = Evaluation(
        "drawn",
        "test",
        160,
        160,
        "2026-11-21",
        "evaluate",
        {"auc": Figure(0.9, 0.8, 0.95), "brier": Figure(0.2)},
        0.5,
    )
    row = {"balanced_accuracy": 0.7, "macro_auc": 0.91, "change": CHANGE}
    clean = {"balanced_accuracy": 0.8, "macro_auc": 0.9}
    rows, _ = errors.confident_errors(card, data, scores)
    division = [
        {"value": "female", "images": 80, "groups": 70, "balanced_accuracy": [0.7, 0.6, 0.8]},
        {"value": "unknown", "images": 3, "groups": 3, "too_few": True},
    ]
    details = {
        "classes": class_rows(card, said, 5),
        "confusion": errors.confusion(card, scores, target),
        "calibration": curves.calibration(card, scores, target),
        "subgroups": {
            "sex": {"rows": division},
            "tone": {"rows": division, "measured": 70, "drawn_masks": 66},
            "slide": {
                "rows": [{**division[0], "value": str(i), "macro_auc": [0.5 + i / 40]} for i in range(14)]
            },
        },
        "corruptions": {
            "images": 60,
            "groups": 50,
            "seed": 0,
            "clean": clean,
            "rows": [{"name": "hair", "strength": s, **row} for s in range(1, 6)],
        },
        "storage": {
            "images": 60,
            "groups": 50,
            "clean": clean,
            "rows": [
                {"kernel": "area", "size": 0.5, **row},
                {"quality": 30, **row},
                {"name": "mixed", **row},
            ],
        },
        "attacks": {"images": 8, "steps": 7, "clean": clean, "rows": [{"name": "pgd", "budget": 0.5, **row}]},
        "copies": [
            {"part": "test", "n": 42, "same_top": 0.95, "mean_dp": 0.04, "max_dp": 0.3, "same_decision": 0.9}
        ],
        "focus": {
            "images": 50,
            "mask": "lesion",
            "rows": [{"of": "all", "n": 50, "empty": 1, "outside_half": 0.25, "even_map": 0.7}],
        },
        "shortcuts": {
            "training_images": 500,
            "rows": [{"name": "thumbnail", "features": 768, "auc": [0.8, 0.7, 0.9]}],
        },
        "errors": {"pairs": errors.confused_pairs(card, scores, target), "confident": rows},
    }
    history = [
        {"epoch": str(e), "loss": str(2 / e), "auc": "" if e == 1 else "0.9", "balanced_accuracy": "0.6"}
        for e in (1, 2, 3)
    ]
    pictures = [("data:image/jpeg;base64,AAAA", "data:image/jpeg;base64,BBBB")] * len(rows)
    return page.Material(Whole(card, found, said, details), "en", history, pictures, 500)


class Reader(html.parser.HTMLParser):
    """The tags of a page that are open at the end, its words, ids, and every address that it names."""

    VOID = frozenset("meta img br line circle rect polyline link input".split())

    def __init__(self) -> None:
        super().__init__()
        self.open, self.words, self.ids, self.addresses, self.wrong = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids.append(found.get("id"))
        self.addresses += [found[name] for name in ("src", "href") if name in found]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.words.append(data)


def read(material) -> Reader:
    reader = Reader()
    reader.feed(page.report(material))
    return reader


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_well_formed_and_fetches_nothing(material, language):
    text = page.report(dataclasses.replace(material, language=language))
    reader = Reader()
    reader.feed(text)
    assert reader.wrong == [] and reader.open == []
    assert all(address.startswith(("#", "data:image/jpeg;base64,")) for address in reader.addresses)
    assert not re.search(r"https?://|@import|url\(|<script|<link", text)
    assert {address[1:] for address in reader.addresses if address.startswith("#")} <= set(reader.ids)
    assert f'<html lang="{language}">' in text and 'name="viewport"' in text


def test_every_part_has_its_section_and_a_part_that_is_missing_has_none(material):
    sections = [name for name in read(material).ids if name]
    # Whole slides are redrawn for breast alone.
    assert sections == [name for name in page_sections() if name != "slides"]
    less = {
        name: part
        for name, part in material.details.items()
        if name not in ("attacks", "storage", "focus", "copies")
    }
    whole = dataclasses.replace(material.whole, details=less)
    rest = [name for name in read(dataclasses.replace(material, whole=whole, history=())).ids if name]
    assert set(sections) - set(rest) == {"attacks", "storage", "focus", "copies", "learning"}


def test_a_breast_report_redraws_the_complete_slides_of_its_part(material, tmp_path):
    from tests.training.drawn_sets import draw_set
    from util.training.dataset import parts, read_index
    from util.training.evaluation.sections_slides import slides

    test = parts(read_index(draw_set(tmp_path, "breast", (0, 1, 2)), "breast"))["test"]
    card = from_mapping({**card_mapping("breast", familiarity=None), "sha256": "0" * 64}, tmp_path)
    whole = dataclasses.replace(
        material.whole, card=card, said=Answers(test, np.ones((16, 1)), np.ones((16, 2)))
    )
    body = slides(dataclasses.replace(material, whole=whole, language="fr"))
    assert body.count("data:image/jpeg;base64,") == 1 and "Lame 10254" in body and "8864" not in body
    unplaced = dataclasses.replace(test, columns={})
    whole = dataclasses.replace(whole, said=Answers(unplaced, np.ones((16, 1)), np.ones((16, 2))))
    assert slides(dataclasses.replace(material, whole=whole)) == ""


def page_sections():
    from util.training.evaluation.sections import SECTIONS

    return SECTIONS


def test_names_from_outside_are_said_and_never_run(material):
    reader = read(material)
    words = " ".join(reader.words)
    assert "A <skin> model" in words and "images/<" in words


def test_figures_stand_with_their_intervals_in_both_languages(material):
    english = " ".join(read(material).words)
    french = " ".join(read(dataclasses.replace(material, language="fr")).words)
    assert "0.900  (0.80 – 0.95)" in english and "0,900  (0,80 – 0,95)" in french
    assert "too few" in english and "trop peu" in french
    assert "−0.100" in english and "+0.010" in english
    assert "21 November 2026" in english and "21 novembre 2026" in french
    assert "160 images" in english and "50%" in english and "500" in english


def test_a_fall_is_shaded_by_its_size_and_a_rise_is_not(material):
    shades = [int(share) for share in re.findall(r"var\(--above\) (\d+)%", page.report(material))]
    # A fall of 0.1 is half of what is shaded fully, which covers half: 25. A rise has none.
    assert set(shades) == {25, 0}


def test_without_pictures_errors_are_rows_and_without_errors_a_sentence(material):
    plain = read(dataclasses.replace(material, pictures=()))
    assert not any(address.startswith("data:") for address in plain.addresses)
    assert material.details["errors"]["confident"][0]["path"] in plain.words
    less = {**material.details, "errors": {"pairs": [], "confident": []}}
    none = dataclasses.replace(material, whole=dataclasses.replace(material.whole, details=less), pictures=())
    assert "No wrong answer" in " ".join(read(none).words)


def test_a_report_is_written_whole_into_a_new_folder(material, tmp_path):
    file = tmp_path / "new" / "report.html"
    page.write_report(material, file)
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]
    assert file.read_text("utf-8").endswith("</html>\n")


def test_the_history_of_a_run_is_read_where_there_is_one(tmp_path):
    assert page.read_history(None) == page.read_history(tmp_path) == []
    (tmp_path / "history.csv").write_text("epoch,loss\n1,0.5\n")
    assert page.read_history(tmp_path) == [{"epoch": "1", "loss": "0.5"}]


def test_a_point_is_drawn_where_its_numbers_say():
    chart = svg.Chart((0, 1), (0, 2), language="en", labels=("x", "y"), title="t < u", width=200, height=100)
    chart.line((0, 1), (0, 2), "accent")
    points = re.search(r'polyline class="line accent" points="([^"]+)"', chart.svg())[1].split()
    (left, bottom), (right, top) = (tuple(map(float, point.split(","))) for point in points)
    assert left < right < 200 and top < bottom < 100 and "t &lt; u" in chart.svg()


def test_a_range_without_width_is_drawn_without_dividing_by_it():
    chart = svg.Chart((3, 3), (0.5, 0.5), language="fr", labels=("x", "y"), title="t")
    chart.line((3,), (0.5,), "accent")
    assert "nan" not in chart.svg() and "inf" not in chart.svg()
    assert "nan" not in svg.interval(0.5, None, None, (0.5, 0.5))


def test_nothing_is_wider_than_a_phone(material, chromium, tmp_path):
    from playwright.sync_api import sync_playwright

    page.write_report(dataclasses.replace(material, language="fr"), tmp_path / "report.html")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            seen = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme).new_page()
            seen.goto((tmp_path / "report.html").as_uri())
            assert seen.evaluate("document.documentElement.scrollWidth") == 390
            paper = seen.evaluate("getComputedStyle(document.body).backgroundColor")
            assert paper == {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 23, 28)"}[scheme]
        browser.close()
