"""The shipped models answer the drawn samples, and answer them differently."""

import pytest

from util.diagnosis import diagnose
from util.language import PenumbraError
from util.modelstore import default_card
from util.samples import samples


@pytest.fixture(params=["chest", "skin", "breast"])
def answers(request):
    """Modality, and the diagnosis of each ordinary sample by its key."""
    modality = request.param
    try:
        default_card(modality)
    except PenumbraError:
        pytest.skip(f"no shipped model for {modality}")
    return modality, {
        sample.key: diagnose(sample.png(), modality, metadata=sample.metadata)
        for sample in samples(modality)
        if not sample.odd
    }


def test_the_shipped_model_answers_the_samples_differently(answers):
    modality, found = answers
    bands = {diagnosis.prediction.band for diagnosis in found.values()}
    decisions = {diagnosis.prediction.decision for diagnosis in found.values()}
    assert len(decisions) >= (4 if modality == "skin" else 2)
    assert bands == {"below", "grey", "above"}
