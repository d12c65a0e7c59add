import csv
import io
from dataclasses import replace

import pytest

from util import batch
from util.language import Sentence
from util.modelstore import default_card
from util.prediction import Metadata


@pytest.fixture(scope="module")
def card(model_folder):
    return default_card("chest", model_folder)


def _written(rows, card, language="en"):
    stream = io.StringIO()
    batch.write_csv(rows, card, stream, language)
    return stream.getvalue()


def test_the_table_of_two_images_by_hand(card):
    rows = [
        batch.Row("a.png", (0.25, 0.75), "PNEUMONIA", "above"),
        batch.Row("b.txt", refusal=Sentence.of("imaging.empty")),
    ]
    refusal = "Expected an image file, received a file of zero bytes."
    assert _written(rows, card) == (
        "file,p_NORMAL,p_PNEUMONIA,top,band,refusal\n"
        "a.png,0.25,0.75,PNEUMONIA,above,\n"
        f'b.txt,,,,,"{refusal}"\n'
    )


def test_french_changes_the_refusal_and_no_number(card):
    rows = [
        batch.Row("a", (1e-9, 1 - 1e-9), "PNEUMONIA"),
        batch.Row("b", refusal=Sentence.of("imaging.empty")),
    ]
    english, french = (list(csv.reader(io.StringIO(_written(rows, card, one)))) for one in ("en", "fr"))
    assert english[1] == french[1] == ["a", "1e-09", "1", "PNEUMONIA", "", ""]
    assert english[2][-1] != french[2][-1]


@pytest.mark.parametrize("name", ['a,b".png', "a\nb.png", "=1+1.png", "été.png", "a;b\t.png", "a\rb.png"])
def test_any_file_name_comes_back_from_the_table_as_it_was(card, name):
    text = _written([batch.Row(name, (0.5, 0.5), "NORMAL", "grey")], card)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["file"] == name
    assert float(row["p_NORMAL"]) == 0.5


def test_without_rows_the_table_is_its_header(card):
    assert _written([], card) == "file,p_NORMAL,p_PNEUMONIA,top,band,refusal\n"


def test_the_columns_are_the_labels_of_the_card_in_its_order(card):
    other = replace(card, labels=("0", "1"))
    assert _written([], other) == "file,p_0,p_1,top,band,refusal\n"


def _read(tmp_path, text, encoding="utf-8"):
    table = tmp_path / "table.csv"
    table.write_bytes(text.encode(encoding))
    return batch.read_metadata(table)


def test_a_metadata_table_is_read_whatever_its_separator_case_and_order(tmp_path):
    wanted = {"a.png": (Metadata(54.0, "female", "head/neck"), ()), "b.png": (Metadata(), ())}
    assert _read(tmp_path, "file,age,sex,site\na.png,54,female,head/neck\nb.png,,,\n") == wanted
    semicolons = "\ufeffSite;Sex;File;AGE;more\r\nHead/Neck;F;a.png;54,0;x\r\nunknown;n/a;b.png;NaN;\r\n"
    assert _read(tmp_path, semicolons) == wanted


def test_columns_may_be_missing_and_rows_short_or_empty(tmp_path):
    assert _read(tmp_path, "file,sex,age\na.png,male\n\n,female,3\n") == {"a.png": (Metadata(sex="male"), ())}
    assert _read(tmp_path, "file,age\n") == {}
    assert _read(tmp_path, "file,age,,\na.png,3,,\n") == {"a.png": (Metadata(age=3), ())}


def test_an_age_that_is_no_number_is_left_out_and_said(tmp_path):
    ((metadata, (note,)),) = _read(tmp_path, "file,age,sex\na.png,old,male\n").values()
    assert metadata == Metadata(sex="male")
    assert "old" in note.text("en")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "none"),
        ("name,age\na.png,3\n", "name, age"),
        ("file,colour\na.png,3\n", "file, colour"),
        ("file,age\na.png,3\na.png,4\n", "a.png"),
        ("file,age,sex,Age\na.png,3,male,4\n", "age"),
        ('file,age\n"a.png,3\n', "table.csv"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_sentence(tmp_path, text, said):
    with pytest.raises(batch.BatchError, match=said):
        _read(tmp_path, text)


def test_a_table_in_another_encoding_or_none_at_all_is_refused(tmp_path):
    with pytest.raises(batch.BatchError):
        _read(tmp_path, "file,site\na.png,été\n", "latin-1")
    with pytest.raises(batch.BatchError):
        batch.read_metadata(tmp_path / "nothing.csv")


def test_rows_find_their_images_by_path_or_by_a_name_that_is_unique():
    items = [batch.Item(name, bytes) for name in ("a/x.png", "b/x.png", "b/y.png")]
    known = {
        "a/x.png": (Metadata(age=1), ()),
        "y.png": (Metadata(age=2), ()),
        "x.png": (Metadata(age=3), ()),
        "z.png": (Metadata(age=4), ()),
    }
    given, strangers = batch.with_metadata(items, known)
    assert [item.metadata.age for item in given] == [1, None, 2]
    assert strangers == ["x.png", "z.png"]
