"""What a leak flatters: the same training with folds by group and with folds by image, before the same honest fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from util.training.configuration import Configuration
from util.training.data_root import DataError
from util.training.dataset import TEST_FOLD, VALIDATION_FOLD, Dataset, read_index
from util.training.studies.figures import critical_class, intervals, plain_figures
from util.training.studies.readout import answers
from util.training.studies.runs import Answers, config_of, history_of, read_answers, trained

_SHOWN = ("auc", "balanced_accuracy", "accuracy")
_WATCHED = "watched.npz"
# Where the popular figures were measured on the set that had chosen the model (FIELD.md 1).
SELECTED_ON_TEST = ("chest",)


def yardstick_fold(dataset: Dataset, validation: int) -> int:
    """The first fold that is neither the test nor the validation fold: neither training ever sees its groups."""
    out = {TEST_FOLD[dataset.modality], validation}
    free = [fold for fold in sorted(set(dataset.fold.tolist())) if fold not in out]
    if len(free) < 2:
        raise DataError("studies.too_few_folds", received=str(len(free) + len(out)))
    return free[0]


def leakage(
    config: Configuration, root: Path, folder: Path, *, draws: int = 500, say=print
) -> dict[str, object]:
    """Train by `config` twice, `split` "group" and "image", and measure both; also `leakage.yaml` in `folder`.

    Both networks keep the test part and one whole fold out; that fold, of groups neither has seen, is the yardstick.
    Reported are each network's validation and yardstick figures with intervals by group, and what the leak flatters:
    the image split's validation figure minus the group split's, and minus its own yardstick figure.
    """
    dataset = read_index(root, config.modality)
    validation = (
        VALIDATION_FOLD[config.modality] if config.validation_fold is None else config.validation_fold
    )
    yard = yardstick_fold(dataset, validation)
    kept = tuple(sorted({TEST_FOLD[config.modality], yard}))
    shared = replace(config, validation_fold=validation, kept_out=kept, patience=0, refit=False)
    measured = dataset.take(dataset.fold == yard)
    critical, classes = critical_class(config.modality, dataset.labels), len(dataset.labels)
    found: dict[str, object] = {
        "modality": config.modality,
        "network": config.model,
        "validation_fold": validation,
        "yardstick_fold": yard,
        "yardstick_images": len(measured),
        "yardstick_groups": len(np.unique(measured.group)),
    }
    said: dict[tuple[str, str], Answers] = {}
    for split in ("group", "image"):
        watches = split == "group" and config.modality in SELECTED_ON_TEST
        hook = watcher(folder / split, measured) if watches else None
        run = trained(replace(shared, split=split), root, folder / split, on_epoch=hook, say=say)
        said[split, "validation"] = read_answers(run / "validation.npz")
        said[split, "yardstick"] = answers(run, measured)
        found[f"{split}_split"] = {
            part: intervals(_measure(said[split, part], critical, classes), said[split, part].group, draws)
            for part in ("validation", "yardstick")
        }
    differences = {
        "validation_image_minus_group": (("image", "validation"), ("group", "validation")),
        "image_validation_minus_yardstick": (("image", "validation"), ("image", "yardstick")),
        "group_validation_minus_yardstick": (("group", "validation"), ("group", "yardstick")),
    }
    found["flattery"] = {
        name: difference(said[a], said[b], critical, classes, draws) for name, (a, b) in differences.items()
    }
    if (folder / "group" / _WATCHED).is_file():
        found["selected_on_test"] = selection(folder / "group", draws=draws)
    text = yaml.safe_dump(found, sort_keys=False, default_flow_style=None)
    (folder / "leakage.yaml").write_text(text, "utf-8")
    return found


def _measure(said: Answers, critical: int, classes: int):
    def measure(rows: np.ndarray) -> dict[str, float]:
        figures = plain_figures(said.scores[rows], said.target[rows], critical, classes)
        return {name: figures[name] for name in _SHOWN}

    return measure


def difference(
    first: Answers, second: Answers, critical: int, classes: int, draws: int
) -> dict[str, list[float]]:
    """Figures of `first` minus those of `second`, answers of other images, with intervals by group."""
    many = len(first.target)
    one, two = _measure(first, critical, classes), _measure(second, critical, classes)

    def measure(rows: np.ndarray) -> dict[str, float]:
        here, there = rows[rows < many], rows[rows >= many] - many
        if not len(here) or not len(there):
            return dict.fromkeys(_SHOWN, float("nan"))
        a, b = one(here), two(there)
        return {name: a[name] - b[name] for name in _SHOWN}

    # Drawn apart: a group of both parts is another group in each, which makes the interval wider, not narrower.
    group = np.char.add(
        np.repeat(["1/", "2/"], [many, len(second.target)]), np.concatenate([first.group, second.group])
    )
    return intervals(measure, group, draws)


def watcher(run: Path, part: Dataset) -> Callable[[], None]:
    """What to call after each epoch of `run`: it adds what the averaged weights say of `part` to `watched.npz`.

    Training sees nothing of it. Scores (N, units) stand under `epoch<k>`, from 1, beside `target` and `group`.
    """

    def watch() -> None:
        from util.training import batches, checkpoint, networks
        from util.training.loading import load_part

        config, progress = config_of(run), checkpoint.progress_of(run)
        loaded = load_part(part, config.chain, config.img_size, None)
        classes = len(part.labels)
        network = networks.build(
            config.model, config.img_size, 1 if classes == 2 else classes, dropout=config.dropout
        )
        average, _ = checkpoint.load_weights(run, network)
        if average is not None:
            network.set_weights(average)
        scores = batches.read_out(network, loaded.images, None, config.img_size)
        file = run / _WATCHED
        stored = {}
        if file.is_file():
            with np.load(file, allow_pickle=False) as before:
                stored = dict(before)
        stored |= {"target": loaded.data.target, "group": loaded.data.group.astype(str)}
        unfinished = file.with_suffix(".tmp.npz")
        np.savez(unfinished, **stored, **{f"epoch{progress.epoch}": scores.astype(np.float64)})
        unfinished.replace(file)

    return watch


def selection(run: Path, *, draws: int = 500) -> dict[str, object]:
    """What choosing the epoch on the test set flatters, on a held-out fold that plays the test set.

    `run` is a run folder with `watched.npz`, the answers of that fold after each epoch, and the history of the
    validation fold. Per figure: the best of all epochs on the pretend test set, its value at the epoch that validation
    chose, and the difference.
    """
    with np.load(run / _WATCHED, allow_pickle=False) as stored:
        watched = dict(stored)
    target, group = watched.pop("target"), watched.pop("group")
    history = [row for row in history_of(run) if f"epoch{int(row['epoch'])}" in watched]
    scores = [watched[f"epoch{int(row['epoch'])}"] for row in history]
    classes = int(target.max()) + 1
    found: dict[str, object] = {"epochs": len(scores), "images": len(target)}
    for name in ("auc", "balanced_accuracy"):
        chosen = int(np.argmax([row[name] for row in history]))

        def measure(rows: np.ndarray, name=name, chosen=chosen) -> dict[str, float]:
            each = [plain_figures(s[rows], target[rows], classes - 1, classes)[name] for s in scores]
            best = max(each)
            return {
                "best_of_epochs": best,
                "chosen_by_validation": each[chosen],
                "difference": best - each[chosen],
            }

        found[name] = {
            "epoch_chosen_by_validation": int(history[chosen]["epoch"]),
            **intervals(measure, group, draws),
        }
    return found
