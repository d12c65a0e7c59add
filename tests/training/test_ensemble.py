"""Ensembles: averaged, stacked without seeing what they are judged on, turned; no member may have seen the fold."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.training.drawn_sets import TINY, draw_set, quickly
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.studies.crossfit import Rule
from util.training.studies.ensemble import (
    Member,
    averaged,
    is_crossvalidation,
    members,
    named,
    parts_by_group,
    stacked,
)
from util.training.studies.figures import decided_figures
from util.training.studies.readout import _turned
from util.training.studies.runs import Answers, unseen

RULE = Rule(("0", "1"), ("1",), "none", {"rule": "balanced"})


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    with quickly(tmp_path_factory.mktemp("prepared")):
        yield


def member(name: str, signal: np.ndarray, target: np.ndarray) -> Member:
    group = np.repeat(np.arange(len(target) // 4), 4).astype(str)
    said = Answers(signal[:, None], target, group, np.arange(len(target)).astype(str))
    return Member(name, said, parts_by_group(said), "cross_entropy")


def two_members(target: np.ndarray, seed: int = 0) -> list[Member]:
    """Each sees the class through noise of its own."""
    rng = np.random.default_rng(seed)
    return [member(name, target * 2.0 - 1 + rng.normal(0, 1.5, len(target)), target) for name in "ab"]


def area(found, target) -> float:
    return decided_figures(found.chances, found.decided, target, RULE.labels, RULE.danger)["auc"]


def test_two_networks_with_errors_of_their_own_are_better_together():
    target = np.arange(800) % 2
    several = two_members(target)
    mean = averaged(several)
    assert np.allclose(mean.answers.scores, (several[0].answers.scores + several[1].answers.scores) / 2)
    singles = [
        decided_figures(
            np.concatenate([1 - p, p], 1), (p[:, 0] > 0.5).astype(int), target, RULE.labels, RULE.danger
        )["auc"]
        for p in (1 / (1 + np.exp(-one.answers.scores)) for one in several)
    ]
    assert area(stacked(several, RULE), target) > max(singles) + 0.03


def test_a_stack_finds_nothing_where_there_is_nothing():
    rng = np.random.default_rng(1)
    target = rng.integers(0, 2, 800)
    several = [member(name, rng.normal(0, 1, 800), target) for name in "abcd"]
    assert area(stacked(several, RULE), target) == pytest.approx(0.5, abs=0.06)


def test_a_stack_turns_a_member_round_that_says_the_opposite():
    target = np.arange(800) % 2
    first, second = two_members(target, 2)
    opposite = member("b", -second.answers.scores[:, 0], target)
    assert area(stacked([first, opposite], RULE), target) > area(stacked([first, first], RULE), target) + 0.03


def test_no_group_lies_in_two_parts_and_every_part_has_both_classes():
    one = two_members(np.arange(400) % 2)[0]
    for group in np.unique(one.answers.group):
        assert len(set(one.part[one.answers.group == group])) == 1
    assert all(set(one.answers.target[one.part == k]) == {0, 1} for k in range(5))


def test_a_fold_is_unseen_where_it_neither_trained_nor_leaked():
    config = configuration("breast")
    assert unseen(config, 1) and not unseen(config, 2)
    assert unseen(replace(config, validation_fold=3, kept_out=(0, 1)), 1)
    assert not unseen(replace(config, refit=True), 1)
    assert not unseen(replace(config, split="image"), 1)


def test_members_of_the_same_name_are_told_apart(tmp_path):
    assert named([tmp_path / "a" / "fold1", tmp_path / "b" / "fold1"]) == ["a/fold1", "b/fold1"]
    with pytest.raises(DataError, match="twice"):
        named([tmp_path / "a", tmp_path / "a"])


def test_a_turned_image_is_turned_about_its_own_axes():
    images = np.arange(2 * 3 * 3 * 3).reshape(2, 3, 3, 3)
    turned = _turned(images, 1, True)
    for one, other in zip(images, turned, strict=True):
        assert np.array_equal(other, np.rot90(one)[:, ::-1])


def test_of_two_parts_there_is_no_stack_and_of_folds_without_runs_one_sentence(tmp_path, capsys):
    data = draw_set(tmp_path / "data", "breast", (0, 1, 2))
    common = ["--modality", "breast", "--data-root", str(data), "--runs-dir", str(tmp_path / "runs")]
    validate = ["crossvalidate", *common, "--set", *TINY, "--draws", "10"]
    for name in ([], ["--name", "folds2"]):
        assert main([*validate, *name]) == 0
    whole = tmp_path / "runs" / "crossvalidation" / "breast"
    join = ["ensemble", *common, "--draws", "10", "--runs", str(whole), str(whole / "folds2")]
    assert main(join) == 0
    found = json.loads((tmp_path / "runs" / "ensembles" / "breast" / "ensemble.json").read_text("utf-8"))
    assert [one["way"] for one in found["ways"]] == ["breast", "folds2", "average"]
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "out_of_fold.npz").write_bytes((whole / "out_of_fold.npz").read_bytes())
    capsys.readouterr()
    assert main([*join[:-1], str(bare)]) == 2
    assert "bare" in capsys.readouterr().err


def test_bagged_runs_answer_the_fold_that_all_of_them_kept_out(tmp_path, capsys):
    data = draw_set(tmp_path / "data", "breast", (0, 1, 2, 3))
    common = ["--modality", "breast", "--data-root", str(data), "--runs-dir", str(tmp_path / "runs")]
    bag = ["crossvalidate", *common, "--name", "bag", "--keep-out", "1", "--set", *TINY, "--draws", "10"]
    assert main(bag) == 0
    folds = sorted((tmp_path / "runs" / "crossvalidation" / "breast" / "bag").glob("fold*"))
    assert [fold.name for fold in folds] == ["fold2", "fold3"]
    join = ["ensemble", *common, "--runs", *map(str, folds), "--draws", "10"]
    assert main([*join, "--fold", "1", "--tta", "--name", "bag"]) == 0
    found = json.loads((tmp_path / "runs" / "ensembles" / "breast" / "bag.json").read_text("utf-8"))
    assert [one["way"] for one in found["ways"]] == [
        *("fold2", "fold2 + turns", "fold3", "fold3 + turns"),
        *("average", "average + turns", "stack"),
    ]
    assert (found["images"], found["groups"], found["folds"]) == (16, 4, [1])
    assert found["best_single"] in capsys.readouterr().out
    # The two did not answer the same fold, and fold 2 trained the second.
    assert main(join) == 2
    assert "fold3" in capsys.readouterr().err
    assert main([*join[:-4], str(folds[0]), "--no-stack"]) == 2
    whole = folds[0].parent
    assert is_crossvalidation(whole) and not is_crossvalidation(folds[0])
    from util.training.dataset import read_index

    index = read_index(data, "breast")
    with pytest.raises(DataError, match="not both"):
        members([whole, folds[0]], index)
    (only,) = members([whole], index)
    assert sorted(set(only.part.tolist())) == [2, 3] and len(only.answers.target) == 32
