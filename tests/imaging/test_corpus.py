"""Every bad file gets its refusal, every odd file its pixels."""

import numpy as np
import pytest

from tests.imaging.corpus import bad_files, odd_files
from util.imaging import RefusedImage, decode


def test_the_corpus_has_at_least_sixty_files_with_names_of_their_own():
    names = [case.name for case in (*bad_files(), *odd_files())]
    assert len(bad_files()) >= 60
    assert len(names) - len(set(names)) <= len(
        set(f.name for f in bad_files()) & {f.name for f in odd_files()}
    )


@pytest.mark.parametrize("case", bad_files(), ids=lambda case: case.name)
def test_a_bad_file_is_refused_by_type_with_a_sentence_in_both_languages(case):
    with pytest.raises(RefusedImage) as caught:
        decode(case.data)
    assert type(caught.value) is case.error
    english, french = (caught.value.sentence.text(language) for language in ("en", "fr"))
    assert english.endswith(".") and french.endswith(".") and english != french


@pytest.mark.parametrize("case", odd_files(), ids=lambda case: case.name)
def test_an_odd_file_gives_its_pixels_its_format_and_its_notices(case):
    photograph = decode(case.data)
    assert photograph.pixels.shape == case.pixels.shape
    distance = np.abs(photograph.pixels.astype(int) - case.pixels).max()
    assert distance <= case.tolerance
    assert tuple(notice.key.removeprefix("imaging.") for notice in photograph.notices) == case.notices
    assert photograph.facts.format == case.format
    assert (photograph.facts.height, photograph.facts.width) == photograph.pixels.shape[:2]
    for notice in photograph.notices:
        assert notice.text("en") != notice.text("fr")
