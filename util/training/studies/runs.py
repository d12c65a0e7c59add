"""Run folders: starting one that is missing, keeping one that is finished, reading what it said of images held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from util.modelstore.plain import is_file
from util.training.ancestry import check_ancestors, held_out_fold
from util.training.configuration import MANNER, Configuration, check, configuration
from util.training.data_root import PROJECT, DataError
from util.training.dataset import read_index
from util.training.kinds import wrong_kind
from util.training.reading import read_rows, read_summary, yaml_fields
from util.training.run_data import check_data, says_data

RUNS = PROJECT / "runs"


@dataclass(frozen=True)
class Answers:
    """What one network said of images that did not train it.

    `scores` (N, units) before the activation, `target` (N,) indices into the labels, `group` (N,) and `path` (N,) text.
    """

    scores: np.ndarray
    target: np.ndarray
    group: np.ndarray
    path: np.ndarray

    def take(self, rows: np.ndarray) -> Answers:
        """The answers at `rows` (n,) int or (N,) bool, in that order."""
        return Answers(*(getattr(self, entry.name)[rows] for entry in fields(Answers)))

    def save(self, file: Path, **more: np.ndarray) -> None:
        """Write them as an `.npz` without pickles, beside any `more` arrays."""
        arrays = {entry.name: np.asarray(getattr(self, entry.name)) for entry in fields(Answers)}
        unfinished = file.with_suffix(".tmp.npz")
        np.savez(unfinished, **{name: _plain(array) for name, array in (arrays | more).items()})
        unfinished.replace(file)


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(str) if array.dtype.kind == "O" else array


def read_answers(file: Path) -> Answers:
    """The answers in an `.npz` such as a run's `validation.npz`; DataError where there is none."""
    if not is_file(file):
        raise DataError("studies.no_answers", received=str(file))
    try:
        with np.load(file, allow_pickle=False) as stored:
            return Answers(*(stored[entry.name] for entry in fields(Answers)))
    except Exception as cause:  # zipfile, zlib and NumPy raise each their own for a broken file
        raise DataError("training.not_readable", received=str(file), kind="npz") from cause


def pooled(parts: Sequence[Answers]) -> Answers:
    """The answers of several parts, one after the other."""
    return Answers(*(np.concatenate([getattr(p, entry.name) for p in parts]) for entry in fields(Answers)))


def config_of(run: Path) -> Configuration:
    """The configuration in a run folder; DataError where there is none."""
    file = run / "config.yaml"
    if not is_file(file):
        raise DataError("training.no_run", received=str(run))
    return configuration(str(yaml_fields(file)["modality"]), file)


def summary_of(run: Path) -> dict[str, object]:
    """The `summary.json` of a finished run; DataError where there is none, or a broken one."""
    return read_summary(run)


def history_of(run: Path) -> list[dict[str, float]]:
    """One entry an epoch, as numbers; what an epoch did not measure is left out."""
    file = run / "history.csv"
    if not is_file(file):
        return []
    try:
        return [
            {name: float(value) for name, value in row.items() if name and value} for row in read_rows(file)
        ]
    except ValueError as cause:
        if isinstance(cause, DataError):
            raise
        raise DataError("training.not_readable", received=str(file), kind="CSV") from cause


def unseen(config: Configuration, fold: int) -> bool:
    """Whether a run by `config` never trained on images of `fold`."""
    if config.refit or config.split != "group":
        return False
    return fold == held_out_fold(config) or fold in (config.kept_out or ())


def varied(config: Configuration, changes: Mapping[str, object]) -> Configuration:
    """`config` with `changes`, where None means none; `augmentation` is changed key by key, None takes a key away.

    Raises DataError for an option that does not exist or a value that cannot be.
    """
    known = {entry.name for entry in fields(Configuration)}
    if unknown := set(changes) - known:
        raise DataError("training.unknown_option", received=min(map(str, unknown)))
    values = dict(changes)
    for name in ("chain", "restarts", "kept_out"):
        if isinstance(values.get(name), list):
            values[name] = tuple(values[name])
    if isinstance(values.get("augmentation"), Mapping):
        merged = {**config.augmentation, **values["augmentation"]}
        values["augmentation"] = {key: value for key, value in merged.items() if value is not None}
    if not isinstance(values.get("augmentation", {}), Mapping):
        raise wrong_kind("augmentation", "kind_mapping", values["augmentation"])
    built = replace(config, **values)
    check(built)
    *before, last = built.chain
    return replace(built, chain=(*before, {**last, "side": built.img_size}))


def finished(run: Path, config: Configuration | None = None, root: Path | None = None) -> bool:
    """Whether `run` holds a finished run, of `config` and of the data under `root` where these are given.

    DataError where it holds a finished run of other options or data: it would stand in a table under the wrong name.
    """
    needed = ("model.h5", "summary.json", "config.yaml", "validation.npz")
    if not all((run / name).is_file() for name in needed):
        return False
    if config is not None and replace(config_of(run), **MANNER) != replace(config, **MANNER):
        raise DataError("training.other_run", received=str(run))
    if root is not None and says_data(run):
        check_data(run, read_index(root, config_of(run).modality))
    return True


def trained(
    config: Configuration,
    root: Path,
    run: Path,
    *,
    on_epoch: Callable[[], None] | None = None,
    say=print,
) -> Path:
    """The run folder `run`, trained by `config` unless it is finished already; a killed run goes on.

    `on_epoch` is called after each epoch. The checkpoint of a finished run, several times its model, is removed.
    """
    from util.training import checkpoint
    from util.training.fit import fit
    from util.training.tracking import tracked

    # Before a finished run is kept too: one of before this check may have learned from what judges it.
    check_ancestors(config)
    if finished(run, config, root):
        say(f"{run.name}: kept")
        return run
    say(f"{run.name}: {config.model}, {config.img_size} px")
    with tracked(run) as record:
        hooks = [hook for hook in (record, on_epoch) if hook is not None]
        fit(config, root, run, on_epoch=(lambda: [hook() for hook in hooks]) if hooks else None, say=say)
    (run / checkpoint.FILE).unlink(missing_ok=True)
    return run
