"""A card's words were written for one network; another gets what holds for it too, under a name of its own."""

import json

import pytest
import yaml

from tests.training.drawn_sets import TINY, draw_set, quickly
from util.training.configuration import configuration
from util.training.dataset import read_index
from util.training.networks import FAMILIARITY_LAYER, FEATURE_LAYER, NAMES
from util.training.ship import _bare
from util.training.texts import card_texts

SUMMARY = {
    "labels": ["NORMAL", "PNEUMONIA"],
    "prior": [0.3, 0.7],
    "train_images": 9,
    "train_groups": 9,
    "metadata": None,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return draw_set(tmp_path_factory.mktemp("data"), "chest", (-1, 0, 1), groups_a_fold=8, images=2)


@pytest.mark.parametrize("network", NAMES)
def test_a_chest_card_names_layers_of_its_own_network(data, tmp_path, network):
    texts = card_texts(read_index(data, "chest"), network=network, start="none")
    card = _bare("chest", texts, configuration("chest", model=network), SUMMARY, tmp_path / "run")
    assert card["gradcam_layer"] == FEATURE_LAYER[network]
    if network == "mobilenetv2":
        assert card["familiarity_layer"] == "block_16_project_BN"
    else:
        assert card["familiarity_layer"] == FAMILIARITY_LAYER[network]


@pytest.mark.parametrize(
    ("network", "layer"), [("mobilenetv2", "block_13_expand_relu"), ("cnn", FEATURE_LAYER["cnn"])]
)
def test_a_breast_card_maps_where_cells_are_finer_if_its_network_has_that_layer(tmp_path, network, layer):
    data = draw_set(tmp_path, "breast", (-1, 0, 1))
    texts = card_texts(read_index(data, "breast"), network=network, start="none")
    card = _bare("breast", texts, configuration("breast", model=network), SUMMARY, tmp_path / "run")
    assert card["gradcam_layer"] == layer


def test_the_network_that_the_words_were_written_for_keeps_them(data):
    index = read_index(data, "chest")
    assert card_texts(index, network="mobilenetv2", start="weights/x.npz") == card_texts(index)


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_another_network_does_not_take_the_shipped_ones_name_nor_its_weights(tmp_path, modality):
    index = read_index(draw_set(tmp_path, modality, (-1, 0, 1)), modality)
    scratch = card_texts(index, network="resnet18", start="none")
    assert (scratch["name"], scratch["default"]) == (f"{modality}-resnet18", False)
    assert "weights" not in scratch["extra"] and "MobileNetV2" not in yaml.safe_dump(scratch["licence"])
    assert "from scratch" in scratch["licence"]["en"] and "de zéro" in scratch["licence"]["fr"]
    assert "earlier files" not in scratch["extra"]["split"]["en"]
    started = card_texts(index, network="resnet18", start="weights/resnet18_stages1to3_imagenet_fp16.npz")
    assert "resnet18_stages1to3_imagenet_fp16.npz" in started["licence"]["en"]
    assert scratch["danger"] == card_texts(index)["danger"]


def test_a_run_of_another_network_becomes_a_card_that_the_app_opens(data, tmp_path, monkeypatch):
    import numpy as np

    from util.modelstore import load_card, open_network
    from util.training.__main__ import main
    from util.training.studies.runs import trained, varied

    changes = {name: yaml.safe_load(value) for name, _, value in (word.partition("=") for word in TINY)}
    config = varied(configuration("chest"), changes | {"model": "resnet18-stage3"})
    monkeypatch.setattr("util.training.ship.PROJECT", tmp_path)
    with quickly(tmp_path / "prepared"):
        run = trained(config, data, tmp_path / "run")
        assert json.loads((run / "summary.json").read_text())["weights_from"] == "none"
        asked = ["calibrate", "--modality", "chest", "--data-root", str(data), "--run", str(run)]
        assert main(asked) == 0
        card = load_card(tmp_path / "models" / "chest-resnet18-stage3")
        assert card.views is None
        assert main([*asked, "--views", "mirror", "--model-folder", str(tmp_path / "both")]) == 0
        assert card.familiarity_layer == "layer2_1_relu2" and card.calibration and card.decision
        scores, features = open_network(card).forward(np.zeros((1, 32, 32, 3), np.uint8))
    both = load_card(tmp_path / "both")
    # Two sides fit another temperature and other feature statistics than one.
    assert both.views == "mirror" and both.calibration != card.calibration
    assert not np.array_equal(both.arrays.values["feature_mean"], card.arrays.values["feature_mean"])
    assert scores.shape == (1, 1) and features.shape == card.arrays.values["feature_mean"][None].shape
