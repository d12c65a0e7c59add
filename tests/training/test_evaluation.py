"""The parts of an evaluation on drawn data and small networks, and the whole of it by the command."""

import dataclasses

import numpy as np
import pytest
import yaml

from tests.networks import make_model_folder
from tests.training.evaluation_sets import draw_breast, draw_chest, draw_skin
from util.modelstore import default_card, find_card, load_card, save_card
from util.prediction.arithmetic import decide, probabilities
from util.training.__main__ import main
from util.training.dataset import parts, read_index
from util.training.evaluation import asking, copies, curves, errors, focus, robustness, whole
from util.training.ship import answers


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    """Prepared arrays of this module only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("util.training.prepared_store.CACHE", tmp_path_factory.mktemp("prepared"))
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    draw_chest(folder)
    draw_breast(folder)
    return draw_skin(folder)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Small untrained networks with cards as `calibrate` leaves them: a name for the data, no test yet."""
    folder = make_model_folder(tmp_path_factory.mktemp("shelf"))
    for modality in ("chest", "skin", "breast"):
        card = default_card(modality, folder)
        extra = {"data": [{"name": "drawn"}], "training": {"refitted": False, "configuration": {}}}
        changed = dataclasses.replace(card, test=None, extra=extra)
        if modality == "skin":
            # The scale step, so that re-storage has something to say.
            chain = [{"step": "colour"}, {"step": "centre_square"}, {"step": "standard_scale", "side": 48}]
            changed = dataclasses.replace(changed, preparation=(*chain, {"step": "resize", "side": 48}))
        save_card(changed, card.folder)
    return folder


def test_part(root, modality):
    return parts(read_index(root, modality))["test"]


test_part.__test__ = False


@pytest.mark.parametrize("modality", ["chest", "skin"])
def test_unchanged_pictures_get_the_scores_of_the_evaluation(root, shelf, modality):
    card, dataset = default_card(modality, shelf), test_part(root, modality)
    found = asking.asked(card, dataset, {"clean": lambda pixels, rng: pixels, "dark": lambda p, rng: p // 2})
    assert np.allclose(found["clean"], answers(card, dataset).scores, atol=1e-4)
    assert np.abs(found["dark"] - found["clean"]).max() > 1e-3


def test_a_subset_takes_classes_evenly_and_weighs_them_back(root):
    dataset = test_part(root, "chest")
    dataset = dataset.take(
        np.concatenate([np.flatnonzero(dataset.target == k)[: 99 if k == 0 else 2] for k in (0, 1)])
    )
    rows, weights = asking.some(dataset, 8)
    target = dataset.target[rows]
    assert len(rows) == 8 and sorted(rows) == list(rows) and weights.mean() == pytest.approx(1)
    assert (target == 1).sum() == 2
    assert np.average(target == 1, weights=weights) == pytest.approx((dataset.target == 1).mean())
    # Every patient gives one film before any gives a second.
    assert len(set(dataset.group[rows][target == 0])) == (target == 0).sum()
    everything, ones = asking.some(dataset, 10_000)
    assert len(everything) == len(dataset) and ones == pytest.approx(1)


def test_storage_is_measured_for_each_way_against_the_picture_itself(root, shelf):
    card, dataset = default_card("skin", shelf), test_part(root, "skin")
    found = robustness.storage_rows(card, dataset, images=16, draws=5)
    assert found["images"] == 16 and robustness.keeps_scale(card)
    assert (
        len(found["rows"]) == len(robustness.KERNELS) * len(robustness.SIZES) + len(robustness.QUALITIES) + 1
    )
    clean = found["clean"]["balanced_accuracy"]
    for row in found["rows"]:
        change = row["change"]["balanced_accuracy"]
        assert change[0] == pytest.approx(row["balanced_accuracy"] - clean, abs=2e-4)
        assert change[1] <= change[0] <= change[2]
    assert not robustness.keeps_scale(default_card("chest", shelf))


@pytest.mark.parametrize("modality", ["chest", "skin"])
def test_a_file_and_its_copy_get_about_the_same_answer_and_test_files_stand_apart(root, shelf, modality):
    card = default_card(modality, shelf)
    given = copies.pairs(read_index(root, modality))
    rows = copies.copy_rows(card, given)
    assert [row["part"] for row in rows] == ["test", "rest"]
    assert sum(row["n"] for row in rows) == len(given) and {pair.test for pair in given} == {True, False}
    assert all(row["mean_dp"] < 0.05 and row["max_dp"] >= row["mean_dp"] for row in rows)
    assert [row["part"] for row in copies.copy_rows(card, given, "rest")] == ["rest"]
    same = [dataclasses.replace(pair, original=pair.copy) for pair in given[:3]]
    for row in copies.copy_rows(card, same):
        assert row["same_top"] == row["same_decision"] == 1 and row["mean_dp"] == 0


def test_breast_has_no_pairs(root):
    assert copies.pairs(read_index(root, "breast")) == []


def test_focus_counts_energy_outside_the_mask(root, shelf):
    card = default_card("skin", shelf)
    found = focus.focus_rows(card, test_part(root, "skin"), images=12)
    everything = found["rows"][0]
    assert found["images"] == everything["n"] == 12 and found["mask"] == "lesion"
    assert sum(row["n"] for row in found["rows"][1:]) == 12
    assert all(
        0 <= everything[name] <= 1 for name in ("outside_half", "outside_mean", "border_mean", "even_map")
    )
    assert focus.focus_rows(default_card("breast", shelf), test_part(root, "breast")) is None
    assert (
        focus.focus_rows(default_card("chest", shelf), test_part(root, "chest"), images=4)["mask"] == "lungs"
    )


def test_maps_are_those_of_the_app(root, shelf):
    from util.diagnosis import diagnose

    dataset = test_part(root, "chest").take(np.arange(3))
    for one in focus.maps(default_card("chest", shelf), dataset):
        data = (dataset.folder / dataset.paths[one["index"]]).read_bytes()
        heat = diagnose(data, "chest", folder=shelf).explanation.heat
        assert np.allclose(one["heat"], heat, atol=1e-3)


def test_a_drawn_mask_is_where_the_prepared_picture_shows_the_lesion(root, shelf):
    for one in focus.maps(default_card("skin", shelf), test_part(root, "skin").take(np.arange(4))):
        grey = one["pixels"].astype(float).sum(axis=-1)
        assert grey[one["mask"]].mean() < grey[~one["mask"]].mean() - 60


def test_errors_are_the_wrong_ones_surest_first(root, shelf):
    card, dataset = default_card("skin", shelf), test_part(root, "skin")
    scores = answers(card, dataset).scores
    decided = decide(scores, card)
    rows, order = errors.confident_errors(card, dataset, scores, most=5)
    sure = probabilities(scores, card)[np.arange(len(decided)), decided]
    wrong = decided != dataset.target
    assert (decided[order] != dataset.target[order]).all()
    assert [row["p"] for row in rows] == sorted((row["p"] for row in rows), reverse=True)
    assert rows[0]["p"] == pytest.approx(sure[wrong].max(), abs=1e-4)
    pairs = errors.confused_pairs(card, scores, dataset.target, most=100)
    assert sum(row["n"] for row in pairs) == wrong.sum()
    counts = np.array(errors.confusion(card, scores, dataset.target)["counts"])
    assert counts.sum() == len(dataset) and counts.sum() - np.trace(counts) == wrong.sum()
    pictures = errors.error_pictures(card, dataset, order[:2], [row["said"] for row in rows[:2]])
    assert len(pictures) == 2 and all(
        one.startswith("data:image/jpeg;base64,") for both in pictures for one in both
    )


def test_curves_hold_the_areas_they_are_named_after():
    from util.training.metrics import area_under_roc

    rng = np.random.default_rng(0)
    positive = rng.random(3000) < 0.3
    score = np.round(rng.normal(size=3000) + positive, 1)
    x, y = curves.roc(score, positive)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1) and len(x) <= 200
    assert np.trapezoid(y, x) == pytest.approx(area_under_roc(score, positive), abs=2e-3)
    recall, precision = curves.precision_recall(score, positive)
    assert recall[-1] == 1 and precision[-1] == pytest.approx(positive.mean())


def run(root, shelf, *more):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENUMBRA_MODELS", str(shelf))
        return main(["evaluate", "--data-root", str(root), "--draws", "10", *(str(word) for word in more)])


def test_a_card_of_another_modality_is_one_sentence(root, shelf, tmp_path, capsys):
    card = default_card("chest", shelf)
    for which in (["--model-name", card.name], ["--model-folder", card.folder]):
        assert run(root, shelf, "--modality", "skin", *which, "--output-dir", tmp_path / "out") == 2
        assert f"{card.name} was trained for chest, expected skin" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_command_measures_writes_and_draws_all_of_it(root, shelf, tmp_path, capsys):
    options = ["--modality", "skin", "--split", "test", "--images", 8, "--attack-images", 4]
    assert run(root, shelf, *options, "--write", "--output-dir", tmp_path) == 0
    card = default_card("skin", shelf)
    assert card.test.images == 48 and card.extra["evaluation"]["file"] == "evaluation.yaml"
    assert f"--model-name {card.name}" in card.test.command and "--draws 10" in card.test.command
    assert "balanced_accuracy_without_metadata" in card.test.figures
    written = yaml.safe_load((card.folder / "evaluation.yaml").read_text("utf-8"))
    assert written["sha256"] == card.sha256 and written["date"] == card.test.date
    for name in (
        "classes",
        "confusion",
        "calibration",
        "subgroups",
        "shortcuts",
        "focus",
        "copies",
        "errors",
    ):
        assert written[name], name
    assert len(written["corruptions"]["rows"]) == 40 and len(written["attacks"]["rows"]) == 12
    assert written["storage"]["rows"]
    assert whole.read_details(card) == written
    with np.load(tmp_path / "test_answers.npz") as stored:
        assert stored["scores"].shape == (48, 8) and len(stored["path"]) == 48
    assert "data:image/jpeg" in (tmp_path / "report.html").read_text("utf-8")
    capsys.readouterr()
    # Again, without writing: the card's figures stand beside the measured ones, and are the same.
    assert run(root, shelf, *options, "--quick", "--output-dir", tmp_path) == 0
    line = next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith("balanced_accuracy ")
    )
    value = f"{card.test.figures['balanced_accuracy'].value:.4f}"
    assert line.count(value) >= 2


def test_details_of_another_file_are_not_taken_for_these(shelf):
    card = default_card("breast", shelf)
    whole.write_details({"model": card.name, "sha256": "0" * 64}, card.folder / whole.FILE)
    assert whole.read_details(card) is None
    (card.folder / whole.FILE).write_text("{not: [yaml")
    assert whole.read_details(card) is None
    (card.folder / whole.FILE).unlink()


def test_validation_figures_are_printed_and_leave_the_card_alone(root, shelf, tmp_path, capsys):
    before = (shelf / "chest-test" / "card.yaml").read_bytes()
    output = ["--output-dir", tmp_path, "--report", tmp_path / "seen.html", "--language", "fr"]
    assert run(root, shelf, "--modality", "chest", "--quick", *output) == 0
    printed = capsys.readouterr().out
    assert "fold 0" in printed and "subgroups: subtype" in printed and "shortcuts" in printed
    assert (shelf / "chest-test" / "card.yaml").read_bytes() == before
    assert '<html lang="fr">' in (tmp_path / "seen.html").read_text("utf-8")
    # Pairs of the test part are not looked at for a choice.
    assert "\n  test " not in printed


def said(capsys, root, shelf, *words) -> str:
    capsys.readouterr()
    assert run(root, shelf, *words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_what_cannot_be_evaluated_is_one_sentence(root, shelf, tmp_path, capsys):
    chest = ["--modality", "chest", "--output-dir", tmp_path]
    assert "--split test" in said(capsys, root, shelf, *chest, "--write")
    run_folder = [*chest, "--run", tmp_path / "none"]
    assert "none" in said(capsys, root, shelf, *run_folder)
    assert "--write" in said(capsys, root, shelf, *run_folder, "--write", "--split", "test")
    assert "nobody" in said(capsys, root, shelf, *chest, "--model-name", "nobody")
    assert "images" in said(capsys, root, shelf, *chest, "--images", "0")
    card = find_card("breast-test", shelf)
    refitted = {**card.extra, "training": {"refitted": True}}
    save_card(dataclasses.replace(card, name="again", default=False, extra=refitted), card.folder)
    assert "again" in said(capsys, root, shelf, "--modality", "breast", "--model-name", "again")
    save_card(card, card.folder)


def test_a_part_that_was_refused_is_left_out_of_every_figure(root, shelf, tmp_path):
    import shutil

    folder = tmp_path / "breast"
    shutil.copytree(root / "breast", folder)
    broken = sorted((folder / "patches").glob("00_*.png"))[0]
    broken.write_bytes(b"no picture")
    card = default_card("breast", shelf)
    found = whole.examine(card, tmp_path, "test", draws=3, quick=True, say=lambda *_, **__: None)
    assert found.evaluation.images == 71
    assert sum(row["images"] for row in found.details["subgroups"]["slide"]["rows"]) == 71


def test_a_network_with_metadata_answers_an_index_without_any(root, shelf):
    card, part = default_card("skin", shelf), test_part(root, "skin")
    assert card.metadata is not None
    bare = answers(card, dataclasses.replace(part, metadata=None))
    assert np.allclose(bare.scores, answers(card, part, metadata=False).scores)


def test_details_are_one_row_a_line(tmp_path):
    details = {"model": "m", "rows": [{"name": "a", "change": {"auc": [0.1, 0.0, 0.2]}}, {"name": "b"}]}
    whole.write_details(details, tmp_path / "e.yaml")
    lines = (tmp_path / "e.yaml").read_text("utf-8").splitlines()
    assert len(lines) == 4 and yaml.safe_load("\n".join(lines)) == details


def test_a_run_without_a_card_is_evaluated_as_it_is(root, shelf, tmp_path):
    import json

    from util.training.configuration import configuration
    from util.training.networks import build, save_shipped

    config = configuration("chest", model="cnn", img_size=32)
    save_shipped(build("cnn", 32, 1, activation="sigmoid"), tmp_path / "model.h5")
    (tmp_path / "config.yaml").write_text(config.as_yaml())
    summary = {"labels": ["NORMAL", "PNEUMONIA"], "prior": [0.5, 0.5], "train_images": 28, "train_groups": 14}
    (tmp_path / "summary.json").write_text(json.dumps({**summary, "metadata": None}))
    (tmp_path / "history.csv").write_text("epoch,loss,auc\n1,0.7,0.6\n2,0.5,0.7\n")
    assert run(root, shelf, "--modality", "chest", "--quick", "--run", tmp_path) == 0
    report = (tmp_path / "report.html").read_text("utf-8")
    assert 'id="learning"' in report and f"--run {tmp_path.name}" in report
    # Nothing was fitted: before and after calibration are the same.
    card = load_card(tmp_path / "card")
    assert card.calibration is None and card.test is None
