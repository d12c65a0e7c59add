"""A comparison to take along: one picture, pages, arrays."""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from util.comparison import compare, comparison_npz, comparison_pdf, comparison_png, figures, sheet
from util.comparison.lines import (
    asked_of,
    cell_lines,
    clipped,
    control_lines,
    drawn_sample,
    faithful_line,
    has_room,
)
from util.comparison.paper import plain
from util.explanation import Curves, Faithfulness
from util.explanation.drawing import is_cut
from util.report import paper as report_paper

DAY = datetime.date(2026, 11, 21)
NAMES = ("grad_cam", "occlusion", "lime")


@pytest.fixture(scope="module")
def compared(skin):
    return list(compare(skin, NAMES))[-1]


def pages_of(data):
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def test_arrays_and_facts_are_those_of_the_comparison(compared):
    data = comparison_npz(compared, DAY)
    assert data == comparison_npz(compared, DAY)
    with np.load(io.BytesIO(data)) as file:
        facts = json.loads(str(file["facts"]))
        np.testing.assert_array_equal(file["pixels"], compared.question.pixels)
        for name, finding in compared.findings.items():
            np.testing.assert_array_equal(file[f"map_{name}"], finding.explanation.heat)
            np.testing.assert_array_equal(file[f"insertion_{name}"], finding.curves.insertion)
            area = float(np.trapezoid(file[f"deletion_{name}"], file["shares"]))
            assert facts["methods"][name]["deletion_area"] == pytest.approx(area)
            assert facts["methods"][name]["signed"] == finding.explanation.signed
        np.testing.assert_array_equal(file["agreement_ssim"], compared.agreement.ssim)
        np.testing.assert_array_equal(file["deletion_edges"], compared.controls["edges"].deletion)
    card = compared.diagnosis.card
    assert (facts["model_sha256"], facts["target"]) == (card.sha256, card.labels[compared.target])
    assert facts["date"] == "2026-11-21" and "not a medical device" in facts["terms"]
    assert facts["composite"]["value"] == pytest.approx(compared.composite.confidence.value)
    assert facts["methods"]["lime"]["seed"] == 0


def test_an_unfinished_comparison_can_be_taken_along_too(compared):
    first = next(iter(compared.findings.items()))
    part = dataclasses.replace(
        compared,
        findings=dict([first]),
        controls={},
        faithfulness=None,
        agreement=None,
        consensus=None,
        composite=None,
        done=False,
    )
    with np.load(io.BytesIO(comparison_npz(part, DAY))) as file:
        assert json.loads(str(file["facts"]))["done"] is False and "consensus" not in file
    assert "1 of 3 methods" in " ".join(pages_of(comparison_pdf(part, "en", DAY))[0].split())
    assert Image.open(io.BytesIO(comparison_png(part, "en", DAY))).format == "PNG"


def test_the_sheet_shows_every_map_on_one_scale(compared):
    english, french = (comparison_png(compared, tongue, DAY) for tongue in ("en", "fr"))
    assert english == comparison_png(compared, "en", DAY) and english != french
    sheet = np.asarray(Image.open(io.BytesIO(english)).convert("RGB")).astype(int)
    clear = np.asarray(Image.open(io.BytesIO(comparison_png(compared, "en", DAY, opacity=0))).convert("RGB"))
    changed = np.abs(sheet - clear).sum(axis=-1) > 0
    # Five cells in rows of three: the image itself stays as it is, each map and the consensus differ.
    left, top, step, tall = 40, 168, 324, 300 + 30 + 63 + 24
    for index in range(5):
        row, column = divmod(index, 3)
        cell = changed[top + row * tall :, left + column * step :][:300, :300]
        assert cell.any() == (index > 0)
    assert not changed[:top].any()
    with pytest.raises(ValueError, match="opacity"):
        comparison_png(compared, "en", DAY, opacity=2)
    with pytest.raises(KeyError):
        comparison_png(compared, "en", DAY, colours="rainbow")


@pytest.mark.parametrize("tongue", ["en", "fr"])
def test_the_pages_say_what_was_found_in_both_languages(compared, tongue):
    data = comparison_pdf(compared, tongue, DAY)
    assert data == comparison_pdf(compared, tongue, DAY)
    pages = pages_of(data)
    text = " ".join(" ".join(pages).split()).replace("\u00a0", " ")
    parts = {
        "en": [
            "Explanations compared",
            "Why \u201c",
            "21 November 2026",
            "Occlusion sensitivity",
            "fast preset",
        ],
        "fr": ["Explications comparées", "Pourquoi «", "21 novembre 2026", "Sensibilité à l\u2019occlusion"],
    }[tongue]
    parts += [plain(compared.composite.formula, tongue), "LIME", f"{len(pages)}"]
    parts += [
        line
        for finding in compared.findings.values()
        for line in cell_lines(finding, tongue, has_room(compared))
    ]
    for part in parts:
        assert " ".join(part.split()).replace("\u00a0", " ") in text
    assert "\u2193" not in text and not re.search(r"\w\?\w|\(\?", text)  # every character has its glyph
    assert all("Penumbra" in page for page in pages)


def test_the_cut_of_pixel_fine_maps_is_said_where_there_are_any(compared):
    finding = compared.findings["occlusion"]
    assert not is_cut(finding.explanation) and clipped(compared) is None
    fine = dataclasses.replace(finding.explanation, grid=finding.explanation.heat.shape)
    changed = {**compared.findings, "occlusion": dataclasses.replace(finding, explanation=fine)}
    cut = dataclasses.replace(compared, findings=changed)
    for tongue, share in (("en", "1%"), ("fr", "1 %")):
        told = clipped(cut).text(tongue).replace("\u00a0", " ")
        assert share in told
        words = [
            " ".join(" ".join(pages_of(comparison_pdf(one, tongue, DAY))).split()).replace("\u00a0", " ")
            for one in (compared, cut)
        ]
        assert told not in words[0] and told in words[1]
    plain_sheet, sheet = (Image.open(io.BytesIO(comparison_png(one, "en", DAY))) for one in (compared, cut))
    assert sheet.height > plain_sheet.height
    line = np.asarray(sheet.convert("L"))[-66:-46]  # where the sentence stands
    assert line.min() < 150 < line.max()


def measured(areas: list[tuple[float, float]], gone: float = 0.1) -> SimpleNamespace:
    """A comparison whose maps have these deletion and insertion areas; of the controls the best has 0.4 and 0.6."""

    def flat(deletion: float, insertion: float) -> Curves:
        return Curves(np.array([0.0, 1.0]), np.full(2, deletion), np.full(2, insertion))

    controls = {"random": flat(0.5, 0.5), "edges": flat(0.4, 0.5), "gaussian": flat(0.5, 0.6)}
    maps = {f"map{i}": flat(*one) for i, one in enumerate(areas)}
    found = Faithfulness(maps, controls, "blurred", 20, 1, 48, 0.9, gone)
    return SimpleNamespace(faithfulness=found, findings=maps, controls=controls)


def test_maps_that_beat_all_three_controls_in_both_curves_are_counted():
    some = measured([(0.3, 0.7), (0.3, 0.55), (0.45, 0.7), (0.39, 0.61)])
    assert faithful_line(some).text("en").startswith("On this image 2 of 4 maps beat")
    assert faithful_line(measured([(0.3, 0.7), (0.4, 0.6)])).key == "comparison.faithful_one"
    assert faithful_line(measured([(0.4, 0.6)] * 2)).key == "comparison.faithful_none"  # a draw is no win
    for areas, key in (((0.3, 0.7), "faithful_single"), ((0.4, 0.6), "faithful_single_none")):
        told = faithful_line(measured([areas]))
        assert told.key == f"comparison.{key}"
        assert not re.search(r"\d", told.text("en") + told.text("fr")), "one map is not counted"
    roomless = measured([(0.3, 0.7)], gone=0.85)
    assert faithful_line(roomless).key == "measures.no_room" and control_lines(roomless, "en") == ()
    assert len(control_lines(some, "en")) == 3
    unmeasured = SimpleNamespace(**vars(some) | {"faithfulness": None})
    assert faithful_line(unmeasured) is None
    some.faithfulness.controls.pop("edges")
    assert faithful_line(some) is None


@pytest.mark.parametrize("tongue", ["en", "fr"])
def test_a_drawn_sample_says_that_it_is_one_on_paper(compared, tongue):
    told = drawn_sample("Lobar").text(tongue)
    data = comparison_pdf(compared, tongue, DAY, sample="Lobar")
    assert " ".join(told.split()) in " ".join(" ".join(pages_of(data)).split())
    plain_sheet, sheet = (
        Image.open(io.BytesIO(comparison_png(compared, tongue, DAY, sample=one))) for one in ("", "Lobar")
    )
    assert sheet.height > plain_sheet.height


def test_of_an_unfamiliar_image_neither_chance_nor_lungs_are_printed(compared):
    prediction = dataclasses.replace(compared.diagnosis.prediction, familiar=False)
    strange = dataclasses.replace(
        compared, diagnosis=dataclasses.replace(compared.diagnosis, prediction=prediction)
    )
    assert asked_of(strange).key == "comparison.asked_only"
    words = " ".join(pages_of(comparison_pdf(strange, "en", DAY)))
    assert "In the lesion" not in words and "% in the lesion" not in words
    assert "In the lesion" in " ".join(pages_of(comparison_pdf(compared, "en", DAY)))


def test_a_map_without_evidence_is_said_and_not_drawn(compared):
    finding = compared.findings["grad_cam"]
    empty = dataclasses.replace(finding.explanation, heat=np.zeros((48, 48), np.float32), empty=True)
    blank = dataclasses.replace(finding, explanation=empty, curves=None, focus=None)
    assert cell_lines(blank, "en")[-1] == "no positive evidence" and len(cell_lines(blank, "fr")) == 2
    changed = dataclasses.replace(compared, findings={**compared.findings, "grad_cam": blank})
    assert "no positive evidence" in " ".join(pages_of(comparison_pdf(changed, "en", DAY)))


def test_lines_at_the_foot_of_the_sheet_are_broken_and_never_cut():
    text = (
        "Quand toute l’image est floutée, la probabilité est de 0,89\u00a0%\u00a0: ces courbes en disent peu. "
        * 3
    )
    lines = sheet.wrapped(text.strip(), 13, 400)
    assert " ".join(lines) == text.strip() and len(lines) > 3
    assert all(sheet._font(13).getlength(line) <= 400 for line in lines)
    assert sheet.wrapped("word", 13, 1) == ["word"] and sheet.wrapped("", 13, 400) == [""]


def test_lines_of_curves_stand_out_from_paper():
    assert min(report_paper.contrast(one, report_paper.PAPER) for one in figures.COLOURS) >= 3
    assert len(set(figures.COLOURS)) == len(figures.COLOURS) == 9
