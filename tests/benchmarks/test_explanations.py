"""The measured record of explanations: drawn data, tiny networks; what is resumed, summed up and written."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from benchmarks import explanations
from benchmarks.explained.degenerate import faults_of, pictures
from benchmarks.explained.images import drawn
from benchmarks.explained.measuring import places
from benchmarks.explained.record import write
from benchmarks.explained.summary import summarise
from tests import networks
from tests.training import evaluation_sets
from util.explanation import NAMES, Explanation
from util.modelstore import default_card, find_card, save_card
from util.modelstore.records import read_explanations
from util.training.dataset import parts, read_index


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of drawn skin data and one with a tiny fused model, and one run of the command on both."""
    root = tmp_path_factory.mktemp("place")
    evaluation_sets.draw_skin(root / "data", images=2)
    networks.make_model_folder(root / "models", "skin")
    return root


@pytest.fixture(autouse=True)
def by_tensorflow(monkeypatch):
    """Converting a network takes longer than all these tests."""
    monkeypatch.setattr(explanations, "fast_runtime_of", lambda network: None)


def command(place, *more):
    return explanations.main(
        ["--modality", "skin", "--models-folder", str(place / "models"), "--data-root", str(place / "data"),
         "--out", str(place / "rows"), "--checks", "1", "--steps", "4", "--draws", "40", *more]
    )  # fmt: skip


def rows_of(place, part="validation"):
    (file,) = (place / "rows").glob(f"*-{part}.jsonl")
    return file, [json.loads(line) for line in file.read_text().splitlines()]


def test_a_run_goes_on_where_it_was_killed_and_its_figures_are_read_again(place, capsys):
    assert command(place, "--images", "3") == 0
    file, rows = rows_of(place)
    assert [row["row"] for row in rows] == ["image", "repeat", "sanity", "image", "image"]
    assert len({row["path"] for row in rows}) == 3
    for row in rows:
        assert set(row["methods"]) == set(NAMES)
    first = rows[0]
    assert first["mask"] is not None and 0 < first["mask"] < 1
    drawn_maps = [one for one in first["methods"].values() if not one["empty"]]
    assert len(drawn_maps) >= 6
    for one in drawn_maps:
        assert 0 <= one["insertion"] <= 1 and 0 <= one["deletion"] <= 1
        assert 0 <= one["focus"] <= 1 and isinstance(one["pointing"], bool)
    # Killed in the middle of a line: that image, and no other, is asked again.
    file.write_text("".join(json.dumps(row) + "\n" for row in rows[:4]) + '{"row": "ima')
    capsys.readouterr()
    assert command(place, "--images", "3", "--write") == 0
    told = capsys.readouterr().out
    assert told.count(" of 3  ") == 1
    assert [row["path"] for row in rows_of(place)[1]] == [row["path"] for row in rows]
    card = find_card("skin-test", place / "models")
    record = read_explanations(card)
    assert record.cores == explanations.cores() >= 1
    assert record.sha256 == card.sha256 and record.part == "validation" and record.images == 3
    assert "benchmarks.explanations" in record.command
    assert set(record.methods) == set(NAMES) and set(record.controls) == {"random", "edges", "gaussian"}
    occlusion = record.methods["occlusion"]
    assert occlusion.insertion.low <= occlusion.insertion.value <= occlusion.insertion.high
    assert set(occlusion.beats) == {"random", "edges", "gaussian"}
    assert "grad_cam less random" in told


def test_the_images_are_of_the_fold_that_the_card_held_out(place, tmp_path, monkeypatch):
    folder = networks.make_model_folder(tmp_path, "skin")
    card = default_card("skin", folder)
    extra = {"training": {"configuration": {"validation_fold": 2}}}
    save_card(replace(card, extra=extra), card.folder)
    asked = []
    monkeypatch.setattr(explanations, "check", lambda card, dataset, runtime: asked.append(dataset) or 0)
    assert command(place, "--models-folder", str(folder), "--degenerate", "--images", "8") == 0
    assert set(asked[0].fold.tolist()) == {2}


def test_the_images_of_fewer_are_the_first_of_more_and_classes_take_turns(place):
    dataset = parts(read_index(place / "data", "skin"))["validation"]
    few, more = drawn(dataset, 8), drawn(dataset, 16)
    assert sorted(few.target.tolist()) == list(range(8)) and set(few.paths) <= set(more.paths)
    assert sorted(more.target[:8].tolist()) == list(range(8))
    assert drawn(dataset, 8).paths == few.paths
    assert drawn(dataset, 8, seed=1).paths != few.paths


def row(path, group, insertion, control, *, right=True, probability=0.9, alike=0.5, empty=False):
    one = {
        "seconds": 0.1, "passes": 4, "empty": empty, "insertion": insertion, "deletion": 0.3, "focus": 0.5,
        "pointing": True, "border": 0.2, "facts": {},
    }  # fmt: skip
    plain = {"insertion": control, "deletion": 0.2, "focus": 0.4, "pointing": False, "border": 0.36}
    return {
        "row": "image", "path": path, "group": group, "label": "a", "target": "a", "right": right,
        "probability": probability, "whole": 0.9, "gone": 0.1, "mask": 0.2, "methods": {"grad_cam": one},
        "controls": {name: plain for name in ("random", "edges", "gaussian")}, "agreement": alike,
    }  # fmt: skip


def test_differences_are_paired_and_empty_maps_are_counted_and_left_out():
    rows = [row(str(i), f"g{i // 2}", 0.5 + 0.01 * i, 0.4 + 0.01 * i) for i in range(10)]
    rows.append(row("empty", "g9", None, 0.9, empty=True))
    found = summarise(rows, draws=200)
    one = found["methods"]["grad_cam"]
    assert found["images"] == 11 and found["groups"] == 6 and one["empty"] == 1
    assert one["insertion"][0] == pytest.approx(0.545)
    # Image by image the difference is the same: no draw can change it.
    assert one["beats"]["random"]["insertion"] == pytest.approx([0.1, 0.1, 0.1])
    assert one["beats"]["random"]["deletion"] == pytest.approx([0.1, 0.1, 0.1])
    assert one["beats"]["gaussian"]["pointing"] == pytest.approx([1, 1, 1])
    assert one["insertion"][1] < 0.545 < one["insertion"][2]
    assert one["repeatability"] is None and found["composite"] is None
    assert found["with_room"] == 11
    # An answer that the baseline alone makes surer leaves curves no room, as on the page.
    assert summarise([{**rows[0], "whole": 0.1, "gone": 0.9}, rows[1]], draws=20)["with_room"] == 1
    # Of one group nothing is known about another: no interval.
    assert summarise(rows[:2], draws=20)["methods"]["grad_cam"]["insertion"] == [pytest.approx(0.505)]


def test_agreement_that_knows_every_error_helps_and_one_that_knows_none_does_not():
    rng = np.random.default_rng(0)
    right = rng.random(120) < 0.8
    knowing = [
        row(str(i), str(i), 0.5, 0.4, right=bool(ok), alike=0.9 if ok else -0.5) for i, ok in enumerate(right)
    ]
    found = summarise(knowing, limit_error=0.1, draws=100)["composite"]
    assert found["helps"] and found["predicts"] and found["errors"] == (~right).sum()
    assert found["area"] < found["area_probability"] and found["limit"] is not None
    curve = found["risk_coverage"]
    assert len(curve["coverage"]) == len(curve["risk_composite"]) == len(curve["risk_probability"])
    blind = [
        row(str(i), str(i), 0.5, 0.4, right=bool(ok), probability=0.9 if ok else 0.5, alike=rng.random())
        for i, ok in enumerate(right)
    ]
    found = summarise(blind, draws=100)["composite"]
    assert not found["helps"] and found["predicts"] and found["limit"] is None


def test_the_test_part_stands_first_and_another_model_file_forgets_both(place):
    card = find_card("skin-test", place / "models")
    rows = [row(str(i), str(i), 0.5, 0.4) for i in range(3)]
    about = {"date": "2026-01-01", "command": "a command", "preset": "fast", **summarise(rows, draws=20)}
    for part in ("validation", "test", "validation"):
        file = write(card, {"part": part, **about})
    content = yaml.safe_load(file.read_text())
    assert content["part"] == "test" and [one["part"] for one in content["others"]] == ["validation"]
    file.write_text(file.read_text().replace(card.sha256, "0" * 64))
    content = yaml.safe_load(write(card, {"part": "validation", **about}).read_text())
    assert content["part"] == "validation" and "others" not in content


def test_a_blank_map_must_say_so_and_pictures_of_nothing_are_of_every_kind():
    heat = np.zeros((4, 4), np.float32)
    blank = Explanation("grad_cam", 0, heat, (4, 4), False, False, 1.0, 0.1)
    assert faults_of(blank) == ["blank, and does not say so"]
    lost = Explanation("grad_cam", 0, np.full((4, 4), np.nan, np.float32), (4, 4), False, False, 1.0, 0.1)
    assert faults_of(lost) == ("a value that is no number",)
    shown = dict(pictures(16, 50))
    assert len(shown) == 50 and not shown["black 0"].any() and shown["white 1"].min() == 255
    assert all(picture.shape == (16, 16, 3) and picture.dtype == np.uint8 for picture in shown.values())
    assert len({name.rsplit(" ", 1)[0] for name in shown}) == 8


def test_every_method_stands_real_and_degenerate_pictures(place, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.explained.degenerate.DEGENERATE", 8)
    assert command(place, "--degenerate", "--images", "2") == 0
    told = capsys.readouterr().out
    assert "0 faults" in told and told.count("real 2 maps") == len(NAMES)
    assert "nothing" not in told and told.count("degenerate 8 maps") == len(NAMES)


def test_missing_data_is_one_sentence(place, tmp_path, capsys):
    arguments = [
        "--modality",
        "skin",
        "--models-folder",
        str(place / "models"),
        "--data-root",
        str(tmp_path / "no"),
    ]
    assert explanations.main(arguments) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_evidence_against_the_class_is_no_focus():
    heat, mask = np.zeros((20, 20)), np.zeros((20, 20), bool)
    mask[8:12, 8:12] = True
    heat[9, 9], heat[5, 5] = -1.0, 0.5  # the strongest point by size speaks against
    assert places(heat, mask) == {"focus": 0.0, "pointing": False, "border": 0.0}
    assert places(-np.abs(heat), mask) == {"focus": None, "pointing": None, "border": None}


def test_rows_of_another_layer_are_other_rows(place):
    card = default_card("skin", place / "models")
    assert explanations.reading(card) == explanations.reading(replace(card, population={}))
    assert explanations.reading(card) != explanations.reading(replace(card, gradcam_layer="another"))
