"""The parts of a report on right answers for wrong reasons: copies, where the maps lie, shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from util.language import number
from util.report.names import figure_name
from util.training.evaluation.html import drawn, paragraph, table
from util.training.evaluation.material import Material, short


def copies(material: Material) -> str:
    """How alike originals and their copies are answered."""
    found = material.details.get("copies")
    if not found:
        return ""
    names = ("same_top", "same_decision", "same_band", "mean_dp", "max_dp")
    return paragraph(material.words("note_copies")) + _plain(
        material, "part", "n", names, found, lambda row: material.words(f"part_{row['part']}")
    )


def focus(material: Material) -> str:
    """Shares of the maps that lie elsewhere."""
    found = material.details.get("focus")
    if not found:
        return ""
    names = ("outside_half", "outside_mean", "even_map", "border_half", "border_mean", "peak_inside")
    note = material.words(f"note_focus_{found['mask']}", images=found["images"])
    return paragraph(note) + _plain(
        material, "of", "n", names, found["rows"], lambda row: material.words(f"of_{row['of']}")
    )


def _plain(
    material: Material,
    first: str,
    second: str,
    names: Sequence[str],
    rows: Sequence[Mapping],
    said: Callable[[Mapping], str],
) -> str:
    head = [material.words(f"column_{name}") for name in (first, second, *names)]
    lines = [
        [
            escape(said(row)),
            number(row[second], material.language),
            *(short(row[name], material.language, 3) if name in row else "–" for name in names),
        ]
        for row in rows
    ]
    return table(head, lines)


def shortcuts(material: Material) -> str:
    """What the probes reach, and the model itself on the same images."""
    found = material.details.get("shortcuts")
    if not found:
        return ""
    language, own = material.language, material.whole.evaluation.figures
    head = [material.words(f"column_{name}") for name in ("shortcut", "features")]
    head += [material.words("column_auc"), figure_name("balanced_accuracy", language)]
    rows = [
        [
            escape(material.words(f"shortcut_{row['name']}")),
            number(row["features"], language),
            drawn(row.get("auc"), (0.4, 1.0), language),
            drawn(row.get("balanced_accuracy"), (0.0, 1.0), language),
        ]
        for row in found["rows"]
    ]
    cells = []
    for names, edges in ((("auc", "macro_auc"), (0.4, 1.0)), (("balanced_accuracy",), (0.0, 1.0))):
        one = next((own[name] for name in names if name in own), None)
        value = None if one is None else [one.value, *(() if one.low is None else (one.low, one.high))]
        cells.append(drawn(value, edges, language))
    rows.append([escape(material.words("model")), "–", *cells])
    note = material.words("note_shortcuts", images=found["training_images"])
    return paragraph(note) + table(head, rows, own=len(rows) - 1, dense=True)
