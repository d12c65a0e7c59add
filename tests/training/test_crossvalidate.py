"""Cross-validation: what is fitted for a fold never saw it, folds are pooled, slides are redrawn, pairs compared."""

import csv

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.training.drawn_sets import TINY, draw_set, quickly
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.dataset import parts, read_index
from util.training.studies.crossfit import CrossFitted, Rule, cross_fitted, rule_of
from util.training.studies.crossvalidation import fold_configuration, folds_of
from util.training.studies.figures import at_prevalence, decided_figures, from_confusion, intervals
from util.training.studies.paired import metadata_question, paired_difference
from util.training.studies.readout import answers
from util.training.studies.runs import Answers, read_answers, varied
from util.training.studies.slides import blue_to_red, draw_map, grid, natural_prevalence, per_slide

BALANCED = Rule(("0", "1"), ("1",), "fitted", {"rule": "balanced"})


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    with quickly(tmp_path_factory.mktemp("prepared")):
        yield


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    return draw_set(tmp_path_factory.mktemp("data"), "breast", (0, 1, 2))


def command(slides, runs, *more) -> list[str]:
    common = ["crossvalidate", "--modality", "breast", "--data-root", str(slides), "--runs-dir", str(runs)]
    return [*common, "--set", *TINY, "--draws", "20", *map(str, more)]


@pytest.fixture(scope="module")
def pooled(slides, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    assert main(command(slides, runs, "--every-fold", "--folds", "0,1")) == 0
    folder = runs / "crossvalidation" / "breast"
    assert not (folder / "crossvalidation.yaml").exists()
    before = (folder / "fold0" / "model.h5").stat().st_mtime_ns
    assert main(command(slides, runs, "--every-fold")) == 0
    assert (folder / "fold0" / "model.h5").stat().st_mtime_ns == before
    return folder


def overconfident(n: int, seed: int):
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 2, n)
    target = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    return (3 * logit)[:, None], target


def test_what_is_fitted_for_a_fold_does_not_change_with_the_labels_of_that_fold():
    scores, target = overconfident(900, 0)
    part = np.arange(900) % 3
    first = cross_fitted(scores, target, part, BALANCED)
    other = target.copy()
    other[part == 1] = 1 - other[part == 1]
    second = cross_fitted(scores, other, part, BALANCED)
    assert first.choices[1] == second.choices[1] and first.choices[0] != second.choices[0]
    assert np.array_equal(first.decided[part == 1], second.decided[part == 1])
    assert first.choices[0].calibration.temperature == pytest.approx(3, rel=0.2)


def test_a_sensitivity_that_the_rule_promises_is_kept_out_of_fold():
    scores, target = overconfident(6000, 1)
    rule = Rule(("0", "1"), ("1",), "none", {"rule": "sensitivity", "sensitivity": 0.9})
    found = cross_fitted(scores, target, np.arange(6000) % 4, rule)
    assert (found.decided[target == 1] == 1).mean() == pytest.approx(0.9, abs=0.02)


def test_the_prior_is_put_back_only_where_the_loss_took_it_out():
    labels = ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC")
    assert rule_of("skin", labels, "logit_adjusted").bias == "prior"
    assert rule_of("skin", labels, "cross_entropy").bias == "fitted"
    assert rule_of("own", ("cat", "dog"), "focal").danger == ("dog",)


@pytest.mark.parametrize("labels", [("MEL", "NV"), ("naevus", "other"), ("BCC", "MEL")])
def test_two_own_classes_of_skin_are_told_apart_by_a_threshold(labels):
    rule = rule_of("skin", labels, "logit_adjusted")
    assert (rule.bias, rule.threshold) == ("fitted", {"rule": "balanced"}) and len(rule.danger) == 1
    scores, target = overconfident(4000, 2)
    decided = cross_fitted(scores, target, np.arange(4000) % 2, rule).decided
    assert np.mean(decided == target) > 0.7 and 0.4 < decided.mean() < 0.6
    many = rule_of("skin", ("MEL", "NV", "other"), "logit_adjusted")
    assert (many.bias, many.threshold, many.danger) == ("prior", {"rule": "argmax"}, ("MEL",))


def test_one_fold_alone_has_no_others_to_be_fitted_on():
    scores, target = overconfident(40, 2)
    with pytest.raises(DataError, match="two folds"):
        cross_fitted(scores, target, np.zeros(40, int), BALANCED)


def test_precision_and_f1_at_a_prevalence_follow_bayes():
    found = at_prevalence(0.8, 0.9, 0.2)
    assert found["precision_at_prevalence"] == pytest.approx(0.16 / 0.24)
    assert found["f1_at_prevalence"] == pytest.approx(2 * (2 / 3) * 0.8 / (2 / 3 + 0.8))


def test_figures_of_a_hand_made_confusion():
    found = from_confusion(np.array([[8, 2], [1, 4]]))
    assert found["accuracy"] == pytest.approx(12 / 15)
    assert found["balanced_accuracy"] == pytest.approx((0.8 + 0.8) / 2)
    assert found["macro_f1"] == pytest.approx((16 / 19 + 8 / 11) / 2)
    chances = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]])
    decided, target = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
    two = decided_figures(chances, decided, target, ("0", "1"), ("1",), 0.5)
    assert (two["sensitivity"], two["specificity"], two["auc"]) == (0.5, 0.5, 0.75)
    assert two["f1"] == two["f1_at_prevalence"] == pytest.approx(0.5)


def test_a_draw_without_a_class_is_left_out_of_the_interval_of_its_recall():
    # One patient alone is sick, and always found: a third of the draws do not hold them.
    target, group = np.array([0, 0, 0, 1]), np.array(["a", "b", "c", "d"])
    chances = np.eye(2)[target]

    def measure(rows):
        return decided_figures(chances[rows], target[rows], target[rows], ("0", "1"), ("1",), 0.3)

    found = intervals(measure, group, 100)
    for name in ("sensitivity", "specificity", "f1_at_prevalence"):
        assert found[name] == [1, 1, 1], name
    healthy = measure(np.arange(3))
    assert (
        np.isnan([healthy["sensitivity"], healthy["f1_at_prevalence"]]).all() and healthy["specificity"] == 1
    )
    three = decided_figures(np.eye(3)[target], target, target, ("a", "b", "c"), ("b",))
    assert three["recall_a"] == three["recall_b"] == 1 and np.isnan(three["recall_c"])


def test_folds_outside_the_test_part_are_held_out_and_all_of_them_for_breast_alone(slides, tmp_path):
    data = read_index(slides, "breast")
    assert folds_of(data) == (1, 2) and folds_of(data, every=True) == (0, 1, 2)
    chest = read_index(draw_set(tmp_path, "chest", (-1, 0, 1), 2, 2), "chest")
    assert folds_of(chest) == (0, 1)
    with pytest.raises(DataError, match="breast"):
        folds_of(chest, every=True)
    with pytest.raises(DataError, match="-1"):
        parts(chest, 0, kept_out=())


def test_every_fold_trains_on_all_others_and_a_plain_run_never_on_the_test_fold(slides):
    data = read_index(slides, "breast")
    whole = parts(data, 0, kept_out=())
    assert set(whole["train"].fold.tolist()) == {1, 2} and set(whole["validation"].fold.tolist()) == {0}
    assert len(whole["test"]) == 0
    kept = parts(data, 2, kept_out=(0, 1), refit=True)
    assert set(kept["train"].fold.tolist()) == {2} and set(kept["test"].fold.tolist()) == {0}
    with pytest.raises(DataError, match="received 1"):
        parts(data, 1, kept_out=(0, 1))


def test_nothing_may_look_at_the_fold_held_out():
    config = configuration("breast", patience=3)
    assert fold_configuration(config, 2).patience == 0
    assert fold_configuration(config, 2, every=True).kept_out == ()
    with pytest.raises(DataError, match="plateau"):
        fold_configuration(configuration("breast", schedule="plateau"), 2)


def test_a_fold_cannot_be_kept_out_where_every_one_has_its_turn(slides, tmp_path, capsys):
    assert main(command(slides, tmp_path, "--every-fold", "--keep-out", "1")) == 2
    error = capsys.readouterr().err
    assert "0, 1" in error and error.count("\n") == 1
    assert not (tmp_path / "crossvalidation").exists()


def test_every_image_is_answered_once_by_a_network_that_did_not_see_its_slide(slides, pooled):
    said = read_answers(pooled / "out_of_fold.npz")
    data = read_index(slides, "breast")
    assert sorted(said.path.tolist()) == sorted(data.paths)
    with np.load(pooled / "out_of_fold.npz") as stored:
        fold = dict(zip(said.path.tolist(), stored["fold"].tolist(), strict=True))
    assert [fold[path] for path in data.paths] == data.fold.tolist()
    trained_on = yaml.safe_load((pooled / "fold1" / "config.yaml").read_text("utf-8"))
    assert (trained_on["validation_fold"], trained_on["kept_out"]) == (1, [])


def test_the_pooled_figures_say_what_they_are_of(pooled):
    found = yaml.safe_load((pooled / "crossvalidation.yaml").read_text("utf-8"))
    assert found["test_fold_included"] and found["folds"] == [0, 1, 2]
    assert (found["images"], found["groups"], found["prevalence"]) == (48, 12, 0.5)
    for value, low, high in found["figures"].values():
        assert 0 <= low <= high <= 2 and low - 1e-9 <= value <= high + 0.5
    assert {"auc", "f1_at_prevalence", "ece", "sensitivity"} <= set(found["figures"])
    assert set(found["choices"]) == {0, 1, 2} and found["choices_together"]["n"] == 48
    assert found["choices"][0]["fitted_on"].endswith("the folds 1, 2")
    rows = list(csv.DictReader((pooled / "slides.csv").open()))
    assert len(rows) == 12 and sum(int(row["patches"]) for row in rows) == 48
    assert found["slides"]["maps"] == ["slide_8864.png", "slide_10254.png"]
    assert [grid["slide"] for grid in found["slides"]["grids"]] == ["8864", "10254"]
    assert len(found["slides"]["table"]) == 12


def test_a_fold_that_there_is_not_is_one_sentence(slides, tmp_path, capsys):
    assert main(command(slides, tmp_path, "--folds", "7")) == 2
    assert "7" in capsys.readouterr().err
    assert main(command(slides, tmp_path, "--folds", "0")) == 2
    assert main(command(slides, tmp_path, "--set", "patience")) == 2


def test_a_run_read_again_says_what_it_said(slides, pooled):
    data = read_index(slides, "breast")
    again = answers(pooled / "fold1", data.take(data.fold == 1))
    before = read_answers(pooled / "fold1" / "validation.npz")
    assert again.path.tolist() == before.path.tolist()
    # The file holds half precision.
    assert np.abs(again.scores - before.scores).max() < 0.02


def test_the_natural_prevalence_is_that_of_complete_slides_alone(slides):
    data = read_index(slides, "breast")
    assert natural_prevalence(data) == 0.5
    assert natural_prevalence(data.take(~np.isin(data.group, ["8864", "10254"]))) is None


def hand_made(data):
    target = data.target
    said = Answers(np.zeros((len(target), 1)), target, data.group, np.array(data.paths))
    chance = np.where(target == 1, 1.0, 0.0)
    chance[0] = 1 - chance[0]
    return said, CrossFitted(np.stack([1 - chance, chance], 1), (chance > 0.5).astype(int), {})


def test_a_slide_has_a_row_with_its_own_figures(slides):
    data = read_index(slides, "breast")
    said, decided = hand_made(data)
    rows = {row["slide"]: row for row in per_slide(said, data.fold, decided)}
    wrong = rows[str(data.group[0])]
    assert wrong["specificity"] == 0.5 and wrong["sensitivity"] == 1 and wrong["auc"] == 0.75
    assert rows["8864"]["balanced_accuracy"] == 1 and rows["8864"]["fold"] == 1


def test_a_redrawn_map_puts_every_patch_where_it_was(slides, tmp_path):
    data = read_index(slides, "breast")
    said, decided = hand_made(data)
    drawn = np.asarray(Image.open(draw_map(data, said, decided, "8864", tmp_path / "map.png")))
    # Two cells, a gap, two cells, a gap, two cells; a head line of two cells' height.
    assert drawn.shape == (12 * (2 + 2), 12 * 8, 3)
    labels, chances = drawn[24:, 6 * 12 :], drawn[24:, 3 * 12 : 5 * 12]
    red, blue = blue_to_red(1.0), blue_to_red(0.0)
    for panel in (labels, chances):
        assert np.array_equal(panel[6, 6], blue) and np.array_equal(panel[6, 18], red)


def test_a_slide_as_text_has_a_place_for_every_patch(slides):
    data = read_index(slides, "breast")
    said, decided = hand_made(data)
    whole = grid(data, said, data.fold, decided, "8864")
    assert whole == {
        "slide": "8864", "fold": 1, "patches": 4, "chance": ["0099", "0099"], "labels": ["01", "01"]
    }  # fmt: skip
    first = (said.group == "8864").nonzero()[0][0]
    without = said.take(np.arange(len(said.target)) != first)
    one_less = CrossFitted(
        np.delete(decided.chances, first, axis=0), np.delete(decided.decided, first), decided.choices
    )
    holed = grid(data, without, np.delete(data.fold, first), one_less, "8864")
    assert holed["chance"] == ["..99", "0099"] and holed["labels"] == [".1", "01"]


def test_a_paired_difference_is_nothing_against_itself_and_known_against_a_worse_one():
    rng = np.random.default_rng(3)
    target, group = np.arange(400) % 2, np.repeat(np.arange(100), 4)
    first = np.where(rng.random(400) < 0.9, target, 1 - target)
    same = paired_difference(target, group, first, first, 2, 50)
    assert same["difference"] == [0, 0, 0]
    worse = paired_difference(target, group, first, np.zeros(400, int), 2, 200)
    value, low, high = worse["difference"]
    assert value == pytest.approx(worse["first"][0] - 0.5) and 0.3 < low < value < high


def test_the_metadata_question_compares_the_same_images_without_metadata(tmp_path):
    config = varied(configuration("skin"), {"loss": "logit_adjusted"})
    rng, labels = np.random.default_rng(4), [f"c{k}" for k in range(8)]
    for name in ("fused", "image"):
        for fold in (1, 2):
            run = tmp_path / name / f"fold{fold}"
            run.mkdir(parents=True)
            (run / "config.yaml").write_text(config.as_yaml(), "utf-8")
            (run / "summary.json").write_text(f'{{"labels": {labels!r}}}'.replace("'", '"'), "utf-8")
            target = np.arange(160) % 8
            paths = np.array([f"{fold}_{i}" for i in range(160)])
            good = 6 * np.eye(8)[target] + rng.normal(0, 1, (160, 8))
            said = Answers(good, target, paths, paths)
            said.save(run / "validation.npz")
            # Without metadata the fused one errs on every second image.
            bad = np.where((np.arange(160) % 2 == 0)[:, None], good, np.roll(good, 1, axis=1))
            Answers(bad, target, paths, paths).save(run / "validation_without_metadata.npz")
    found = metadata_question(tmp_path / "fused", tmp_path / "image", draws=50)
    assert found["second"][0] > 0.97 and found["first"][0] < 0.6
    assert found["difference"][0] == pytest.approx(found["first"][0] - found["second"][0])
    assert found["difference"][2] < 0 and found["folds"] == [1, 2] and found["images"] == 320


def test_the_metadata_question_trains_both_and_writes_its_answer(tmp_path, capsys):
    data = draw_set(tmp_path / "data", "skin", (0, 1, 2), 1, 16)
    runs = tmp_path / "runs"
    command = ["crossvalidate", "--modality", "skin", "--data-root", str(data), "--runs-dir", str(runs)]
    assert main([*command, "--metadata-question", "--draws", "5", "--set", *TINY]) == 0
    folder = runs / "crossvalidation" / "skin"
    found = yaml.safe_load((folder / "metadata_question.yaml").read_text("utf-8"))
    assert (found["folds"], found["images"], found["groups"]) == ([1, 2], 32, 2)
    assert found["difference"][0] == pytest.approx(found["first"][0] - found["second"][0], abs=2e-4)
    fused = yaml.safe_load((folder / "fused" / "crossvalidation.yaml").read_text("utf-8"))
    assert "figures_without_metadata" in fused and not fused["test_fold_included"]
    image = yaml.safe_load((folder / "image" / "crossvalidation.yaml").read_text("utf-8"))
    assert "figures_without_metadata" not in image and len(image["choices"][1]["offsets"]) == 8
    assert "image only" in capsys.readouterr().out


def test_the_metadata_question_goes_where_its_name_says(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "util.training.studies.crossvalidation.crossvalidate",
        lambda config, root, folder, **_: asked.append(folder.relative_to(tmp_path).as_posix()),
    )
    command = ["crossvalidate", "--modality", "skin", "--data-root", str(tmp_path)]
    assert main([*command, "--runs-dir", str(tmp_path), "--metadata-question", "--name", "again"]) == 0
    assert asked == [f"crossvalidation/skin/again/{name}" for name in ("fused", "image")]
