"""What was measured of explanations and lies beside a card: read into plain records, refused in one sentence."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from util.modelstore.card import Figure
from util.modelstore.errors import RecordError
from util.modelstore.records import EXPLANATIONS, has_record, read_explanations

WRITTEN = {
    "model": "drawn",
    "sha256": "ab" * 32,
    "date": "2026-11-21",
    "command": "python -m benchmarks.explanations",
    "part": "validation",
    "preset": "fast",
    "images": 40,
    "methods": {
        "grad_cam": {
            "seconds": 0.01,
            "insertion": [0.7, 0.6, 0.8],
            "deletion": [0.2, 0.1, 0.3],
            "beats": {
                "random": {"insertion": [0.1, 0.02, 0.2], "deletion": [-0.1, -0.2, -0.01]},
                "gaussian": {"insertion": [0.1, -0.02, 0.2], "deletion": [0.1, 0.05, 0.2]},
            },
            "focus": None,
            "repeatability": [0.97, 0.95, 0.99],
            "empty": 3,
            "unheard_of": 1,
        }
    },
    "controls": {"random": {"insertion": [0.5, 0.4, 0.6]}},
    "composite": {
        "helps": True,
        "gain": [0.02, 0.01, 0.03],
        "risk_coverage": {
            "coverage": [0.5, 1.0],
            "risk_probability": [0.1, 0.2],
            "risk_composite": [0.05, 0.2],
        },
    },
}


@pytest.fixture
def card(tmp_path):
    return SimpleNamespace(name="drawn", folder=tmp_path)


def write(card, content):
    (card.folder / EXPLANATIONS).write_text(
        content if isinstance(content, str) else yaml.safe_dump(content), "utf-8"
    )


def test_what_was_measured_is_read_as_figures(card):
    assert read_explanations(card) is None and not has_record(card, EXPLANATIONS)
    write(card, WRITTEN)
    found = read_explanations(card)
    one = found.methods["grad_cam"]
    assert one.insertion == Figure(0.7, 0.6, 0.8) and one.focus is None and one.empty == 3
    assert one.beats["random"].beats_insertion and one.beats["random"].beats_deletion
    # An interval around zero decides nothing; one on the wrong side is a loss.
    assert not one.beats["gaussian"].beats_insertion and not one.beats["gaussian"].beats_deletion
    assert found.composite.helps and found.composite.gain == Figure(0.02, 0.01, 0.03)
    np.testing.assert_array_equal(found.composite.risk_coverage.coverage, [0.5, 1.0])
    assert found.controls["random"].insertion.value == 0.5 and not found.learned


def test_a_record_that_cannot_be_read_is_one_sentence(card):
    for content, part in (
        ("{", EXPLANATIONS),
        ({name: value for name, value in WRITTEN.items() if name != "sha256"}, "sha256"),
        ({**WRITTEN, "images": "many"}, "many"),
        ({**WRITTEN, "methods": {"grad_cam": {"insertion": "high"}}}, "methods.grad_cam.insertion"),
        ({**WRITTEN, "composite": {}}, "helps"),
    ):
        write(card, content)
        with pytest.raises(RecordError, match=part) as caught:
            read_explanations(card)
        assert caught.value.sentence.text("fr")
