"""Averages the weights of runs that started from one another: one network, at the cost of one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from util.training import networks, validation
from util.training.data_root import DataError
from util.training.dataset import parts, read_index
from util.training.run_data import check_data, write_data
from util.training.studies.readout import answers, score_network
from util.training.studies.runs import config_of, summary_of

# What must be alike for weights of two runs to mean the same, and for no one to have trained on another's validation.
_SAME = ("modality", "model", "img_size", "chain", "validation_fold", "kept_out", "refit", "split")


def soup(runs: Sequence[Path], root: Path, output: Path) -> Path:
    """A run folder `output` whose weights are the mean of those of `runs`; returns its `.h5`.

    Only networks in one valley of the loss can be averaged: runs that went on from one another, or from one start.
    Nothing is chosen here, so the validation figures are as good as those of the members. Wortsman et al. 2022
    (model soups; "Robust fine-tuning of zero-shot models"). Raises DataError for fewer than two runs, a folder without
    one, runs that differ in network, labels or metadata or were trained on other data, and an `output` that is one of
    them.
    """
    if len(runs) < 2:
        raise DataError("studies.soup_few", received=str(len(runs)))
    if output.resolve() in [run.resolve() for run in runs]:
        raise DataError("studies.soup_over", received=str(output))
    configs, summaries = [config_of(run) for run in runs], [summary_of(run) for run in runs]
    for run, config, summary in zip(runs[1:], configs[1:], summaries[1:], strict=True):
        differs = [name for name in _SAME if getattr(config, name) != getattr(configs[0], name)]
        differs += [name for name in ("labels", "metadata") if summary[name] != summaries[0][name]]
        if differs:
            raise DataError("studies.soup_differs", first=runs[0].name, second=run.name, what=differs[0])
    config, summary = configs[-1], summaries[-1]
    index = read_index(root, config.modality)
    for run in runs:
        check_data(run, index)
    scored = [score_network(run).get_weights() for run in runs]
    mean = [np.mean(arrays, axis=0) for arrays in zip(*scored, strict=True)]
    output.mkdir(parents=True, exist_ok=True)
    shipped = networks.build(
        config.model,
        config.img_size,
        1 if len(summary["labels"]) == 2 else len(summary["labels"]),
        metadata_width=_width(summary),
        dropout=config.dropout,
        activation="sigmoid" if len(summary["labels"]) == 2 else "softmax",
    )
    shipped.set_weights(mean)
    networks.save_shipped(shipped, output / "model.h5")
    (output / "config.yaml").write_text(config.as_yaml(), "utf-8")
    names = [run.name for run in runs]
    command = f"python -m util.training soup --modality {config.modality} --runs {' '.join(names)}"
    (output / "summary.json").write_text(
        json.dumps(summary | {"averaged_runs": names, "command": command}, indent=1), "utf-8"
    )
    if (runs[-1] / "history.csv").is_file():
        shutil.copyfile(runs[-1] / "history.csv", output / "history.csv")
    write_data(output, index)
    if not config.refit:
        held = parts(
            index,
            config.validation_fold,
            split=config.split,
            kept_out=config.kept_out,
        )["validation"]
        said = answers(output, held)
        index = {path: i for i, path in enumerate(held.paths)}
        validation.write(output, said.scores, held.take(np.array([index[path] for path in said.path])))
    return output / "model.h5"


def _width(summary: dict) -> int:
    stored = summary["metadata"]
    return 2 + len(stored["sexes"]) + len(stored["sites"]) if stored else 0
