"""What may lie beside a card for people alone: the runs behind it, its test in detail, what its maps are worth.

They are written by `util.training` and `benchmarks`, and read here as plain data, so that the app shows them without
either. Unknown keys are left aside: a record may say more than a page shows. A model without them simply has none.
"""

from __future__ import annotations

import functools
from pathlib import Path

from util.modelstore.card import Card
from util.modelstore.errors import RecordError
from util.modelstore.filled import filled
from util.modelstore.plain import NotPlain, read_plain
from util.modelstore.record_of_explanations import Measured
from util.modelstore.record_of_runs import Runs
from util.modelstore.record_of_test import Details

RUNS = "runs.yaml"
EVALUATION = "evaluation.yaml"
EXPLANATIONS = "explanations.yaml"


def read_runs(card: Card) -> Runs | None:
    """The runs behind `card`, None where none are written down; RecordError for a file that cannot be read."""
    return _read(Runs, card, RUNS)


def read_details(card: Card) -> Details | None:
    """The test of `card` in detail, perhaps of an earlier model file (compare `sha256`); None, RecordError as above."""
    return _read(Details, card, EVALUATION)


def read_explanations(card: Card) -> Measured | None:
    """What explanations of `card` are worth, perhaps of an earlier model file (compare `sha256`); as `read_details`."""
    return _read(Measured, card, EXPLANATIONS)


def has_record(card: Card, file: str) -> bool:
    """Whether `file` (RUNS, EVALUATION or EXPLANATIONS) lies beside the card."""
    return (card.folder / file).is_file()


def _read(kind: type, card: Card, file: str):
    path = card.folder / file
    if not path.is_file():
        return None
    state = path.stat()
    return _parsed(kind, card.name, path, (state.st_mtime_ns, state.st_size))


@functools.lru_cache(maxsize=64)
def _parsed(kind: type, card: str, path: Path, stamp: tuple[int, int]):
    # `stamp` makes a changed file a new entry: the page asks at every interaction.
    try:
        mapping = read_plain(path)
    except NotPlain as cause:
        raise RecordError("modelstore.record_yaml", card=card, file=path.name) from cause
    return filled(kind, mapping, card, path.name)
