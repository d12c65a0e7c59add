"""FGSM and PGD on small networks: inside their budget, against the decision, stronger than chance."""

import numpy as np
import pytest

from tests.training.evaluation_sets import draw_skin
from util.modelstore import default_card
from util.prediction.arithmetic import calibrated
from util.training.dataset import parts, read_index
from util.training.evaluation import attacks


@pytest.fixture(scope="module")
def opened(model_folder):
    """For each kind of network its card and its two functions, and a few pictures with metadata rows and targets."""
    rng, found = np.random.default_rng(0), {}
    for modality in ("skin", "breast"):
        card = default_card(modality, model_folder)
        pixels = rng.integers(30, 226, (4, 48, 48, 3)).astype(np.float32)
        row = rng.random((4, card.metadata.width), np.float32) if card.metadata else None
        target = rng.integers(0, len(card.labels), 4)
        found[modality] = (card, *attacks._opened(card), pixels, row, target)
    return found


def loss(card, scores, target):
    chances = calibrated(scores, card.calibration, card.activation)
    return -np.log(np.clip(chances[np.arange(len(target)), target], 1e-9, 1))


@pytest.mark.parametrize("modality", ["skin", "breast"])
def test_scores_are_those_of_the_app(opened, modality, model_folder):
    from util.modelstore import open_network

    card, ask, _, pixels, row, _ = opened[modality]
    expected, _ = open_network(card).forward(pixels.astype(np.uint8), row)
    assert np.allclose(ask(pixels, row), expected, atol=1e-3)


@pytest.mark.parametrize("modality", ["skin", "breast"])
def test_the_gradient_is_that_of_finite_differences(opened, modality):
    card, ask, slope, pixels, row, target = opened[modality]
    gradient = slope(pixels, row, target).astype(np.float64)
    along = gradient / np.linalg.norm(gradient.reshape(4, -1), axis=1)[:, None, None, None]
    step = 0.5
    up, down = (loss(card, ask((pixels + s * along).astype(np.float32), row), target) for s in (step, -step))
    assert (up - down) / (2 * step) == pytest.approx(
        (gradient * along).sum(axis=(1, 2, 3)), rel=0.1, abs=1e-6
    )


@pytest.mark.parametrize("modality", ["skin", "breast"])
def test_attacks_stay_in_their_budget_and_cost_more_than_chance(opened, modality):
    card, ask, slope, pixels, row, target = opened[modality]
    pixels = pixels.copy()
    pixels[0, :8] = 255
    made = dict(attacks._attacked(pixels, row, target, slope, 5, np.random.default_rng(0)))
    assert (made["clean/0"] == pixels).all()
    for name, changed in made.items():
        budget = float(name.partition("/")[2])
        assert np.abs(changed - pixels).max() <= budget + 1e-4
        assert changed.min() >= 0 and changed.max() <= 255
    costs = {name: loss(card, ask(changed, row), target).mean() for name, changed in made.items()}
    assert costs["fgsm/4.0"] > costs["clean/0"] and costs["fgsm/4.0"] > costs["random/4.0"]
    assert costs["pgd/4.0"] >= costs["fgsm/4.0"] - 1e-3
    assert costs["pgd/4.0"] > costs["pgd/0.5"]


def test_rows_say_on_how_many_images_and_how_many_decisions_turned(model_folder, tmp_path):
    card = default_card("skin", model_folder)
    dataset = parts(read_index(draw_skin(tmp_path, 2), "skin"))["test"]
    found = attacks.attack_rows(card, dataset, images=10, draws=5, steps=2)
    assert found["images"] == 10 and len(found["rows"]) == 3 * len(attacks.BUDGETS)
    assert {row["name"] for row in found["rows"]} == {"random", "fgsm", "pgd"}
    for row in found["rows"]:
        assert 0 <= row["flipped"] <= 1 and "balanced_accuracy" in row["change"]
    again = attacks.attack_rows(card, dataset, images=10, draws=5, steps=2)
    assert again == found
