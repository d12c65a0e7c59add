"""The parts of a report on what spoils an image: corruptions, storing it again, attacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from util.report.names import figure_name
from util.training.evaluation import svg
from util.training.evaluation.corruptions import STRENGTHS
from util.training.evaluation.html import heat, paragraph
from util.training.evaluation.material import Material, short
from util.training.evaluation.robustness import KERNELS, SIZES
from util.training.evaluation.rows import telling

# A fall of this much is shaded fully.
_FALL = 0.2


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
