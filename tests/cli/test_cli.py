import csv
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.batch.pictures import folder_of, png
from tests.networks import card_arrays, card_mapping
from util.cli import main
from util.language import say
from util.modelstore import save_card


@pytest.fixture
def shelf(model_folder, monkeypatch):
    """The small models, where the command line looks for models."""
    monkeypatch.setenv("PENUMBRA_MODELS", str(model_folder))


@pytest.fixture
def image(tmp_path):
    """One drawn image file."""
    path = tmp_path / "image.png"
    path.write_bytes(png(1))
    return path


def _run(capsys, *words):
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_image_is_answered_and_every_result_written(shelf, image, tmp_path, capsys, modality, language):
    from pypdf import PdfReader

    out = {name: tmp_path / f"out.{name}" for name in ("pdf", "json", "png")}
    code, said, _ = _run(
        capsys,
        *("diagnose", image, "--modality", modality, "--language", language),
        *("--pdf", out["pdf"], "--json", out["json"], "--overlay", out["png"]),
    )
    assert code == 0
    record = json.loads(out["json"].read_text("utf-8"))
    assert record["language"] == language
    assert said.startswith(record["answer"]["headline"])
    for label, chances in record["classes"].items():
        written = f"{chances['calibrated']:.3f}".replace(".", "," if language == "fr" else ".")
        assert f"{written} {label} (" in said
    assert len(PdfReader(out["pdf"]).pages) in (1, 2)
    with Image.open(out["png"]) as overlay:
        assert overlay.size == (640, 640)
        assert np.asarray(overlay).std() > 0


def test_age_sex_and_site_change_the_answer_of_a_skin_image(shelf, image, tmp_path, capsys):
    found = []
    for words in ((), ("--age", "54", "--sex", "Female", "--site", "Anterior torso")):
        _run(capsys, "diagnose", image, "--modality", "skin", "--json", tmp_path / "a.json", *words)
        found.append(json.loads((tmp_path / "a.json").read_text("utf-8")))
    assert found[0]["classes"] != found[1]["classes"]
    assert found[1]["metadata"] == {"age": 54.0, "sex": "female", "site": "anterior torso"}


def test_metadata_for_a_model_without_them_are_said_to_be_left_aside(shelf, image, capsys):
    code, _, remark = _run(capsys, "diagnose", image, "--modality", "chest", "--age", "54")
    assert code == 0
    assert "left aside" in remark


def test_the_table_of_a_folder_agrees_with_one_image_at_a_time(shelf, tmp_path, capsys):
    folder = folder_of(tmp_path / "in", b=png(2), a=png(1), **{"c.txt": b"words"})
    table = folder / "patients.csv"
    table.write_text("file,age,sex,site\nb.png,61,male,head/neck\na.png,61,male,left knee\nz.png,3,,\n")
    results = folder / "results.csv"
    common = ("--modality", "skin")
    code, said, remark = _run(capsys, "batch", folder, *common, "--out", results, "--metadata", table)
    assert code == 0
    assert "2 images answered and 1 files refused" in said
    assert "z.png" in remark
    assert sorted(path.name for path in folder.iterdir()) == [
        "a.png",
        "b.png",
        "c.txt",
        "patients.csv",
        "results.csv",
    ]
    rows = list(csv.DictReader(results.open(encoding="utf-8", newline="")))
    assert [row["file"] for row in rows] == ["a.png", "b.png", "c.txt"]
    assert [bool(row["refusal"]) for row in rows] == [True, False, True]
    for row, site in zip(rows, ((), ("--site", "head/neck")), strict=False):
        patient = ("--age", "61", "--sex", "male", *site)
        _run(capsys, "diagnose", folder / row["file"], *common, *patient, "--json", tmp_path / "one.json")
        one = json.loads((tmp_path / "one.json").read_text("utf-8"))
        for label, chances in one["classes"].items():
            assert float(row[f"p_{label}"]) == pytest.approx(chances["calibrated"], abs=1e-5)
        assert row["top"] == one["answer"]["decision"]
        assert row["band"] == one["answer"]["band"]
    assert [rows[2][name] for name in ("p_MEL", "top", "band")] == ["", "", ""]


def test_a_later_run_replaces_the_table_of_an_earlier_one(shelf, tmp_path, capsys):
    folder = folder_of(tmp_path / "in", a=png(1))
    results = tmp_path / "results.csv"
    results.write_text("older\n" * 100)
    assert _run(capsys, "batch", folder, "--modality", "chest", "--out", results)[0] == 0
    assert len(results.read_text("utf-8").splitlines()) == 2


BAD = {
    "no command": "",
    "an unknown command": "cure {image}",
    "no modality": "diagnose {image}",
    "an unknown modality": "diagnose {image} --modality brain",
    "a file that is not there": "diagnose {image}x --modality chest",
    "a folder for an image": "diagnose {folder} --modality chest",
    "text named .png": "diagnose {text} --modality chest",
    "an age of words": "diagnose {image} --modality skin --age old",
    "an age of 400": "diagnose {image} --modality skin --age 400",
    "an age that is not finite": "diagnose {image} --modality skin --age nan",
    "a negative age": "diagnose {image} --modality skin --age=-3",
    "an unknown sex": "diagnose {image} --modality skin --sex f",
    "an unknown site": "diagnose {image} --modality skin --site knee",
    "an unknown model": "diagnose {image} --modality skin --model none",
    "a model of another modality": "diagnose {image} --modality skin --model chest-test",
    "a scale of zero": "diagnose {image} --modality breast --um-per-pixel 0",
    "an unknown language": "diagnose {image} --modality chest --language de",
    "an output in no folder": "diagnose {image} --modality chest --pdf {folder}/none/a.pdf",
    "an output that is a folder": "diagnose {image} --modality chest --json {folder}",
    "an output over the image": "diagnose {image} --modality chest --overlay {image}",
    "two outputs in one file": "diagnose {image} --modality chest --json {folder}/a --pdf {folder}/a",
    "a folder that is not there": "batch {folder}/none --modality chest --out {folder}/a.csv",
    "a file for a folder": "batch {image} --modality chest --out {folder}/a.csv",
    "an empty folder": "batch {empty} --modality chest --out {folder}/a.csv",
    "a table in no folder": "batch {folder} --modality chest --out {folder}/none/a.csv",
    "no metadata table": "batch {folder} --modality skin --out {folder}/a.csv --metadata {folder}/none.csv",
    "a metadata table of prose": "batch {folder} --modality skin --out {folder}/a.csv --metadata {text}",
    "a table over the metadata": "batch {folder} --modality skin --out {text} --metadata {text}",
    "an impossible scale": "batch {folder} --modality breast --out {folder}/a.csv --um-per-pixel nan",
}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("words", BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_sentence_and_exit_code_2(shelf, image, tmp_path, capsys, words, language):
    empty, folder, text = tmp_path / "empty", tmp_path / "folder", tmp_path / "text.png"
    empty.mkdir()
    folder_of(folder, a=png(1))
    text.write_text("words, not pixels")
    before = image.read_bytes()
    places = {"image": image, "folder": folder, "empty": empty, "text": text}
    line = [word.format(**places) for word in words.split()]
    if line and "--language" not in line:
        line += ["--language", language]
    code, said, error = _run(capsys, *line)
    sentences = [part for part in error.strip().split("\n") if part]
    assert code == 2
    assert said == ""
    assert len(sentences) == 1 and sentences[0].endswith(".")
    assert image.read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["a.png"]


def test_the_models_are_listed_with_the_figures_of_their_tests(shelf, capsys):
    code, said, _ = _run(capsys, "models", "--language", "fr")
    assert code == 0
    for name in ("chest-test", "skin-test", "breast-test"):
        assert name in said
    assert "auc 0,910 (0,880 – 0,940)" in said


def test_without_any_model_the_list_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PENUMBRA_MODELS", str(tmp_path))
    code, said, remark = _run(capsys, "models")
    assert (code, said) == (0, "")
    assert "no model" in remark


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("command", [[], ["diagnose"], ["batch"], ["models"]])
def test_help_is_given_in_either_language(command, language, capsys):
    with pytest.raises(SystemExit) as left:
        main([*command, "--language", language, "--help"] if command else ["--help"])
    assert left.value.code == 0
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize("modality", ["chest", "skin"])
@pytest.mark.parametrize("age", ["nan", "inf", "-1", "1000"])
def test_an_age_that_none_is_one_sentence_whether_or_not_the_model_uses_it(image, capsys, modality, age):
    code, _, heard = _run(capsys, "diagnose", image, "--modality", modality, f"--age={age}")
    assert code == 2 and age in heard and heard.count("\n") == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_unfamiliar_image_has_no_band_and_its_numbers_are_said_to_mean_nothing(
    model_folder, image, tmp_path, monkeypatch, capsys, language
):
    heard = []
    for threshold in (1e-6, 1e6):
        folder = tmp_path / str(threshold) / "chest-test"
        shutil.copytree(model_folder / "chest-test", folder)
        mapping = card_mapping("chest")
        mapping["familiarity"]["threshold"] = threshold
        save_card(mapping, folder, card_arrays())
        monkeypatch.setenv("PENUMBRA_MODELS", str(folder.parent))
        heard.append(_run(capsys, "diagnose", image, "--modality", "chest", "--language", language))
    (code, said, _), (_, known, _) = heard
    band = say("cli.band", language, band="?").split("?")[0]
    zone = {"en": "Grey zone from", "fr": "Zone grise de"}[language]
    note = say("report.bars_unfamiliar", language)
    assert code == 0 and note in said and band not in said and zone not in said
    assert note not in known and band in known and zone in known


USAGES = {
    "diagnose image.png": "--modality",
    "diagnose image.png --modality heart": "“heart”",
    "diagnose image.png --modality skin --age old": "“old”",
    "diagnose image.png --modality": "--modality",
    "explain image.png --modality chest --methods": "--methods",
    "diagnose image.png --modality chest --colour red": "“--colour red”",
    "explain image.png --modality chest --p map.pdf": "“--p”",
    "heal image.png": "“heal”",
    "": "command",
}


@pytest.mark.parametrize("words", USAGES)
def test_a_wrong_command_is_one_sentence_of_our_own_in_either_language(words, capsys):
    said = {}
    for language in ("en", "fr"):
        # The language stands first where it can: an option without its value is then still the last word.
        command, *rest = words.split() or [""]
        given = [command, "--language", language, *rest] if command else ["--language", language]
        assert main(given) == 2
        said[language] = capsys.readouterr().err.replace("\u00a0", " ")
    assert said["en"].startswith("Expected ")
    assert said["en"] != said["fr"]
    named = USAGES[words]
    assert named in said["en"]
    assert named.replace("“", "« ").replace("”", " »") in said["fr"]
    assert said["en"].count("\n") == said["fr"].count("\n") == 1


def test_bad_input_is_answered_without_waiting_for_tensorflow(tmp_path, project):
    script = "import sys; from util.cli import main; print(main(sys.argv[1:]), 'tensorflow' in sys.modules)"
    words = ["diagnose", str(tmp_path / "none.png"), "--modality", "chest"]
    run = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=project,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert run.stdout.split() == ["2", "False"]
    assert len(run.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_teaching_model_is_marked_in_every_command(
    model_folder, image, tmp_path, monkeypatch, capsys, language
):
    folder = tmp_path / "models"
    shutil.copytree(model_folder / "chest-test", folder / "chest-frame")
    why = {"en": "It sees the frame alone.", "fr": "Il ne voit que le cadre."}
    mapping = card_mapping("chest", name="chest-frame", default=False, teaching=why)
    card = save_card(mapping, folder / "chest-frame", card_arrays())
    monkeypatch.setenv("PENUMBRA_MODELS", str(folder))
    mark, marked = (
        say("report.teaching_mark", language),
        say("report.marked", language, title=card.title[language]),
    )
    chest = ("--modality", "chest", "--language", language)
    _, said, _ = _run(capsys, "diagnose", image, *chest)
    assert said.startswith(f"{mark}. {why[language]}\n\n") and marked in said
    _, said, _ = _run(capsys, "explain", image, *chest, "--methods", "grad_cam", "--no-curves")
    assert said.startswith(f"{mark}. {why[language]}\n")
    _, said, _ = _run(capsys, "models", "--language", language)
    assert marked in said
    _, _, remark = _run(capsys, "batch", image.parent, *chest, "--out", tmp_path / "table.csv")
    assert say("cli.teaching", language, model="chest-frame") in remark
