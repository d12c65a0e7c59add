"""The report for machines: a stable schema, finite numbers, nothing beyond the allow-list."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.report import builder
from tests.report.builder import Said
from util.imaging import Facts
from util.language import say
from util.prediction import Metadata
from util.report import SCHEMA_VERSION, as_json


def refuse(constant):
    raise AssertionError(f"not finite: {constant}")


def parsed(diagnosis, language="en"):
    return json.loads(as_json(diagnosis, language), parse_constant=refuse)


def test_the_keys_are_exactly_those_documented():
    assert list(parsed(builder.diagnosis())) == [
        "schema",
        "schema_version",
        "language",
        "notice",
        "modality",
        "answer",
        "classes",
        "familiarity",
        "map",
        "preparation",
        "warnings",
        "limits",
        "metadata",
        "image",
        "model",
    ]
    assert parsed(builder.diagnosis())["schema_version"] == SCHEMA_VERSION
    image = parsed(builder.diagnosis())["image"]
    allowed = {"sha256", "window", "padded", "notices", *Facts.__dataclass_fields__}
    assert set(image) == allowed


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_probabilities_are_said_by_label_and_sum_to_one(modality):
    made = builder.diagnosis(modality)
    classes = parsed(made)["classes"]
    assert tuple(classes) == made.card.labels
    for kind in ("raw", "calibrated"):
        assert sum(row[kind] for row in classes.values()) == pytest.approx(1, abs=1e-5)
    assert [label for label, row in classes.items() if row["must_not_be_missed"]] == sorted(
        made.card.danger, key=made.card.labels.index
    )


def test_sentences_are_in_the_language_and_numbers_are_the_same_in_both():
    made = builder.diagnosis("chest")
    english, french = parsed(made, "en"), parsed(made, "fr")
    assert english["answer"]["headline"] == made.headline.text("en")
    assert french["answer"]["headline"] == made.headline.text("fr")
    assert french["classes"]["PNEUMONIA"]["name"] == "pneumonie"
    assert english["preparation"][0]["name"] == french["preparation"][0]["name"]
    assert french["answer"]["grey_zone"] == {"low": 0.32, "high": 0.68, "sentence": made.zone.text("fr")}
    assert english["answer"]["danger"] == french["answer"]["danger"]


def test_the_same_diagnosis_gives_the_same_text_and_holds_no_duration():
    made = builder.diagnosis("skin")
    slower = replace(made, explanation=replace(made.explanation, seconds=9.9))
    assert as_json(made, "fr") == as_json(slower, "fr")


def test_no_folder_and_no_file_name_is_said():
    card = builder.card("chest", folder=Path("/secret/place"), file="secret-model.h5")
    assert "secret" not in as_json(builder.diagnosis("chest", card=card), "en")


def test_what_is_not_finite_or_unknown_is_null():
    card = builder.card(
        "chest", calibration=None, grey_zone=None, conformal=None, familiarity=None, test=None
    )
    answer = builder.prediction(
        card,
        calibrated=None,
        raw=np.array([np.nan, np.inf]),
        band=None,
        prediction_set=None,
        danger=float("nan"),
        distance=float("inf"),
        familiar=None,
    )
    made = builder.diagnosis(
        "chest", card=card, prediction=answer, people=None, zone=None, metadata=Metadata()
    )
    record = parsed(made)
    assert record["classes"]["NORMAL"] == {
        "name": "normal",
        "must_not_be_missed": False,
        "raw": None,
        "calibrated": None,
    }
    assert record["answer"]["danger"] is None
    assert record["answer"]["band"] is None
    assert record["answer"]["grey_zone"] is None
    assert record["answer"]["people_of_100"] is None
    assert record["answer"]["prediction_set"] is None
    assert record["familiarity"] == {"familiar": None, "distance": None, "threshold": None}
    assert record["model"]["test"] is None
    assert record["metadata"] == {"age": None, "sex": None, "site": None}


def test_odd_text_survives_the_round_trip():
    odd = 'quotes " \\ \n <b>&é漢🙂'
    made = builder.diagnosis("chest", warnings=(Said(odd),), metadata=Metadata(3.0, odd, odd))
    record = parsed(made)
    assert record["warnings"] == [odd]
    assert record["metadata"]["site"] == odd


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_teaching_model_says_why_it_is_wrong_and_any_other_says_null(language):
    made = builder.diagnosis()
    assert parsed(made, language)["model"]["teaching"] is None
    why = {"en": "It sees the frame.", "fr": "Il voit le cadre."}
    taught = replace(made, card=replace(made.card, teaching=why))
    said = parsed(taught, language)["model"]["teaching"]
    assert said == f"{say('report.teaching_mark', language)}. {why[language]}"
    own = {code: f"{say('report.teaching_mark', code)}. {text}" for code, text in why.items()}
    assert parsed(replace(made, card=replace(made.card, teaching=own)), language)["model"]["teaching"] == said
