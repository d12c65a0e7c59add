"""The report of one evaluation: one HTML file that needs nothing beside it, in English or French, light and dark."""

from __future__ import annotations

import csv
import datetime
from html import escape
from pathlib import Path

from util.language import Percent, date
from util.report.names import data_name
from util.training.evaluation.html import paragraph
from util.training.evaluation.material import Material
from util.training.evaluation.sections import SECTIONS

_STYLE = Path(__file__).with_name("page.css")


def read_history(run: Path | None) -> list[dict[str, str]]:
    """The rows of a run's `history.csv`; none without one."""
    file = run / "history.csv" if run else None
    if file is None or not file.is_file():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def report(material: Material) -> str:
    """The whole page as text."""
    words, card = material.words, material.whole.card
    made = [(name, body) for name, section in SECTIONS.items() if (body := section(material))]
    title = words("title", model=card.title.get(material.language, card.name))
    links = "".join(f'<a href="#{name}">{escape(words(f"heading_{name}"))}</a>' for name, _ in made)
    parts = "".join(
        f'<section id="{name}"><h2>{escape(words(f"heading_{name}"))}</h2>{body}</section>'
        for name, body in made
    )
    return (
        f'<!doctype html><html lang="{material.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text('utf-8')}</style></head><body><main>"
        f"{paragraph(words('education_only'), 'warning')}<h1>{escape(title)}</h1>{_about(material)}"
        f'<nav aria-label="{escape(words("contents"))}">{links}</nav>{parts}</main></body></html>\n'
    )


def write_report(material: Material, file: Path) -> None:
    """Write the page, whole or not at all."""
    text = report(material)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".tmp")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(file)


def _about(material: Material) -> str:
    found, language = material.whole.evaluation, material.language
    measured = material.words(
        "measured_on",
        data=data_name(found.data, language),
        part=data_name(found.part, language),
        images=found.images,
        groups=found.groups,
        share=Percent(found.prevalence),
        date=date(datetime.date.fromisoformat(found.date), language),
    )
    intervals = material.words("intervals", draws=material.draws)
    return (
        f"{paragraph(measured[:1].upper() + measured[1:], '')}{paragraph(intervals)}"
        f'<p><span class="muted">{escape(material.words("command"))}</span><br><code>{escape(found.command)}</code></p>'
    )
