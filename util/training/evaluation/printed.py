"""An evaluation as lines of text: measured figures, and what the card says beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from util.training.evaluation.rows import telling
from util.training.evaluation.whole import Whole

# What names a row of each part, and what only counts in it.
_NAMED = frozenset("label value name kernel of part truth said size quality strength budget".split())
_COUNTS = frozenset("images groups n features classes parameter danger_share".split())


def lines(whole: Whole, stored: Mapping[str, object] | None) -> Iterator[str]:
    """The figures, then each part of the details; `stored` are the details beside the card, or None."""
    card, found = whole.card, whole.evaluation
    yield f"{card.name}  {found.data}, {found.part}: {found.images} images, {found.groups} groups"
    beside = card.test.figures if card.test and card.test.part == found.part else {}
    yield f"{'figure':36}{'measured':>9}   95 % interval        {'card' if beside else ''}".rstrip()
    for name, figure in found.figures.items():
        edges = "" if figure.low is None else f"{figure.low:.4f} to {figure.high:.4f}"
        more = f"{beside[name].value:9.4f}" if name in beside else ""
        yield f"{name:36}{figure.value:9.4f}   {edges:18}   {more}".rstrip()
    for name, part in whole.details.items():
        old = stored.get(name) if stored else None
        yield from _part(name, part, old, telling(card))


def _part(name: str, part: object, old: object, shown: tuple[str, ...]) -> Iterator[str]:
    if name in ("confusion", "calibration") or not isinstance(part, (Mapping, list)):
        return
    if name == "errors":
        part, old = part["pairs"], old["pairs"] if isinstance(old, Mapping) else None
    if name == "subgroups":
        for division, one in part.items():
            before = old.get(division) if isinstance(old, Mapping) else None
            yield from _rows(f"{name}: {division}", one, before, shown)
    else:
        yield from _rows(name, part, old, shown)


def _rows(title: str, part: object, old: object, shown: tuple[str, ...]) -> Iterator[str]:
    """One line a row: what it is, its counts, its telling figures, and the first of them in the card."""
    whole = part if isinstance(part, Mapping) else {}
    before = {_key(row): row for row in _listed(old)}
    counts = ", ".join(
        f"{whole[key]} {key}" for key in ("images", "groups", "training_images") if key in whole
    )
    yield f"\n{title}{f' ({counts})' if counts else ''}"
    if isinstance(whole.get("clean"), Mapping):
        yield f"  {'unchanged':28}" + _figures(whole["clean"], shown)
    for row in _listed(part):
        line = f"  {' '.join(str(value) for name, value in row.items() if name in _NAMED):28}"
        stored = _shown(before.get(_key(row), {}), shown)
        yield line + _figures(row, shown) + (f"   card {stored[0][1]:.4f}" if stored else "")


def _figures(row: Mapping, shown: tuple[str, ...]) -> str:
    if row.get("too_few"):
        return f"{row['images']} images, too few"
    counts = [f"n {row[key]}" for key in ("images", "n") if key in row]
    return "  ".join([*counts, *(f"{name} {value:.4f}" for name, value in _shown(row, shown))])


def _shown(row: Mapping, shown: tuple[str, ...]) -> list[tuple[str, float]]:
    """The telling figures of a row with their values, or all of its figures where it has none of those."""
    values = {name: _number(value) for name, value in row.items() if name not in _NAMED | _COUNTS}
    values = {name: value for name, value in values.items() if value is not None}
    return [(name, values[name]) for name in shown if name in values] or list(values.items())


def _listed(part: object) -> list[Mapping]:
    rows = part.get("rows", []) if isinstance(part, Mapping) else part
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _key(row: Mapping) -> tuple:
    return tuple((name, str(row[name])) for name in sorted(_NAMED) if name in row)


def _number(value: object) -> float | None:
    """The value of a figure: of a number, or of [value, low, high]."""
    if isinstance(value, list) and value and isinstance(value[0], (int, float)):
        value = value[0]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
