"""The whole walk on small models: what is said follows from what was found, in both languages."""

from __future__ import annotations

import dataclasses
import io
import pickle

import numpy as np
import pytest
from PIL import Image

from tests import networks
from util.diagnosis import People, _headline, class_name, diagnose, explain, people_of, spoken_class
from util.imaging import RefusedImage
from util.language import PenumbraError
from util.modelstore import as_mapping, find_card, save_card
from util.prediction import Metadata, MetadataError

MODALITIES = ("chest", "skin", "breast")


def file_of(seed=0, size=(70, 90), grey=False):
    """The bytes of a PNG of smooth waves."""
    y, x = np.mgrid[: size[0], : size[1]] / max(size)
    rng = np.random.default_rng(seed)
    waves = sum(np.sin(6 * (rng.normal() * x + rng.normal() * y) + k) for k in range(4))
    pixels = np.clip(128 + 30 * waves[..., None] * rng.uniform(0.5, 1.5, 3), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0] if grey else pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return networks.make_model_folder(tmp_path_factory.mktemp("models"))


@pytest.fixture
def variant(folder, tmp_path):
    """A models folder with the default model of a modality, some fields of its card replaced (None removes one)."""

    def make(modality, **changes):
        card = find_card(f"{modality}-test", folder)
        place = tmp_path / card.name
        place.mkdir(exist_ok=True)
        (place / "model.h5").write_bytes((card.folder / "model.h5").read_bytes())
        mapping = {**as_mapping(card), **changes}
        mapping.pop("arrays")
        save_card({k: v for k, v in mapping.items() if v is not None}, place, card.arrays.values)
        return tmp_path

    return make


def zone(low, high):
    return {"low": low, "high": high, "target_error": 0.1, "fitted_on": "fold 1", "n": 200}


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_walk_says_everything_in_both_languages(folder, modality):
    found = diagnose(file_of(), modality, folder=folder)
    sentences = [found.headline, found.meaning, found.zone, *found.warnings]
    for sentence in sentences:
        english, french = sentence.text("en"), sentence.text("fr")
        assert english != french and "{" not in english + french
    assert found.explanation.heat.shape == (networks.SIDE, networks.SIDE)
    assert found.prepared.steps and found.photograph.sha256 and found.card.modality == modality


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_same_input_gives_the_same_answer(folder, modality):
    one, other = (diagnose(file_of(3), modality, folder=folder) for _ in range(2))
    np.testing.assert_array_equal(one.prediction.scores, other.prediction.scores)
    np.testing.assert_array_equal(one.explanation.heat, other.explanation.heat)
    assert (one.headline, one.meaning, one.warnings) == (other.headline, other.meaning, other.warnings)
    assert one.people == other.people


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_diagnosis_survives_a_cache(folder, modality):
    found = diagnose(file_of(), modality, folder=folder)
    again = pickle.loads(pickle.dumps(found))
    assert again.meaning.text("fr") == found.meaning.text("fr") and again.card == found.card


def test_in_the_grey_zone_there_is_no_verdict(variant):
    for modality in MODALITIES:
        found = diagnose(file_of(), modality, folder=variant(modality, grey_zone=zone(0, 1)))
        assert found.prediction.band == "grey"
        assert found.headline.text("en").startswith("No verdict:")
        assert found.headline.text("fr").startswith("Pas de verdict")
        named = [networks.LABELS[modality].index(label) for label in networks.LABELS[modality]]
        texts = [class_name(found.card, index) for index in named]
        assert not any(text.text("en") in found.headline.text("en") for text in texts)


@pytest.mark.parametrize(("low", "high", "band"), [(0, 1e-6, "above"), (1 - 1e-6, 1, "below")])
def test_outside_the_grey_zone_two_classes_speak_of_the_dangerous_one(variant, low, high, band):
    found = diagnose(file_of(), "chest", folder=variant("chest", grey_zone=zone(low, high)))
    assert found.prediction.band == band
    said = "The model sees signs of" if band == "above" else "The model sees no signs of"
    assert found.headline.text("en") == f"{said} pneumonia in this image."
    assert found.card.labels[found.explanation.target] == "PNEUMONIA"


@pytest.mark.parametrize(("low", "high", "band"), [(0, 1e-6, "above"), (1 - 1e-6, 1, "below")])
def test_outside_the_grey_zone_skin_names_the_most_probable_class_and_the_band(variant, low, high, band):
    found = diagnose(file_of(), "skin", folder=variant("skin", grey_zone=zone(low, high)))
    top = class_name(found.card, found.prediction.top).text("en")
    assert found.headline.text("en").startswith(f"Most probable: {top} (")
    assert f"{band} the grey zone" in found.headline.text("en")
    assert found.explanation.target == found.prediction.top


def test_without_a_grey_zone_the_rule_alone_answers(variant):
    found = diagnose(file_of(), "breast", folder=variant("breast", grey_zone=None))
    positive = found.prediction.decision == 1
    assert found.zone is None and found.prediction.band is None
    assert ("no signs" in found.headline.text("en")) == (not positive)
    found = diagnose(file_of(), "skin", folder=variant("skin", grey_zone=None))
    assert found.headline.key == "diagnosis.headline_many"


@pytest.mark.parametrize("modality", MODALITIES)
def test_an_unfamiliar_image_is_said_to_be_one_first_and_nothing_pretends(variant, modality):
    unfamiliar = {"threshold": 1e-9, "quantile": 0.99, "fitted_on": "fold 1", "n": 200}
    found = diagnose(file_of(), modality, folder=variant(modality, familiarity=unfamiliar))
    assert found.headline.text("en") == ("This image is unlike those the model was trained on: no verdict.")
    assert found.people is None
    assert found.meaning.key == "diagnosis.meaning_unfamiliar"
    assert found.warnings[0].key == "diagnosis.warn_unfamiliar"


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_raw_score_is_never_said_as_a_probability(variant, modality):
    folder = variant(modality, calibration=None, conformal=None)
    found = diagnose(file_of(), modality, folder=folder)
    assert found.prediction.calibrated is None and found.people is None and found.zone is None
    assert "not calibrated" in found.headline.text("en")
    assert "Raw score, not calibrated" in found.meaning.text("en")
    assert "non calibré" in found.meaning.text("fr")


def test_people_are_read_off_the_reliability_of_the_test_part(folder):
    found = diagnose(file_of(), "chest", folder=folder)
    expected = 100 * np.interp(found.prediction.danger, np.linspace(0, 1, 21), np.linspace(0, 1, 21) ** 1.2)
    assert found.people.about == pytest.approx(expected)
    assert 0 <= found.people.low <= found.people.about <= found.people.high <= 100
    text = found.meaning.text("en")
    assert "40 in 100" in text and f"about {round(expected)} in 100" in text
    assert "drawn test images" in text and "images d’essai dessinées" in found.meaning.text("fr")


@pytest.mark.parametrize("missing", ["test", "calibration", "arrays"])
def test_without_any_part_of_the_evidence_no_people_are_said(folder, missing):
    found = diagnose(file_of(), "chest", folder=folder)
    assert isinstance(people_of(found.card, found.prediction), People)
    if missing == "calibration":
        prediction = dataclasses.replace(found.prediction, calibrated=None)
        assert people_of(found.card, prediction) is None
    else:
        assert people_of(dataclasses.replace(found.card, **{missing: None}), found.prediction) is None


def test_without_people_the_meaning_says_why(variant):
    found = diagnose(file_of(), "chest", folder=variant("chest", test=None))
    assert found.people is None and "no number of people is said" in found.meaning.text("en")


def test_where_rule_and_probability_differ_both_are_said_with_the_reason(variant):
    offsets = [9.0 if label == "DF" else 0.0 for label in networks.LABELS["skin"]]
    rule = {"rule": "argmax", "fixed_on": "fold 1", "offsets": offsets}
    found = diagnose(file_of(), "skin", folder=variant("skin", decision=rule, grey_zone=None))
    top = class_name(found.card, found.prediction.top).text("en")
    text = found.meaning.text("en")
    assert "decides for “dermatofibroma”" in text and f"“{top}” is more probable" in text
    assert "not by how frequent" in text and "non selon leur fréquence" in found.meaning.text("fr")
    grey = diagnose(file_of(), "skin", folder=variant("skin", decision=rule, grey_zone=zone(0, 1)))
    assert grey.prediction.decision != grey.prediction.top and grey.prediction.band == "grey"
    assert "dermatofibroma" not in grey.meaning.text("en"), "under no verdict nothing is decided"


@pytest.mark.parametrize(("threshold", "reason"), [(0.0, "to miss fewer"), (1.0, "fewer false alarms")])
def test_a_threshold_that_overrules_the_probability_says_which_way(variant, threshold, reason):
    rule = {"rule": "threshold", "fixed_on": "fold 0", "threshold": threshold}
    # A bias puts the probability on the side that the threshold overrules.
    bias = {"temperature": 1.0, "bias": [-3.0 if threshold == 0 else 3.0], "fitted_on": "x", "n": 5}
    found = diagnose(file_of(), "breast", folder=variant("breast", decision=rule, calibration=bias))
    assert found.prediction.decision != found.prediction.top
    assert reason in found.meaning.text("en")


def test_where_they_agree_nothing_is_said_of_the_rule(variant):
    rule = {"rule": "argmax", "fixed_on": "x", "offsets": [0.0] * 8}
    flat = {"temperature": 1.5, "bias": [0.0] * 8, "fitted_on": "x", "n": 5}
    found = diagnose(file_of(), "skin", folder=variant("skin", decision=rule, calibration=flat))
    assert "rule" not in found.meaning.text("en")


def test_no_answer_is_said_to_be_certain_or_impossible(folder):
    skin, chest = (diagnose(file_of(), modality, folder=folder) for modality in ("skin", "chest"))
    own = dataclasses.replace(chest.card, modality="own", labels=("cat", "dog"), danger=("dog",))
    for found, card in ((skin, skin.card), (chest, own)):
        for share, told in ((0.9961, ">99%"), (0.004, "<1%"), (0.83, "83%")):
            probabilities = np.full(len(card.labels), 0.0)
            probabilities[1] = share
            prediction = dataclasses.replace(
                found.prediction, calibrated=probabilities, top=1, decision=1, band="above", familiar=True
            )
            assert f"({told})" in _headline(card, prediction).text("en")


def test_an_age_outside_the_models_ages_is_a_warning(variant):
    folder = variant("skin", extra={"ages": [1, 5]})
    keys = [w.key for w in diagnose(file_of(), "skin", metadata=Metadata(age=54), folder=folder).warnings]
    assert "diagnosis.warn_age" in keys
    for age in (3, None):
        keys = [
            w.key for w in diagnose(file_of(), "skin", metadata=Metadata(age=age), folder=folder).warnings
        ]
        assert "diagnosis.warn_age" not in keys


def test_quality_and_preparation_warnings_are_passed_on(folder):
    keys = [w.key for w in diagnose(file_of(size=(200, 200)), "chest", folder=folder).warnings]
    assert "prediction.quality_coloured_film" in keys
    keys = [w.key for w in diagnose(file_of(size=(200, 200)), "breast", folder=folder).warnings]
    assert any(key.startswith("preparation.") for key in keys)


def test_metadata_reaches_a_fused_model(folder):
    one = diagnose(file_of(), "skin", folder=folder)
    other = diagnose(file_of(), "skin", metadata=Metadata(80, "male", "torso"), folder=folder)
    assert (one.prediction.scores != other.prediction.scores).any()
    assert other.metadata.site == "torso"


def test_bad_input_is_one_sentence_each(folder, tmp_path):
    for error, given in (
        (RefusedImage, {"data": b"", "modality": "chest"}),
        (RefusedImage, {"data": b"no image", "modality": "skin"}),
        (MetadataError, {"data": file_of(), "modality": "skin", "metadata": Metadata(age=300)}),
        (PenumbraError, {"data": file_of(), "modality": "breast", "um_per_pixel": -1.0}),
        (PenumbraError, {"data": file_of(), "modality": "chest", "model": "no-such"}),
        (PenumbraError, {"data": file_of(), "modality": "chest", "model": "skin-test"}),
        (PenumbraError, {"data": file_of(), "modality": "retina"}),
    ):
        data, modality = given.pop("data"), given.pop("modality")
        with pytest.raises(error) as caught:
            diagnose(data, modality, folder=folder, **given)
        assert caught.value.sentence.text("en") != caught.value.sentence.text("fr")


def test_a_model_can_be_chosen_by_name(folder):
    assert diagnose(file_of(), "chest", model="chest-test", folder=folder).card.name == "chest-test"


def test_the_smallest_image_is_that_of_the_card(variant):
    tiny = {"height": networks.SIDE, "width": networks.SIDE, "minimum_side": 100}
    with pytest.raises(RefusedImage):
        diagnose(file_of(), "chest", folder=variant("chest", input=tiny))


def test_another_class_can_be_explained_afterwards(folder):
    found = diagnose(file_of(), "skin", folder=folder)
    again = explain(found)
    np.testing.assert_array_equal(again.heat, found.explanation.heat)
    assert explain(found, target="MEL").target == networks.LABELS["skin"].index("MEL")
    np.testing.assert_array_equal(explain(found, target=4).heat, explain(found, target="MEL").heat)


def test_an_unknown_method_or_class_is_one_sentence(folder):
    found = diagnose(file_of(), "breast", folder=folder)
    for bad in ({"method": "tea leaves"}, {"target": "2"}, {"target": 2}, {"target": -1}):
        with pytest.raises(PenumbraError) as caught:
            explain(found, **bad)
        assert "known methods" in str(caught.value) or "its classes are 0, 1" in str(caught.value)
    assert explain(found, target="0").target == 0


def test_labels_that_are_digits_are_names_before_they_are_positions(folder):
    found = diagnose(file_of(), "breast", folder=folder)
    assert explain(found, target="1").target == 1 == spoken_class(found.card, found.prediction)


def test_a_class_without_a_name_in_the_catalogue_keeps_its_label(folder):
    card = find_card("chest-test", folder)
    other = dataclasses.replace(card, labels=("NORMAL", "COVID"))
    assert class_name(other, 1) == "COVID"
    assert class_name(card, 1).text("fr") == "pneumonie"
