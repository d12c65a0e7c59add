"""Floor 8: a folder of images becomes a table, one row an image, the answers those of `diagnose`."""

from __future__ import annotations

import csv
import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np

from util.imaging import Limits, RefusedImage, decode
from util.imaging.limits import Guard
from util.language import PenumbraError, Sentence
from util.modelstore import Network
from util.modelstore.card import Card
from util.modelstore.plain import is_file
from util.prediction import BANDS, Metadata, MetadataError, band_indices, danger_probability, decide, encode
from util.prediction import probabilities as calibrated_probabilities
from util.prediction.arithmetic import says_something, silent
from util.prediction.familiarity import distances
from util.preparation import PreparationError, prepare
from util.preparation.patch import scale_is_valid

_log = logging.getLogger(__name__)

CHUNK = 32  # images a call of the network: faster than one by one, small enough for any memory


class BatchError(PenumbraError):
    """A folder or a table of metadata that cannot be used."""


@dataclass(frozen=True)
class Item:
    """One image to answer: its `name` in the table, how to `read` its bytes, and what is known of the patient.

    `notes` say what was given of the patient and could not be read.
    """

    name: str
    read: Callable[[], bytes]
    metadata: Metadata = Metadata()
    notes: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `probabilities` (C,) in [0, 1], calibrated where the card has a calibration; `top` the label that the card's rule
    decides; `band` one of BANDS or None. A file that is not an image has None everywhere and says why in `refusal`;
    an answered one has a `refusal` only where a metadata value was refused and the answer was made without it, and
    where the image is unlike those the model learned from: it then has no band, since its numbers mean nothing known.
    """

    file: str
    probabilities: tuple[float, ...] | None = None
    top: str | None = None
    band: str | None = None
    refusal: Sentence | _Joined | None = None


def items_in(folder: Path, leave_out: Sequence[Path] = ()) -> list[Item]:
    """Every file in `folder` and its sub-folders in name order, by its path from there with `/`.

    Hidden files and folders, links to folders, and the files in `leave_out` are passed over. BatchError where
    `folder` is not a folder or holds no file.
    """
    if not os.path.isdir(folder):
        raise BatchError("batch.no_folder", received=str(folder))
    skipped = {os.path.realpath(path) for path in leave_out}
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(place, name) for name in names if not name.startswith(".")]
        found += [path for path in paths if is_file(path) and os.path.realpath(path) not in skipped]
    if not found:
        raise BatchError("batch.empty_folder", received=str(folder))
    named = sorted((path.relative_to(folder).as_posix(), path) for path in found)
    return [Item(name, lambda path=path: read_image(path)) for name, path in named]


def read_image(path: Path, limits: Limits = Limits()) -> bytes:  # noqa: B008
    """The bytes of an image file; FileTooLarge, before reading, where there are more than `limits` allows."""
    Guard(limits, minimum_side=0).admit_bytes(path.stat().st_size)
    return path.read_bytes()


def rows(network: Network, items: Iterable[Item], *, um_per_pixel: float | None = None) -> Iterator[Row]:
    """The answer to each of `items`, in their order, `CHUNK` images a call of the network.

    The probabilities are those of `diagnose` (to 1e-5: a batch sums in another order). A file that cannot be answered
    is a row, never the end: only a wrong scale is raised, PreparationError, at once, and a wrong model, ModelError.
    """
    if um_per_pixel is not None and not scale_is_valid(um_per_pixel):
        raise PreparationError("preparation.bad_scale", received=str(um_per_pixel))
    return _rows(network, list(items), um_per_pixel)


def _rows(network: Network, waiting: Sequence[Item], um_per_pixel: float | None) -> Iterator[Row]:
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(waiting), CHUNK):
            chunk = waiting[start : start + CHUNK]
            inputs = list(pool.map(lambda item: _input(network.card, item, um_per_pixel), chunk))
            yield from _answers(network, chunk, inputs)


@dataclass(frozen=True)
class _Input:
    """What the network reads of one image: `pixels` uint8 (S, S, 3), metadata row (m,) or None; or the refusal."""

    pixels: np.ndarray | None = None
    encoded: np.ndarray | None = None
    notes: tuple[Sentence, ...] = ()


def _input(card: Card, item: Item, um_per_pixel: float | None) -> _Input:
    try:
        photograph = decode(item.read(), minimum_side=card.input.minimum_side)
        pixels = prepare(photograph, card.preparation, um_per_pixel=um_per_pixel).pixels
    except RefusedImage as refusal:
        return _Input(notes=(refusal.sentence,))
    except OSError:
        return _Input(notes=(Sentence.of("batch.unreadable"),))
    except PenumbraError as error:
        # Of this picture's size: others may be smaller.
        if error.sentence.key == "preparation.scale_too_coarse":
            return _Input(notes=(error.sentence,))
        raise  # a chain that the card names wrongly: wrong for every image
    except Exception:
        # Whatever breaks on one file of thousands, the others still get their answer; the log has the cause.
        _log.exception("preparing %r failed", item.name)
        return _Input(notes=(Sentence.of("batch.failed"),))
    if card.metadata is None:
        return _Input(pixels)
    metadata, notes = known_part(item.metadata, card)
    return _Input(pixels, encode(metadata, card.metadata), item.notes + notes)


def known_part(metadata: Metadata, card: Card) -> tuple[Metadata, tuple[Sentence, ...]]:
    """`metadata` without the values that `card` does not know, and one sentence for each of those."""
    kept, notes = Metadata(), []
    for name in ("age", "sex", "site"):
        one = Metadata(**{name: getattr(metadata, name)})
        try:
            encode(one, card.metadata)
            kept = replace(kept, **{name: getattr(metadata, name)})
        except MetadataError as error:
            notes.append(error.sentence)
    return kept, tuple(notes)


def _answers(network: Network, items: Sequence[Item], inputs: Sequence[_Input]) -> Iterator[Row]:
    card = network.card
    answered = [index for index, given in enumerate(inputs) if given.pixels is not None]
    chances = decided = bands = far = ()
    if answered:
        pixels = np.stack([inputs[index].pixels for index in answered])  # (N, S, S, 3)
        encoded = np.stack([inputs[index].encoded for index in answered]) if card.metadata else None
        scores, pooled = network.forward(pixels, encoded)  # (N, units), (N, F)
        good = says_something(scores, card)
        if card.familiarity and card.arrays:
            far = distances(pooled, card.arrays.values)
            good &= ~np.isnan(far)
            far = far[good]
        answered = [index for index, spoken in zip(answered, good, strict=True) if spoken]
        scores = scores[good]
    if answered:
        chances = calibrated_probabilities(scores, card)  # (N, C)
        decided = decide(scores, card)
        if card.grey_zone and card.calibration:
            bands = band_indices(danger_probability(chances, card), card.grey_zone)
    place = {index: position for position, index in enumerate(answered)}
    for index, (item, given) in enumerate(zip(items, inputs, strict=True)):
        if index not in place:
            yield Row(item.name, refusal=given.notes[0] if given.pixels is None else silent(card).sentence)
            continue
        position = place[index]
        said = [Sentence.of("batch.notes", notes=_Joined(given.notes))] if given.notes else []
        strange = len(far) and far[position] > card.familiarity.threshold
        if strange:
            said.append(Sentence.of("batch.unfamiliar"))
        yield Row(
            item.name,
            tuple(float(chance) for chance in chances[position]),
            card.labels[decided[position]],
            BANDS[bands[position]] if len(bands) and not strange else None,
            _Joined(tuple(said)) if said else None,
        )


@dataclass(frozen=True)
class _Joined:
    """Several sentences, one after the other in the same language."""

    sentences: tuple[Sentence, ...]

    def text(self, language: str) -> str:
        return " ".join(sentence.text(language) for sentence in self.sentences)


def is_table(file: Path) -> bool:
    """Whether `file` begins as a table that `write_csv` wrote, which a later run may replace."""
    with file.open("rb") as stream:
        return stream.read(16).replace(b'"', b"").startswith(b"file,p_")


def write_csv(table: Iterable[Row], card: Card, stream: TextIO, language: str = "en") -> None:
    """Write `table` to `stream` as CSV: `file`, one `p_<label>` a class, `top`, `band`, `refusal`.

    Numbers have a dot and seven significant digits in either language, so that every program reads them; refusals are
    said in `language`. File names stand exactly as they are on disk: a spreadsheet may take one that begins with `=`
    for a formula, so open tables of strangers' files with care.
    """
    plain = csv.writer(stream, lineterminator="\n")
    # Python's writer leaves a carriage return bare, and every reader takes it for the end of the row.
    quoted = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(cells: list[str]) -> None:
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)

    write(["file", *(f"p_{label}" for label in card.labels), "top", "band", "refusal"])
    for row in table:
        numbers = [""] * len(card.labels) if row.probabilities is None else row.probabilities
        refusal = " ".join(row.refusal.text(language).split()) if row.refusal else ""
        chances = [f"{number:.7g}" if number != "" else "" for number in numbers]
        write([row.file, *chances, row.top or "", row.band or "", refusal])


_MISSING = {"", "-", "?", "na", "n/a", "nan", "none", "null", "unknown", "inconnu", "inconnue"}
_SEXES = {"f": "female", "femme": "female", "m": "male", "homme": "male"}


def read_metadata(table: Path) -> dict[str, tuple[Metadata, tuple[Sentence, ...]]]:
    """A CSV table with the column `file` and any of `age`, `sex`, `site`, as file name to what is known.

    UTF-8, separated by commas, semicolons or tabs. An empty cell, "unknown" and the like are missing values; an age
    that is no number is left out and said. BatchError where the table cannot be read, has no such columns or one of
    them twice, or says two different things of one file.
    """
    try:
        text = table.read_text("utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise BatchError("batch.table_unreadable", received=str(table)) from cause
    columns = [name.strip().lower() for name in records[0]] if records else []
    if "file" not in columns or not {"age", "sex", "site"} & set(columns):
        raise BatchError("batch.table_columns", received=", ".join(columns) or Sentence.of("batch.nothing"))
    if twice := [name for name in columns if name and columns.count(name) > 1]:
        raise BatchError("batch.table_repeats", received=twice[0][:60])
    known: dict[str, tuple[Metadata, tuple[Sentence, ...]]] = {}
    for record in records[1:]:
        cells = dict(zip(columns, (cell.strip() for cell in record), strict=False))
        name = cells.get("file", "").replace("\\", "/").removeprefix("./")
        if not name:
            continue
        found = _patient(cells)
        if known.setdefault(name, found) != found:
            raise BatchError("batch.table_twice", received=name)
    return known


def _patient(cells: Mapping[str, str]) -> tuple[Metadata, tuple[Sentence, ...]]:
    values = {
        name: cells[name] if cells.get(name, "").lower() not in _MISSING else None
        for name in ("age", "sex", "site")
        if name in cells
    }
    notes: tuple[Sentence, ...] = ()
    age = None
    if values.get("age") is not None:
        try:
            age = float(values["age"].replace(",", "."))
        except ValueError:
            notes = (Sentence.of("batch.bad_age", received=values["age"][:20]),)
    sex, site = (values[name].lower() if values.get(name) else None for name in ("sex", "site"))
    return Metadata(age, _SEXES.get(sex, sex), site), notes


def with_metadata(
    items: Sequence[Item], known: Mapping[str, tuple[Metadata, tuple[Sentence, ...]]]
) -> tuple[list[Item], list[str]]:
    """`items` with what `known` says of them, by name from the folder or else by file name alone, and the names in
    `known` that no item has.
    """
    by_file_name: dict[str, list[str]] = {}
    for item in items:
        by_file_name.setdefault(item.name.rsplit("/", 1)[-1], []).append(item.name)
    chosen: dict[str, tuple[Metadata, tuple[Sentence, ...]]] = {}
    names = {item.name for item in items}
    strangers = []
    for name, what in known.items():
        alone = by_file_name.get(name, [])
        if name in names:
            chosen[name] = what
        elif len(alone) == 1:
            chosen.setdefault(alone[0], what)
        else:
            strangers.append(name)
    given = [
        replace(item, metadata=chosen[item.name][0], notes=chosen[item.name][1])
        if item.name in chosen
        else item
        for item in items
    ]
    return given, strangers
