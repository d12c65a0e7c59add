from dataclasses import replace

import numpy as np
import pytest

from tests.batch.pictures import folder_of, png
from tests.imaging.corpus import bad_files, odd_files
from util import batch
from util.imaging import RefusedImage, decode
from util.language import say
from util.modelstore import Network, default_card, open_network
from util.prediction import BANDS, Metadata, predict
from util.preparation import PreparationError, prepare


@pytest.fixture(scope="module")
def networks(model_folder):
    return {m: open_network(default_card(m, model_folder)) for m in ("chest", "skin", "breast")}


def _alone(network, data, metadata=Metadata()):
    card = network.card
    photograph = decode(data, minimum_side=card.input.minimum_side)
    return predict(network, prepare(photograph, card.preparation), metadata)


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_a_row_says_what_the_single_walk_says(networks, modality, monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 3)
    network = networks[modality]
    images = [png(seed) for seed in range(7)]
    items = [batch.Item(f"{i}.png", lambda data=data: data) for i, data in enumerate(images)]
    found = list(batch.rows(network, items))
    assert [row.file for row in found] == [item.name for item in items]
    for row, data in zip(found, images, strict=True):
        alone = _alone(network, data)
        np.testing.assert_allclose(row.probabilities, alone.probabilities, atol=1e-5)
        assert row.top == network.card.labels[alone.decision]
        assert row.band == alone.band
        assert row.refusal is None


def test_metadata_change_the_row_of_their_image_as_in_the_single_walk(networks):
    known = Metadata(71.0, "female", "head/neck")
    data = png(1)
    items = [batch.Item("known.png", lambda: data, known), batch.Item("unknown.png", lambda: data)]
    with_it, without = batch.rows(networks["skin"], items)
    np.testing.assert_allclose(
        with_it.probabilities, _alone(networks["skin"], data, known).probabilities, atol=1e-5
    )
    assert not np.allclose(with_it.probabilities, without.probabilities, atol=1e-4)


def _gone() -> bytes:
    raise PermissionError("no right to read")


def test_what_cannot_be_decoded_is_a_row_with_its_refusal_and_the_rest_goes_on(networks, monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 2)
    good = png(3)
    contents = {"a": good, "b": b"", "c": b"no image", "d": good[:200], "e": png(1, 8), "f": good}
    items = [batch.Item(name, lambda data=data: data) for name, data in contents.items()]
    items.append(batch.Item("g", _gone))
    found = {row.file: row for row in batch.rows(networks["chest"], items)}
    assert list(found) == list("abcdefg")
    for name in "bcdeg":
        assert found[name].refusal.text("en").endswith(".")
        assert found[name].probabilities is found[name].top is found[name].band is None
    assert found["a"].probabilities == pytest.approx(found["f"].probabilities)


def test_a_fault_of_the_program_on_one_file_does_not_end_the_run(networks, monkeypatch, caplog):
    real = batch.prepare

    def sometimes(photograph, *arguments, **options):
        if photograph.pixels.shape[0] == 61:
            raise ZeroDivisionError
        return real(photograph, *arguments, **options)

    monkeypatch.setattr(batch, "prepare", sometimes)
    items = [batch.Item(f"{side}", lambda side=side: png(1, side)) for side in (60, 61, 62)]
    found = list(batch.rows(networks["chest"], items))
    assert [row.top is None for row in found] == [False, True, False]
    assert "ZeroDivisionError" in caplog.text


def test_a_wrong_metadata_value_is_said_and_the_image_answered_without_it(networks):
    data = png(2)
    wrong = Metadata(54.0, "female", "left knee")
    (row,) = batch.rows(networks["skin"], [batch.Item("a.png", lambda: data, wrong)])
    assert "left knee" in row.refusal.text("en")
    assert "left knee" in row.refusal.text("fr")
    alone = _alone(networks["skin"], data, Metadata(54.0, "female"))
    np.testing.assert_allclose(row.probabilities, alone.probabilities, atol=1e-5)


def test_an_impossible_scale_is_raised_and_not_written_into_every_row(networks):
    with pytest.raises(PreparationError):
        batch.rows(networks["breast"], [batch.Item("a", lambda: b"no image")], um_per_pixel=-1.0)


def test_a_picture_too_large_at_the_scale_given_is_a_row_and_the_rest_goes_on(networks):
    card = networks["breast"].card
    item = [batch.Item(str(side), lambda side=side: png(1, side)) for side in (50, 2400)]
    fits, over = batch.rows(networks["breast"], item, um_per_pixel=20.0)
    assert fits.top in card.labels and fits.refusal is None
    assert over.top is over.probabilities is None and "2,400" in over.refusal.text("en")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_image_unlike_any_learned_has_its_numbers_and_no_band(networks, language):
    network = networks["chest"]
    near = replace(network.card.familiarity, threshold=1e9)
    strict = replace(near, threshold=0.0)
    found = []
    for familiarity in (near, strict):
        asked = Network(replace(network.card, familiarity=familiarity))
        found += batch.rows(asked, [batch.Item("a", lambda: png(1))])
    known, strange = found
    assert known.band in BANDS and known.refusal is None
    assert strange.band is None and strange.probabilities == known.probabilities
    assert strange.refusal.text(language) == say("batch.unfamiliar", language)


def test_no_item_gives_no_row(networks):
    assert list(batch.rows(networks["chest"], [])) == []


def test_files_come_in_name_order_with_sub_folders_and_without_what_is_hidden(tmp_path):
    files = {"b": b"1", "a__z": b"2", "a__b__c": b"3", "B": b"4", ".hidden.png": b"5", ".git__x": b"6"}
    folder = folder_of(tmp_path, **files)
    table = folder / "out.csv"
    table.write_bytes(b"")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    items = batch.items_in(folder, leave_out=[table])
    assert [item.name for item in items] == ["B.png", "a/b/c.png", "a/z.png", "b.png"]
    assert [item.read() for item in items] == [b"4", b"3", b"2", b"1"]


def test_no_folder_and_an_empty_folder_are_said(tmp_path):
    with pytest.raises(batch.BatchError, match="not a folder"):
        batch.items_in(tmp_path / "none")
    with pytest.raises(batch.BatchError, match="no file"):
        batch.items_in(tmp_path)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    from util.imaging import FileTooLarge, Limits

    path = tmp_path / "large.png"
    path.write_bytes(b"0" * 2000)
    with pytest.raises(FileTooLarge):
        batch.read_image(path, Limits(maximum_bytes=1000))
    assert batch.read_image(path, Limits(maximum_bytes=2000)) == b"0" * 2000


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_the_whole_corpus_of_bad_and_odd_files_is_answered_or_refused_row_by_row(networks, modality):
    cases = [(case.name, case.data, True) for case in bad_files()]
    cases += [(case.name, case.data, False) for case in odd_files()]
    items = [batch.Item(name, lambda data=data: data) for name, data, _ in cases]
    found = list(batch.rows(networks[modality], items))
    assert [row.file for row in found] == [name for name, _, _ in cases]
    classes = len(networks[modality].card.labels)
    for row, (name, data, refused) in zip(found, cases, strict=True):
        if modality == "breast" and refused:  # smaller images are read there
            refused = _refused(data, networks[modality].card)
        assert (row.refusal is not None) == refused, name
        assert (row.top is None) == refused, name
        if not refused:
            assert len(row.probabilities) == classes and np.isfinite(row.probabilities).all(), name
            assert sum(row.probabilities) == pytest.approx(1)


def _refused(data, card) -> bool:
    try:
        decode(data, minimum_side=card.input.minimum_side)
    except RefusedImage:
        return True
    return False
