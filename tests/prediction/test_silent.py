"""A model that answers with what is no number is refused: every comparison with it would say "harmless"."""

import dataclasses

import numpy as np
import pytest

from tests import networks
from util import batch
from util.modelstore import ModelError, default_card
from util.prediction import decide, interpret, probabilities

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return default_card("chest", networks.make_model_folder(tmp_path_factory.mktemp("models")))


def spoken(card, temperature):
    return dataclasses.replace(
        card, calibration=dataclasses.replace(card.calibration, temperature=temperature)
    )


@pytest.mark.parametrize(("score", "temperature"), [(NAN, 1.0), (INF, 1.0), (-INF, 1.0), (0.3, 1e-320)])
@pytest.mark.parametrize("ask", [decide, probabilities])
def test_scores_that_are_no_numbers_decide_nothing(card, score, temperature, ask):
    with pytest.raises(ModelError) as refused:
        ask(np.full((2, card.units), score), spoken(card, temperature))
    assert card.name in refused.value.sentence.text("fr")


@pytest.mark.parametrize(("score", "pooled"), [(NAN, 0.0), (0.0, NAN)])
def test_neither_does_a_single_image_get_a_band(card, score, pooled):
    with pytest.raises(ModelError):
        interpret(card, np.zeros((1, 1, 1, 1)), None, np.full(card.units, score), np.full(8, pooled))


class Half:
    """A network that says nothing of every second image."""

    def __init__(self, card):
        self.card = card

    def forward(self, pixels, encoded):
        scores = np.zeros((len(pixels), self.card.units))
        scores[1::2] = NAN
        return scores, np.zeros((len(pixels), len(self.card.arrays.values["feature_mean"])))


def test_in_a_table_the_image_is_a_refusal_and_the_others_are_answered(card):
    from tests.batch.pictures import png

    items = [batch.Item(str(number), lambda number=number: png(number)) for number in range(3)]
    first, second, third = batch.rows(Half(card), items)
    assert first.top and third.top and first.refusal is None
    assert second.probabilities is None and second.top is None and second.band is None
    assert "finite" in second.refusal.text("en")
