"""`explanations.yaml` beside a card: written part by part, and the same figures as a few printed lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from util.modelstore.card import Card
from util.modelstore.records import EXPLANATIONS

# The page shows what was measured on images that chose nothing, where that was measured.
_ORDER = ("test", "validation")
Record = Mapping[str, object]


def write(card: Card, record: Record) -> Path:
    """Put `record` of one part into the card's `explanations.yaml`; return the file.

    The test part, else the validation part, stands at the top of the file; the other under `others`. What was measured
    of another model file is dropped.
    """
    file = card.folder / EXPLANATIONS
    known = [one for one in _known(file, card.sha256) if one["part"] != record["part"]]
    first, *others = sorted([*known, dict(record)], key=lambda one: _ORDER.index(one["part"]))
    content = {"model": card.name, "sha256": card.sha256, **first}
    if others:
        content["others"] = others
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    file.write_text(text, "utf-8")
    return file


class _Dumper(yaml.SafeDumper):
    """Lists of numbers on one line, and nothing written as a reference to another place."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_sequence(self, tag, sequence, flow_style=None):
        plain = all(not isinstance(part, list | dict) for part in sequence)
        return super().represent_sequence(tag, sequence, flow_style=plain)


def _known(file: Path, sha256: str) -> list[dict[str, object]]:
    content = yaml.safe_load(file.read_text("utf-8")) if file.is_file() else None
    if not isinstance(content, dict) or content.get("sha256") != sha256:
        return []
    others = content.pop("others", [])
    return [{name: value for name, value in content.items() if name not in ("model", "sha256")}, *others]


def printed(card: Card, record: Record) -> Iterator[str]:
    """The record as lines: a table of the methods, what each beats, and what the composite is worth."""
    yield (
        f"{card.name}  {record['part']}  {record['images']} images, {record['groups']} groups, preset "
        f"{record['preset']}, {record['steps']} steps, baseline {record['baseline']}"
        + ("; the network has learned these images" if record["learned"] else "")
    )
    yield f"  {'':22}{'seconds':>14}" + "".join(f"{figure:>14}" for figure in _COLUMNS) + f"{'empty':>14}"
    for name, one in record["methods"].items():
        figures = "".join(f"{_value(one[figure]):>14}" for figure in _COLUMNS)
        yield f"  {name:22}{one['seconds']:>14.2f}{figures}{one['empty']:>14}"
    for name, one in record["controls"].items():
        yield f"  {name:22}{'':14}" + "".join(f"{_value(one.get(figure)):>14}" for figure in _COLUMNS)
    for name, one in record["methods"].items():
        for control, beats in one["beats"].items():
            parts = [f"{figure} {_interval(beats[figure], sign)}" for figure, sign in _SIGNS if beats[figure]]
            yield (
                f"  {name} less {control}: {', '.join(parts)}"
                if parts
                else f"  {name} less {control}: no maps"
            )
    composite = record["composite"]
    if composite is None:
        yield "  composite: no errors among these answers, so nothing to predict"
        return
    yield (
        f"  composite on {composite['n']} answers with {composite['errors']} errors: area {composite['area']:.4f}, "
        f"probability alone {composite['area_probability']:.4f}, at random {composite['area_random']:.4f}; "
        f"gain {composite['gain']}, {'helps' if composite['helps'] else 'not shown to help'}"
    )


_COLUMNS = ("insertion", "deletion", "focus", "pointing", "repeatability", "sanity")
_SIGNS = (("insertion", 1), ("deletion", -1), ("pointing", 1))


def _value(figure: list[float] | None) -> str:
    return "-" if figure is None else f"{figure[0]:.3f}"


def _interval(figure: list[float], sign: int) -> str:
    value, *edges = figure
    mark = ""
    if edges:
        low, high = sorted(sign * edge for edge in edges)
        mark = " beats" if low > 0 else " loses" if high < 0 else " open"
        return f"{value:+.3f} [{edges[0]:+.3f}, {edges[1]:+.3f}]{mark}"
    return f"{value:+.3f}"
