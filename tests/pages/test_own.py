"""A reader's own kind of image is a fourth choice where a model of it stands on the shelf, and nowhere else."""

from dataclasses import replace

import pytest

from tests import networks
from tests.interface import by_hand
from tests.pages.conftest import enter, texts
from util.language import say
from util.modelstore import default_card, load_card, save_card


@pytest.fixture
def with_own(tmp_path, monkeypatch, model_folder, answers):
    """The small models, and one of own images among them."""
    shelf = tmp_path / "models"
    shelf.mkdir()
    for folder in model_folder.iterdir():
        (shelf / folder.name).symlink_to(folder)
    own = shelf / "own-test"
    own.mkdir()
    breast = default_card("breast", model_folder)
    (own / "model.h5").write_bytes((breast.folder / breast.file).read_bytes())
    mapping = networks.card_mapping("breast", labels=["cat", "dog"], danger=["dog"], danger_order=["dog"])
    save_card(mapping | {"name": "own-test", "modality": "own"}, own, dict(breast.arrays.values))
    monkeypatch.setenv("PENUMBRA_MODELS", str(shelf))
    return load_card(own)


def test_without_a_model_of_own_images_there_are_three_kinds(answers, tongue):
    app = enter(tongue, modality="own")
    assert len(app.button_group(key="modality").options) == 3
    assert app.button_group(key="modality").value == "chest"


def test_with_one_it_is_the_fourth_kind_and_offers_no_drawn_samples(with_own, tongue):
    app = enter(tongue, modality="own")
    assert not app.exception
    assert app.button_group(key="modality").options[-1] == say("interface.modality_own", tongue)
    assert app.button_group(key="modality").value == "own"
    assert say("interface.empty_next_file", tongue) in texts(app)
    assert say("interface.samples", tongue) not in texts(app)


def test_its_answer_names_the_class_without_speaking_of_signs(with_own, answers, tongue):
    told = by_hand.diagnosis("breast")
    from util.diagnosis import _headline

    card = replace(with_own, metadata=None)
    answers.say(replace(told, card=card, headline=_headline(card, told.prediction)))
    app = enter(tongue, modality="own")
    app = app.file_uploader[0].upload("mine.png", b"bytes").run()
    assert not app.exception
    assert answers[0][1] == "own"
    assert app.title[0].value.startswith(
        "The model answers “dog”" if tongue == "en" else "Le modèle répond «\u00a0dog"
    )
    assert say("interface.reading_suspicious_own", tongue) in texts(app)
