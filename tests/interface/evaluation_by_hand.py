"""What `evaluate --write` leaves beside a card, made up by hand: every part that a page shows."""

from __future__ import annotations

import numpy as np

from util.modelstore.card import Card

CORRUPTIONS = ("blur", "noise", "gamma", "contrast", "jpeg", "rotation", "crop")


def _changes(names: tuple[str, ...], rows: list[dict[str, object]], **more: object) -> dict[str, object]:
    for k, row in enumerate(rows):
        fall = round(-0.01 * (k % 5) ** 1.5, 4)
        row |= {names[0]: round(0.97 + fall, 4), names[1]: round(0.93 + 2 * fall, 4), "ece": 0.03}
        row["change"] = {
            names[0]: [fall, round(fall - 0.01, 4), round(fall + 0.01, 4)],
            names[1]: [round(2 * fall, 4), round(2 * fall - 0.02, 4), round(2 * fall + 0.02, 4)],
        }
    return {
        "images": 600,
        "groups": 410,
        "seed": 0,
        **more,
        "clean": {names[0]: 0.97, names[1]: 0.93},
        "rows": rows,
    }


def evaluation(card: Card) -> dict[str, object]:
    """A whole `evaluation.yaml` of the card's own file."""
    many = len(card.labels) > 2
    names = ("balanced_accuracy", "macro_auc") if many else ("auc", "balanced_accuracy")
    classes = len(card.labels)
    part = {names[0]: [0.95, 0.93, 0.97], names[1]: [0.91, 0.88, 0.94], "ece": [0.04, 0.03, 0.06]}
    groups: dict[str, object] = {
        "sex": {
            "rows": [
                {
                    "value": "female",
                    "images": 210,
                    "groups": 160,
                    "classes": classes,
                    "danger_share": 0.3,
                    **part,
                },
                {
                    "value": "male",
                    "images": 260,
                    "groups": 190,
                    "classes": classes,
                    "danger_share": 0.4,
                    **part,
                },
                {"value": "unknown", "images": 9, "groups": 9, "too_few": True},
            ]
        },
        "age": {
            "rows": [
                {"value": "0-29", "images": 80, "groups": 60, "classes": 2, **part},
                {"value": "75+", "images": 80, "groups": 60, "classes": 2, **part},
            ]
        },
        "slide": {
            "rows": [
                {"value": str(9000 + k), "images": 90 + k, "groups": 1, "classes": 2, names[0]: [0.9]}
                for k in range(30)
            ]
        },
        "tone": {
            "measured": 400,
            "drawn_masks": 380,
            "quartiles": [30.0, 41.0, 52.0],
            "rows": [
                {"value": "very_light", "images": 100, "groups": 90, "classes": classes, **part},
                {"value": "brown", "images": 4, "groups": 4, "too_few": True},
            ],
        },
    }
    return {
        "model": card.name,
        "sha256": card.sha256,
        "date": "2026-11-21",
        "data": "Kermany paediatric chest X-rays",
        "part": "official test part",
        "images": 624,
        "groups": 428,
        "command": f"python -m util.training evaluate --modality {card.modality} --split test",
        "classes": [{"label": label, "images": 300, "recall": [0.9, 0.85, 0.95]} for label in card.labels],
        "confusion": {"labels": list(card.labels), "counts": (np.eye(classes, dtype=int) * 200 + 9).tolist()},
        "calibration": {"after": {"ece": 0.03, "mce": 0.1, "bins": [[0.1, 0.12, 50]]}},
        "subgroups": groups,
        "shortcuts": {
            "training_images": 4185,
            "rows": [
                {
                    "name": name,
                    "features": count,
                    "auc": [0.8, 0.77, 0.83],
                    "balanced_accuracy": [0.7, 0.68, 0.73],
                }
                for name, count in (
                    ("thumbnail", 256),
                    ("frame", 348),
                    ("mean", 1),
                    ("colours", 5),
                    ("sharpness", 1),
                )
            ],
        },
        "focus": {
            "images": 600,
            "mask": "lungs" if card.modality == "chest" else "lesion",
            "rows": [
                {
                    "of": "all",
                    "n": 600,
                    "empty": 3,
                    "outside_half": 0.31,
                    "outside_mean": 0.4,
                    "border_half": 0.02,
                    "border_mean": 0.11,
                    "peak_inside": 0.72,
                    "even_map": 0.61,
                },
                {"of": "dangerous", "n": 390, "empty": 390, "even_map": 0.6},
            ],
        },
        "copies": [
            {
                "part": "test",
                "n": 60,
                "same_top": 0.98,
                "mean_dp": 0.012,
                "max_dp": 0.2,
                "same_decision": 0.97,
                "same_band": 0.93,
            }
        ],
        "errors": {
            "pairs": [{"truth": card.labels[0], "said": card.labels[1], "n": 27, "share": 0.115}],
            "confident": [
                {
                    "path": "images/x.jpeg",
                    "group": "p1",
                    "truth": card.labels[0],
                    "said": card.labels[1],
                    "p": 0.99,
                }
            ],
        },
        "corruptions": _changes(
            names,
            [
                {"name": name, "strength": s, "parameter": 0.1 * s}
                for name in CORRUPTIONS
                for s in range(1, 6)
            ],
        ),
        "storage": _changes(
            names,
            [
                *(
                    {"kernel": kernel, "size": size}
                    for kernel in ("nearest", "bilinear", "lanczos")
                    for size in (0.5, 1.5, 3.0)
                ),
                *({"quality": quality} for quality in (30, 70, 100)),
                {"name": "mixed"},
            ],
        ),
        "attacks": _changes(
            names,
            [
                {"name": name, "budget": b, "flipped": 0.1 * b}
                for name in ("random", "fgsm", "pgd")
                for b in (0.5, 1.0, 2.0, 4.0)
            ],
            steps=7,
        ),
    }
