"""Several methods on one image: the pieces, what stands under a map, the store, and every refusal."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
import yaml

from tests.comparison.drawn import file_of
from util.comparison import STORE, Store, compare, question_of
from util.comparison.store import key_of
from util.diagnosis import diagnose, explain, index_of, spoken_class
from util.explanation import Cancelled, confidence
from util.language import PenumbraError
from util.modelstore import Network
from util.modelstore.records import EXPLANATIONS

NAMES = ("occlusion", "grad_cam")
INTERVAL = {"insertion": [0.1, 0.05, 0.2], "deletion": [-0.1, -0.2, -0.05]}
OPEN = {"insertion": [0.0, -0.1, 0.1], "deletion": [0.02, -0.05, 0.1]}


@pytest.fixture
def record(skin):
    """Writes what was measured of the skin card, and takes it away again."""
    file = skin.card.folder / EXPLANATIONS

    def write(**changes):
        content = {
            "model": skin.card.name,
            "sha256": skin.card.sha256,
            "date": "2026-11-21",
            "command": "python -m benchmarks.explanations",
            "part": "validation",
            "preset": "fast",
            "images": 100,
            "methods": {"grad_cam": {"beats": {"random": INTERVAL, "edges": INTERVAL, "gaussian": OPEN}}},
            "composite": {"helps": False, "n": 99, "area": 0.12, "area_probability": 0.1, "limit": 0.7},
            **changes,
        }
        file.write_text(yaml.safe_dump(content), "utf-8")

    yield write
    file.unlink(missing_ok=True)


def test_a_comparison_grows_piece_by_piece_and_no_piece_changes(skin):
    said = []
    pieces = list(compare(skin, NAMES, progress=said.append))
    # Each map, then its curves; the controls at last.
    assert [list(piece.findings) for piece in pieces] == [
        ["occlusion"],
        ["occlusion"],
        ["occlusion", "grad_cam"],
        ["occlusion", "grad_cam"],
        ["occlusion", "grad_cam"],
    ]
    assert [piece.done for piece in pieces] == [False] * 4 + [True]
    assert [piece.agreement is not None for piece in pieces] == [False, False, True, True, True]
    assert pieces[0].findings["occlusion"].curves is None and pieces[0].faithfulness is None
    last = pieces[-1]
    assert set(last.controls) == {"random", "edges", "gaussian"} and not pieces[-2].controls
    assert last.faithfulness.maps["grad_cam"] is last.findings["grad_cam"].curves
    assert last.target == spoken_class(skin.card, skin.prediction) and last.asked == NAMES
    assert last.consensus.shape == (48, 48) and last.runtime
    np.testing.assert_array_equal(last.maps["grad_cam"], explain(skin).heat)
    # Progress never goes back, and ends at the whole.
    shares = [one.share for one in said]
    assert shares == sorted(shares) and shares[0] < 1 and shares[-1] == 1
    assert {one.piece for one in said} == {"map", "curves", "controls"}


def test_curves_are_those_of_the_whole_measurement(skin):
    from util.explanation import Asker, chances, faithfulness

    last = list(compare(skin, NAMES))[-1]
    question = last.question
    asker = Asker(question.network, question.target)
    expected = faithfulness(chances(asker, question.encoded), question.pixels, last.maps)
    for name in NAMES:
        found = last.findings[name].curves
        np.testing.assert_allclose(found.deletion, expected.maps[name].deletion, atol=1e-5)
        np.testing.assert_allclose(found.insertion, expected.maps[name].insertion, atol=1e-5)
    for name, one in last.controls.items():
        np.testing.assert_allclose(one.insertion, expected.controls[name].insertion, atol=1e-5)
    assert (last.faithfulness.steps, last.faithfulness.passes) == (expected.steps, expected.passes)
    assert last.faithfulness.whole == pytest.approx(expected.whole, abs=1e-5)


def test_what_is_known_is_not_computed_again_and_what_differs_is(skin, chest):
    first = list(compare(skin, NAMES))[-1]
    again = list(compare(skin, NAMES[::-1]))[-1]
    assert not any(one.cached for one in first.findings.values())
    assert all(one.cached for one in again.findings.values())
    assert again.findings["grad_cam"].explanation is first.findings["grad_cam"].explanation
    assert again.controls["edges"] is first.controls["edges"]
    assert again.faithfulness.whole == first.faithfulness.whole
    assert list(again.findings) == ["grad_cam", "occlusion"]
    question = question_of(skin, NAMES)
    darker = dataclasses.replace(skin.card, input=dataclasses.replace(skin.card.input, scale=0.5))
    keys = {
        key_of(question),
        key_of(question, "map"),
        key_of(dataclasses.replace(question, target=(question.target + 1) % 8)),
        key_of(dataclasses.replace(question, pixels=255 - question.pixels)),
        key_of(question_of(chest, NAMES)),
        key_of(question_of(dataclasses.replace(skin, prediction=with_row(skin, 40)), NAMES)),
        # The same file and pixels, read in another way.
        key_of(dataclasses.replace(question, network=Network(darker))),
    }
    assert len(keys) == 7
    card_layer = skin.card.gradcam_layer
    assert key_of(dataclasses.replace(question, layer=card_layer)) == key_of(question)


def with_row(diagnosis, age):
    row = np.array(diagnosis.prediction.encoded)
    row[0, 1] = age
    return dataclasses.replace(diagnosis.prediction, encoded=row)


def test_cancelling_ends_a_comparison_and_keeps_what_was_done(skin):
    stop = threading.Event()
    seen = []
    with pytest.raises(Cancelled):
        for piece in compare(skin, NAMES, cancelled=stop.is_set):
            seen.append(piece)
            stop.set()
    assert [list(piece.findings) for piece in seen] == [["occlusion"]] and not seen[-1].done
    rest = next(compare(skin, NAMES))
    assert rest.findings["occlusion"].cached


def test_without_curves_there_are_maps_alone(chest):
    pieces = list(compare(chest, ("grad_cam", "layer_cam"), curves=False))
    assert [piece.done for piece in pieces] == [False, True]
    assert pieces[-1].faithfulness is None and not pieces[-1].controls


def test_a_map_without_evidence_says_so_and_has_no_curves(quarter):
    # The other class of this network is a constant: nothing speaks for it.
    last = list(compare(quarter, NAMES, target=0))[-1]
    finding = last.findings["grad_cam"]
    assert finding.explanation.empty and finding.curves is None and finding.focus is None
    assert "methods.no_evidence" in {remark.key for remark in finding.remarks}
    assert last.faithfulness.whole == last.faithfulness.whole  # a number, though no map has curves
    assert last.agreement is None and last.uncertain.key == "comparison.uncertain_uncalibrated"


def test_focus_is_that_of_the_positive_part(quarter, skin):
    last = list(compare(quarter, NAMES, target=1, curves=False))[-1]
    focus = last.findings["occlusion"].focus
    assert focus.field == "lungs" and 0 <= focus.inside <= 1 and 0 < focus.area < 1
    heat = np.maximum(last.maps["occlusion"], 0)
    frame = np.ones(heat.shape, bool)
    frame[5:-5, 5:-5] = False
    assert focus.border == pytest.approx(heat[frame].sum() / heat.sum())
    assert [text.key for text in focus.sentences()] == ["comparison.inside_lungs", "comparison.border"]
    assert next(compare(skin, ("grad_cam",), curves=False)).findings["grad_cam"].focus.field == "lesion"


def test_a_map_that_does_not_beat_a_control_on_this_image_says_so(skin):
    last = list(compare(skin, NAMES))[-1]
    for name in NAMES:
        expected = last.faithfulness.remarks(name)
        assert all(remark in last.findings[name].remarks for remark in expected)
        lost = {control for control in last.controls if not all(last.faithfulness.beats(name, control))}
        said = {str(r.values["control"].key) for r in last.findings[name].remarks if "control" in r.values}
        assert said == {f"measures.{control}" for control in lost}


def test_what_validation_images_say_stands_under_the_map(skin, record):
    record()
    finding = next(compare(skin, ("grad_cam",), curves=False)).findings["grad_cam"]
    lost = [remark for remark in finding.remarks if remark.key.startswith("comparison.record_")]
    assert [remark.key for remark in lost] == ["comparison.record_loses_both"]
    assert lost[0].text("en").endswith("better than a centred Gaussian on 100 images.")
    record(sha256="0" * 64)  # measured with an earlier file of the model
    finding = next(compare(skin, ("grad_cam",), curves=False)).findings["grad_cam"]
    assert not any(remark.key.startswith("comparison.record_") for remark in finding.remarks)
    record(methods="none")  # unreadable: the comparison goes on without it
    assert next(compare(skin, ("grad_cam",), curves=False)).findings


def test_the_composite_says_its_formula_and_what_it_is_worth(skin, record):
    last = list(compare(skin, NAMES, curves=False))[-1]
    chance = float(skin.prediction.calibrated[skin.prediction.decision])
    assert last.composite.confidence == confidence(chance, last.agreement.mean())
    assert [one.key for one in last.composite.worth] == ["comparison.worth_unknown"]
    assert last.uncertain is None
    record()
    measured = list(compare(skin, NAMES, curves=False))[-1].composite
    assert measured.confidence.limit == 0.7 and measured.confidence.measured
    assert [one.key for one in measured.worth] == ["comparison.worth_nothing", "comparison.worth_areas"]
    record(composite=None)  # measured, but the model made too few errors
    untold = list(compare(skin, NAMES, curves=False))[-1].composite
    assert [one.key for one in untold.worth] == ["comparison.worth_untold"]
    assert "100" in untold.worth[0].text("fr") and not untold.confidence.measured
    assert not untold.helps
    few = {"helps": True, "n": 99, "errors": 9, "area": 0.12, "area_probability": 0.1}
    record(composite=few)
    told = list(compare(skin, NAMES, curves=False))[-1].composite
    assert [one.key for one in told.worth] == ["comparison.worth_untold", "comparison.worth_errors"]
    assert not told.helps and "9" in told.worth[1].text("fr")
    record(composite=few | {"errors": 10})
    told = list(compare(skin, NAMES, curves=False))[-1].composite
    keys = ["comparison.worth_helps", "comparison.worth_errors", "comparison.worth_areas"]
    assert told.helps and [one.key for one in told.worth] == keys
    record(composite={"helps": True, "methods": ["grad_cam", "rise"]})
    helped = list(compare(skin, NAMES, curves=False))[-1].composite
    assert [one.key for one in helped.worth] == ["comparison.worth_helps", "comparison.worth_others"]
    assert "Grad-CAM, RISE" in helped.worth[1].text("fr")


def test_there_is_no_composite_where_it_would_say_nothing(skin):
    other = (spoken_class(skin.card, skin.prediction) + 1) % len(skin.card.labels)
    last = list(compare(skin, NAMES, other, curves=False))[-1]
    assert last.composite is None and last.uncertain.key == "comparison.uncertain_other_class"
    alone = next(compare(skin, NAMES, curves=False))
    assert alone.composite is None and alone.uncertain.key == "comparison.uncertain_maps"
    strange = dataclasses.replace(skin, prediction=dataclasses.replace(skin.prediction, familiar=False))
    assert list(compare(strange, NAMES, curves=False))[-1].uncertain.key == "comparison.uncertain_unfamiliar"


def test_a_wrong_question_is_refused_in_one_sentence_before_anything_is_computed(skin):
    for methods, more, part in (
        ((), {}, "at least one method"),
        (("tea leaves",), {}, "tea leaves"),
        (("grad_cam", "grad_cam"), {}, "twice"),
        (NAMES, {"preset": "slow"}, "slow"),
        (NAMES, {"layer": "nowhere"}, "nowhere"),
        (NAMES, {"target": 99}, "99"),
    ):
        with pytest.raises(PenumbraError, match=part):
            compare(skin, methods, **more)
    assert len(STORE) == 0


def test_every_method_can_be_asked_for_any_class_and_layer_through_the_diagnosis(chest):
    done = []
    layer = next(name for name in layers(chest) if name != chest.card.gradcam_layer)
    for name in ("grad_cam_plus_plus", "layer_cam", "rise"):
        found = explain(chest, name, 0, layer=layer, progress=lambda a, b: done.append(b))
        assert found.method == name and found.target == 0 and found.heat.shape == (48, 48)
    assert max(done) == 256
    with pytest.raises(Cancelled):
        explain(chest, "rise", cancelled=lambda: True)
    card_layer, other = (explain(chest, "layer_cam", layer=one).heat for one in (None, layer))
    assert not np.array_equal(card_layer, other)
    for method in NAMES:  # one that looks at a layer, one that looks at none
        with pytest.raises(PenumbraError, match="nowhere"):
            explain(chest, method, layer="nowhere")
    for bad in ({"preset": "slow"}, {"layer": "nowhere"}, {"target": "PLAGUE"}):
        with pytest.raises(PenumbraError):
            explain(chest, "grad_cam", **bad)
    assert index_of(chest, chest.card.labels[1]) == 1


def layers(diagnosis):
    return question_of(diagnosis, NAMES).network.layers


def test_the_store_forgets_what_was_used_longest_ago():
    store = Store(100)
    for key in "abc":
        store.put(key, key.upper(), 40)
    assert store.get("a") is None and store.get("b") == "B" and store.used == 80
    store.put("d", "D", 40)
    assert store.get("c") is None and store.get("b") == "B"
    store.put("b", "small", 1)
    assert store.used == 41 and len(store) == 2
    store.put("huge", "H", 101)
    assert store.get("huge") is None and store.get("d") == "D"
    store.clear()
    assert store.used == 0 and store.get("d") is None


def test_six_threads_find_what_one_finds(compared_folder):
    from concurrent.futures import ThreadPoolExecutor

    images = [diagnose(file_of(seed), "skin", folder=compared_folder) for seed in range(6)]
    names = ("grad_cam", "occlusion", "lime")

    def last(diagnosis):
        return list(compare(diagnosis, names, curves=False, store=Store()))[-1]

    alone = [last(one) for one in images]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(last, images))
    for one, other in zip(alone, together, strict=True):
        for name in names:
            np.testing.assert_allclose(other.maps[name], one.maps[name], atol=2e-4)
    assert not np.allclose(alone[0].maps["lime"], alone[1].maps["lime"], atol=0.01)
