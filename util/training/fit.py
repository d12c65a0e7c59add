"""Train one network: from pre-trained arrays or none, its weights averaged, nothing chosen on test data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from util.modelstore.card import MetadataEncoding
from util.training import batches, checkpoint, networks, validation
from util.training.ancestry import check_ancestors
from util.training.checkpoint import Progress
from util.training.configuration import MANNER, Configuration, check, configuration
from util.training.data_root import DataError
from util.training.dataset import Dataset, parts, read_index
from util.training.device import placed
from util.training.distillation import SHARE, TEMPERATURE, Teacher, teacher_of
from util.training.loading import load_part, metadata_encoding
from util.training.loop import Loop
from util.training.losses import (
    effective_number_weights,
    inverse_frequency_weights,
    loss_function,
    with_teacher,
)
from util.training.places import check_output
from util.training.precision import computed_in
from util.training.run_data import check_data, write_data
from util.training.sampling import sampled_prior, strata, stratum_weights
from util.training.weights import start, weights_file


def fit(
    config: Configuration,
    root: Path,
    output: Path,
    *,
    num_classes: int | None = None,
    on_epoch: Callable[[], None] | None = None,
    say=print,
) -> Path:
    """Train by `config` on the data under `root`; the run folder `output` gets the model, its history and its figures.

    `num_classes`, where given, must be what the data has; `on_epoch` is called after each epoch. A run that was killed
    goes on with its next batch. Returns the `.h5`. Raises DataError, before training, for data, arrays, a teacher or
    a device that do not fit, for arrays and teachers that were trained on images which judge this run, and where
    `output` holds a run of another configuration or of other data.
    """
    check(config)
    check_output(output)
    # What is wrong with the data is said at once, not after the half minute that Keras takes to load.
    _check_same_options(config, output)
    _check_start(config, root)
    check_ancestors(config)
    index = read_index(root, config.modality)
    if (output / checkpoint.FILE).exists():
        check_data(output, index)
    split = _split(config, index, num_classes)
    with placed(config.device):
        return _fit(config, root, output, index, split, on_epoch, say)


def _fit(
    config: Configuration, root: Path, output: Path, index: Dataset, split: dict[str, Dataset], on_epoch, say
) -> Path:
    import keras

    keras.utils.set_random_seed(config.seed)
    labels, natural = split["train"].labels, _mix(split["train"])
    encoding = metadata_encoding(split["train"]) if config.metadata_dropout else None
    teacher = teacher_of(config, labels, natural, encoding, say=say)
    output.mkdir(parents=True, exist_ok=True)
    (output / "config.yaml").write_text(config.as_yaml(), "utf-8")
    write_data(output, index)
    train = load_part(split["train"], config.chain, config.img_size, encoding)
    # A refitted run trains on the validation part: there is nothing to be said of it.
    held = None if config.refit else load_part(split["validation"], config.chain, config.img_size, encoding)
    with computed_in(config.precision):
        model = _network(config, len(labels), encoding, None)
    progress = checkpoint.progress_of(output)
    if progress is None:
        # Of an earlier run there: killed now, this one would pass for finished.
        (output / "summary.json").unlink(missing_ok=True)
        progress = Progress(weights_from=start(model, config, root, labels, say=say))
    else:
        say(f"going on at step {progress.step} of epoch {progress.epoch + 1}")
    drawn = stratum_weights(strata(train.data, config.stratify), train.data.target, config.sampling_power)
    loss = _loss(config, drawn, train.data, teacher)
    loop = Loop(config, model, loss, train, held, drawn, encoding, output, teacher, on_epoch, say, progress)
    progress = loop.run()
    if config.precision != "float32":
        # What is said of the validation part is said by the network that ships, which computes in float32.
        trained, model = model, _network(config, len(labels), encoding, None)
        model.set_weights(trained.get_weights())
    if held is not None:
        scores = batches.read_out(model, held.images, held.rows, config.img_size)
        validation.write(output, scores, held.data)
    shipped = _network(config, len(labels), encoding, "sigmoid" if len(labels) == 2 else "softmax")
    shipped.set_weights(model.get_weights())
    networks.save_shipped(shipped, output / "model.h5")
    _summarise(output, train.data, encoding, model, progress)
    return output / "model.h5"


def _check_same_options(config: Configuration, output: Path) -> None:
    """Raise DataError where the checkpoint in `output` belongs to other options: going on would mix two runs."""
    file = output / "config.yaml"
    if not ((output / checkpoint.FILE).exists() and file.is_file()):
        return
    before = configuration(config.modality, file)
    if dataclasses.replace(before, **MANNER) != dataclasses.replace(config, **MANNER):
        raise DataError("training.other_run", received=str(output))


def _check_start(config: Configuration, root: Path) -> None:
    """Raise DataError for absent arrays, and where the frozen trunk of two phases would be a random one."""
    if weights_file(config, root) is None and config.weights != "imagenet" and config.fine_tune_epochs:
        raise DataError("training.frozen_random", received=config.weights)


def _split(config: Configuration, index: Dataset, num_classes: int | None) -> dict[str, Dataset]:
    if num_classes not in (None, len(index.labels)):
        raise DataError(
            "training.num_classes",
            expected=str(num_classes),
            received=str(len(index.labels)),
            labels=", ".join(index.labels),
        )
    return parts(
        index, config.validation_fold, refit=config.refit, split=config.split, kept_out=config.kept_out
    )


def _network(config: Configuration, classes: int, encoding: MetadataEncoding | None, activation: str | None):
    return networks.build(
        config.model,
        config.img_size,
        1 if classes == 2 else classes,
        metadata_width=encoding.width if encoding else 0,
        dropout=config.dropout,
        activation=activation,
    )


def _loss(config: Configuration, drawn: np.ndarray, data: Dataset, teacher: Teacher | None) -> Callable:
    """The loss of `config`: weights and adjustments for the class mix as it is drawn, so that none counts twice."""
    prior = sampled_prior(drawn, data.target, len(data.labels))
    weights = inverse_frequency_weights(prior) if config.class_weights else None
    if config.loss == "class_balanced_focal":
        weights = effective_number_weights(prior * len(data))
    loss = loss_function(config.loss, prior, smoothing=config.smoothing, weights=weights)
    if teacher is None:
        return loss
    distil = {"temperature": TEMPERATURE, "share": SHARE} | (config.distil or {})
    return with_teacher(loss, distil["temperature"], distil["share"])


def _mix(data: Dataset) -> np.ndarray:
    """The share of each class, (C,)."""
    return np.bincount(data.target, minlength=len(data.labels)) / len(data)


def _summarise(output: Path, data: Dataset, encoding, model, progress: Progress) -> None:
    summary = {
        "labels": list(data.labels),
        "prior": [float(share) for share in _mix(data)],
        "train_images": len(data),
        "train_groups": len(np.unique(data.group)),
        "metadata": None if encoding is None else encoding.__dict__,
        "parameters": int(model.count_params()),
        "weights_from": progress.weights_from,
        "epochs": progress.epoch,
        "images_seen": progress.images_seen,
        "seconds": round(progress.seconds, 1),
    }
    (output / "summary.json").write_text(json.dumps(summary, indent=1), "utf-8")
