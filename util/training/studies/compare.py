"""The table of runs behind a card: from the run folders where they lie, else from the tracked `runs.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml

from util.training.ancestry import held_out_fold
from util.training.data_root import PROJECT, DataError
from util.training.reading import read_json, read_rows, read_yaml
from util.training.studies import describe
from util.training.studies.figures import (
    at_natural_mix,
    confusion,
    critical_class,
    intervals,
    plain_decision,
    plain_figures,
)
from util.training.studies.options import as_number
from util.training.studies.runs import config_of, history_of, read_answers, summary_of
from util.training.studies.table import TABLES, read_table, study_folder

_CURVES = ("loss", "auc", "balanced_accuracy")


def runs_file(modality: str, models: Path | None = None) -> Path:
    """The tracked file of a modality's runs, beside the card that the app opens by default."""
    from util.modelstore import cards

    models = models or PROJECT / "models"
    mine = [card for card in cards(models) if card.modality == modality]
    chosen = next((card for card in mine if card.default), mine[0] if mine else None)
    if chosen is None:
        raise DataError("training.no_run", received=str(models))
    return chosen.folder / "runs.yaml"


def read_runs(file: Path) -> dict[str, object]:
    """What `runs.yaml` holds; empty where there is none yet."""
    return (read_yaml(file) or {}) if file.is_file() else {}


def described(run: Path, row: str, *, draws: int = 300, rate: float | None = None) -> dict[str, object]:
    """One run as one entry: what it was, its figures on its validation fold, its learning curve and confusion matrix.

    Figures are those of the plain decision, nothing fitted; `auc` is `[value, low, high]`, by group, with the natural
    class mix put back; `rate` is the learning rate of its study, where it is a row of one. A refitted run, and one of a
    time before answers were kept, has no figures but those of its history.
    """
    config, summary, history = config_of(run), summary_of(run), history_of(run)
    labels = summary["labels"]
    seconds = summary.get("seconds") or sum(epoch.get("seconds", 0) for epoch in history)
    found: dict[str, object] = {
        "row": row,
        "network": config.model,
        "weights": describe.weights(summary),
        "imbalance": describe.imbalance(config),
        "preparation": describe.preparation(config),
        "also": describe.extras(config, rate),
        "side": config.img_size,
        "images_seen": int(summary.get("images_seen") or describe.images_seen(config)),
        "parameters": summary.get("parameters"),
        "minutes": round(float(seconds) / 60, 1),
        "seed": config.seed,
        "validation_fold": None if config.refit else held_out_fold(config),
    }
    if (run / "validation.npz").is_file() and not config.refit:
        said = read_answers(run / "validation.npz")
        critical = critical_class(config.modality, labels)
        figures = plain_figures(said.scores, said.target, critical, len(labels))
        found |= {"n": len(said.target), "groups": len(np.unique(said.group)), "critical": labels[critical]}
        found |= {name: round(value, 4) for name, value in figures.items()}
        natural = at_natural_mix(said.scores, config, summary["prior"])

        def measure(rows: np.ndarray) -> dict[str, float]:
            return {"auc": plain_figures(natural[rows], said.target[rows], critical, len(labels))["auc"]}

        found |= intervals(measure, said.group, draws)
        counts = confusion(said.target, plain_decision(said.scores), len(labels))
        found["confusion"] = counts.tolist()
        found["labels"] = labels
    elif history and "auc" in history[-1]:
        found |= {"auc": [round(history[-1]["auc"], 4), None, None]}
        found |= {"balanced_accuracy": round(history[-1]["balanced_accuracy"], 4)}
    curve = {name: [round(e[name], 4) for e in history if name in e] for name in _CURVES}
    found["curve"] = {name: values for name, values in curve.items() if values}
    return found


def collected(
    modality: str, runs: Path, stored: Mapping[str, object], *, draws: int = 300
) -> dict[str, object]:
    """All that is known of a modality's runs: the stored entries, replaced by those of run folders that are there."""
    rows = {row["row"]: row for row in stored.get("study", [])}
    others = {row["row"]: row for row in stored.get("runs", [])}
    table = read_table(modality, runs) if (TABLES / f"{modality}.yaml").is_file() else {}
    # The first row is what the others are varied from.
    rate = next((config.lr for config in table.values()), None)
    for run in sorted(study_folder(runs, modality).glob("*/summary.json")):
        if (run.parent / "validation.npz").is_file():
            rows[run.parent.name] = described(run.parent, run.parent.name, draws=draws, rate=rate)
    for summary in sorted(runs.glob("*/summary.json")):
        if (summary.parent / "config.yaml").is_file() and _is_about(summary.parent, modality):
            others[summary.parent.name] = described(summary.parent, summary.parent.name, draws=draws)
    found: dict[str, object] = {
        "modality": modality,
        "study": [rows[name] for name in sorted(rows)],
        # Stored, so that the app can say which rows are missing: it does not read the tables.
        "planned": list(table),
        "missing": [name for name in table if name not in rows],
        "runs": [others[name] for name in sorted(others)],
        "reported": reported(modality, rows),
    }
    for name, value in _measured(modality, runs).items():
        found[name] = value if value else stored.get(name)
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def _is_about(run: Path, modality: str) -> bool:
    read = read_yaml(run / "config.yaml")
    return isinstance(read, Mapping) and read.get("modality") == modality


def _measured(modality: str, runs: Path) -> dict[str, object]:
    """What the other studies left in the run folders; None for each that is not there."""
    leak = runs / "leakage" / modality / "leakage.yaml"
    across = runs / "crossvalidation" / modality
    folds = sorted(across.rglob("crossvalidation.yaml"))
    # That of the modality before those that were given a name of their own.
    questions = sorted(across.rglob("metadata_question.yaml"), key=lambda file: (len(file.parts), file))
    together = sorted((runs / "ensembles" / modality).glob("*.json"))
    searches = sorted((runs / "search" / modality).glob("*/table.csv"))

    return {
        "leakage": read_yaml(leak) if leak.is_file() else None,
        # By the way there: several with a name of their own hold a "fused" each.
        "crossvalidation": {
            file.parent.relative_to(across.parent).as_posix().removeprefix(f"{modality}/"): read_yaml(file)
            for file in folds
        },
        "metadata_question": read_yaml(questions[0]) if questions else None,
        "ensembles": {file.stem: read_json(file) for file in together},
        "search": {file.parent.name: _best_of(file) for file in searches},
    }


_FOUND = ("trial", "rung", "auc", "balanced_accuracy", "accuracy", "macro_f1", "epochs_run")


def _best_of(file: Path, count: int = 8) -> dict[str, object]:
    """How many trials a search had, and the first rows of its table, figures apart from the options they are of."""
    rows = read_rows(file)
    best = [
        {name: row[name] if name == "trial" else as_number(row[name]) for name in _FOUND if row.get(name)}
        | {"options": {name: as_number(value) for name, value in row.items() if name not in _FOUND and value}}
        for row in rows[:count]
    ]
    return {"trials": len({row["trial"] for row in rows}), "best": best}


def reported(modality: str, rows: Mapping[str, Mapping[str, object]]) -> list[dict[str, object]]:
    """What others report (`tables/reported.yaml`), each beside the rows of the same kind of network here."""
    entries = yaml.safe_load((TABLES / "reported.yaml").read_text("utf-8")).get(modality, [])
    kept = ("network", "weights", "accuracy", "balanced_accuracy", "macro_f1", "auc", "critical_recall", "n")
    return [
        entry
        | {
            "here": [
                {"row": name} | {k: rows[name].get(k) for k in kept} for name in entry["rows"] if name in rows
            ]
        }
        for entry in entries
    ]


def write_runs(file: Path, found: Mapping[str, object]) -> None:
    """Write `runs.yaml`: rows in the order of their names, short lists on one line. What is missing is not stored."""
    kept = {name: value for name, value in found.items() if name != "missing"}
    text = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, default_flow_style=None, width=160)
    file.write_text(text, "utf-8")
