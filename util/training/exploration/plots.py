"""Small plots of numbers for the notebooks: bars, clouds, curves, maps. None of them holds an image of a person."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from util.training.exploration.maps import Look

# Okabe & Ito 2008: apart for colour-blind eyes too.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
_DPI = 64  # a plot of this size is a few kilobytes


def bars(rows: Sequence[Mapping], label: str, values: Sequence[str], title: str):
    """One group of horizontal bars a row: the numbers `values` of each row, named by its entry `label`."""
    figure, axis = _figure(6.4, 0.9 + 0.24 * len(rows) * max(1, len(values) / 2), title)
    place, thick = np.arange(len(rows)), 0.8 / len(values)
    for k, name in enumerate(values):
        axis.barh(place + k * thick, [row[name] for row in rows], thick, label=name, color=_colour(k))
    axis.set_yticks(place + 0.4 - thick / 2, [str(row[label]) for row in rows])
    axis.invert_yaxis()
    if len(values) > 1:
        axis.legend(fontsize=8, frameon=False)
    return figure


def cloud(points: np.ndarray, group: np.ndarray, names: Sequence[str], title: str):
    """`points` (N, 2), each in the colour of its `group` (N,), an index into `names`; axes without numbers."""
    figure, axis = _figure(6.0, 4.2, title)
    for k, name in enumerate(names):
        mine = group == k
        axis.scatter(*points[mine].T, s=7, color=_colour(k), label=name, linewidths=0)
    axis.set(xticks=[], yticks=[])
    axis.legend(fontsize=8, frameon=False, markerscale=2, bbox_to_anchor=(1, 1), loc="upper left")
    return figure


def colours(rows: Sequence[Mapping], title: str):
    """The rows of `features.colour_signatures`: median of each channel with its quartiles, class by class."""
    figure, axis = _figure(6.4, 3.2, title)
    place = np.arange(len(rows))
    for shift, (name, colour) in enumerate(zip(("red", "green", "blue"), "rgb", strict=True)):
        middle = np.array([row[name] for row in rows])
        low, high = np.array([row[f"{name}_quartiles"] for row in rows]).T
        axis.errorbar(place + 0.2 * (shift - 1), middle, [middle - low, high - middle], fmt="o", color=colour)
    axis.set_xticks(place, [row["class"] for row in rows])
    axis.set_ylabel("mean of an image (0-255)")
    return figure


def curves(history: Path, title: str):
    """The learning curves in a run's `history.csv`: loss on the left, validation figures on the right."""
    with history.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    figure, axis = _figure(6.4, 3.0, title)
    epochs = [int(row["epoch"]) for row in rows]
    axis.plot(epochs, [float(row["loss"]) for row in rows], "o-", color=_colour(0), label="training loss")
    axis.set(xlabel="epoch", ylabel="loss", xticks=epochs)
    right = axis.twinx()
    for k, name in enumerate(("auc", "balanced_accuracy"), start=1):
        if all(row.get(name) for row in rows):
            right.plot(epochs, [float(row[name]) for row in rows], "s--", color=_colour(k), label=name)
    right.set_ylim(0, 1.02)
    lines = axis.get_lines() + right.get_lines()
    names = [line.get_label() for line in lines]
    figure.legend(lines, names, fontsize=8, frameon=False, loc="outside lower center", ncols=3)
    return figure


def confusion(target: np.ndarray, said: np.ndarray, labels: Sequence[str], title: str):
    """Truth by answer: the share of each true class (rows), with counts, `target` and `said` (N,) indices."""
    counts = np.zeros((len(labels), len(labels)), int)
    np.add.at(counts, (target, said), 1)
    figure, axis = _figure(1.8 + 0.5 * len(labels), 1.4 + 0.42 * len(labels), title)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), n in np.ndenumerate(counts):
        white = share[row, column] > 0.5
        axis.text(column, row, n, ha="center", va="center", fontsize=8, color="w" if white else "k")
    axis.set_xticks(range(len(labels)), labels, rotation=60, fontsize=8)
    axis.set_yticks(range(len(labels)), labels, fontsize=8)
    axis.set(xlabel="said", ylabel="truth")
    return figure


def slide(maps: Mapping[str, np.ndarray], title: str):
    """Maps of one slide side by side, (rows, columns) with values in [0, 1] and NaN where there is no patch."""
    rows, columns = next(iter(maps.values())).shape
    height = min(4.0, 3.2 * rows / columns + 0.6)
    figure, axes = _figure(6.8, height, title, len(maps))
    for axis, (name, grid) in zip(np.atleast_1d(axes), maps.items(), strict=True):
        axis.imshow(grid, cmap="RdBu_r", vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(name, fontsize=9)
        axis.set(xticks=[], yticks=[])
    return figure


def looks(found: Sequence[Look], title: str, *, images: bool = False):
    """The maps of `maps.look` in a row, each with truth and answer; with `images` over the image itself.

    Without `images` only the map is drawn, so that the plot holds nothing of a person.
    """
    from matplotlib import colormaps

    few = colormaps["magma"].resampled(12)  # as many shades as an eye tells apart, and a smaller file
    figure, axes = _figure(1.75 * max(len(found), 1), 2.5, title, max(len(found), 1))
    for axis, one in zip(np.atleast_1d(axes), found, strict=False):
        if images:
            axis.imshow(one.pixels)
        axis.imshow(one.heat, cmap=few, vmin=0, vmax=1, alpha=0.5 if images else 1)
        wrong = "" if one.truth in ("", one.said) else f", is {one.truth}"
        axis.set_title(f"{one.said} {one.probability:.2f}{wrong}", fontsize=8)
        axis.set(xticks=[], yticks=[])
    return figure


def _figure(width: float, height: float, title: str, panels: int = 1):
    """A figure of so many inches and its axes; made without a window."""
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["font.size"] = 9
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    figure.suptitle(title, fontsize=10)
    return figure, figure.subplots(1, panels)


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]
