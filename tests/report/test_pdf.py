"""The report on paper: what it says, that it always fits, that it is the same for the same input."""

import datetime
import io
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from pypdf import PdfReader

from tests.report import builder
from tests.report.builder import Said
from util.imaging import Facts, Photograph
from util.language import Sentence, number, say
from util.modelstore.card import Figure
from util.prediction import Metadata
from util.preparation import Step
from util.report import paper, pdf

DAY = datetime.date(2026, 11, 21)


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def flat(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def text_of(data: bytes) -> str:
    return flat(" ".join(page.extract_text() for page in read(data).pages))


def letters(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_report_has_at_most_two_a4_pages_and_says_every_part(modality, language):
    made = builder.diagnosis(modality, metadata=Metadata(54.0, "female", "anterior torso"))
    data = pdf(made, language, DAY)
    pages = read(data).pages
    assert 1 <= len(pages) <= 2
    assert all((round(p.mediabox.width), round(p.mediabox.height)) == (595, 842) for p in pages)
    text = text_of(data)
    for sentence in (made.headline, made.meaning, made.zone, *made.warnings):
        assert flat(sentence.text(language)) in text
    for step in made.prepared.steps:
        assert letters(step.sentence.text(language)) in letters(text)
    for key in ("report.education_only", "report.legal", "report.site_anterior_torso", "report.female"):
        assert flat(say(key, language)) in text
    assert made.card.sha256 in letters(text)
    assert made.photograph.sha256 in letters(text)
    for limit in made.card.limits:
        assert flat(limit[language]) in text
    assert flat(made.card.licence[language]) in text


def test_test_figures_stand_with_their_intervals_as_the_language_writes_them():
    made = builder.diagnosis("chest")
    assert "0.98 (0.97 to 0.99)" in text_of(pdf(made, "en", DAY))
    french = text_of(pdf(made, "fr", DAY))
    assert "0,98 (0,97 à 0,99)" in french
    assert "21 novembre 2026" in french
    assert "sensibilité" in french


def test_every_page_says_education_only():
    for page in read(pdf(builder.diagnosis(), "en", DAY)).pages:
        assert say("report.education_only", "en") in flat(page.extract_text())


def test_document_metadata_name_title_author_subject_and_language():
    reader = read(pdf(builder.diagnosis("skin"), "fr", DAY))
    assert reader.metadata.author == "Penumbra"
    assert "Lésion de la peau" in reader.metadata.title
    assert "pas un dispositif médical" in reader.metadata.subject
    assert reader.trailer["/Root"]["/Lang"] == "fr"


def test_the_same_input_and_day_give_the_same_bytes_and_another_day_does_not():
    one = pdf(builder.diagnosis("skin"), "fr", DAY)
    assert one == pdf(builder.diagnosis("skin"), "fr", DAY)
    assert one != pdf(builder.diagnosis("skin"), "fr", DAY + datetime.timedelta(days=1))


def test_gauge_and_bars_are_vectors_and_only_pictures_are_images():
    made = builder.diagnosis("skin")
    images = [image for page in read(pdf(made, "en", DAY)).pages for image in page.images]
    # The four steps of the builder end in the same pixels, which the file stores once.
    assert len({image.data for image in images}) == 3
    streams = b"".join(page.get_contents().get_data() for page in read(pdf(made, "en", DAY)).pages)
    for red, green, blue in ((0x3E, 0x6C, 0x9E), (0xB9, 0x82, 0x2B), (0xA4, 0x43, 0x2F)):
        written = " ".join(f"{part / 255:.6f}".rstrip("0").lstrip("0") for part in (red, green, blue))
        assert f"{written} rg".encode() in streams


def test_the_grey_zone_s_limits_stand_on_the_dial():
    text = text_of(pdf(builder.diagnosis("chest", meaning=Said("m"), zone=Said("z")), "en", DAY))
    assert "0.32" in text and "0.68" in text


def test_a_model_without_calibration_shows_a_raw_score_and_no_bands():
    card = builder.card("chest", calibration=None, grey_zone=None, conformal=None, familiarity=None)
    answer = builder.prediction(
        card, calibrated=None, band=None, prediction_set=None, familiar=None, distance=None
    )
    made = builder.diagnosis("chest", card=card, prediction=answer, zone=None, people=None)
    text = text_of(pdf(made, "en", DAY))
    assert "raw score, not calibrated" in text
    # A percentage is a promise that no raw score keeps.
    said = number(float(answer.danger), "en")
    assert f"raw score, not calibrated {said}" in text or f"{said} raw score, not calibrated" in text
    assert flat(say("report.dial_raw_of", "en", names="")) in text
    assert flat(say("report.dial_of", "en", names="")) not in text
    assert "below grey zone above" not in text
    assert flat(say("report.no_zone", "en")) in text


def test_what_stands_on_a_band_s_colour_can_be_read():
    for colour in (*paper.BAND_COLOURS.values(), paper.MUTED):
        words = max(paper.INK, paper.PAPER, key=lambda one, ground=colour: paper.contrast(one, ground))
        assert paper.contrast(words, colour) >= 4.5
    assert paper.contrast(paper.HexColor("#000000"), paper.HexColor("#FFFFFF")) == pytest.approx(21)


def test_an_unfamiliar_image_has_no_number_on_its_dial():
    card = builder.card("chest")
    made = builder.diagnosis("chest", prediction=builder.prediction(card, familiar=False))
    text = text_of(pdf(made, "en", DAY))
    assert "no verdict on an image of this kind" in text
    assert f"{100 * made.prediction.danger:.0f}%" not in text


def test_an_empty_map_is_said_and_has_no_legend():
    made = builder.diagnosis("chest")
    empty = replace(made.explanation, heat=np.zeros((160, 160), np.float32), empty=True)
    text = text_of(pdf(replace(made, explanation=empty), "en", DAY))
    assert "no positive evidence found" in text
    assert "strongest" not in text


def test_a_card_without_test_figures_says_so():
    made = builder.diagnosis("chest", card=builder.card("chest", test=None, limits=(), licence={}))
    assert flat(say("report.model_untested", "en")) in text_of(pdf(made, "en", DAY))


HOSTILE = [
    "<b>bold</b> & <para> </font> <img src='x'/>",
    "a < b > c & d &amp; &#65;",
    "ﬁ → ≥ ≤ μ \u202f \u2009 \u200b 漢字 🙂 \ud800 \x00 \x07 \x1b[31m",
    "%s {0} {name} \\ ( ) <</Type /Page>>",
    "x" * 5000,
    "long word " * 900,
    "œuvre, nævus, Ÿ, €, “quotes”, ‰, ł, ć",
    "",
    " \n\t\r ",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_anywhere_is_laid_out_on_two_pages(text):
    card = builder.card(
        "skin",
        name=text,
        title={"en": text},
        labels=(text, "b" + text, "MEL"),
        danger=(text,),
        population={"en": text},
        limits=({"en": text},) * 15,
        licence={"en": text},
        created=text,
    )
    test = replace(card.test, data=text, part=text, date=text, figures=MappingProxyType({text: Figure(0.5)}))
    card = replace(card, test=test)
    made = builder.diagnosis("skin", card=card)
    steps = tuple(Step(text, step.picture, Said(text)) for step in made.prepared.steps) * 5
    made = replace(
        made,
        prepared=replace(made.prepared, steps=steps),
        metadata=Metadata(200.5, text, text),
        headline=Said(text),
        meaning=Said(text),
        zone=Said(text),
        warnings=(Said(text),) * 40,
        photograph=Photograph(
            made.photograph.pixels,
            Facts(text, 520, 420, text, 8, text, text, text, (1e-9, 1e9), text, 3.5, text),
            text,
            (Sentence.of("report.model_interval", value=text, low=text, high=text),),
        ),
    )
    assert len(read(pdf(made, "fr", DAY)).pages) <= 2


def test_markup_in_text_is_printed_and_not_obeyed():
    made = builder.diagnosis("chest", headline=Said("<b>bold</b> & <i>brave</i> &amp;"))
    assert "<b>bold</b> & <i>brave</i> &amp;" in text_of(pdf(made, "en", DAY))


@pytest.mark.parametrize("count", [1, 2, 3, 12, 20, 45])
def test_any_number_of_classes_fits(count):
    labels = tuple(f"class {k} with quite a long label that must be cut" for k in range(count))
    card = builder.card("dental", labels=labels, danger=labels[::3], calibration=None, grey_zone=None)
    made = builder.diagnosis("dental", card=card)
    text = text_of(pdf(made, "en", DAY))
    assert "class 0 with" in text
    assert ("more classes" in text) == (count > 20)


def test_a_card_without_dangerous_classes_is_laid_out():
    card = builder.card("chest", danger=(), danger_order=())
    made = builder.diagnosis("chest", card=card)
    assert "must not be missed" in text_of(pdf(made, "en", DAY))  # the key under the bars stays


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (50, 50), (2400, 3200)])
def test_pictures_of_any_shape_fit_and_the_file_stays_small(size):
    chance = np.random.default_rng(0)
    noise = chance.integers(0, 256, (*size, 3), dtype=np.uint8)
    made = builder.diagnosis("breast", size=size)
    made = replace(made, photograph=replace(made.photograph, pixels=noise))
    data = pdf(made, "en", DAY)
    assert len(read(data).pages) <= 2
    assert len(data) < 1_500_000


@pytest.mark.parametrize("value", [0.0, 1.0, float("nan"), -0.1, 1.3])
def test_a_probability_at_or_past_the_ends_is_drawn(value):
    card = builder.card("chest")
    made = builder.diagnosis("chest", prediction=builder.prediction(card, danger=value))
    assert read(pdf(made, "en", DAY)).pages


@pytest.mark.parametrize("edges", [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.5, 0.5), (0.49, 0.5), (0.02, 0.03)])
def test_any_grey_zone_is_drawn(edges):
    card = builder.card("chest")
    card = replace(card, grey_zone=replace(card.grey_zone, low=edges[0], high=edges[1]))
    assert read(pdf(builder.diagnosis("chest", card=card), "en", DAY)).pages


@pytest.mark.parametrize(
    "window", [(0, 0, 0, 0), (-5, -5, 900, 900), (100, 90, 50, 40), (1.5, 1.5, 2.0, 2.0)]
)
def test_any_window_is_drawn(window):
    made = builder.diagnosis("chest")
    made = replace(made, prepared=replace(made.prepared, window=window))
    assert read(pdf(made, "en", DAY)).pages


def test_figures_of_each_class_stand_in_a_table_of_their_own():
    card = builder.card("skin")
    figures = dict(card.test.figures) | {
        f"{kind}_{label}": Figure(0.5 + 0.05 * k, 0.4, 0.9)
        for kind in ("recall", "auc")
        for k, label in enumerate(card.labels)
    }
    figures["colour_of_the_moon"] = Figure(0.25)
    card = replace(card, test=replace(card.test, part="fold 0", figures=MappingProxyType(figures)))
    text = text_of(pdf(builder.diagnosis("skin", card=card), "fr", DAY))
    assert "VASC 0,85 (0,40 à 0,90) 0,85 (0,40 à 0,90)" in text
    assert "colour of the moon 0,25" in text
    assert "rappel" in text and "pli 0" in text


def test_a_part_of_the_data_is_named_in_the_language_and_an_unknown_one_as_it_stands():
    card = builder.card("chest")
    known = replace(card, test=replace(card.test, data="Kermany paediatric chest X-rays"))
    assert "partie de test officielle" in text_of(pdf(builder.diagnosis("chest", card=known), "fr", DAY))
    other = replace(card, test=replace(card.test, data="Moon craters", part="the far side"))
    assert "Moon craters, the far side" in text_of(pdf(builder.diagnosis("chest", card=other), "fr", DAY))


@pytest.mark.parametrize(
    ("change", "said"), [({}, True), ({"band": "grey"}, False), ({"familiar": False}, False)]
)
def test_no_class_is_called_decided_where_there_is_no_verdict(change, said):
    card = builder.card("chest")
    made = builder.diagnosis("chest", prediction=builder.prediction(card, **change))
    assert ("decided" in text_of(pdf(made, "en", DAY))) == said


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_teaching_model_says_so_above_its_sentence_and_beside_its_name(language):
    made = builder.diagnosis()
    why = {"en": "It sees the frame alone.", "fr": "Il ne voit que le cadre."}
    taught = replace(made, card=replace(made.card, teaching=why))
    mark = flat(say("report.teaching_mark", language))
    assert mark not in text_of(pdf(made, language, DAY))
    first, *_ = [flat(page.extract_text()) for page in read(pdf(taught, language, DAY)).pages]
    headline = flat(made.headline.text(language))
    assert first.index(f"{mark}. {why[language]}") < first.index(headline[:20])
    marked = flat(say("report.marked", language, title=made.card.title[language]))
    assert marked in text_of(pdf(taught, language, DAY))
