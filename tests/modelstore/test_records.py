"""Records beside a card: what training writes is read, what is broken is said in one sentence, the rest left aside."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.interface import by_hand, evaluation_by_hand, records_by_hand
from util.modelstore.card import Figure
from util.modelstore.errors import RecordError
from util.modelstore.records import EVALUATION, RUNS, has_record, read_details, read_runs


@pytest.fixture
def card(tmp_path):
    return by_hand.card("chest", tmp_path)


def put(card, file: str, text: str) -> None:
    (card.folder / file).write_text(text, "utf-8")


def test_a_card_alone_has_no_records(card):
    assert read_runs(card) is None and read_details(card) is None
    assert not has_record(card, RUNS) and not has_record(card, EVALUATION)


def test_a_whole_record_of_runs_is_read(card):
    records_by_hand.write(records_by_hand.runs(card), card.folder / RUNS)
    found = read_runs(card)
    assert [run.row for run in found.study][:2] == ["mobilenetv2", "mobilenetv2-focal"]
    assert found.missing == ("resnet50", "mobilenetv2-mixup")
    assert found.study[0].auc == Figure(0.95, 0.94, 0.96)
    assert found.study[0].curve["loss"] == (0.6, 0.4, 0.3, 0.26, 0.24)
    assert found.reported[1].here[0].network == "densenet121"
    assert found.leakage.image_split.yardstick["balanced_accuracy"].value == 0.921
    assert found.leakage.selected_on_test.auc.difference == Figure(0.003, 0.0, 0.006)
    assert found.crossvalidation["recipe"].test_fold_included
    assert found.ensembles["three"].ways[1].figures["balanced_accuracy_minus_best_single"].low == -0.002
    assert found.metadata_question.difference.value == 0.01
    assert found.search["narrow"].trials == 24 and found.search["narrow"].best[1].options["lr"] == 0.0002
    slides = found.crossvalidation["recipe"].slides
    assert slides.balanced_accuracy_quantiles["50"] == 0.89
    assert slides.table[7].auc is None and slides.table[8].auc == 0.95
    assert slides.grids[1].chance == ("0099", "..51") and slides.grids[1].fold == 1


def test_a_whole_record_of_a_test_is_read(card):
    records_by_hand.write(evaluation_by_hand.evaluation(card), card.folder / EVALUATION)
    found = read_details(card)
    assert found.sha256 == card.sha256
    female, _, unknown = found.subgroups["sex"].rows
    assert female.figures["auc"] == Figure(0.95, 0.93, 0.97) and female.danger_share == 0.3
    assert unknown.too_few and not unknown.figures
    assert found.subgroups["slide"].rows[0].figures["auc"] == Figure(0.9)
    worst = found.corruptions.rows[4]
    assert (worst.name, worst.strength, worst.figures["auc"].value) == ("blur", 5, 0.89)
    assert worst.change["auc"].low == pytest.approx(-0.09)
    assert set(worst.figures) == {"auc", "balanced_accuracy", "ece"}
    assert found.attacks.steps == 7 and found.attacks.rows[-1].flipped == 0.4
    assert found.storage.rows[-1].name == "mixed"
    assert found.shortcuts.rows[1].name == "frame"
    assert found.errors.pairs[0].n == 27


def test_what_compare_describes_is_what_the_app_reads(card, tmp_path):
    from util.training.configuration import configuration
    from util.training.studies.compare import collected, write_runs
    from util.training.studies.runs import Answers

    run = tmp_path / "runs" / "a"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text(configuration("chest").as_yaml(), "utf-8")
    about = {"labels": ["NORMAL", "PNEUMONIA"], "prior": [0.3, 0.7], "metadata": None, "weights_from": "none"}
    (run / "summary.json").write_text(json.dumps(about | {"seconds": 90, "parameters": 10}), "utf-8")
    (run / "history.csv").write_text("epoch,loss,auc,seconds\n1,0.5,,45\n2,0.4,0.9,45\n", "utf-8")
    names, target = np.array([f"p{i}" for i in range(40)]), np.arange(40) % 2
    Answers((target - 0.5)[:, None], target, names, names).save(run / "validation.npz")
    written = collected("chest", tmp_path / "runs", {}, draws=10)
    write_runs(card.folder / RUNS, written)
    found = read_runs(card)
    (one,) = found.runs
    assert (one.network, one.weights, one.auc) == ("mobilenetv2", "from scratch", Figure(1, 1, 1))
    assert one.confusion == ((20, 0), (0, 20)) and one.curve == {"loss": (0.5, 0.4), "auc": (0.9,)}
    assert list(found.missing) == written["missing"] and found.missing
    assert [entry.network for entry in found.reported][:1] == ["VGG16"]


def test_what_evaluate_writes_is_what_the_app_reads(card):
    from util.training.evaluation.whole import write_details

    made = evaluation_by_hand.evaluation(card)
    write_details(made, card.folder / EVALUATION)
    written = read_details(card)
    records_by_hand.write(made, card.folder / EVALUATION)
    assert written == read_details(card)


def test_what_is_no_number_is_no_figure(card):
    run = "{row: a, network: b, critical: 0, auc: [.nan, null, null], accuracy: .nan, minutes: 3}"
    put(card, RUNS, f"modality: chest\nstudy: [{run}]\nlater: {{new: 1}}\n")
    (run,) = read_runs(card).study
    assert run.auc is None and run.accuracy is None
    assert (run.critical, run.minutes) == ("0", 3.0)
    put(card, RUNS, "modality: chest\nstudy: [{row: a, network: b, auc: [0.9, .nan, 1.0]}]\n")
    assert read_runs(card).study[0].auc == Figure(0.9)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("- a", "runs.yaml"),
        ("{}", "modality"),
        ("modality: chest\nstudy: 3", "study"),
        ("modality: chest\nstudy: [{row: a}]", "study[0].network"),
        ("modality: chest\nstudy: [{row: a, network: b, n: 3.5}]", "study[0].n"),
        ("modality: chest\nstudy: [{row: a, network: b, accuracy: high}]", "study[0].accuracy"),
        ("modality: chest\nstudy: [{row: a, network: b, auc: [1, 2]}]", "study[0].auc"),
        (
            "modality: chest\nensembles: {a: {folds: [0], images: 1, groups: 1, best_single: x}}",
            "ensembles.a.ways",
        ),
    ],
)
def test_a_wrong_field_is_named_in_both_languages(card, text, field):
    put(card, RUNS, text)
    with pytest.raises(RecordError) as caught:
        read_runs(card)
    for language in ("en", "fr"):
        said = caught.value.sentence.text(language)
        assert field in said and card.name in said and "runs.yaml" in said


@pytest.mark.parametrize("text", ["a: [", "\x00", "a: !!python/object:os.system x"])
def test_what_is_no_plain_yaml_is_refused(card, text):
    put(card, EVALUATION, text)
    with pytest.raises(RecordError):
        read_details(card)


def test_a_changed_file_is_read_again(card):
    put(card, RUNS, "modality: chest\n")
    assert read_runs(card).study == ()
    put(card, RUNS, "modality: chest\nstudy: [{row: a, network: cnn}]\n")
    assert len(read_runs(card).study) == 1
    assert read_runs(replace(card, name="other")).study[0].row == "a"
