"""Write the cards' test figures into both READMEs: `make figures`, after a model has changed."""

from __future__ import annotations

import re
from pathlib import Path

from util.language import number
from util.modelstore import Card, CardError, default_card
from util.report.names import figure_name, modality_name

ROOT = Path(__file__).resolve().parents[1]
READMES = {"en": ROOT / "README.md", "fr": ROOT / "README.fr.md"}
SHOWN = {
    "chest": ("auc", "sensitivity", "specificity"),
    "skin": ("balanced_accuracy", "macro_auc"),
    "breast": ("auc", "balanced_accuracy"),
}
_HEAD = {
    "en": ("model", "on images it never saw, of groups it never saw", "measured (95% interval)"),
    "fr": ("modèle", "sur des images et des groupes jamais vus", "mesuré (intervalle à 95 %)"),
}
_PART = {
    "en": "{images} images of {groups} groups ({data})",
    "fr": "{images} images de {groups} groupes (« {data} »)",
}
_BLOCK = re.compile(r"(<!-- figures: make figures -->\n).*?(<!-- end of figures -->)", re.S)


def table(language: str) -> str:
    """The table of all default models as Markdown; modalities without a tested model are left out."""
    rows = [_HEAD[language], ("---",) * 3]
    for modality in SHOWN:
        try:
            card = default_card(modality)
        except CardError:
            continue
        if card.test:
            rows.append(_row(card, language))
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def _row(card: Card, language: str) -> tuple[str, ...]:
    counts = {name: number(getattr(card.test, name), language) for name in ("images", "groups")}
    where = _PART[language].format(data=card.test.data, **counts)
    figures = []
    for name in SHOWN[card.modality]:
        figure = card.test.figures[name]
        value, low, high = (number(x, language, 3) for x in (figure.value, figure.low, figure.high))
        figures.append(f"{figure_name(name, language)} **{value}** ({low} – {high})")
    return modality_name(card.modality, language), where, ", ".join(figures)


def with_table(text: str, language: str) -> str:
    """A README's text with the table of today between its two marks."""
    return _BLOCK.sub(lambda found: found[1] + table(language) + found[2], text)


def main() -> None:
    """Write both READMEs."""
    for language, path in READMES.items():
        path.write_text(with_table(path.read_text("utf-8"), language), "utf-8")


if __name__ == "__main__":
    main()
