"""What a run learns from has not seen the images that judge it, at whatever remove and by whatever command."""

import dataclasses

import pytest

from tests.networks import make_model_folder
from tests.training.drawn_sets import draw_set
from util.modelstore import default_card, save_card
from util.training.ancestry import check_ancestors, trained_on
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.dataset import read_index
from util.training.fit import fit
from util.training.ship import calibrate
from util.training.studies.crossvalidation import crossvalidate
from util.training.studies.ensemble import members
from util.training.studies.leakage import leakage
from util.training.studies.runs import trained

CHEST = configuration("chest", model="cnn", weights="none")


def changed(**changes):
    """The chest configuration with `changes`."""
    return dataclasses.replace(CHEST, **changes)


def a_run(folder, **changes):
    """A run folder that says how it was trained, and holds nothing else that is read here."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(changed(**changes).as_yaml(), "utf-8")
    (folder / "model.h5").touch()
    return str(folder)


@pytest.fixture
def first(tmp_path):
    return a_run(tmp_path / "first")


def test_a_run_trains_on_all_but_its_validation_fold_and_what_it_keeps_out():
    assert [trained_on(CHEST, fold) for fold in (-1, 0, 1)] == [False, False, True]
    assert [trained_on(changed(refit=True), fold) for fold in (-1, 0)] == [False, True]
    assert trained_on(changed(kept_out=()), -1) and not trained_on(changed(kept_out=(-1, 1)), 1)
    assert trained_on(changed(split="image"), 0)


@pytest.mark.parametrize("way", ["weights", "teacher"])
def test_the_second_half_of_a_recipe_and_a_student_go_on_where_the_first_was_judged(tmp_path, first, way):
    check_ancestors(changed(**{way: first}))
    check_ancestors(changed(**{way: first}, refit=True))
    check_ancestors(changed(**{way: a_run(tmp_path / "again", refit=True)}, refit=True))
    kept = a_run(tmp_path / "kept", kept_out=(-1, 2))
    check_ancestors(changed(**{way: kept}, validation_fold=2))


@pytest.mark.parametrize("way", ["weights", "teacher"])
def test_what_was_trained_on_the_images_that_judge_a_run_teaches_it_nothing(tmp_path, first, way):
    with pytest.raises(DataError, match="fold 1"):
        check_ancestors(changed(**{way: first}, validation_fold=1))
    with pytest.raises(DataError, match="again.*fold 0"):
        check_ancestors(changed(**{way: a_run(tmp_path / "again", refit=True)}))
    with pytest.raises(DataError, match="fold 2"):
        check_ancestors(changed(**{way: first}, kept_out=(-1, 2)))
    with pytest.raises(DataError, match="fold -1"):
        check_ancestors(changed(**{way: a_run(tmp_path / "all", kept_out=())}, refit=True))
    # At one remove: the run in between says nothing wrong of itself.
    between = a_run(tmp_path / "between", validation_fold=1, **{way: first})
    with pytest.raises(DataError, match="first.*fold 1"):
        check_ancestors(changed(**{way: between}, validation_fold=1))


def test_a_file_of_a_run_stands_for_the_run_and_arrays_from_elsewhere_for_nothing(tmp_path, first):
    with pytest.raises(DataError, match="fold 1"):
        check_ancestors(changed(weights=f"{first}/model.h5", validation_fold=1))
    check_ancestors(changed(weights=str(tmp_path / "arrays.npz"), validation_fold=1))
    # Of another kind of image: its folds are other ones.
    (tmp_path / "skin").mkdir()
    (tmp_path / "skin" / "config.yaml").write_text(configuration("skin").as_yaml(), "utf-8")
    check_ancestors(changed(weights=str(tmp_path / "skin"), validation_fold=2))
    # A run that begins with itself, as one whose folder was moved may.
    (tmp_path / "loop").mkdir()
    loop = changed(weights=str(tmp_path / "loop"))
    (tmp_path / "loop" / "config.yaml").write_text(loop.as_yaml(), "utf-8")
    check_ancestors(loop)


def test_a_leaky_deal_is_left_alone_by_the_same_deal_only(tmp_path, first):
    with pytest.raises(DataError, match="fold 0"):
        check_ancestors(changed(weights=first, split="image"))
    dealt = a_run(tmp_path / "dealt", split="image")
    check_ancestors(changed(weights=dealt, split="image"))
    with pytest.raises(DataError, match="fold 0"):
        check_ancestors(changed(weights=dealt))


def test_a_card_says_whether_it_was_refitted_and_one_that_says_nothing_is_believed(tmp_path):
    card = default_card("chest", make_model_folder(tmp_path / "shelf"))
    written = {"configuration": CHEST.__dict__ | {"chain": [dict(step) for step in CHEST.chain]}}
    for training, refused in (
        (None, False),
        ({}, False),
        (written, False),
        (written | {"refitted": True}, True),
    ):
        extra = {} if training is None else {"training": training}
        save_card(dataclasses.replace(card, extra=extra), card.folder)
        student = changed(teacher=str(card.folder))
        if refused:
            with pytest.raises(DataError, match="fold 0"):
                check_ancestors(student)
        else:
            check_ancestors(student)


def test_every_command_that_trains_or_judges_asks(tmp_path, first):
    root = draw_set(tmp_path / "data", "chest", (-1, 0, 1, 2))
    second = changed(weights=first, validation_fold=1)
    a_run(tmp_path / "second", weights=first, validation_fold=1)
    for name in ("summary.json", "validation.npz"):
        (tmp_path / "second" / name).touch()
    for ask in (
        lambda: fit(second, root, tmp_path / "out"),
        lambda: trained(second, root, tmp_path / "second"),
        lambda: crossvalidate(changed(weights=first), root, tmp_path / "folds"),
        lambda: leakage(changed(weights=first), root, tmp_path / "leak"),
        lambda: calibrate("chest", root, tmp_path / "second", tmp_path / "card"),
        lambda: members([tmp_path / "second"], read_index(root, "chest")),
    ):
        with pytest.raises(DataError, match="from which this run learns"):
            ask()
    # Refused before the first fold is trained.
    assert not (tmp_path / "folds").exists()
