"""Grid and random search over any options, on the validation fold; with halving, the weak half stops early."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from util.modelstore.plain import is_file
from util.training.configuration import Configuration
from util.training.data_root import DataError
from util.training.reading import read_yaml
from util.training.studies.figures import at_natural_mix, critical_class, plain_figures
from util.training.studies.options import as_number
from util.training.studies.runs import (
    config_of,
    history_of,
    read_answers,
    summary_of,
    trained,
    varied,
)


def read_space(file: Path) -> dict[str, object]:
    """A search space: `base` (changes to the recipe) and `space`, an option to its values.

    Values are a list, or `{uniform: [low, high]}`, or `{log_uniform: [low, high]}`. Raises DataError for a file that
    is not there, is no such mapping, or has a range that is none.
    """
    if not is_file(file):
        raise DataError("training.no_configuration", received=str(file))
    read = read_yaml(file)
    if not isinstance(read, Mapping) or not isinstance(read.get("space"), Mapping) or not read["space"]:
        raise DataError("studies.bad_space", received=str(file))
    space = {option: _numbers(values) for option, values in read["space"].items()}
    for option, values in space.items():
        if isinstance(values, Mapping):
            (way, edges), *more = values.items()
            low, high = edges if isinstance(edges, list) and len(edges) == 2 else (1, 0)
            lowest = low > 0 if way == "log_uniform" else way == "uniform"
            if more or not lowest or not low < high:
                raise DataError("studies.bad_values", option=str(option), file=str(file))
        elif not isinstance(values, list) or not values:
            raise DataError("studies.bad_values", option=str(option), file=str(file))
    return {**read, "space": space}


def _numbers(values: object) -> object:
    if isinstance(values, list):
        return [as_number(value) for value in values]
    if isinstance(values, Mapping):
        return {way: _numbers(edges) for way, edges in values.items()}
    return values


def grid(space: Mapping[str, object]) -> list[dict[str, object]]:
    """Every combination of the listed values; DataError where a value is a range, of which there is no every."""
    for option, values in space.items():
        if isinstance(values, Mapping):
            raise DataError("studies.grid_range", option=option)
    return [dict(zip(space, one, strict=True)) for one in itertools.product(*space.values())]


def random_trials(space: Mapping[str, object], count: int, seed: int) -> list[dict[str, object]]:
    """`count` different combinations drawn with `seed`, fewer where there are fewer. Bergstra & Bengio 2012."""
    rng = np.random.default_rng(seed)
    trials: list[dict[str, object]] = []
    for _ in range(100 * count):
        one = {option: _drawn(values, rng) for option, values in space.items()}
        if one not in trials:
            trials.append(one)
        if len(trials) == count:
            break
    return trials


def _drawn(values: object, rng: np.random.Generator) -> object:
    if isinstance(values, list):
        return values[int(rng.integers(len(values)))]
    ((way, (low, high)),) = values.items()
    if way == "uniform":
        return float(f"{rng.uniform(low, high):.4g}")
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.4g}")


def trial_name(changes: Mapping[str, object]) -> str:
    """A short name that depends on the changes alone, so that a search that starts again finds its trials."""
    text = json.dumps(changes, sort_keys=True)
    return f"trial_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def search(
    config: Configuration,
    trials: list[dict[str, object]],
    root: Path,
    folder: Path,
    *,
    halving: int = 1,
    say=print,
) -> list[dict[str, object]]:
    """Train every trial into `folder/<name>` and return the table, best validation AUC first; also `table.csv`.

    With `halving` R > 1 all trials train for epochs / 2^(R-1) first, the better half for twice as long, and so on
    (Jamieson & Talwalkar 2016); a rung is a whole run of its own, so that its learning rate ends at zero. The best of
    many figures on one fold flatters: the winner's own figure belongs to data that chose nothing.
    """
    rows: list[dict[str, object]] = []
    alive = trials
    for rung in range(halving):
        share = 2 ** (halving - 1 - rung)
        found = []
        for changes in alive:
            one = varied(config, changes)
            one = varied(one, {"epochs": max(1, one.epochs // share)})
            run = (
                folder / trial_name(changes) / f"rung{rung}" if halving > 1 else folder / trial_name(changes)
            )
            trained(one, root, run, say=say)
            found.append({"trial": trial_name(changes), "rung": rung, **trial_figures(run), **changes})
        found.sort(key=lambda row: -row["auc"])
        rows = found + rows
        best = [row["trial"] for row in found[: max(1, (len(found) + 1) // 2)]]
        alive = [changes for changes in alive if trial_name(changes) in best]
        write_table(folder / "table.csv", rows)
    return rows


def trial_figures(run: Path) -> dict[str, float]:
    """The validation figures of one finished trial, with the epochs it took."""
    said, labels = read_answers(run / "validation.npz"), summary_of(run)["labels"]
    critical, many = critical_class("", labels), len(labels)
    figures = plain_figures(said.scores, said.target, critical, many)
    natural = at_natural_mix(said.scores, config_of(run), summary_of(run)["prior"])
    figures["auc"] = plain_figures(natural, said.target, critical, many)["auc"]
    kept = ("auc", "balanced_accuracy", "accuracy", "macro_f1")
    return {name: round(figures[name], 4) for name in kept} | {"epochs_run": len(history_of(run))}


def write_table(file: Path, rows: list[dict[str, object]]) -> None:
    """The rows of a search as CSV, every option that any of them changed a column."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
