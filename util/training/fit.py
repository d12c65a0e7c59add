"""Train one network: fine-tune from pre-trained arrays, average its weights, choose nothing on test data."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from util.modelstore.card import MetadataEncoding
from util.training import batches, networks
from util.training.configuration import Configuration, check, configuration
from util.training.data_root import DataError
from util.training.dataset import Dataset, parts, read_index
from util.training.losses import adjusted_loss, binary_loss
from util.training.prepared_store import cached_chain, prepared_array
from util.training.sampling import epoch_order, sampled_prior, stratum_weights
from util.training.weights import weights_file

# ISIC 2019's eight general sites, and "torso" where the side is not known.
SITES = (
    "anterior torso", "head/neck", "lateral torso", "lower extremity", "oral/genital", "palms/soles",
    "posterior torso", "upper extremity", "torso",
)  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """One part of a data set in memory: `images` uint8 (N, S, S, 3), `rows` (N, m) or None, and its `data`."""

    data: Dataset
    images: np.ndarray
    rows: np.ndarray | None


def metadata_encoding(dataset: Dataset) -> MetadataEncoding | None:
    """The metadata encoding of a training part: age mean and spread from it, sexes and sites fixed."""
    if dataset.metadata is None:
        return None
    ages = np.array([entry.age for entry in dataset.metadata if entry.age is not None])
    return MetadataEncoding(
        round(float(ages.mean()), 2), round(float(ages.std()), 2), ("female", "male"), SITES
    )


def load_part(dataset: Dataset, chain, side: int, encoding: MetadataEncoding | None) -> Loaded:
    """Prepare and load one part; files that the app would refuse are left out."""
    images, answered = prepared_array(dataset, cached_chain(chain, side))
    if not answered.all():
        dataset, images = dataset.take(answered), images[answered]
    # In memory: random access to a memory map of a few hundred megabytes costs more than it saves.
    return Loaded(dataset, np.asarray(images), batches.encoded_metadata(dataset, encoding))


def learning_rate(step: int, steps: int, peak: float, warm_up: float = 0.05) -> float:
    """Linear warm-up over the share `warm_up` of all steps, then half a cosine to zero. Loshchilov & Hutter 2017."""
    first = max(1, int(steps * warm_up))
    if step < first:
        return peak * (step + 1) / first
    return peak * 0.5 * (1 + np.cos(np.pi * (step - first) / max(1, steps - first)))


def scheduled_rate(epoch: int, step: int, steps: int, config: Configuration) -> float:
    """The learning rate at `step` of `steps` in `epoch` (from 0): one cycle between every two of `config.restarts`.

    Loshchilov & Hutter 2017, SGDR.
    """
    edges = [0, *config.restarts, config.epochs]
    first, last = next((a, b) for a, b in zip(edges, edges[1:], strict=False) if a <= epoch < b)
    return learning_rate((epoch - first) * steps + step, (last - first) * steps, config.lr)


def fit(
    config: Configuration, root: Path, output: Path, *, num_classes: int | None = None, say=print
) -> Path:
    """Train by `config` on the data under `root`; the run folder `output` gets `model.h5`, history and config.

    `num_classes`, where given, must be what the data has.

    A run that was killed starts again from the end of its last epoch. Returns the `.h5`. Raises DataError for data or
    arrays that do not fit, and where `output` holds a run of another configuration.
    """
    import keras

    check(config)
    weights = weights_file(config, root)
    _check_same_run(config, output)
    output.mkdir(parents=True, exist_ok=True)
    (output / "config.yaml").write_text(config.as_yaml(), "utf-8")
    keras.utils.set_random_seed(config.seed)
    index = read_index(root, config.modality)
    if num_classes not in (None, len(index.labels)):
        raise DataError(
            "training.num_classes",
            expected=str(num_classes),
            received=str(len(index.labels)),
            labels=", ".join(index.labels),
        )
    split = parts(index, config.validation_fold, refit=config.refit)
    encoding = metadata_encoding(split["train"]) if config.metadata_dropout else None
    train = load_part(split["train"], config.chain, config.img_size, encoding)
    held = load_part(split["validation"], config.chain, config.img_size, encoding)
    units = 1 if len(train.data.labels) == 2 else len(train.data.labels)

    def network(activation: str | None):
        return networks.build(
            config.model,
            config.img_size,
            units,
            metadata_width=encoding.width if encoding else 0,
            dropout=config.dropout,
            activation=activation,
        )

    model = network(None)
    if weights is not None:
        say(f"{networks.load_arrays(model, weights)} layers start from {weights.name}")
    else:
        say("no pre-trained arrays found: every layer starts from random ones")
    networks.freeze_batch_norm(model)
    drawn = stratum_weights(train.data.stratum, train.data.target, config.sampling_power)
    prior = sampled_prior(drawn, train.data.target, len(train.data.labels))
    loss = binary_loss(config.smoothing) if units == 1 else adjusted_loss(prior, config.smoothing)
    model.compile(
        optimizer=keras.optimizers.AdamW(config.lr, weight_decay=config.weight_decay),
        loss=loss,
        jit_compile=False,
    )
    _train(model, train, held, drawn, config, encoding, output, say)
    shipped = network("sigmoid" if units == 1 else "softmax")
    shipped.set_weights(model.get_weights())
    file = output / "model.h5"
    networks.save_shipped(shipped, file)
    summary = {
        "labels": list(train.data.labels),
        "prior": [
            float(p)
            for p in np.bincount(train.data.target, minlength=len(train.data.labels)) / len(train.data)
        ],
        "train_images": len(train.data),
        "train_groups": len(np.unique(train.data.group)),
        "metadata": None if encoding is None else encoding.__dict__,
    }
    (output / "summary.json").write_text(json.dumps(summary, indent=1), "utf-8")
    return file


def _check_same_run(config: Configuration, output: Path) -> None:
    """Raise DataError where the checkpoint in `output` belongs to other options: going on would mix two runs."""
    file = output / "config.yaml"
    resumes = (output / "checkpoint.npz").exists() and file.is_file()
    if resumes and configuration(config.modality, file) != config:
        raise DataError("training.other_run", received=str(output))


def _train(model, train: Loaded, held: Loaded, drawn, config, encoding, output: Path, say) -> None:
    """All epochs, from the last finished one on; leaves the averaged weights in `model`."""
    steps = config.images_per_epoch // config.batch_size
    target = batches.targets(train.data)
    average, start = _resume(model, output)
    for epoch in range(start, config.epochs):
        # Seeded by epoch: a run that starts again sees the very images it would have seen.
        rng = np.random.default_rng([config.seed, epoch])
        order = epoch_order(drawn, steps * config.batch_size, rng)
        losses, began = [], time.monotonic()
        mixing = config.mixing if config.mixing and epoch >= config.mixing.get("from_epoch", 0) else None
        stream = batches.training_batches(
            train.images, train.rows, target, order, config, encoding, rng, mixing=mixing
        )
        for step, (inputs, wanted) in enumerate(stream):
            overall = epoch * steps + step
            model.optimizer.learning_rate = scheduled_rate(epoch, step, steps, config)
            losses.append(float(model.train_on_batch(inputs, wanted)))
            if config.ema and overall % 4 == 3:
                # The average forgets its start: early on it is as long as the run.
                momentum = min(config.ema**4, (overall + 1) / (overall + 40))
                now = model.get_weights()
                average = (
                    now
                    if average is None
                    else [a * momentum + w * (1 - momentum) for a, w in zip(average, now, strict=True)]
                )
        # A refitted network has seen the validation fold: its figures there would mean nothing.
        figures = {} if config.refit else _validated(model, average, held, config)
        _record(output, epoch, float(np.mean(losses)), figures, time.monotonic() - began, say)
        _checkpoint(model, average, epoch, output)
    if average is not None:
        model.set_weights(average)


def _validated(model, average, held: Loaded, config: Configuration) -> dict[str, float]:
    """Figures of the averaged weights on the validation part; the model keeps the weights it is trained on."""
    last = model.get_weights()
    if average is not None:
        model.set_weights(average)
    scores = batches.read_out(model, held.images, held.rows, config.img_size)
    model.set_weights(last)
    return quick_figures(scores, held.data.target)


def quick_figures(scores: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """AUC (macro, one against the rest) and balanced accuracy of scores (N, units) at their plain decision."""
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    if scores.shape[1] == 1:
        return {
            "auc": float(roc_auc_score(target, scores[:, 0])),
            "balanced_accuracy": float(balanced_accuracy_score(target, scores[:, 0] > 0)),
        }
    areas = [roc_auc_score(target == k, scores[:, k] - scores.mean(1)) for k in range(scores.shape[1])]
    return {
        "auc": float(np.mean(areas)),
        "balanced_accuracy": float(balanced_accuracy_score(target, scores.argmax(1))),
    }


def _record(output: Path, epoch: int, loss: float, figures: dict, seconds: float, say) -> None:
    row = {"epoch": epoch + 1, "loss": round(loss, 5)} | {k: round(v, 5) for k, v in figures.items()}
    row["seconds"] = round(seconds, 1)
    file = output / "history.csv"
    rows = []
    if file.exists():
        # Killed between this line and its checkpoint, a run trains the epoch again: one line an epoch.
        with file.open(newline="", encoding="utf-8") as stream:
            rows = [old for old in csv.DictReader(stream) if int(old["epoch"]) <= epoch]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, row)
        writer.writeheader()
        writer.writerows([*rows, row])
    say("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)


def _checkpoint(model, average, epoch: int, output: Path) -> None:
    """Weights, their average and the optimiser's state, written beside and then renamed: never half a file."""
    state = {f"w{i}": w for i, w in enumerate(model.get_weights())}
    state |= {f"a{i}": w for i, w in enumerate(average or [])}
    state |= {f"o{i}": np.asarray(v) for i, v in enumerate(_host(model.optimizer.variables))}
    unfinished = output / "checkpoint.tmp.npz"
    np.savez(unfinished, epoch=epoch + 1, **state)
    unfinished.replace(output / "checkpoint.npz")


def _resume(model, output: Path) -> tuple[list | None, int]:
    """Load the checkpoint in `output`, if there is one: the averaged weights and the epoch to start with."""
    file = output / "checkpoint.npz"
    if not file.exists():
        return None, 0
    with np.load(file, allow_pickle=False) as stored:

        def series(letter: str) -> list[np.ndarray]:
            count = sum(key.startswith(letter) and key[1:].isdigit() for key in stored.files)
            return [stored[f"{letter}{i}"] for i in range(count)]

        model.set_weights(series("w"))
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, series("o"), strict=True):
            variable.assign(value)
        return series("a") or None, int(stored["epoch"])


def _host(variables) -> list[np.ndarray]:
    from keras import ops

    return [ops.convert_to_numpy(variable) for variable in variables]
