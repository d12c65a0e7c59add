"""The part of a report on subgroups: for whom the figures hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from util.language import entries, number
from util.report.names import figure_name, word
from util.training.evaluation.html import drawn, figure, folded, paragraph, table
from util.training.evaluation.material import Material
from util.training.evaluation.rows import telling
from util.training.evaluation.subgroups import spread

_LONG = 12  # rows above which a table folds away


def subgroups(material: Material) -> str:
    """One table a division."""
    found = material.details.get("subgroups") or {}
    body = ""
    for name, part in found.items():
        body += f"<h3>{escape(material.words(f'by_{name}'))}</h3>"
        if name == "tone":
            note = material.words("note_tone", measured=part["measured"], drawn=part["drawn_masks"])
            body += paragraph(note)
        rows = _subgroup_table(material, name, part["rows"])
        edges = spread(part["rows"], telling(material.whole.card)[1]) if name == "slide" else None
        if edges:
            low, first, median, third, high = edges
            body += paragraph(
                material.words(
                    "note_slides",
                    count=sum("auc" in row for row in part["rows"]),
                    name=figure_name(telling(material.whole.card)[1], material.language),
                    low=low,
                    first=first,
                    median=median,
                    third=third,
                    high=high,
                ),
                "",
            )
        long = len(part["rows"]) > _LONG
        body += folded(material.words(f"by_{name}"), rows) if long else rows
    return body + paragraph(material.words("note_subgroups")) if body else ""


def _subgroup_table(material: Material, name: str, rows: Sequence[Mapping]) -> str:
    names = telling(material.whole.card)
    lows = [
        row[names[0]][1] if len(row[names[0]]) > 1 else row[names[0]][0] for row in rows if row.get(names[0])
    ]
    edges = (min([0.5, *lows]), 1.0)
    head = [material.words(f"by_{name}"), material.words("column_images"), material.words("column_groups")]
    head += [figure_name(key, material.language) for key in names]
    lines = []
    for row in rows:
        counts = [number(row[key], material.language) for key in ("images", "groups")]
        missing = material.words("too_few") if row.get("too_few") else "–"
        cells = [drawn(row.get(names[0]), edges, material.language, missing)]
        cells += [figure(row.get(key), material.language) for key in names[1:]]
        lines.append([escape(_value(row["value"], material.language)), *counts, *cells])
    return table(head, lines, dense=True)


def _value(value: str, language: str) -> str:
    key = f"measured.value_{value}"
    return entries()[key][language] if key in entries() else word(value, language)
