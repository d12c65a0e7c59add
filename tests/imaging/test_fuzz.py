"""Files changed at random are read or refused; nothing else ever comes out."""

import logging
import warnings

import numpy as np
import pytest

from tests.imaging.corpus import odd_files, whole_files
from util.imaging import Limits, Photograph, RefusedImage, decode

FILES = {**whole_files(), **{f"odd {f.name}": f.data for f in odd_files() if len(f.data) < 20_000}}
ROUNDS = 8  # of each of more than a hundred files


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """`data` with a few bytes changed, a part cut out, doubled, or overwritten; early bytes rather more often."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at = int(len(out) * rng.random() ** 1.5)
        length = int(rng.integers(1, 40))
        kind = rng.integers(0, 5)
        if kind == 0:
            out[at : at + 1] = rng.bytes(1)
        elif kind == 1:
            out[at : at + length] = rng.bytes(length)
        elif kind == 2:
            del out[at : at + length]
        elif kind == 3:
            out[at:at] = out[at : at + length]
        else:
            out[at : at + 4] = rng.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\x01\0\0\0"])
    return bytes(out)


@pytest.mark.parametrize("name", FILES)
def test_a_file_changed_at_random_gives_a_photograph_or_a_refusal(name, caplog, capfd):
    rng = np.random.default_rng(sum(name.encode()))
    # Small limits keep the rounds fast where a mutation asks for a large picture.
    limits = Limits(maximum_pixels=4_000_000)
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        for _ in range(ROUNDS):
            try:
                photograph = decode(mutated(FILES[name], rng), minimum_side=1, limits=limits)
            except RefusedImage as refusal:
                assert refusal.sentence.text("fr")
            else:
                assert isinstance(photograph, Photograph)
                assert photograph.pixels.size > 0
    # The door's last resort logs an error: every change must have been refused by understanding.
    assert caplog.records == []
    out, err = capfd.readouterr()
    # libtiff reports damage on the error stream itself; it sees coding tags alone, so it has nothing to tell.
    assert out == ""
    assert err == "" or name.endswith(".tif")
