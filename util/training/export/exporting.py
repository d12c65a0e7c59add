"""Write, read back, compare, and only then give a file its name and its card."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from util.modelstore import save_card, sha256_of
from util.training.data_root import PROJECT, DataError
from util.training.export.formats import FORMATS, Answer, answer_of, load_keras
from util.training.export.sources import Source, inputs

# A float32 network in another tool rounds otherwise; beyond this it is another network.
MOST = 1e-4


@dataclass(frozen=True)
class Exported:
    """One `path` in one `format`: its `size` in bytes, and how far a probability is off at most over all `answers`."""

    format: str
    path: Path
    size: int
    apart: float
    answers: int


def export(source: Source, formats: Sequence[str], output: Path | None = None) -> Iterator[Exported]:
    """Write `source` in each of `formats` (keys of `FORMATS`) to the folder `output` (default runs/exports/<name>).

    Beside each file lies its card: `card.yaml`, with which the app opens an `.h5` of a shipped model, else
    `<file>.card.yaml`. Raises DataError for a file whose probabilities differ by more than `MOST`, which is not kept,
    for an `output` that is the source's own folder, and where an optional package is missing.
    """
    output = output or PROJECT / "runs" / "exports" / source.name
    if output.resolve() == source.file.parent.resolve():
        raise DataError("training.export_here", received=str(output))
    output.mkdir(parents=True, exist_ok=True)
    given, model = inputs(source), load_keras(source.file)
    wanted = _answers(answer_of(model), given)
    for name in formats:
        yield _one(source, name, model, given, wanted, output)


def _one(source: Source, name: str, model, given: dict, wanted: np.ndarray, output: Path) -> Exported:
    way = FORMATS[name]
    path, unfinished = output / way.file, output / f"unfinished-{way.file}"
    _remove(unfinished)
    try:
        way.write(model, unfinished)
        apart = float(np.abs(_answers(way.read(unfinished), given) - wanted).max())
        # Written so that a figure that is no number is refused too.
        if not apart <= MOST:
            raise DataError(
                "training.export_differs", format=name, received=f"{apart:.1e}", most=f"{MOST:.0e}"
            )
        _remove(path)
        unfinished.replace(path)
    finally:
        _remove(unfinished)
    _describe(source, name, path, apart, len(wanted))
    return Exported(name, path, sum(file.stat().st_size for file in _files(path)), apart, len(wanted))


def _answers(answer: Answer, given: dict[str, np.ndarray]) -> np.ndarray:
    """Probabilities (N + 1, units): of all inputs at once, and of the first by itself, as a user would ask."""
    single = {name: array[:1] for name, array in given.items()}
    return np.concatenate([np.asarray(answer(given)), np.asarray(answer(single))])


def _describe(source: Source, name: str, path: Path, apart: float, answers: int) -> None:
    """Write the card beside `path`."""
    told = {
        "format": name,
        "from_sha256": sha256_of(source.file),
        "largest_difference": float(f"{apart:.1e}"),
        "answers_compared": answers,
        "date": datetime.date.today().isoformat(),
    }
    if source.card is not None and name == "h5":
        extra = {**source.card.extra, "exported": told}
        save_card(dataclasses.replace(source.card, file=path.name, extra=extra), path.parent)
        return
    described = {**source.described, "file": path.name, "sha256": _hash(path), "exported": told}
    text = yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=110)
    path.with_name(f"{path.name}.card.yaml").write_text(text, "utf-8")


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and hashes of all files of a folder."""
    if path.is_file():
        return sha256_of(path)
    lines = "".join(f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n" for file in _files(path))
    return hashlib.sha256(lines.encode()).hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
