"""The same figures for parts of the people: sex, age, site, source, subtype, slide, tone of the skin.

A mean over everybody hides those for whom it fails. Every row says how many images and groups it rests on; one of
fewer than 20 images, or with fewer than two classes of at least 5, has no figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from util.modelstore.card import Card
from util.training.dataset import Dataset
from util.training.evaluation import tone
from util.training.evaluation.rows import all_listed, only, telling
from util.training.metrics import weighted_figures, weighted_intervals

FEWEST = 20
# A class of fewer images in a subgroup does not count there.
_OF_A_CLASS = 5
_BANDS = ((0, 30), (30, 45), (45, 60), (60, 75), (75, 200))
UNKNOWN = "unknown"
_MOST_VALUES = 60

# Values (N,) of a data set by which it is divided, "" for those that belong to none.
Division = Callable[[Dataset], np.ndarray]


def subgroup_rows(
    card: Card, dataset: Dataset, scores: np.ndarray, *, draws: int = 1000
) -> dict[str, dict[str, object]]:
    """{division: {"rows": [...], more}}, each row {"value", "images", "groups", "classes", figures} or with "too_few".

    `scores` (N, units) of `dataset`. Figures are [value, low, high], or [value] where a row holds one group alone (a
    slide): nothing tells then how another would have done. Macro figures average over `classes` classes.
    """
    found = {}
    for name, division in _divisions(dataset).items():
        values, more = division
        shown = [value for value in _ordered(name, set(values.tolist())) if value]
        rows = [
            _row(card, dataset, scores, value, _members(name, dataset, values, value), draws)
            for value in shown
        ]
        if len(rows) > 1:
            found[name] = {**more, "rows": rows}
    return found


def _divisions(dataset: Dataset) -> dict[str, tuple[np.ndarray, dict[str, object]]]:
    """The divisions that a data set's columns allow, each with what must be said of it."""
    found: dict[str, tuple[np.ndarray, dict[str, object]]] = {}
    columns = dataset.columns
    if dataset.metadata is not None:
        found["sex"] = np.array([entry.sex or UNKNOWN for entry in dataset.metadata]), {}
        found["age"] = np.array([_band(entry.age) for entry in dataset.metadata]), {}
        found["site"] = np.array([entry.site or UNKNOWN for entry in dataset.metadata]), {}
    for name in ("source", "label_basis"):
        if name in columns:
            found[name] = np.array([value or UNKNOWN for value in columns[name].tolist()]), {}
    if "subtype" in columns:
        found["subtype"] = _subtypes(dataset), {}
    if dataset.modality == "breast" and "slide" in columns:
        found["slide"] = columns["slide"], {}
    if dataset.modality == "skin":
        angle, drawn = tone.angles(dataset)
        measured = angle[np.isfinite(angle)]
        more = {"measured": len(measured), "drawn_masks": drawn}
        if len(measured):
            more["quartiles"] = [round(float(q), 1) for q in np.percentile(measured, [25, 50, 75])]
        found["tone"] = np.array([tone.kind(value) for value in angle]), more
    return {
        name: (np.asarray(values, str), more)
        for name, (values, more) in found.items()
        if 1 < len(set(values.tolist())) <= _MOST_VALUES
    }


def _band(age: float | None) -> str:
    if age is None:
        return UNKNOWN
    low, high = next((edges for edges in _BANDS if age < edges[1]), _BANDS[-1])
    return f"{low}-{high - 1}" if high < 200 else f"{low}+"


def _subtypes(dataset: Dataset) -> np.ndarray:
    """The subtype of every image of a dangerous class; "" for the others, which stand beside each of them."""
    kinds = dataset.columns["subtype"].astype(str)
    classes = {kind: set(dataset.target[kinds == kind].tolist()) for kind in set(kinds.tolist())}
    by_class: dict[int, set[str]] = {}
    for kind, targets in classes.items():
        for target in targets:
            by_class.setdefault(target, set()).add(kind)
    divided = {target for target, names in by_class.items() if len(names) > 1}
    return np.where(np.isin(dataset.target, list(divided)), kinds, "")


def _members(name: str, dataset: Dataset, values: np.ndarray, value: str) -> np.ndarray:
    mine = values == value
    # One subtype of the sick against all the healthy.
    return mine | (values == "") if name == "subtype" else mine


def _ordered(name: str, values: set[str]) -> list[str]:
    fixed = {"tone": [kind for kind, _ in tone.KINDS] + [tone.DARKEST, tone.UNKNOWN]}
    fixed["age"] = [_band(low) for low, _ in _BANDS] + [UNKNOWN]
    if name in fixed:
        return [value for value in fixed[name] if value in values]
    return sorted(values - {UNKNOWN}) + sorted(values & {UNKNOWN})


def _row(
    card: Card, dataset: Dataset, scores: np.ndarray, value: str, mine: np.ndarray, draws: int
) -> dict[str, object]:
    target, group = dataset.target[mine], dataset.group[mine]
    counts = np.bincount(target, minlength=len(card.labels))
    row: dict[str, object] = {"value": value, "images": int(mine.sum()), "groups": len(np.unique(group))}
    classes = np.flatnonzero(counts >= _OF_A_CLASS)
    if row["images"] < FEWEST or len(classes) < 2:
        return {**row, "too_few": True}
    row["classes"] = len(classes)
    dangerous = [card.labels.index(label) for label in card.danger]
    row["danger_share"] = round(float(np.isin(target, dangerous).mean()), 4)
    measure = weighted_figures(scores[mine], target, card, classes if len(card.labels) > 2 else None)
    alone = row["groups"] == 1
    figures = weighted_intervals(only(measure, telling(card)), group, 0 if alone else draws)
    return {**row, **all_listed(figures)}


def spread(rows: list[Mapping[str, object]], figure: str) -> list[float] | None:
    """Least, quartiles and largest of `figure` over the rows that have it: [min, 25 %, median, 75 %, max]."""
    values = [row[figure][0] for row in rows if figure in row]
    if not values:
        return None
    return [round(float(q), 4) for q in np.percentile(values, [0, 25, 50, 75, 100])]
