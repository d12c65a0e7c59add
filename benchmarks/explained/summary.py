"""The rows of a part become one record: every figure a mean over images with its 95 % interval by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from util.explanation import FIRST, confidence, judge, limit_for, risk_coverage
from util.explanation.composite import WEIGHT
from util.explanation.controls import CONTROLS
from util.explanation.faithfulness import ROOM
from util.training.evaluation.rows import listed
from util.training.metrics import weighted_intervals

DRAWS = 1000
POINTS = 41
BETTER = {"insertion": 1, "deletion": -1, "focus": 1, "pointing": 1}  # the sign of "better"
Row = Mapping[str, object]
Figure = list[float]


def summarise(
    rows: Sequence[Row], *, limit_error: float | None = None, draws: int = DRAWS
) -> dict[str, object]:
    """What stands in `explanations.yaml` for one part, of its rows (see `measuring`).

    A difference in `beats` is method less control on the same image: insertion, focus and pointing are better above 0,
    deletion below. `limit_error`: the share of errors that the composite's limit allows (None: no limit is sought,
    because the network has learned these images). Raises ValueError for no image.
    """
    images = [row for row in rows if row["row"] == "image"]
    if not images:
        raise ValueError("expected rows of at least one image, received none")
    repeats = [row for row in rows if row["row"] == "repeat"]
    sanities = [row for row in rows if row["row"] == "sanity"]
    names = list(images[0]["methods"])
    return {
        "target": "decided",
        "images": len(images),
        "groups": len({row["group"] for row in images}),
        "classes": _counted(row["label"] for row in images),
        "with_room": sum(row["whole"] - row["gone"] >= ROOM for row in images),
        "with_mask": sum(row["mask"] is not None for row in images),
        "mask_share": _mean([row["mask"] for row in images]),
        "repeated": len(repeats),
        "checked": len(sanities),
        "methods": {name: _method(name, images, repeats, sanities, draws) for name in names},
        "controls": {
            name: {
                figure: _interval(images, lambda row, n=name, f=figure: row["controls"][n][f], draws)
                for figure in BETTER
            }
            for name in CONTROLS
        },
        "composite": _composite(images, limit_error, draws),
    }


def _method(
    name: str, images: Sequence[Row], repeats: Sequence[Row], sanities: Sequence[Row], draws: int
) -> dict[str, object]:
    def of(figure: str) -> Callable[[Row], float | None]:
        return lambda row: row["methods"][name][figure]

    def less(figure: str, control: str) -> Callable[[Row], float | None]:
        def difference(row: Row) -> float | None:
            one, other = row["methods"][name][figure], row["controls"][control][figure]
            return None if one is None or other is None else float(one) - float(other)

        return difference

    found: dict[str, object] = {
        "seconds": round(float(np.median([row["methods"][name]["seconds"] for row in images])), 4),
        "passes": round(float(np.mean([row["methods"][name]["passes"] for row in images])), 1),
        "empty": sum(bool(row["methods"][name]["empty"]) for row in images),
        **{figure: _interval(images, of(figure), draws) for figure in (*BETTER, "border")},
        "beats": {
            control: {figure: _interval(images, less(figure, control), draws) for figure in BETTER}
            for control in CONTROLS
        },
        "repeatability": _interval(repeats, lambda row: row["methods"].get(name), draws),
        "sanity": _interval(sanities, lambda row: row["methods"].get(name, {}).get("left"), draws),
        "sanity_edges": _interval(sanities, lambda row: row["methods"].get(name, {}).get("edges"), draws),
    }
    if "allowed" in images[0]["methods"][name]["facts"]:
        found["complete"] = _interval(images, lambda row: _complete(row["methods"][name]["facts"]), draws)
    return found


def _complete(facts: Mapping[str, float]) -> float:
    return float(facts["error"] <= facts["allowed"])


def _interval(rows: Sequence[Row], value: Callable[[Row], float | None], draws: int) -> Figure | None:
    """The mean of `value` over the rows that have one, [value, low, high]; None where none has.

    Of one group alone [value]: nothing tells then how another would have done.
    """
    known = [(found, row["group"]) for row in rows if (found := value(row)) is not None]
    if not known:
        return None
    values, group = np.array([float(one) for one, _ in known]), np.array([name for _, name in known])
    if len(np.unique(group)) < 2:
        return [_short(values.mean())]

    def mean(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"mean": weights @ values / weights.sum(axis=1)}

    return listed(weighted_intervals(mean, group, draws)["mean"])


def _composite(images: Sequence[Row], limit_error: float | None, draws: int) -> dict[str, object] | None:
    """Whether the agreement of the maps shown first predicts errors beyond the probability; None without errors."""
    known = [row for row in images if row["agreement"] is not None]
    right = np.array([bool(row["right"]) for row in known])
    if len(known) < 2 or right.all() or not right.any():
        return None
    plain = np.array([row["probability"] for row in known])
    alike = np.array([row["agreement"] for row in known])
    both = np.array([confidence(p, a).value for p, a in zip(plain, alike, strict=True)])
    told = judge(both, plain, right, np.array([row["group"] for row in known]), draws=draws)
    coverage, risk = risk_coverage(both, right).thinned(POINTS)
    limit = None if limit_error is None else limit_for(both, right, limit_error)
    return {
        "helps": bool(told.gain[1] > 0),
        "predicts": bool(told.skill[1] > 0),
        "n": told.n,
        "errors": told.errors,
        "methods": [name for name in FIRST if name in known[0]["methods"]],
        "weight": WEIGHT,
        "limit": None if limit is None else _short(limit),
        "limit_error": limit_error,
        "area": _short(told.area),
        "area_probability": _short(told.plain),
        "area_random": _short(told.error),
        "gain": _rounded(told.gain),
        "skill": _rounded(told.skill),
        "risk_coverage": {
            "coverage": _rounded(coverage),
            "risk_probability": _rounded(risk_coverage(plain, right).thinned(POINTS)[1]),
            "risk_composite": _rounded(risk),
            "risk_agreement": _rounded(risk_coverage(alike, right).thinned(POINTS)[1]),
        },
    }


def _counted(labels: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for label in labels:
        found[label] = found.get(label, 0) + 1
    return dict(sorted(found.items()))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 4) if known else None


def _rounded(values: Iterable[float]) -> Figure:
    return [_short(value) for value in values]


def _short(value: float) -> float:
    return round(float(value), 4) + 0.0
