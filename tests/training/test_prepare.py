"""Folders as they are published become one indexed data set; leaks are merged, or refused where an index was given."""

import shutil
import sys
import types

import numpy as np
import pytest
import yaml
from PIL import Image, ImageOps

from tests.training.drawn_folders import draw_classes, picture, read_table, save, write_table
from util.training.__main__ import main
from util.training.dataset import check_no_leak, parts, read_index


def prepare(source, output, modality, *more) -> int:
    command = ["prepare", "--modality", modality, "--source", source, "--output", output, *more]
    return main([str(word) for word in command])


def prepared(source, output, modality, *more) -> tuple[dict[str, dict[str, str]], dict]:
    """Rows by file name, and what the checks found."""
    assert prepare(source, output, modality, *more) == 0
    data = read_index(output, modality)
    check_no_leak(data.group, data.fold)
    assert set(np.unique(data.fold)) <= set(range(-1, 6))
    rows = {row["path"].rpartition("/")[2]: row for row in read_table(output / "index.csv")}
    assert len(rows) == len(data)
    return rows, yaml.safe_load((output / "checks.yaml").read_text("utf-8"))


def draw_kermany(root) -> None:
    """The official parts, two films a patient; person1 has both subtypes, which are two children."""
    seed = 0
    for part, patients in (("train", range(1, 13)), ("val", (20,)), ("test", range(30, 33))):
        for number in patients:
            for k in range(2):
                kind = ("bacteria", "virus")[number % 2]
                for name in (
                    f"NORMAL/IM-{number:04}-000{k}.png",
                    f"NORMAL/NORMAL2-IM-{number:04}-000{k}-0001.png",
                    f"PNEUMONIA/person{number}_{kind}_{seed}.png",
                ):
                    seed += 1
                    save(root / part / name, seed)
    save(root / "train" / "PNEUMONIA" / "person1_bacteria_900.png", 900)


def test_kermanys_films_keep_the_official_test_part_and_their_patients(tmp_path):
    inner = tmp_path / "archive" / "chest_xray" / "chest_xray"
    draw_kermany(inner)
    (inner.parent / "__MACOSX").mkdir()
    rows, checks = prepared(tmp_path / "archive", tmp_path / "out", "chest")
    assert checks["layout"] == "kaggle-chest"
    assert all((row["fold"] == "-1") == (row["split"] == "test") for row in rows.values())
    assert sum(row["fold"] == "-1" for row in rows.values()) == 18
    patients = {name: row["patient"] for name, row in rows.items()}
    assert patients["IM-0003-0001.png"] == "IM-0003"
    assert patients["NORMAL2-IM-0003-0001-0001.png"] == "NORMAL2-IM-0003"
    assert patients["person1_bacteria_900.png"] == "person1_bacteria"
    assert "person1_virus" in patients.values()
    assert rows["person1_bacteria_900.png"]["subtype"] == "bacteria"
    # The sixteen films of the official validation part are divided with the training part.
    assert {row["split"] for row in rows.values()} == {"train", "test"}
    assert {row["fold"] for row in rows.values()} == {"-1", "0", "1", "2", "3", "4"}


def test_isics_lesions_are_groups_and_their_metadata_is_kept(tmp_path):
    labels = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")
    truth, about = [], []
    for number in range(24):
        image = f"ISIC_{number:07}"
        save(tmp_path / "in" / "ISIC_2019_Training_Input" / f"{image}.jpg", number)
        truth.append([image, *[float(label == ("MEL", "NV")[number % 2]) for label in labels]])
        # Neighbours in pairs of one label are one lesion; of the last four the lesion is not known.
        lesion = f"L{number % 2}{number // 4}" if number < 20 else ""
        about.append([image, 50 + number, "head/neck", lesion, "male"])
    truth.append(["ISIC_0000099", *[float(label == "UNK") for label in labels]])
    save(tmp_path / "in" / "ISIC_2019_Training_Input" / "ISIC_0000099.jpg", 99)
    write_table(tmp_path / "in" / "ISIC_2019_Training_GroundTruth.csv", ("image", *labels), truth)
    header = ("image", "age_approx", "anatom_site_general", "lesion_id", "sex")
    write_table(tmp_path / "in" / "ISIC_2019_Training_Metadata.csv", header, about)
    rows, checks = prepared(tmp_path / "in", tmp_path / "out", "skin")
    assert checks["layout"] == "isic-2019" and len(rows) == 24
    assert rows["ISIC_0000000.jpg"]["group"] == rows["ISIC_0000002.jpg"]["group"] == "L00"
    assert rows["ISIC_0000022.jpg"]["group"] == "ISIC_0000022"
    assert any("1 images of no known class" in note for note in checks["notes"])
    data = read_index(tmp_path / "out", "skin")
    assert data.labels == ("MEL", "NV")
    assert data.metadata[data.paths.index(rows["ISIC_0000003.jpg"]["path"])].age == 53
    assert len(parts(data)["test"]) > 0


def test_ham10000s_names_are_read_as_isics(tmp_path):
    rows = []
    for number in range(30):
        part = number % 2 + 1
        save(tmp_path / "in" / f"HAM10000_images_part_{part}" / f"ISIC_{number:07}.jpg", number)
        place = ("back", "unknown", "genital", "trunk")[number % 4]
        dx = ("akiec", "nv", "mel")[number // 2 % 3]
        rows.append([f"HAM_{number // 2}", f"ISIC_{number:07}", dx, "histo", 40.0, "unknown", place])
    rows.append(["HAM_99", "ISIC_0000099", "nv", "histo", "", "male", "back"])
    header = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
    write_table(tmp_path / "in" / "HAM10000_metadata.csv", header, rows)
    found, checks = prepared(tmp_path / "in", tmp_path / "out", "skin")
    assert read_index(tmp_path / "out", "skin").labels == ("AK", "MEL", "NV")
    assert any("ISIC_0000099" in note for note in checks["notes"])
    sites = [found[f"ISIC_{number:07}.jpg"]["site"] for number in range(4)]
    assert sites == ["posterior torso", "", "oral/genital", ""]
    assert found["ISIC_0000003.jpg"]["site_detail"] == "trunk" and found["ISIC_0000003.jpg"]["sex"] == ""
    assert found["ISIC_0000006.jpg"]["label"] == "AK"


def test_patches_are_grouped_by_slide(tmp_path):
    seed = 0
    for slide in range(8860, 8870):
        for label in (0, 1):
            for k in range(3):
                name = f"{slide}_idx5_x{50 * k + 1}_y{100 * label + 1}_class{label}.png"
                save(tmp_path / "in" / "IDC_regular" / str(slide) / str(label) / name, seed, 20)
                seed += 1
    rows, checks = prepared(tmp_path / "in", tmp_path / "out", "breast")
    assert checks["layout"] == "idc" and len(rows) == 60
    row = rows["8863_idx5_x51_y101_class1.png"]
    assert (row["slide"], row["group"], row["x"], row["y"], row["label"]) == (
        "8863",
        "8863",
        "51",
        "101",
        "1",
    )
    assert {(row["width"], row["height"]) for row in rows.values()} == {("20", "20")}
    assert [len(set(row["slide"] for row in rows.values() if row["fold"] == str(f))) for f in range(5)] == [
        2
    ] * 5


def test_class_folders_are_grouped_by_a_pattern_and_read_back_by_training(tmp_path):
    for number in range(20):
        for k in range(2):
            save(tmp_path / "in" / "ab"[number % 2] / f"dog{number}-{k}.png", 2 * number + k)
    rows, checks = prepared(tmp_path / "in", tmp_path / "out", "own", "--group-pattern", r"^(dog\d+)-")
    assert checks["layout"] == "class-folders" and checks["groups"] == 20
    assert rows["dog7-0.png"]["group"] == rows["dog7-1.png"]["group"] == "dog7"
    assert checks["images_of_each_class_in_each_fold"]["a"] == dict.fromkeys(range(5), 4)
    again = tmp_path / "again"
    assert prepared(tmp_path / "in", again, "own", "--group-pattern", r"^(dog\d+)-")[0].keys() == rows.keys()
    assert [row["fold"] for row in read_table(again / "index.csv")] == [
        row["fold"] for row in read_table(tmp_path / "out" / "index.csv")
    ]


def test_copies_become_one_group_and_contradictions_are_named(tmp_path, capsys):
    source = draw_classes(tmp_path / "in", {"a": 12, "b": 12})
    shutil.copyfile(source / "a" / "a_3.png", source / "b" / "same.png")
    ImageOps.mirror(Image.fromarray(picture(5))).save(source / "a" / "mirrored.jpg", quality=95)
    rows, checks = prepared(source, tmp_path / "out", "own")
    assert rows["same.png"]["group"] == rows["a_3.png"]["group"]
    assert rows["same.png"]["fold"] == rows["a_3.png"]["fold"]
    assert rows["mirrored.jpg"]["group"] == rows["a_5.png"]["group"]
    assert checks["exact_duplicates"]["pairs"] == [["a/a_3.png", "b/same.png"]]
    assert [sorted(pair[:2]) for pair in checks["near_duplicates"]["pairs"]] == [
        ["a/a_5.png", "a/mirrored.jpg"]
    ]
    assert checks["contradicting_labels"] == [["a/a_3.png", "a", "b/same.png", "b"]]
    printed = capsys.readouterr().out
    assert "contradicting labels: 1 (first: a/a_3.png, a, b/same.png, b)" in printed and "fold 0" in printed


def test_what_copies_a_test_image_is_left_out_of_the_training_part(tmp_path):
    draw_classes(tmp_path / "in" / "train", {"a": 12, "b": 12})
    draw_classes(tmp_path / "in" / "test", {"a": 3, "b": 3}, 100)
    shutil.copyfile(tmp_path / "in/test/a/a_101.png", tmp_path / "in/train/a/leak.png")
    rows, checks = prepared(tmp_path / "in", tmp_path / "out", "own")
    assert "leak.png" not in rows
    assert checks["left_out_as_copies_of_test_images"] == ["train/a/leak.png"]
    assert sum(row["fold"] == "0" for row in read_table(tmp_path / "out" / "index.csv")) == 6


def given_index(root, *more):
    """An index with all that skin needs, its masks beside it; `more` rows at its end."""
    rows = []
    for number in range(20):
        path = f"images/{number}.png"
        save(root / "skin" / path, number)
        save(root / "skin" / "masks" / f"{number}.png", 500 + number)
        label = ("NV", "MEL")[number % 2]
        rows.append([path, label, "50", "male", "", f"L{number // 2}", f"masks/{number}.png", number // 4])
    header = ("path", "label", "age", "sex", "site", "group", "mask", "fold")
    return write_table(root / "skin" / "index.csv", header, [*rows, *more])


def test_a_given_index_keeps_its_folds_and_columns_and_may_be_copied_with_its_files(tmp_path):
    given_index(tmp_path / "in")
    rows, checks = prepared(tmp_path / "in", tmp_path / "out", "skin", "--copy")
    assert checks["layout"] == "indexed"
    assert [rows[f"{n}.png"]["fold"] for n in range(20)] == [str(n // 4) for n in range(20)]
    shutil.rmtree(tmp_path / "in")
    data = read_index(tmp_path / "out", "skin")
    assert data.labels[0] == "AK" and len(data.labels) == 8
    assert all((data.folder / mask).is_file() for mask in data.columns["mask"])
    assert data.metadata[0].age == 50


def test_without_copies_the_index_points_to_where_the_images_lie(tmp_path):
    given_index(tmp_path / "in")
    prepared(tmp_path / "in", tmp_path / "out", "skin")
    assert [file.name for file in sorted((tmp_path / "out").iterdir())] == [
        "checks.yaml",
        "classes.yaml",
        "index.csv",
    ]
    assert read_table(tmp_path / "out" / "index.csv")[0]["path"] == "../in/skin/images/0.png"


def a_copied_leak(tmp_path):
    given_index(tmp_path / "in", ["images/copy.png", "NV", "50", "male", "", "L77", "", 3])
    Image.fromarray(picture(1)).rotate(180).save(tmp_path / "in/skin/images/copy.png")
    return ["--modality", "skin"]


def a_group_leak(tmp_path):
    given_index(tmp_path / "in", ["images/more.png", "NV", "50", "male", "", "L0", "", 3])
    save(tmp_path / "in/skin/images/more.png", 99)
    return ["--modality", "skin"]


def corrupt(tmp_path):
    draw_classes(tmp_path / "in", {"a": 5, "b": 5})
    file = tmp_path / "in" / "b" / "b_2.png"
    file.write_bytes(file.read_bytes()[:50])
    return ["--modality", "own"]


def classes(tmp_path, *more):
    draw_classes(tmp_path / "in", {"a": 5, "b": 5})
    return ["--modality", "own", *more]


def no_classes(tmp_path):
    save(tmp_path / "in" / "loose.png", 1)
    return ["--modality", "chest"]


def ham_without_dx(tmp_path):
    write_table(tmp_path / "in" / "HAM10000_metadata.csv", ("lesion_id", "image_id"), [["a", "b"]])
    return ["--modality", "skin"]


def ham_with_another_dx(tmp_path):
    header = ("lesion_id", "image_id", "dx", "age", "sex", "localization")
    write_table(tmp_path / "in" / "HAM10000_metadata.csv", header, [["a", "b", "wart", "", "", ""]])
    return ["--modality", "skin"]


BAD = {
    "a copy in two folds": (a_copied_leak, "copy.png (fold 3)"),
    "a group in two folds": (a_group_leak, "L0"),
    "a corrupt image": (corrupt, "b/b_2.png"),
    "a folder that is not there": (lambda t: ["--modality", "own"], "does not exist"),
    "another layout than the one named": (lambda t: classes(t, "--layout", "idc"), "idc"),
    "images without class folders": (no_classes, "kaggle-chest"),
    "a pattern that is none": (lambda t: classes(t, "--group-pattern", "(a"), "(a"),
    "a pattern that finds nothing": (lambda t: classes(t, "--group-pattern", r"^(cat\d)"), "a_0.png"),
    "a table without a column": (ham_without_dx, "dx"),
    "a table with another class": (ham_with_another_dx, "wart"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_prepared_is_one_sentence_and_no_index(tmp_path, case, capsys):
    make, named = BAD[case]
    options = make(tmp_path)
    command = ["prepare", "--source", tmp_path / "in", "--output", tmp_path / "out", *options]
    assert main([str(word) for word in command]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.strip() and "images/s" not in line]
    assert len(error) == 1 and named in error[0]
    assert not (tmp_path / "out" / "index.csv").exists()


def test_a_given_index_is_not_written_over(tmp_path, capsys):
    file = given_index(tmp_path)
    before = file.read_bytes()
    assert prepare(tmp_path, tmp_path / "skin", "skin") == 2
    assert "--output" in capsys.readouterr().err and file.read_bytes() == before


def test_either_a_source_or_a_download(tmp_path, capsys):
    assert main(["prepare", "--modality", "own", "--output", str(tmp_path)]) == 2
    assert "--download" in capsys.readouterr().err


def hub(monkeypatch, answer) -> None:
    """A kagglehub that does `answer(handle)`."""
    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(dataset_download=answer))


def downloaded(tmp_path, capsys, modality="chest") -> tuple[int, str]:
    code = main(["prepare", "--modality", modality, "--download", "--output", str(tmp_path / "out")])
    return code, capsys.readouterr().err


def test_a_download_is_prepared_like_any_folder(tmp_path, monkeypatch, capsys):
    draw_kermany(tmp_path / "cache" / "chest_xray")
    asked = []
    hub(monkeypatch, lambda handle: asked.append(handle) or str(tmp_path / "cache"))
    assert downloaded(tmp_path, capsys)[0] == 0
    assert asked == ["paultimothymooney/chest-xray-pneumonia"]
    assert len(read_index(tmp_path / "out", "chest")) == 97


def failing(error: Exception):
    def answer(handle):
        raise error

    return answer


class Refused(Exception):
    response = types.SimpleNamespace(status_code=403)


def test_a_download_that_fails_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    code, error = downloaded(tmp_path, capsys)
    assert code == 2 and "pip install kagglehub" in error and error.count("\n") == 1
    hub(monkeypatch, failing(Refused()))
    assert "sign in" in downloaded(tmp_path, capsys)[1]
    hub(monkeypatch, failing(ConnectionError("no route")))
    assert "not reached" in downloaded(tmp_path, capsys)[1]
    hub(monkeypatch, failing(OSError("disk\nfull")))
    code, error = downloaded(tmp_path, capsys)
    assert code == 2 and "disk full" in error and error.count("\n") == 1
    assert "--source" in downloaded(tmp_path, capsys, "own")[1]


def test_what_prepare_finds_is_said_in_french_too(tmp_path, capsys):
    source = draw_classes(tmp_path / "fleurs", {"iris": 6, "lis": 6})
    first = next((source / "iris").iterdir())
    shutil.copyfile(first, first.with_stem("copie"))
    said = {}
    for language in ("en", "fr"):
        capsys.readouterr()
        assert prepare(source, tmp_path / language, "own", "--language", language) == 0
        said[language] = capsys.readouterr().out.replace("\u00a0", " ").split("\n")
    assert "13 images en 12 groupes, disposition class-folders" in said["fr"]
    assert any(
        "paires de fichiers identiques, un groupe chacune : 1 (première : " in line for line in said["fr"]
    )
    # Nothing but the rows of the table, which are names and numbers, is the same in both.
    same = {line for line in said["en"] if line} & set(said["fr"])
    assert {line.split()[0] for line in same} <= {"iris", "lis"}
