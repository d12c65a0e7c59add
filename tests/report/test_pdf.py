"""The report on paper: what it says, that it always fits, that it is the same for the same input."""

import datetime
import io

import pytest
from pypdf import PdfReader

from tests.report import builder
from util.report import pdf

DAY = datetime.date(2026, 11, 21)


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def text_of(data: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(data).pages).split())


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_report_has_at_most_two_a4_pages_and_says_the_headline(modality, language):
    made = builder.diagnosis(modality)
    data = pdf(made, language, DAY)
    pages = read(data).pages
    assert 1 <= len(pages) <= 2
    assert all(round(float(side)) in (595, 842) for page in pages for side in page.mediabox[2:])
    assert " ".join(made.headline.text(language).split()) in text_of(data)


def test_the_same_input_and_day_give_the_same_bytes_and_another_day_does_not():
    one = pdf(builder.diagnosis("skin"), "fr", DAY)
    assert one == pdf(builder.diagnosis("skin"), "fr", DAY)
    assert one != pdf(builder.diagnosis("skin"), "fr", DAY + datetime.timedelta(days=1))
