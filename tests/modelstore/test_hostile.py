"""Files that were made to break a shelf: each is one sentence, at once, and hides no other card."""

import io
import os
import re
import zipfile

import h5py
import numpy as np
import pytest

from tests.interface import by_hand
from tests.modelstore.test_cards import write
from tests.networks import card_mapping
from util.modelstore import CardError, ModelError, broken_cards, cards, fast_cache, from_mapping, h5
from util.modelstore.arrays import read_arrays, sha256_of
from util.modelstore.errors import RecordError
from util.modelstore.plain import shown
from util.modelstore.records import EVALUATION, EXPLANATIONS, RUNS, read_details, read_explanations, read_runs

ROWS = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
BOMB = "\n".join(["a: &a [x, x, x, x, x, x, x, x, x]", *ROWS])
DEEP = "[" * 100_000  # the C loader goes down with the process

CARDS = {
    "date": lambda text: re.sub("(?m)^created:.*", "created: 2024-13-45", text),
    "int": lambda text: re.sub("(?m)^units:.*", "units: !!int abc", text),
    "bool": lambda text: re.sub("(?m)^default:.*", "default: !!bool zzz", text),
    "400 digits": lambda text: re.sub("(?m)^units:.*", "units: " + "1" * 400, text),
    "5000 digits": lambda text: re.sub("(?m)^units:.*", "units: " + "1" * 5000, text),
    "deep": lambda text: f"{text}\nzz: {DEEP}",
    "blocks": lambda text: f"{text}\nzz:\n  {'- ' * 5000}x",
    "loop": lambda text: f"{text}\nzz: &l [*l]",
    "bomb": lambda text: f"{text}\n{BOMB}",
    "long name": lambda text: re.sub("(?m)^file:.*", f"file: {'a' * 300}.h5", text),
    "long arrays": lambda text: text.replace("file: card.npz", f"file: {'a' * 300}"),
}


@pytest.mark.parametrize("made", CARDS)
def test_a_hostile_card_is_one_sentence_and_the_others_stay(tmp_path, made):
    write(tmp_path, "skin", name="skin-good")
    file = write(tmp_path, name="chest-bad").folder / "card.yaml"
    text = file.read_text("utf-8")
    assert CARDS[made](text) != text
    file.write_text(CARDS[made](text), "utf-8")
    assert [card.name for card in cards(tmp_path)] == ["skin-good"]
    (error,) = broken_cards(tmp_path)
    for language in ("en", "fr"):
        said = error.sentence.text(language)
        assert "chest-bad" in said and len(said) < 600


def _looped():
    loop = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("extra", {"loop": _looped()}),
        ("input", {"height": 96, "width": 10**400}),
        ("name", int("f" * 5000, 16)),
    ],
    ids=["loop", "400 digits", "5000 digits"],
)
def test_a_mapping_made_by_hand_is_a_card_error_too(tmp_path, field, value):
    mapping = {**card_mapping("chest"), "sha256": "0" * 64, field: value}
    mapping.pop("familiarity")
    with pytest.raises(CardError):
        from_mapping(mapping, tmp_path)


def test_an_alias_that_says_little_is_read(tmp_path):
    file = write(tmp_path).folder / "card.yaml"
    text = file.read_text("utf-8")
    assert "\nextra:\n" in text
    file.write_text(text.replace("\nextra:\n", "\nextra:\n  one: &one [1, 2]\n  two: *one\n"), "utf-8")
    (card,) = cards(tmp_path)
    assert card.extra["two"] == [1, 2]


def test_what_is_shown_of_a_value_is_cut_before_it_is_made():
    wide = ["x"]
    for _ in range(12):  # 9 to the 12th entries, if they were written out
        wide = [wide] * 9
    assert len(shown(wide)) <= 60 and shown(10**5000) and shown({"a": [1]}) == "{'a': [1]}"


def _header(shape) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue()


def _npz(content: bytes, method=zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("a.npy", content)
    return stream.getvalue()


def _broken() -> bytes:
    data = bytearray(_npz(_header((4000,)) + np.random.default_rng(0).bytes(32_000)))
    data[100:140] = b"\xff" * 40
    return bytes(data)


def _locked() -> bytes:
    data = bytearray(_npz(_header((1,)) + bytes(8)))
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


ARCHIVES = {
    "broken": _broken,
    "locked": _locked,
    "huge": lambda: _npz(_header((1 << 40,)) + bytes(1000)),
    "negative": lambda: _npz(_header((-1,)) + bytes(8)),
    "no zip": lambda: b"PK",
}


@pytest.mark.parametrize("made", ARCHIVES)
def test_arrays_with_the_right_hash_and_a_wrong_stream_are_a_card_error(tmp_path, made):
    data = ARCHIVES[made]()
    (tmp_path / "card.npz").write_bytes(data)
    with pytest.raises(CardError):
        read_arrays({"file": "card.npz", "sha256": sha256_of(data)}, "arrays", tmp_path)


@pytest.mark.parametrize(
    "said",
    [5, np.arange(3), "[1]", "null", '"x"', h5py.Empty("f")],
    ids=["int", "array", "list", "null", "text", "empty"],
)
def test_a_model_whose_configuration_is_no_text_is_a_model_error(tmp_path, said):
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.attrs["model_config"] = said
    with pytest.raises(ModelError):
        h5.config_of(tmp_path / "model.h5")


READ = {RUNS: read_runs, EVALUATION: read_details, EXPLANATIONS: read_explanations}


@pytest.mark.parametrize("file", READ)
@pytest.mark.parametrize(
    "text",
    ["date: 2024-13-45", f"modality: {DEEP}", BOMB, "images: &l [*l]", "sha256: !!set {a, b}"],
    ids=len,
)
def test_a_hostile_record_is_a_record_error(tmp_path, file, text):
    card = by_hand.card("chest", tmp_path)
    (card.folder / file).write_text(text, "utf-8")
    with pytest.raises(RecordError):
        READ[file](card)


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_of_hundreds_of_digits_is_no_figure_and_no_count(tmp_path, digits):
    card, number = by_hand.card("chest", tmp_path), "9" * digits
    run = f"{{row: a, network: b, auc: {number}}}"
    (card.folder / RUNS).write_text(f"modality: chest\nstudy: [{run}]\n", "utf-8")
    assert read_runs(card).study[0].auc is None
    (card.folder / RUNS).write_text(
        f"modality: chest\nstudy: [{{row: a, network: b, n: {number}}}]\n", "utf-8"
    )
    assert read_runs(card).study[0].n is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_a_pipe_in_the_cache_is_no_converted_network(tmp_path, monkeypatch):
    monkeypatch.setenv("PENUMBRA_CACHE", str(tmp_path))
    os.mkfifo(tmp_path / "key.tflite")
    assert fast_cache.read("key") is None


def test_a_deep_configuration_is_a_model_error(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.attrs["model_config"] = "[" * 20_000 + "]" * 20_000
    with pytest.raises(ModelError):
        h5.config_of(tmp_path / "model.h5")
