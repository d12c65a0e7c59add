"""Age, sex and site become one row; each may be missing, alone or together."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from util.modelstore.card import MetadataEncoding
from util.prediction import Metadata, MetadataError, encode

ENCODING = MetadataEncoding(50.0, 10.0, ("female", "male"), ("head/neck", "torso", "oral/genital"))


def test_a_whole_row_by_hand():
    row = encode(Metadata(35, "male", "head/neck"), ENCODING)
    np.testing.assert_allclose(row, [1, -1.5, 0, 1, 1, 0, 0])
    assert row.dtype == np.float32


def test_nothing_known_is_all_zeros():
    np.testing.assert_array_equal(encode(Metadata(), ENCODING), np.zeros(7))


@pytest.mark.parametrize("kept", list(itertools.product([True, False], repeat=3)))
def test_a_missing_field_leaves_the_others_as_they_are(kept):
    whole = encode(Metadata(70, "female", "torso"), ENCODING)
    age, sex, site = (
        value if keep else None for value, keep in zip((70, "female", "torso"), kept, strict=True)
    )
    expected = whole * np.repeat(kept, [2, 2, 3])
    np.testing.assert_array_equal(encode(Metadata(age, sex, site), ENCODING), expected)


def test_the_mean_age_differs_from_an_unknown_one():
    assert encode(Metadata(age=50), ENCODING)[0] == 1


@pytest.mark.parametrize("age", [0, 0.5, 120])
def test_the_edges_of_age_are_taken(age):
    assert encode(Metadata(age=age), ENCODING)[1] == pytest.approx((age - 50) / 10)


@pytest.mark.parametrize("age", [-1, 121, math.nan, math.inf, "54", True])
def test_an_impossible_age_is_one_sentence(age):
    with pytest.raises(MetadataError) as caught:
        encode(Metadata(age=age), ENCODING)
    assert str(age)[:3] in str(caught.value) and "120" in caught.value.sentence.text("fr")


@pytest.mark.parametrize("field", ["sex", "site"])
def test_an_unknown_word_is_met_with_the_known_ones(field):
    with pytest.raises(MetadataError) as caught:
        encode(Metadata(**{field: "elsewhere"}), ENCODING)
    known = ENCODING.sexes if field == "sex" else ENCODING.sites
    assert all(word in str(caught.value) for word in ("elsewhere", *known))
