"""What a killed run needs to go on with its very next batch, in one file that is never half written."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from util.training.data_root import DataError

if TYPE_CHECKING:
    import keras

FILE = "checkpoint.npz"


@dataclass
class Progress:
    """Where a run stands: `step` steps into `epoch` (from 0), in the phase number `phase` that began at `phase_first`.

    `losses` is the sum of the epoch's losses so far; `aucs` the validation AUCs of the phase's epochs, `best` the
    highest of the run. `epoch_seconds` and `seconds` are what was spent in training, over all restarts.
    """

    phase: int = 0
    phase_first: int = 0
    epoch: int = 0
    step: int = 0
    losses: float = 0.0
    rate: float = 0.0
    aucs: list[float] = field(default_factory=list)
    best: float | None = None
    images_seen: int = 0
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    weights_from: str = "?"


def save(
    output: Path, model: keras.Model, average: list | None, best: list | None, progress: Progress
) -> None:
    """Weights, their average, the best ones, the optimiser's and the random state; beside, then renamed."""
    state = {f"w{i}": w for i, w in enumerate(model.get_weights())}
    state |= {f"a{i}": w for i, w in enumerate(average or [])}
    state |= {f"b{i}": w for i, w in enumerate(best or [])}
    state |= {f"o{i}": w for i, w in enumerate(_host(model.optimizer.variables))}
    state |= {f"r{i}": w for i, w in enumerate(_host(_random_states(model)))}
    unfinished = output / "checkpoint.tmp.npz"
    np.savez(unfinished, progress=np.array(json.dumps(asdict(progress))), **state)
    unfinished.replace(output / FILE)


def progress_of(output: Path) -> Progress | None:
    """Where the run in `output` stands; None where it has no checkpoint."""
    if not (output / FILE).is_file():
        return None
    try:
        with np.load(output / FILE, allow_pickle=False) as stored:
            if "progress" not in stored.files:  # kept at the end of an epoch, before steps were
                return Progress(epoch=int(stored["epoch"]))
            return Progress(**json.loads(str(stored["progress"])))
    except Exception as cause:  # zipfile, zlib, NumPy and json raise each their own for a broken file
        raise DataError("training.not_readable", received=str(output / FILE), kind="npz") from cause


def load_weights(output: Path, model: keras.Model) -> tuple[list | None, list | None]:
    """Put the weights and the random state of `output` into `model`; the averaged and the best weights.

    Raises DataError for arrays of another network.
    """
    with np.load(output / FILE, allow_pickle=False) as stored:
        try:
            model.set_weights(_series(stored, "w"))
        except ValueError as cause:  # of another number of classes, in a run that does not say its data
            raise DataError("training.other_run", received=str(output)) from cause
        # An older file has none: its dropout then draws anew.
        for variable, value in zip(_random_states(model), _series(stored, "r"), strict=False):
            variable.assign(value)
        return _series(stored, "a") or None, _series(stored, "b") or None


def load_optimiser(output: Path, model: keras.Model) -> None:
    """Put the optimiser's state of `output` into that of `model`, compiled with the same layers trainable."""
    model.optimizer.build(model.trainable_variables)
    with np.load(output / FILE, allow_pickle=False) as stored:
        for variable, value in zip(model.optimizer.variables, _series(stored, "o"), strict=True):
            variable.assign(value)


def _series(stored: np.lib.npyio.NpzFile, letter: str) -> list[np.ndarray]:
    count = sum(key[0] == letter and key[1:].isdigit() for key in stored.files)
    return [stored[f"{letter}{i}"] for i in range(count)]


def _random_states(model: keras.Model) -> list:
    """What dropout draws from: the variables of the model that are no weights."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _host(variables) -> list[np.ndarray]:
    from keras import ops

    return [np.asarray(ops.convert_to_numpy(variable)) for variable in variables]
