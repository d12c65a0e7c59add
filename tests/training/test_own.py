"""From class folders to a model that the app opens, with a card that says whose images it knows."""

import datetime
import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.training.drawn_folders import draw_classes
from util.modelstore.card import Card
from util.training.__main__ import main
from util.training.data_root import DataError
from util.training.dataset import read_index
from util.training.texts import card_texts


def test_the_card_of_own_images_is_named_after_their_folder_and_says_what_it_does_not_know(tmp_path):
    data = read_index(draw_classes(tmp_path / "Fleurs d'été", {"iris": 4, "lis": 4, "rose": 4}), "own")
    texts = card_texts(data, loss="logit_adjusted")
    assert texts["name"] == "own-fleurs-d-ete" and texts["title"]["fr"].endswith("Fleurs d'été")
    assert (
        "Fleurs d'été" in texts["population"]["en"]
        and "nothing is known about others" in texts["population"]["en"]
    )
    assert texts["danger"] == ["rose"] and "“rose”" in texts["limits"][-1]["en"]
    assert "3 classes (iris, lis, rose)" in texts["limits"][1]["en"]
    assert (texts["bias"], texts["threshold"]) == ("prior", {"rule": "argmax"})
    assert card_texts(data)["bias"] == "fitted"


def test_folders_in_other_alphabets_get_models_of_their_own(tmp_path):
    names = [
        card_texts(read_index(draw_classes(tmp_path / name, {"a": 4, "b": 4}), "own"))["name"]
        for name in ("猫", "犬", "Ελλάς", "chat 猫", "chat 犬", "chat")
    ]
    assert len(set(names)) == 6 and names[-1] == "own-chat"
    assert all(re.fullmatch(r"own-(images|chat)-[0-9a-f]{6}", name) for name in names[:-1])


def test_a_prepared_folder_keeps_the_name_of_its_images(tmp_path):
    source, output = draw_classes(tmp_path / "Orchids", {"a": 4, "b": 4}), tmp_path / "indexed"
    assert main(["prepare", "--modality", "own", "--source", str(source), "--output", str(output)]) == 0
    assert card_texts(read_index(output, "own"))["name"] == "own-orchids"


def test_classes_that_must_not_be_missed_are_named_by_option(tmp_path):
    data = read_index(draw_classes(tmp_path / "moles", {"bad": 4, "good": 4}), "own")
    texts = card_texts(data, danger=["bad"], title="Moles of mine")
    assert texts["danger"] == texts["danger_order"] == ["bad"]
    assert texts["title"] == {"en": "Moles of mine", "fr": "Moles of mine"}
    assert len(texts["limits"]) == len(card_texts(data)["limits"]) - 1
    assert texts["threshold"] == {"rule": "balanced"}
    with pytest.raises(DataError, match="ugly"):
        card_texts(data, danger=["ugly"])
    with pytest.raises(DataError, match="bad, good"):
        card_texts(data, danger=["bad", "good"])
    with pytest.raises(DataError, match="chest"):
        card_texts(data, name="none")


def test_own_classes_of_a_known_kind_of_image_do_not_take_the_shipped_models_words(tmp_path):
    data = read_index(draw_classes(tmp_path / "clinic" / "skin", {"MEL": 4, "NV": 4}).parent, "skin")
    texts = card_texts(data)
    assert texts["name"] == "skin-clinic" and texts["danger"] == ["MEL"] and texts["default"] is False
    assert "clinic" in texts["population"]["en"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A models folder with one model that was trained for a step on folders of three classes."""
    root = tmp_path_factory.mktemp("data") / "shapes"
    draw_classes(root, {"disc": 9, "ring": 9, "star": 9})
    folder, run = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("run")
    common = ["--modality", "own", "--data-root", str(root)]
    tiny = "--model cnn --weights none --img-size 32 --epochs 1 --images-per-epoch 8 --batch-size 8 --ema 0".split()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("util.training.prepared_store.CACHE", tmp_path_factory.mktemp("prepared"))
        patch.setenv("PENUMBRA_MODELS", str(folder))
        assert main(["fit", *common, *tiny, "--output-dir", str(run)]) == 0
        place = ["--run", str(run), "--model-folder", str(folder / "shapes")]
        assert main(["calibrate", *common, *place, "--danger", "star"]) == 0
        assert main(["evaluate", *common, "--split", "test", "--draws", "5", "--write"]) == 0
    return folder


def test_class_folders_become_a_model_whose_card_the_app_reads(shelf):
    from util.modelstore import default_card

    card = default_card("own", shelf)
    assert isinstance(card, Card)
    assert card.labels == ("disc", "ring", "star") and card.danger == ("star",)
    assert card.title["fr"] == "Images personnelles\u00a0: shapes"
    assert card.test.images == 6 and card.test.data == "shapes" and card.test.part == "fold 0"
    assert card.extra["split"]["en"].endswith("figures on fold 0.")


def test_the_model_of_own_images_answers_in_both_languages(shelf):
    from util.diagnosis import diagnose
    from util.report import as_json, pdf

    stream = io.BytesIO()
    pixels = np.random.default_rng(3).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    found = diagnose(stream.getvalue(), "own", folder=shelf)
    assert found.prediction.probabilities.sum() == pytest.approx(1)
    assert "shapes" in found.card.population["fr"]
    for language in ("en", "fr"):
        assert found.headline.text(language)
        assert '"own"' in as_json(found, language)
        assert pdf(found, language, datetime.date(2026, 1, 1)).startswith(b"%PDF")
