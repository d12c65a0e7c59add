"""What age, sex and site add to a score: by plain permutations, and where nothing is given."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from tests import networks
from tests.explanation.asked import ask, picture
from util.explanation.metadata_attribution import FIELDS, attribute_metadata, shapley
from util.modelstore import open_network
from util.prediction import Metadata, encode


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    made = {
        "fused": (networks.fused(), networks.card_mapping("skin", familiarity=None)),
        "one unit": (
            networks.fused(1, "sigmoid"),
            networks.card_mapping("breast", familiarity=None, metadata=True, name="one-unit"),
        ),
        "flat": (networks.flat(), networks.card_mapping("chest", familiarity=None)),
    }
    return {kind: open_network(networks.write_model(folder, *made[kind])) for kind in made}


@pytest.mark.parametrize("kind", ["fused", "one unit"])
def test_each_field_has_its_mean_gain_over_all_orders(opened, kind):
    network, given = opened[kind], {"age": 71, "sex": "male", "site": "head/neck"}
    for target in range(len(network.card.labels)):
        question, _ = ask(network, picture(1), target, metadata=Metadata(**given))
        found = attribute_metadata(network, question.prediction, target)

        def score(fields, question=question):
            row = encode(Metadata(**{name: given[name] for name in fields}), network.card.metadata)[None]
            scores = network.scores(question.prediction.features, row)[0]
            if len(scores) == 1:
                return scores[0] * (1 if question.target else -1)
            return scores[question.target]

        gains = dict.fromkeys(FIELDS, 0.0)
        for order in permutations(FIELDS):
            for place, name in enumerate(order):
                gains[name] += (score(order[: place + 1]) - score(order[:place])) / 6
        for name in FIELDS:
            assert found.fields[name] == pytest.approx(gains[name], abs=1e-5)
        assert found.score == pytest.approx(question.score, abs=1e-5)
        assert found.without + sum(found.fields.values()) == pytest.approx(found.score, abs=1e-5)
        assert any(abs(gain) > 1e-3 for gain in gains.values()) and found.given == FIELDS


def test_a_field_that_was_not_given_adds_nothing(opened):
    question, _ = ask(opened["fused"], picture(1), 4, metadata=Metadata(sex="female"))
    found = attribute_metadata(question.network, question.prediction, 4)
    assert found.given == ("sex",) and found.fields["age"] == found.fields["site"] == 0
    assert found.fields["sex"] == pytest.approx(found.score - found.without, abs=1e-6)
    nothing, _ = ask(opened["fused"], picture(1), 4, metadata=Metadata())
    found = attribute_metadata(nothing.network, nothing.prediction, 4)
    assert found.given == () and not any(found.fields.values()) and found.score == found.without


def test_a_network_without_metadata_has_no_attribution(opened):
    question, _ = ask(opened["flat"], picture(), 1)
    assert attribute_metadata(question.network, question.prediction, 1) is None
    with pytest.raises(IndexError):
        attribute_metadata(question.network, question.prediction, 2)


def test_shapley_values_of_a_small_game_by_hand():
    # Alone 1 and 3, together 10: each gets half of what is left.
    worth = {frozenset(): 0, frozenset("a"): 1, frozenset("b"): 3, frozenset("ab"): 10}
    assert (shapley(worth, "a"), shapley(worth, "b")) == (4, 6)
    assert np.isclose(shapley(worth, "a") + shapley(worth, "b"), 10)
