"""The parts of a report, in their order: each gives HTML, or nothing where there is nothing to show."""

from __future__ import annotations

from html import escape

import numpy as np

from util.language import number
from util.prediction.arithmetic import danger_probability, probabilities
from util.report.names import figure_name, figure_order, label_name
from util.training.evaluation import curves
from util.training.evaluation.html import chart, charts, figure, heat, paragraph, table
from util.training.evaluation.material import Material, short
from util.training.evaluation.sections_robustness import attacks, corruptions, storage
from util.training.evaluation.sections_shortcuts import copies, focus, shortcuts
from util.training.evaluation.sections_slides import slides
from util.training.evaluation.sections_subgroups import subgroups
from util.training.evaluation.svg import Chart
from util.training.metrics import BINS


def figures(material: Material) -> str:
    """Every figure with its interval, the telling ones first, beside the card's own."""
    language, found = material.language, material.whole.evaluation
    by_class = {f"{name}_{label}" for name in ("recall", "auc") for label in material.whole.card.labels}
    stored = material.whole.card.test.figures if material.whole.card.test else {}
    beside = material.whole.card.test is not None and material.whole.card.test.part == found.part
    rows = []
    for name in sorted((name for name in found.figures if name not in by_class), key=figure_order):
        one = found.figures[name]
        value = [one.value] if one.low is None else [one.value, one.low, one.high]
        row = [escape(figure_name(name, language)), figure(value, language)]
        if beside:
            row.append(number(stored[name].value, language, 3) if name in stored else "–")
        rows.append(row)
    head = [material.words("column_figure"), material.words("column_measured")]
    head += [material.words("column_card")] if beside else []
    return table(head, rows) + paragraph(material.words("note_figures"))


def classes(material: Material) -> str:
    """Precision, recall, specificity, F1 and both areas of each class."""
    names = ("recall", "precision", "specificity", "f1", "auc", "pr_auc")
    head = [material.words("column_class"), material.words("column_images")]
    head += [material.words(f"column_{name}") for name in names]
    rows = [
        [
            escape(_label(material, row["label"])),
            number(row["images"], material.language),
            *(figure(row.get(name), material.language) for name in names),
        ]
        for row in material.details["classes"]
    ]
    return table(head, rows, dense=True)


def curve_charts(material: Material) -> str:
    """ROC and precision-recall of the dangerous class, or of each class against the rest."""
    card, said = material.whole.card, material.whole.said
    chances, target = probabilities(said.scores, card), said.data.target
    if len(card.labels) == 2:
        danger = danger_probability(chances, card)
        asked = [("", danger, target == card.labels.index(card.danger[0]))]
    else:
        asked = [(label, chances[:, k], target == k) for k, label in enumerate(card.labels)]
    asked = [one for one in asked if 0 < one[2].sum() < len(target)]
    area_of, many = {row["label"]: row for row in material.details["classes"]}, len(card.labels) > 2
    body = ""
    for name, points, axes in (
        ("auc", curves.roc, ("axis_false", "axis_true")),
        ("pr_auc", curves.precision_recall, ("axis_recall", "axis_precision")),
    ):
        said_axes = tuple(material.words(axis) for axis in axes)
        pieces = []
        for label, score, positive in asked:
            row = area_of[label or card.danger[0]]
            area = short(row[name][0], material.language, 3) if name in row else "?"
            caption = f"{label} · {area}" if many else f"{material.words(f'column_{name}')} {area}"
            drawing = Chart(
                (0, 1),
                (0, 1),
                language=material.language,
                labels=("", "") if many else said_axes,
                title=f"{caption}: {said_axes[1]} / {said_axes[0]}",
                ticks=((0, 0.5, 1), (0, 0.5, 1)) if many else None,
                width=220 if many else 360,
                height=190 if many else 300,
            )
            level = float(positive.mean())
            drawing.line((0, 1), (0, 1) if name == "auc" else (level, level), "muted", dashed=True)
            drawing.line(*points(score, positive), "accent")
            pieces.append(chart(drawing.svg(), caption))
        title = material.words(
            "curves_of", name=material.words(f"column_{name}"), up=said_axes[1], right=said_axes[0]
        )
        body += f"<h3>{escape(title)}</h3>" + charts(pieces, True) if many else "".join(pieces)
    return (body if many else charts([body])) + paragraph(material.words("note_curves"))


def calibration(material: Material) -> str:
    """The reliability diagram before and after calibration."""
    found, language = material.details["calibration"], material.language
    pieces = []
    for name, kind, shape in (("before", "above", "s"), ("after", "accent", "o")):
        bins = np.array(found[name]["bins"], float)
        ece = short(found[name]["ece"], language, 3)
        caption = (
            f"{material.words(f'series_{name}')} · ECE {ece} · MCE {short(found[name]['mce'], language, 3)}"
        )
        drawing = Chart(
            (0, 1),
            (0, 1),
            language=language,
            labels=(material.words("axis_announced"), material.words("axis_came_true")),
            title=caption,
        )
        drawing.line((0, 1), (0, 1), "muted", dashed=True)
        drawing.line(bins[:, 0], bins[:, 1], kind)
        drawing.dots(bins[:, 0], bins[:, 1], 2.5 + 8 * np.sqrt(bins[:, 2] / bins[:, 2].sum()), kind, shape)
        pieces.append(chart(drawing.svg(), caption))
    key = "note_calibration_two" if len(material.whole.card.labels) == 2 else "note_calibration_many"
    note = material.words(key, bins=BINS, images=material.whole.evaluation.images)
    return charts(pieces) + paragraph(note)


def confusion(material: Material) -> str:
    """The confusion matrix, shaded by the share of each row."""
    found = material.details["confusion"]
    counts = np.array(found["counts"])
    whole = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows = [
        (
            label,
            [(number(int(n), material.language), "", n / whole[i, 0]) for n in counts[i]],
        )
        for i, label in enumerate(found["labels"])
    ]
    head = [f"{material.words('column_truth')} \\ {material.words('column_said')}", *found["labels"]]
    return heat(head, rows, "accent") + paragraph(material.words("note_confusion"))


def learning(material: Material) -> str:
    """Loss and validation figures by epoch, where the run's history is known."""
    if len(material.history) < 2:
        return ""
    epochs = [float(row["epoch"]) for row in material.history]
    pieces = []
    for names, axis in ((("loss",), "axis_loss"), (("auc", "balanced_accuracy"), "axis_validation")):
        series = {
            name: [float(row[name]) if row.get(name) else np.nan for row in material.history]
            for name in names
        }
        series = {name: values for name, values in series.items() if np.isfinite(values).any()}
        if not series:
            continue
        everything = np.concatenate([np.asarray(values) for values in series.values()])
        low, high = float(np.nanmin(everything)), float(np.nanmax(everything))
        pad = 0.08 * (high - low) or 0.05
        captions = [material.words(axis)]
        if axis == "axis_validation":
            captions = [
                f"{captions[0]}: {' · '.join(figure_name(name, material.language) for name in series)}"
            ]
        drawing = Chart(
            (epochs[0], epochs[-1]),
            (low - pad, high + pad),
            language=material.language,
            labels=(material.words("axis_epoch"), material.words(axis)),
            title=captions[0],
        )
        for (name, values), kind, dashed in zip(
            series.items(), ("accent", "below"), (False, True), strict=False
        ):
            known = [(e, v) for e, v in zip(epochs, values, strict=True) if np.isfinite(v)]
            drawing.line(*zip(*known, strict=True), kind, dashed=dashed)
            if len(series) > 1:
                drawing.text(*known[-1], figure_name(name, material.language), "end", kind)
        pieces.append(chart(drawing.svg(), captions[0]))
    return charts(pieces) + paragraph(material.words("note_learning"))


def errors(material: Material) -> str:
    """The pairs that are confused most, and the errors of which the model was sure, with maps where there are some."""
    found, language = material.details["errors"], material.language
    if not found["pairs"]:
        return paragraph(material.words("no_errors"))
    head = [material.words(f"column_{name}") for name in ("truth", "said", "n", "share")]
    pairs = [
        [
            escape(_label(material, row["truth"])),
            escape(_label(material, row["said"])),
            number(row["n"], language),
            short(row["share"], language),
        ]
        for row in found["pairs"]
    ]
    body = table(head, pairs, numbers=2) + paragraph(material.words("note_errors"))
    if material.pictures:
        shown = zip(found["confident"], material.pictures, strict=False)
        return (
            body + f'<div class="errors">{"".join(_error(material, row, *both) for row, both in shown)}</div>'
        )
    head = [material.words(f"column_{name}") for name in ("path", "truth", "said", "p")]
    rows = [
        [escape(row["path"]), escape(row["truth"]), escape(row["said"]), short(row["p"], language)]
        for row in found["confident"]
    ]
    return body + table(head, rows, numbers=3)


def _error(material: Material, row: dict, plain: str, mapped: str) -> str:
    alt = escape(material.words("picture_of", path=row["path"]))
    map_alt = escape(material.words("map_of", label=row["said"]))
    text = (
        f"{escape(material.words('column_truth'))} <b>{escape(row['truth'])}</b>, "
        f"{escape(material.words('column_said'))} <b>{escape(row['said'])}</b> "
        f"{short(row['p'], material.language)}<br><small>{escape(row['path'])}</small>"
    )
    return (
        f'<figure><div><img src="{plain}" alt="{alt}"><img src="{mapped}" alt="{map_alt}"></div>'
        f"<figcaption>{text}</figcaption></figure>"
    )


def _label(material: Material, label: str) -> str:
    """A class with its name for people, where that is another."""
    card = material.whole.card
    name = label_name(card, card.labels.index(label), material.language)
    return label if name == label else f"{label} ({name})"


# The name of a section is that of its heading, and its address in the page.
SECTIONS = {
    "figures": figures,
    "classes": classes,
    "curves": curve_charts,
    "calibration": calibration,
    "confusion": confusion,
    "learning": learning,
    "subgroups": subgroups,
    "slides": slides,
    "corruptions": corruptions,
    "storage": storage,
    "attacks": attacks,
    "copies": copies,
    "focus": focus,
    "shortcuts": shortcuts,
    "errors": errors,
}
