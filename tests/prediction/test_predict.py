"""A prediction holds what the arithmetic says of the network's own scores."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests import networks
from util.modelstore import cards, open_network
from util.modelstore.network import Network
from util.prediction import (
    Metadata,
    MetadataError,
    danger_probability,
    decide,
    distances,
    predict,
    probabilities,
)
from util.preparation import Prepared

PIXELS = np.random.default_rng(5).integers(0, 256, (networks.SIDE, networks.SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = networks.make_model_folder(tmp_path_factory.mktemp("models"))
    return {card.modality: open_network(card) for card in cards(folder)}


def prepared(pixels=PIXELS):
    return Prepared(pixels, (), (0.0, 0.0, 1.0, 1.0))


def changed(network, **changes):
    """The same network with other words in its card."""
    return Network(dataclasses.replace(network.card, **changes), network._engine)


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_every_field_follows_from_the_scores(opened, modality):
    network = opened[modality]
    card = network.card
    found = predict(network, prepared(), Metadata())
    chances = probabilities(found.scores[None], card)
    np.testing.assert_allclose(found.calibrated, chances[0])
    np.testing.assert_array_equal(found.probabilities, found.calibrated)
    assert found.danger == pytest.approx(danger_probability(chances, card)[0])
    assert found.decision == decide(found.scores[None], card)[0]
    assert found.top == chances[0].argmax()
    assert found.distance == pytest.approx(
        distances(found.features.mean(axis=(1, 2)), card.arrays.values)[0], rel=1e-5
    )
    assert found.familiar is True
    assert found.prediction_set == tuple(np.flatnonzero(chances[0] >= 0.05))


def test_the_same_input_gives_the_same_prediction(opened):
    one, other = (predict(opened["skin"], prepared(), Metadata(54, "female", "torso")) for _ in range(2))
    np.testing.assert_array_equal(one.scores, other.scores)
    assert (one.decision, one.band, one.danger) == (other.decision, other.band, other.danger)


def test_metadata_changes_the_scores_of_a_fused_network_and_of_no_other(opened):
    known = Metadata(80, "male", "head/neck")
    assert (
        predict(opened["skin"], prepared(), known).scores != predict(opened["skin"], prepared()).scores
    ).any()
    np.testing.assert_array_equal(
        predict(opened["chest"], prepared(), known).scores, predict(opened["chest"], prepared()).scores
    )


def test_metadata_that_the_card_does_not_know_is_refused(opened):
    with pytest.raises(MetadataError):
        predict(opened["skin"], prepared(), Metadata(site="tail"))


def test_arrays_of_a_prediction_cannot_be_written_to(opened):
    found = predict(opened["skin"], prepared())
    for array in (found.features, found.encoded, found.scores, found.raw, found.calibrated):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_without_calibration_there_is_no_band_and_no_set(opened):
    found = predict(changed(opened["chest"], calibration=None), prepared())
    assert found.calibrated is None and found.band is None and found.prediction_set is None
    np.testing.assert_array_equal(found.probabilities, found.raw)


def test_without_statistics_familiarity_is_unknown(opened):
    found = predict(changed(opened["chest"], familiarity=None), prepared())
    assert found.distance is None and found.familiar is None


def test_an_image_beyond_the_threshold_is_unfamiliar(opened):
    card = opened["chest"].card
    near = dataclasses.replace(card.familiarity, threshold=1e-6)
    assert predict(changed(opened["chest"], familiarity=near), prepared()).familiar is False


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_images_give_finite_answers(opened, value):
    pixels = np.full_like(PIXELS, value)
    for network in opened.values():
        found = predict(network, prepared(pixels))
        assert np.isfinite(found.scores).all() and found.probabilities.sum() == pytest.approx(1)
