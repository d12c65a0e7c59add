"""The parts of a report that ask beyond the headline figures: subgroups, robustness, copies, focus, shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from util.language import entries, number
from util.report.names import figure_name, word
from util.training.evaluation import svg
from util.training.evaluation.corruptions import STRENGTHS
from util.training.evaluation.html import drawn, figure, folded, heat, paragraph, table
from util.training.evaluation.page import Material, short
from util.training.evaluation.robustness import KERNELS, SIZES
from util.training.evaluation.rows import telling
from util.training.evaluation.subgroups import spread

_LONG = 12  # rows above which a table folds away
# A fall of this much is shaded fully.
_FALL = 0.2


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


def corruptions(material: Material) -> str:
    """Value and change of the telling figures by corruption and strength, shaded by the fall."""
    found = material.details.get("corruptions")
    if not found:
        return ""
    note = material.words("note_corruptions", **{key: found[key] for key in ("images", "groups", "seed")})
    rows: dict[str, list[Mapping]] = {}
    for row in found["rows"]:
        rows.setdefault(row["name"], []).append(row)
    head = ["", *(material.words("strength", number=number_) for number_ in STRENGTHS)]
    return paragraph(note) + _falls(
        material, found, head, [(material.words(f"corruption_{name}"), some) for name, some in rows.items()]
    )


def storage(material: Material) -> str:
    """The same for kernel and size, JPEG quality, and all by chance."""
    found = material.details.get("storage")
    if not found:
        return ""
    note = material.words("note_storage", images=found["images"], groups=found["groups"])
    sizes = [(kernel, [row for row in found["rows"] if row.get("kernel") == kernel]) for kernel in KERNELS]
    head = [
        material.words("kernel"),
        *(material.words("size", number=svg.short(size, material.language)) for size in SIZES),
    ]
    body = paragraph(note) + _falls(material, found, head, sizes, 1)
    qualities = [row for row in found["rows"] if "quality" in row]
    head = ["", *(material.words("quality", number=row["quality"]) for row in qualities)]
    body += _falls(material, found, head, [("JPEG", qualities)], 1)
    name = telling(material.whole.card)[0]
    for row in (row for row in found["rows"] if row.get("name") == "mixed"):
        value, change, _ = _fall(row, name, material.language)
        said = {"name": figure_name(name, material.language), "value": value, "change": change}
        body += paragraph(material.words("mixed", **said), "")
    return body


def attacks(material: Material) -> str:
    """Value and change of the telling figures by attack and budget."""
    found = material.details.get("attacks")
    if not found:
        return ""
    note = material.words("note_attacks", steps=found["steps"], images=found["images"])
    rows: dict[str, list[Mapping]] = {}
    for row in found["rows"]:
        rows.setdefault(row["name"], []).append(row)
    first = next(iter(rows.values()))
    head = [
        "",
        *(material.words("budget", number=svg.short(row["budget"], material.language)) for row in first),
    ]
    return paragraph(note) + _falls(
        material, found, head, [(material.words(f"attack_{name}"), some) for name, some in rows.items()]
    )


def _falls(
    material: Material,
    found: Mapping,
    head: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Mapping]]],
    count: int = 2,
) -> str:
    """One shaded table for each of the first `count` telling figures, with the unchanged value in its title."""
    body = ""
    for name in telling(material.whole.card)[:count]:
        clean = found["clean"].get(name)
        if clean is None:
            continue
        title = material.words("figure_change", name=figure_name(name, material.language))
        unchanged = f"{material.words('clean')} {short(clean, material.language, 3)}"
        body += f"<h3>{escape(title)} <span class=muted>({escape(unchanged)})</span></h3>"
        lines = [(label, [_fall(row, name, material.language) for row in some]) for label, some in rows]
        body += heat(head, lines)
    return body


def _fall(row: Mapping, name: str, language: str) -> tuple[str, str, float]:
    if name not in row:
        return ("–", "", 0.0)
    change = (row.get("change") or {}).get(name)
    if not change:
        return (short(row[name], language, 3), "", 0.0)
    seen = round(change[0], 3)
    sign = "+" if seen > 0 else "−" if seen < 0 else "±"
    return (short(row[name], language, 3), f"{sign}{short(abs(seen), language, 3)}", -change[0] / _FALL)


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
