"""The same method again, a network that forgets, two models, and a second engine."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.comparison.drawn import file_of
from util.comparison import (
    ComparisonError,
    by_tf_keras_vis,
    cascade,
    compare,
    make_ready,
    question_of,
    repeat,
    two_models,
)
from util.comparison.pairing import on_window, shared_window
from util.diagnosis import explain
from util.explanation import Cancelled, repeatability
from util.language import PenumbraError
from util.preparation import Prepared


def test_a_method_with_chance_is_repeated_under_other_seeds(chest):
    found = list(repeat(chest, "lime", runs=3))
    assert [len(one.explanations) for one in found] == [1, 2, 3] and found[-1].done and not found[1].done
    last = found[-1]
    assert [one.seed for one in last.explanations] == [0, 1, 2] and last.way == "seeds"
    heats = np.stack([one.heat for one in last.explanations])
    assert last.found == repeatability(list(heats)) and 0 < last.found.spread < 2
    np.testing.assert_allclose(last.deviation, heats.std(axis=0), atol=1e-6)
    assert found[0].found is None and len(found[0].sentences()) == 1 and len(last.sentences()) == 2


def test_a_method_without_chance_is_repeated_for_copies_with_tiny_noise(skin):
    last = list(repeat(skin, "grad_cam", runs=3))[-1]
    assert last.way == "noise" and last.found.runs == 3
    assert not np.array_equal(last.explanations[0].heat, last.explanations[1].heat)
    assert "2" in last.sentences()[0].text("fr")
    with pytest.raises(ValueError, match="2 runs"):
        repeat(skin, "grad_cam", runs=1)
    with pytest.raises(Cancelled):
        list(repeat(skin, "grad_cam", runs=2, cancelled=lambda: True))


def test_a_network_forgets_stage_by_stage(quarter):
    found = list(cascade(quarter, "grad_cam", 1, stages=2))
    assert [len(one.stages) for one in found] == [1, 2, 3] and found[-1].done
    last = found[-1]
    assert [one.stage for one in last.stages] == [0, 1, 2]
    assert last.stages[0].trained.spearman == pytest.approx(1)
    assert last.stages[0].probability == pytest.approx(float(quarter.prediction.raw[1]))
    assert last.found.trained[2] == last.stages[2].trained and last.stages[2].edges == last.found.edges[2]
    assert found[0].verdict() is None and found[0].stages[0].trained is None
    assert last.verdict().key.startswith("measures.sanity_")
    assert all(
        text.text(tongue) for one in last.stages for text in one.sentences() for tongue in ("en", "fr")
    )
    known = list(cascade(quarter, "grad_cam", 1, stages=2))[-1]
    assert known.stages[2].explanation is last.stages[2].explanation
    with pytest.raises(Cancelled):
        list(cascade(quarter, "grad_cam", 1, cancelled=lambda: True))


def decided(one, **changes):
    """The prediction of a diagnosis, decided for the second class unless `changes` say else."""
    whole = {"decision": 1, "band": None, "familiar": True} | changes
    return dataclasses.replace(one.prediction, **whole)


def test_two_models_answer_one_image(compared_folder):
    pair = two_models(file_of(), "chest-test", "chest-quarter", folder=compared_folder, target="PNEUMONIA")
    assert [one.card.name for one in pair.diagnoses] == ["chest-test", "chest-quarter"]
    assert pair.agreement.names == ("chest-test", "chest-quarter")
    assert pair.shared == pair.diagnoses[0].prepared.window
    assert [text.key for text in pair.sentences()][1:] == ["comparison.pair_chances", "comparison.pair_maps"]
    calibrated, raw = (pair.sentences()[1].text(tongue) for tongue in ("en", "fr"))
    assert (
        "probability 0" in calibrated and "uncalibrated score 0" in calibrated and "score non calibré" in raw
    )
    apart = dataclasses.replace(pair, shared=None, maps={}, agreement=None)
    assert apart.sentences()[-1].key == "comparison.pair_apart"
    sides = [dataclasses.replace(one, prediction=decided(one)) for one in pair.diagnoses]
    pair = dataclasses.replace(pair, diagnoses=tuple(sides))
    assert pair.sentences()[0].key == "comparison.pair_same"
    for without in ({"band": "grey"}, {"familiar": False}):
        silent = dataclasses.replace(sides[0], prediction=decided(sides[0], **without))
        one = dataclasses.replace(pair, diagnoses=(silent, sides[1])).sentences()
        neither = dataclasses.replace(pair, diagnoses=(silent, silent)).sentences()
        assert one[0].key == "comparison.pair_one" and neither[0].key == "comparison.pair_neither"
        for tongue, name in (("en", "pneumonia"), ("fr", "pneumonie")):
            assert name in one[0].text(tongue) and name not in neither[0].text(tongue)
            known = "probability 0" if tongue == "en" else "probabilité 0"
            assert (known in one[1].text(tongue)) == ("band" in without)
    none = two_models(file_of(), "chest-test", "chest-quarter", folder=compared_folder, target="NORMAL")
    assert none.agreement is None and none.sentences()[-1].key == "comparison.pair_no_maps"
    for first, second in (("chest-test", "chest-test"), ("chest-test", "skin-test")):
        with pytest.raises(ComparisonError):
            two_models(file_of(), first, second, folder=compared_folder)
    with pytest.raises(PenumbraError, match="PLAGUE"):
        two_models(file_of(), "chest-test", "chest-quarter", folder=compared_folder, target="PLAGUE")


def test_two_maps_are_compared_on_the_part_of_the_photograph_that_both_show():
    pixels = np.zeros((4, 4, 3), np.uint8)
    whole = Prepared(pixels, (), (0.0, 0.0, 80.0, 40.0))
    right = Prepared(pixels, (), (40.0, 0.0, 80.0, 40.0))
    part = shared_window(whole, right)
    assert part == (40.0, 0.0, 80.0, 40.0)
    across = np.tile(np.linspace(0, 1, 80, dtype=np.float32), (40, 1))  # one pixel a pixel of the photograph
    np.testing.assert_allclose(on_window(across, whole, part, side=40), across[:, 40:], atol=1e-5)
    np.testing.assert_allclose(on_window(across[:, 40:], right, part, side=40), across[:, 40:], atol=1e-5)
    assert shared_window(right, Prepared(pixels, (), (0.0, 0.0, 40.0, 40.0))) is None


def test_a_map_of_few_passes_begins_no_conversion_and_one_of_many_does(
    chest, quarter, compared_folder, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        "util.explanation.asker.fast_runtime", lambda network, **how: asked.append(network.card.name)
    )

    def everything(method):
        explain(chest, method)
        next(compare(chest, (method,), curves=False))
        next(repeat(chest, method, runs=2))
        next(cascade(chest, method, stages=1))
        two_models(file_of(), "chest-test", "chest-quarter", folder=compared_folder, method=method)

    everything("grad_cam")
    assert not asked
    everything("rise")
    # In each of the two models; maps known from the store are not asked for again.
    assert {"chest-test", "chest-quarter"} == set(asked) and len(asked) >= 5


def test_a_page_can_begin_the_conversion_and_a_file_that_is_gone_is_no_fault(chest, monkeypatch):
    begun = []
    monkeypatch.setattr("util.comparison.asking.begin_fast", lambda network: begun.append(network.card.name))
    make_ready(chest)
    assert begun == ["chest-test"]
    gone = dataclasses.replace(chest.card, sha256="0" * 64)
    make_ready(dataclasses.replace(chest, card=gone))
    assert begun == ["chest-test"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "method", ["grad_cam", "grad_cam_plus_plus", "layer_cam", "score_cam", "smooth_grad"]
)
def test_the_second_engine_draws_the_same_map_on_a_flat_model(chest, method):
    before = np.random.get_state()[1].copy()
    found = by_tf_keras_vis(question_of(chest, (method,)), method)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert found.correlation is not None
    assert found.correlation >= (0.5 if method == "smooth_grad" else 0.99)
    np.testing.assert_allclose(found.theirs, found.ours.heat + found.difference, atol=1e-6)
    assert found.theirs.shape == (48, 48) and found.theirs.min() >= 0 and found.theirs.max() <= 1
    keys = [text.key for text in found.sentences()]
    assert keys[:2] == ["comparison.engine_by", "comparison.engine_alike"]
    assert ("comparison.engine_noise" in keys) == (method == "smooth_grad")


@pytest.mark.filterwarnings("ignore")
def test_the_second_engine_tries_as_many_channels_as_there_is_room_for(chest, monkeypatch):
    monkeypatch.setattr("util.comparison.second_engine.MOST_CHANNELS", 4)
    found = by_tf_keras_vis(question_of(chest, ("score_cam",)), "score_cam", preset="full")
    assert found.ours.facts["channels"] == 4 and found.correlation >= 0.99
    # An earlier layer has fewer channels than the preset tries.
    monkeypatch.undo()
    question = question_of(chest, ("score_cam",))
    question = dataclasses.replace(question, layer=question.network.layers[0])
    found = by_tf_keras_vis(question, "score_cam", preset="full")
    assert found.theirs.shape == (48, 48) and found.ours.facts["layer"] == question.layer


@pytest.mark.filterwarnings("ignore")
def test_the_second_engine_says_where_it_cannot_help(chest, skin, quarter, compared_folder):
    from util.diagnosis import diagnose

    breast = diagnose(file_of(), "breast", folder=compared_folder)
    for one, method, key in (
        (chest, "rise", "engine_method"),
        (skin, "grad_cam", "engine_metadata"),
        (breast, "score_cam", "engine_one_unit"),
    ):
        with pytest.raises(ComparisonError) as caught:
            by_tf_keras_vis(question_of(one, (method,)), method)
        assert caught.value.sentence.key == f"comparison.{key}"
        assert caught.value.sentence.text("fr")
    question = dataclasses.replace(question_of(chest, ("grad_cam",)), layer="nowhere")
    with pytest.raises(ComparisonError, match="nowhere"):
        by_tf_keras_vis(question, "grad_cam")
    nothing = by_tf_keras_vis(question_of(quarter, ("grad_cam",), 0), "grad_cam")
    assert nothing.correlation is None and nothing.sentences()[-1].key == "comparison.engine_empty"
    with pytest.raises(Cancelled):
        by_tf_keras_vis(question_of(chest, ("grad_cam",)), "grad_cam", cancelled=lambda: True)
