"""What `compare --write` leaves beside a card, made up by hand: every part that a page shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from util.modelstore.card import Card

_NETWORKS = {
    "mobilenetv2": (2.6, "weights/mobilenetv2_imagenet_fp16.npz"),
    "mobilenetv2-focal": (2.6, "weights/mobilenetv2_imagenet_fp16.npz"),
    "densenet121": (7.3, "from scratch"),
    "vgg16": (14.8, "from scratch"),
    "cnn": (0.3, "from scratch"),
    "cnn-bn": (0.3, "from scratch"),
}


def run(card: Card, row: str, auc: float, **changes: object) -> dict[str, object]:
    """One entry of `study`, as `compare` describes a run."""
    classes = len(card.labels)
    counts = np.full((classes, classes), 3, int) + np.diag(range(80, 80 + classes))
    millions, weights = _NETWORKS.get(row, (1.0, "from scratch"))
    rising = [round(auc - 0.12 + 0.12 * k / 4, 4) for k in range(5)]
    entry: dict[str, object] = {
        "row": row,
        "network": row.removesuffix("-focal"),
        "weights": weights,
        "imbalance": "focal loss" if row.endswith("-focal") else "logit adjustment, sampler 0.5",
        "preparation": "trim border, percentile clip",
        "also": "",
        "side": 96,
        "images_seen": 20000,
        "parameters": int(1e6 * millions),
        "minutes": 8.4,
        "seed": 7,
        "validation_fold": 0,
        "n": 1047,
        "groups": 734,
        "critical": card.danger[0],
        "accuracy": auc - 0.05,
        "balanced_accuracy": auc - 0.06,
        "macro_f1": auc - 0.08,
        "critical_recall": auc - 0.04,
        "auc": [auc, round(auc - 0.01, 4), round(min(1.0, auc + 0.01), 4)],
        "confusion": counts.tolist(),
        "labels": list(card.labels),
        "curve": {"loss": [0.6, 0.4, 0.3, 0.26, 0.24], "auc": rising, "balanced_accuracy": rising},
    }
    return entry | changes


def runs(card: Card) -> dict[str, object]:
    """A whole `runs.yaml`: study, other runs, reports of others, leak, folds, ensembles."""
    study = [
        run(card, row, round(0.95 - 0.01 * k, 4), **({"also": "distilled"} if row == "densenet121" else {}))
        for k, row in enumerate(_NETWORKS)
    ]
    here = (
        "row",
        "network",
        "weights",
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "auc",
        "critical_recall",
        "n",
    )
    parts = {
        "auc": [0.99, 0.985, 0.994],
        "balanced_accuracy": [0.957, 0.94, 0.97],
        "accuracy": [0.96, 0.95, 0.97],
    }
    strangers = {
        "auc": [0.981, 0.97, 0.988],
        "balanced_accuracy": [0.921, 0.9, 0.94],
        "accuracy": [0.93, 0.91, 0.95],
    }
    gap = {
        "auc": [0.009, 0.002, 0.017],
        "balanced_accuracy": [0.036, 0.012, 0.06],
        "accuracy": [0.03, 0.01, 0.05],
    }
    none = {
        "auc": [0.001, -0.006, 0.008],
        "balanced_accuracy": [0.004, -0.02, 0.03],
        "accuracy": [0.0, -0.02, 0.02],
    }
    choice = {
        "best_of_epochs": [0.987, 0.98, 0.99],
        "chosen_by_validation": [0.984, 0.977, 0.99],
        "difference": [0.003, 0.0, 0.006],
    }
    figures = {"balanced_accuracy": [0.88, 0.86, 0.9], "auc": [0.955, 0.95, 0.96], "ece": [0.03, 0.02, 0.04]}
    return {
        "modality": card.modality,
        "study": study,
        "planned": [*_NETWORKS, "resnet50", "mobilenetv2-mixup"],
        "runs": [run(card, "mobilenetv2", 0.994, side=224, images_seen=40000, also="refitted")],
        "reported": [
            {
                "source": "student projects",
                "network": "VGG16",
                "accuracy": 0.85,
                "auc": 0.94,
                "rows": ["vgg16"],
                "here": [{key: study[3][key] for key in here}],
            },
            {
                "source": "student projects",
                "network": "DenseNet121",
                "accuracy": 0.94,
                "auc": 0.97,
                "rows": ["densenet121", "densenet121-distilled"],
                "measured": "the set that chose the model",
                "here": [{key: study[2][key] for key in here}],
            },
            {
                "source": "Cruz-Roa 2014",
                "network": "CNN",
                "f1": 0.718,
                "rows": ["x"],
                "measured": "patients held out",
                "here": [],
            },
        ],
        "leakage": {
            "modality": card.modality,
            "network": "mobilenetv2",
            "validation_fold": 0,
            "yardstick_fold": 2,
            "yardstick_images": 1046,
            "yardstick_groups": 728,
            "group_split": {"validation": strangers, "yardstick": strangers},
            "image_split": {"validation": parts, "yardstick": strangers},
            "flattery": {
                "validation_image_minus_group": gap,
                "image_validation_minus_yardstick": gap,
                "group_validation_minus_yardstick": none,
            },
            "selected_on_test": {
                "epochs": 5,
                "images": 1046,
                "auc": {"epoch_chosen_by_validation": 4, **choice},
            },
        },
        "crossvalidation": {
            "recipe": {
                "name": "recipe",
                "date": "2026-11-21",
                "network": "mobilenetv2",
                "folds": [0, 1, 2, 3, 4],
                "test_fold_included": True,
                "images": 16000,
                "groups": 209,
                "figures": figures,
                "folds_alone": {0: {"auc": 0.95}, 1: {"auc": 0.96}},
                "slides": slides(),
            }
        },
        "ensembles": {
            "three": {
                "modality": card.modality,
                "date": "2026-11-21",
                "images": 1047,
                "groups": 734,
                "folds": [0],
                "best_single": "a",
                "ways": [
                    {"way": "a", "single": True, **figures},
                    {
                        "way": "average",
                        "single": False,
                        **figures,
                        "balanced_accuracy_minus_best_single": [0.01, -0.002, 0.02],
                    },
                ],
            }
        },
        "search": {
            "narrow": {
                "trials": 24,
                "best": [
                    {
                        "trial": f"trial_{k}",
                        "rung": 1,
                        "auc": round(0.962 - 0.003 * k, 4),
                        "balanced_accuracy": round(0.9 - 0.004 * k, 4),
                        "accuracy": 0.9,
                        "macro_f1": round(0.88 - 0.004 * k, 4),
                        "epochs_run": 4,
                        "options": {
                            "lr": 0.0004 / (k + 1),
                            "optimizer": "adamw",
                            "batch_size": 32,
                            "dropout": 0.2,
                        },
                    }
                    for k in range(8)
                ],
            }
        },
        "metadata_question": {
            "question": "fused without metadata minus image only",
            "folds": [1, 2, 3, 4],
            "images": 9000,
            "groups": 7000,
            "first": [0.66, 0.64, 0.68],
            "second": [0.65, 0.63, 0.67],
            "difference": [0.01, -0.01, 0.03],
        },
    }


def slides() -> dict[str, object]:
    """What a cross-validation of breast says slide by slide: a table, and two whole slides, one of them tiny."""
    table = [
        {
            "slide": str(8900 + k),
            "fold": k % 5,
            "patches": 60 + k,
            "positives": 0 if k == 7 else 20,
            "sensitivity": None if k == 7 else round(0.8 + 0.005 * k, 4),
            "specificity": 0.9,
            "balanced_accuracy": None if k == 7 else round(0.85 + 0.0025 * k, 4),
            "auc": None if k == 7 else 0.95,
            "mean_probability": 0.3,
        }
        for k in range(30)
    ]
    chance, marked = [], []
    for y in range(38):
        inside = [(x - 24) ** 2 / 24**2 + (y - 19) ** 2 / 19**2 < 1 for x in range(48)]
        sick = [np.hypot(x - 30, y - 14) for x in range(48)]
        shown = [f"{int(99 / (1 + np.exp((r - 8) / 1.5))):02d}" for r in sick]
        chance.append(
            "".join(p if there else ".." for p, there in zip(shown, inside, strict=True)).rstrip(".")
        )
        rows = zip(sick, inside, strict=True)
        marked.append("".join(str(int(r < 7)) if there else "." for r, there in rows).rstrip("."))
    return {
        "slides": 209,
        "with_both_classes": 180,
        "balanced_accuracy_quantiles": {5: 0.71, 25: 0.84, 50: 0.89, 75: 0.93, 95: 0.97},
        "complete": table[:1],
        "maps": ["slide_8864.png"],
        "table": table,
        "grids": [
            {"slide": "10254", "fold": 0, "patches": 1000, "chance": chance, "labels": marked},
            {"slide": "8864", "fold": 1, "patches": 3, "chance": ["0099", "..51"], "labels": ["01", ".1"]},
        ],
    }


def write(mapping: dict[str, object], file: Path) -> None:
    """Write `mapping` as YAML."""
    file.write_text(yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True), "utf-8")
