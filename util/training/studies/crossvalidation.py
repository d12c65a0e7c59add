"""Group K-fold: one run a fold, then figures pooled over what each network said of the groups it never saw."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from util.training.ancestry import check_ancestors
from util.training.configuration import Configuration
from util.training.data_root import DataError
from util.training.dataset import TEST_FOLD, Dataset, read_index
from util.training.studies import slides
from util.training.studies.crossfit import CrossFitted, cross_fitted, fitted, rule_of
from util.training.studies.figures import decided_figures, intervals
from util.training.studies.readout import answers
from util.training.studies.runs import (
    Answers,
    config_of,
    finished,
    pooled,
    read_answers,
    summary_of,
    trained,
)

# Only these figures belong to all folds, their test fold included: by a fixed recipe, once, after all choices.
EVERY_FOLD = ("breast",)
_BARE = "validation_without_metadata.npz"


def folds_of(dataset: Dataset, *, every: bool = False) -> tuple[int, ...]:
    """The folds that cross-validation holds out in turn: those outside the test part, or `every` one.

    DataError for every fold of a modality whose test part must stay unseen.
    """
    there = sorted(set(dataset.fold.tolist()))
    if not every:
        return tuple(fold for fold in there if fold != TEST_FOLD.get(dataset.modality))
    if dataset.modality not in EVERY_FOLD:
        raise DataError("studies.every_fold", received=dataset.modality, known=", ".join(EVERY_FOLD))
    return tuple(there)


def fold_configuration(config: Configuration, fold: int, *, every: bool = False) -> Configuration:
    """`config` with `fold` held out, and nothing that looks at it: no early stopping, no plateau schedule.

    DataError for a plateau schedule, and for folds kept out where `every` one is held out in its turn.
    """
    if config.schedule == "plateau":
        raise DataError("studies.plateau")
    if every and config.kept_out:
        raise DataError("studies.every_kept_out", received=", ".join(map(str, config.kept_out)))
    kept_out = () if every else config.kept_out
    return replace(config, validation_fold=fold, refit=False, patience=0, kept_out=kept_out)


def crossvalidate(
    config: Configuration,
    root: Path,
    folder: Path,
    *,
    folds: tuple[int, ...] | None = None,
    every: bool = False,
    draws: int = 1000,
    say=print,
) -> dict[str, object] | None:
    """Train what is missing of `folds` (default all) into `folder/fold<k>`; pool once no fold is missing.

    Returns what `crossvalidation.yaml` in `folder` then holds, or None while folds are missing. Each fold's
    temperature and decision come from the out-of-fold scores of the others. Raises DataError for a fold that there is
    not, a configuration that would look at the fold held out, and start weights or teachers that were trained on it.
    """
    dataset = read_index(root, config.modality)
    all_folds = tuple(k for k in folds_of(dataset, every=every) if k not in (config.kept_out or ()))
    wanted = all_folds if folds is None else folds
    for fold in wanted:
        if fold not in all_folds:
            raise DataError("studies.no_fold", received=str(fold), known=", ".join(map(str, all_folds)))
        # Of all folds at once: not after the hours that the first of them takes.
        check_ancestors(fold_configuration(config, fold, every=every))
    for fold in wanted:
        one = fold_configuration(config, fold, every=every)
        run = trained(one, root, folder / f"fold{fold}", say=say)
        if one.metadata_dropout and not (run / _BARE).is_file():
            answers(run, dataset.take(dataset.fold == fold), metadata=False).save(run / _BARE)
    if missing := [k for k in all_folds if not finished(folder / f"fold{k}", root=root)]:
        say(f"folds to come: {', '.join(map(str, missing))}")
        return None
    return pool(folder, dataset, all_folds, draws=draws, say=say)


def fold_runs(folder: Path) -> list[Path]:
    """The run folders `fold<k>` in that of a cross-validation; DataError where there are none."""
    # Another cross-validation may lie beside them under a name of its own, as `folds2`.
    found = sorted(run for run in folder.glob("fold*") if re.fullmatch(r"fold\d+", run.name))
    if not found:
        raise DataError("training.no_run", received=str(folder / "fold0"))
    return found


def out_of_fold(
    folder: Path, folds: tuple[int, ...] | None = None, *, metadata: bool = True
) -> tuple[Answers, np.ndarray]:
    """All out-of-fold answers of a cross-validation, and the fold (N,) of each, sorted by path."""
    runs = fold_runs(folder) if folds is None else [folder / f"fold{k}" for k in folds]
    parts = [read_answers(run / ("validation.npz" if metadata else _BARE)) for run in runs]
    names = [int(run.name.removeprefix("fold")) for run in runs]
    fold = np.repeat(names, [len(part.target) for part in parts])
    together = pooled(parts)
    order = np.argsort(together.path, kind="stable")
    return together.take(order), fold[order]


def decided_out_of_fold(
    folder: Path, folds: tuple[int, ...] | None = None, *, metadata: bool = True
) -> tuple[Answers, np.ndarray, CrossFitted]:
    """The answers of `out_of_fold` with the cross-fitted probabilities and decisions."""
    said, fold = out_of_fold(folder, folds, metadata=metadata)
    run = fold_runs(folder)[0]
    config = config_of(run)
    rule = rule_of(config.modality, summary_of(run)["labels"], config.loss)
    return said, fold, cross_fitted(said.scores, said.target, fold, rule)


def pool(
    folder: Path, dataset: Dataset, folds: tuple[int, ...], *, draws: int = 1000, say=print
) -> dict[str, object]:
    """Pooled out-of-fold figures with intervals by group, written to `folder/crossvalidation.yaml` and printed."""
    said, fold, decided = decided_out_of_fold(folder, folds)
    config = config_of(folder / f"fold{folds[0]}")
    rule = rule_of(dataset.modality, dataset.labels, config.loss)
    prevalence = slides.natural_prevalence(dataset) if dataset.modality == "breast" else None

    def measured(said: Answers, decided: CrossFitted) -> dict[str, list[float]]:
        def measure(rows: np.ndarray) -> dict[str, float]:
            return decided_figures(
                decided.chances[rows],
                decided.decided[rows],
                said.target[rows],
                rule.labels,
                rule.danger,
                prevalence,
            )

        return intervals(measure, said.group, draws)

    test = TEST_FOLD.get(dataset.modality)
    found: dict[str, object] = {
        "name": folder.name,
        "modality": dataset.modality,
        "date": datetime.date.today().isoformat(),
        "network": config.model,
        "folds": list(folds),
        "test_fold_included": test in folds,
        "images": len(said.target),
        "groups": len(np.unique(said.group)),
        "figures": measured(said, decided),
        "folds_alone": _folds_alone(said, fold, decided, rule),
        "choices": {k: _choices(one) for k, one in decided.choices.items()},
        # For a model refitted on all these folds: the same choices, on everything said out of fold.
        "choices_together": _choices(
            fitted(said.scores, said.target, rule, "out-of-fold scores of all folds")
        ),
    }
    if prevalence is not None:
        found["prevalence"] = round(prevalence, 4)
    if (folder / f"fold{folds[0]}" / _BARE).is_file():
        bare, _, bare_decided = decided_out_of_fold(folder, folds, metadata=False)
        found["figures_without_metadata"] = measured(bare, bare_decided)
    said.save(folder / "out_of_fold.npz", fold=fold)
    if dataset.modality == "breast":
        found["slides"] = slides.write(folder, dataset, said, fold, decided)
    text = yaml.safe_dump(found, sort_keys=False, allow_unicode=True, default_flow_style=None)
    (folder / "crossvalidation.yaml").write_text(text, "utf-8")
    show(found, say)
    return found


def _folds_alone(said: Answers, fold: np.ndarray, decided: CrossFitted, rule) -> dict[int, dict[str, float]]:
    """Figures of each fold by itself: how much they scatter says more than an interval."""
    rows = {}
    for k in np.unique(fold).tolist():
        mine = fold == k
        figures = decided_figures(
            decided.chances[mine], decided.decided[mine], said.target[mine], rule.labels, rule.danger
        )
        wanted = ("auc", "macro_auc", "balanced_accuracy", "ece")
        rows[k] = {name: round(float(figures[name]), 4) for name in wanted if name in figures}
    return rows


def _choices(choices) -> dict[str, object]:
    """A fold's choices as plain data."""
    found: dict[str, object] = {
        "temperature": round(choices.calibration.temperature, 5),
        "bias": [round(float(b), 5) for b in choices.calibration.bias],
    }
    if choices.decision.threshold is not None:
        found["threshold"] = choices.decision.threshold
    if choices.decision.offsets is not None:
        found["offsets"] = [round(o, 5) for o in choices.decision.offsets]
    return found | {"fitted_on": choices.decision.fixed_on, "n": choices.calibration.n}


def show(found: dict[str, object], say=print) -> None:
    """Print the pooled figures, and those without metadata beside them."""
    beside = found.get("figures_without_metadata", {})
    which = ", its test fold included" if found["test_fold_included"] else ""
    say(
        f"{found['name']}: {found['images']} images, {found['groups']} groups, "
        f"folds {', '.join(map(str, found['folds']))}{which}"
    )
    say(f"{'out of fold':28}{'value':>8}   95 % interval     {'without metadata' if beside else ''}")
    for name, (value, low, high) in found["figures"].items():
        bare = f"{beside[name][0]:8.4f}" if name in beside else ""
        say(f"{name:28}{value:8.4f}   {low:.4f} to {high:.4f}  {bare}")
