"""Cards are read strictly, written without loss, and one broken card hides no other."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.networks import card_arrays, card_mapping
from util.modelstore import (
    Card,
    CardError,
    as_mapping,
    broken_cards,
    cards,
    default_card,
    find_card,
    from_mapping,
    load_card,
    models_folder,
    save_card,
)


def write(folder, modality="chest", arrays=True, **changes):
    """A card beside a file that only has to be there; returns the card."""
    mapping = card_mapping(modality, **changes)
    if not arrays:
        mapping.pop("familiarity")
    place = folder / str(mapping["name"])
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.h5").write_bytes(b"not opened here")
    return save_card(mapping, place, card_arrays() if arrays else None)


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_a_card_written_and_read_is_the_same_card(tmp_path, modality):
    card = write(tmp_path, modality)
    again = load_card(card.folder)
    assert again == card
    assert from_mapping(as_mapping(card), card.folder) == card
    for name, array in card_arrays().items():
        np.testing.assert_array_equal(again.arrays.values[name], array)


def test_a_card_without_optional_parts_is_the_same_after_a_round_trip(tmp_path):
    optional = ("calibration", "decision", "grey_zone", "conformal", "test", "extra")
    card = write(tmp_path, arrays=False, **dict.fromkeys(optional))
    assert load_card(card.folder) == card
    assert card.calibration is None and card.arrays is None and card.extra == {}


def test_saving_a_card_twice_writes_the_same_bytes(tmp_path):
    card = write(tmp_path, "skin")
    first = [(card.folder / name).read_bytes() for name in ("card.yaml", "card.npz")]
    save_card(load_card(card.folder), card.folder)
    assert [(card.folder / name).read_bytes() for name in ("card.yaml", "card.npz")] == first


def test_awkward_numbers_survive_the_file(tmp_path):
    awkward = (1e-7, 0.1 + 0.2, 1e16, 123456789.123)
    for value in awkward:
        card = write(
            tmp_path, calibration={"temperature": value, "bias": [-value, 0], "fitted_on": "x", "n": 1}
        )
        assert load_card(card.folder).calibration.temperature == value


def test_numpy_numbers_are_written_as_plain_ones(tmp_path):
    card = write(tmp_path)
    shifted = dataclasses.replace(card.calibration, temperature=np.float64(2.5), n=np.int64(7))
    saved = save_card(dataclasses.replace(card, calibration=shifted), card.folder)
    assert saved.calibration.temperature == 2.5 and type(saved.calibration.n) is int


def test_lists_of_numbers_stand_on_one_line(tmp_path):
    text = (write(tmp_path, "breast").folder / "card.yaml").read_text("utf-8")
    assert "minimum: [0.05, 0.05]" in text


REQUIRED = [
    field.name
    for field in dataclasses.fields(Card)
    if field.name != "folder"
    and field.default is dataclasses.MISSING
    and field.default_factory is dataclasses.MISSING
]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_field_is_named(tmp_path, name):
    mapping = {**card_mapping("chest"), "sha256": "0" * 64}
    mapping.pop("familiarity")
    del mapping[name]
    with pytest.raises(CardError) as caught:
        from_mapping(mapping, tmp_path)
    assert f"“{name}”" in str(caught.value)
    assert f"«\u00a0{name}\u00a0»" in caught.value.sentence.text("fr")


WRONG = [
    ("name", ""),
    ("name", "../chest"),
    ("modality", 3),
    ("default", "yes"),
    ("file", "../model.h5"),
    ("file", "model.keras"),
    ("sha256", "abc"),
    ("labels", ["A", "A"]),
    ("labels", "NORMAL"),
    ("danger", ["MEL"]),
    ("danger", []),
    ("danger", ["NORMAL", "PNEUMONIA"]),
    ("danger_order", ["PNEUMONIA", "?"]),
    ("title", "Chest"),
    ("title", {"en": "Chest"}),
    ("population", {"en": "children", "fr": " "}),
    ("limits", {"en": "x", "fr": "y"}),
    ("input.height", 48.5),
    ("input.height", 0),
    ("input.channels", 4),
    ("input.scale", float("nan")),
    ("input.minimum_side", True),
    ("units", 3),
    ("activation", "tanh"),
    ("activation", "sigmoid"),
    ("input", {"height": 96, "width": 96, "scale": 1e308}),
    ("input", {"height": 96, "width": 96, "offset": -1e308}),
    ("preparation", [{"side": 3}]),
    ("preparation", ["resize"]),
    ("preparation", [{"step": "resize", "side": "abc"}]),
    ("preparation", [{"step": "resize", "side": [1]}]),
    ("preparation", [{"step": "resize", "side": True}]),
    ("preparation", [{"step": "resize", "side": 9.5}]),
    ("preparation", [{"step": "resize", "side": -5}]),
    ("preparation", [{"step": "squash", "side": 30_000}]),
    ("preparation", [{"step": "clahe", "tiles": 0}]),
    ("preparation", [{"step": "shades_of_grey", "power": 0}]),
    ("preparation", [{"step": "percentile_clip", "low": float("nan")}]),
    ("calibration.temperature", 0),
    ("calibration.temperature", "warm"),
    ("calibration.bias", [0.0]),
    ("calibration.bias", [0.0, None]),
    ("decision.rule", "majority"),
    ("decision.threshold", 1.5),
    ("decision.threshold", None),
    ("decision.offsets", [1.0, 2.0, 3.0]),
    ("grey_zone.low", 0.8),
    ("grey_zone.high", 1.2),
    ("grey_zone", 0.5),
    ("conformal.alpha", -0.1),
    ("conformal.minimum", [0.1]),
    ("test.prevalence", 40),
    ("test.figures", [0.9]),
    ("test.figures.auc", 0.9),
    ("test.figures.auc.value", "high"),
    ("arrays", "card.npz"),
    ("familiarity", {"threshold": 1.0, "quantile": 0.99, "fitted_on": "x", "n": 5}),
    ("surprise", 1),
    ("input.depth", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=lambda x: str(x)[:30])
def test_a_wrong_field_is_named_with_what_was_expected(tmp_path, field, value):
    mapping = copy.deepcopy({**card_mapping("chest"), "sha256": "0" * 64})
    mapping.pop("familiarity")
    place, *_ = [mapping]
    *path, last = field.split(".")
    for step in path:
        place = place[step]
    place[last] = value
    with pytest.raises(CardError) as caught:
        from_mapping(mapping, tmp_path)
    named = {"activation": "units", "familiarity": "arrays"}.get(field, field)
    text = str(caught.value)
    assert field in text or named in text
    assert "should be" in text and "devrait être" in caught.value.sentence.text("fr")


def test_a_misspelt_field_is_met_with_the_right_one(tmp_path):
    mapping = {**card_mapping("chest"), "sha256": "0" * 64}
    mapping["gradcam_layr"] = mapping.pop("gradcam_layer")
    with pytest.raises(CardError, match="a known field \\(gradcam_layer\\)"):
        from_mapping(mapping, tmp_path)


def test_an_unquoted_day_is_taken_as_text(tmp_path):
    card = write(tmp_path)
    path = card.folder / "card.yaml"
    path.write_text(path.read_text("utf-8").replace("'2026-11-21'", "2026-11-21"), "utf-8")
    assert load_card(path).created == "2026-11-21"


@pytest.mark.parametrize("text", ["- a\n- b\n", "name: [", "", "\x00", "{: :"])
def test_a_file_that_is_no_card_is_a_card_error(tmp_path, text):
    (tmp_path / "card.yaml").write_text(text, "utf-8")
    with pytest.raises(CardError):
        load_card(tmp_path)


def test_a_yaml_file_that_asks_for_python_objects_is_refused(tmp_path):
    (tmp_path / "card.yaml").write_text("name: !!python/object/apply:os.getcwd []\n", "utf-8")
    with pytest.raises(CardError):
        load_card(tmp_path)


def test_broken_cards_hide_no_others_and_are_reported(tmp_path):
    write(tmp_path, "chest")
    write(tmp_path, "skin")
    broken = tmp_path / "aa-broken"
    broken.mkdir()
    (broken / "card.yaml").write_text("name: [", "utf-8")
    (tmp_path / "not-a-model").mkdir()
    assert [card.name for card in cards(tmp_path)] == ["chest-test", "skin-test"]
    (error,) = broken_cards(tmp_path)
    assert "aa-broken" in str(error)


def test_two_models_of_one_name_leave_the_first(tmp_path):
    card = write(tmp_path, "chest")
    twin = tmp_path / "zz-twin"
    twin.mkdir()
    for file in card.folder.iterdir():
        (twin / file.name).write_bytes(file.read_bytes())
    assert [found.folder.name for found in cards(tmp_path)] == ["chest-test"]
    assert "zz-twin" in str(broken_cards(tmp_path)[0])


def test_the_default_card_is_the_one_that_says_so(tmp_path):
    write(tmp_path, "chest", name="a-second", default=False)
    write(tmp_path, "chest", name="b-first", default=True)
    assert default_card("chest", tmp_path).name == "b-first"
    assert find_card("a-second", tmp_path).name == "a-second"


def test_without_a_default_the_first_card_is_taken(tmp_path):
    write(tmp_path, "chest", name="b", default=False)
    write(tmp_path, "chest", name="a", default=False)
    assert default_card("chest", tmp_path).name == "a"


def test_an_empty_folder_has_no_cards_and_says_so(tmp_path):
    assert cards(tmp_path) == () and broken_cards(tmp_path) == ()
    with pytest.raises(CardError, match="no model for “skin”"):
        default_card("skin", tmp_path)
    with pytest.raises(CardError, match="known models: none"):
        find_card("x", tmp_path)


def test_the_folder_can_be_set_from_outside(tmp_path, monkeypatch):
    write(tmp_path, "breast")
    monkeypatch.setenv("PENUMBRA_MODELS", str(tmp_path))
    assert models_folder() == tmp_path
    assert default_card("breast").name == "breast-test"
    monkeypatch.delenv("PENUMBRA_MODELS")
    assert models_folder().name == "models"


def test_a_changed_card_is_read_again(tmp_path):
    card = write(tmp_path)
    assert load_card(card.folder).default
    path = card.folder / "card.yaml"
    path.write_text(path.read_text("utf-8").replace("default: true", "default: false"), "utf-8")
    assert not load_card(card.folder).default


def test_arrays_that_were_changed_are_refused(tmp_path):
    card = write(tmp_path)
    np.savez(card.folder / "card.npz", **{**card_arrays(), "feature_mean": np.zeros(8)})
    with pytest.raises(CardError, match="card.npz"):
        load_card(card.folder)


def test_arrays_are_read_without_pickles_and_cannot_be_written_to(tmp_path):
    card = write(tmp_path)
    with pytest.raises(ValueError, match="read-only"):
        card.arrays.values["feature_mean"][0] = 1
    with pytest.raises(CardError):
        save_card(card, card.folder, {"secret": np.array([{"code": 1}], dtype=object)})


@pytest.mark.parametrize(
    "change",
    [
        {"frequency": None},
        {"frequency": np.linspace(0, 1, 5)},
        {"frequency": np.linspace(0, 2, 21)},
        {"probability": np.linspace(1, 0, 21)},
        {"feature_axes": np.eye(5)},
        {"feature_mean": np.full(8, np.nan)},
        {"feature_residual": None},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_together_are_refused(tmp_path, change):
    card = write(tmp_path)
    arrays = {name: array for name, array in {**card_arrays(), **change}.items() if array is not None}
    with pytest.raises(CardError):
        save_card(card, card.folder, arrays)
    assert load_card(card.folder) == card  # the old one is still whole


def test_a_card_without_its_model_file_is_refused(tmp_path):
    card = write(tmp_path)
    (card.folder / "model.h5").unlink()
    with pytest.raises(CardError, match="model.h5"):
        load_card(card.folder)


def test_a_refused_card_leaves_the_old_one_in_place(tmp_path):
    card = write(tmp_path)
    before = (card.folder / "card.yaml").read_text("utf-8")
    with pytest.raises(CardError):
        save_card({**as_mapping(card), "units": 5}, card.folder)
    assert (card.folder / "card.yaml").read_text("utf-8") == before


def test_a_card_that_cannot_be_written_whole_leaves_the_old_one(tmp_path, monkeypatch):
    card = write(tmp_path)
    before = {file.name: file.read_bytes() for file in card.folder.iterdir()}

    def full(self, text, *_):
        self.write_bytes(text.encode()[:40])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="space"):
        save_card(card, card.folder, card_arrays())
    assert {file.name: file.read_bytes() for file in card.folder.iterdir()} == before


def test_the_card_file_is_plain_yaml_in_the_order_of_the_fields(tmp_path):
    card = write(tmp_path, "skin")
    mapping = yaml.safe_load((card.folder / "card.yaml").read_text("utf-8"))
    names = [field.name for field in dataclasses.fields(Card) if field.name in mapping]
    assert list(mapping) == names and "folder" not in mapping
