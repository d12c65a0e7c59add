"""How the answer came about: the preparation in pictures, the model and its test, what was given, limits, terms."""

from __future__ import annotations

import datetime
from xml.sax.saxutils import escape

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from util.diagnosis import Diagnosis
from util.language import Percent, date, number, say
from util.modelstore.card import Card, Figure
from util.report.answer import bullet, heading, some
from util.report.layout import Block, Space, beside
from util.report.names import data_name, figure_name, figure_order, marked_title, said, step_name, word
from util.report.paper import INK, LINE, MONO, MUTED, SANS, SANS_BOLD, Type, printable
from util.report.pictures import Picture, rgb

_GAP = 7 * mm
_MOST_STEPS = 12
_HASHES = ("report.model_sha256", "report.fact_sha256")
_BY_CLASS = ("recall", "auc")
_TIGHT = 4 * mm
_THUMBNAIL = 42 * mm


def method_blocks(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> list[Block]:
    """Blocks of flowables at `kind`'s density, `width` points wide."""
    blocks = []
    if diagnosis.prepared.steps:
        blocks.append(_preparation(diagnosis, language, kind, width))
    column = (width - _GAP) / 2
    model = [heading("report.heading_model", language, kind), Space(kind.size(3))]
    model += _model(diagnosis, language, kind, column)
    given = [heading("report.heading_given", language, kind), Space(kind.size(3))]
    given.append(_given(diagnosis, language, kind, column))
    test = diagnosis.card.test
    if test is not None and _named_by_class(diagnosis.card) & set(test.figures):
        given += [
            Space(kind.size(10)),
            heading("report.heading_by_class", language, kind),
            Space(kind.size(2)),
        ]
        given.append(_class_figures(diagnosis, language, kind, column))
    limits = [said(limit, language) for limit in diagnosis.card.limits]
    if limits:
        given += [Space(kind.size(10)), heading("report.heading_limits", language, kind), Space(kind.size(2))]
        given += [bullet(text, kind) for text in some(limits, language, kind)]
    licence = said(diagnosis.card.licence, language)
    if licence:
        given += [
            Space(kind.size(10)),
            heading("report.heading_licence", language, kind),
            Space(kind.size(2)),
        ]
        given.append(kind.text(licence))
    blocks.append([beside([model, given], [column + _GAP, column])])
    return blocks


def _preparation(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Block:
    steps = diagnosis.prepared.steps[:_MOST_STEPS]
    across = len(steps) if len(steps) <= 6 else -(-len(steps) // 2)
    cell = (width - _TIGHT * (max(4, across) - 1)) / max(4, across)
    rows: Block = [heading("report.heading_preparation", language, kind), Space(kind.size(4))]
    for start in range(0, len(steps), across):
        cells = []
        for index, step in enumerate(steps[start : start + across], start=start + 1):
            name = kind.plain(step_name(step.name, language))
            sentence = kind.plain(step.sentence.text(language))
            title = Paragraph(
                f"<b>{index}\u00a0 {name}</b>", kind.style(7.8, colour=INK if step.applied else MUTED)
            )
            picture = Picture(rgb(step.picture), cell, kind.size(_THUMBNAIL), longest=300)
            text = Paragraph(sentence, kind.style(7.6, colour=MUTED))
            cells.append([picture, Space(kind.size(3)), title, text])
        widths = [cell + _TIGHT] * (len(cells) - 1) + [cell]
        # The gap belongs to the cell, so a long sentence must not run into it.
        padded = [[beside([piece], [cell])] for piece in cells]
        rows += [beside(padded, widths), Space(kind.size(4))]
    return rows[:-1]


def _table(rows: list[tuple[str, object]], language: str, kind: Type, width: float) -> Table:
    """Two columns: muted names, plain values; hashes in a fixed-width type."""
    cells = []
    for key, value in rows:
        hashed = key in _HASHES
        shown = kind.text(value, 6.9 if hashed else 8.4, MONO if hashed else SANS)
        cells.append([kind.text(say(key, language), 8.2, colour=MUTED), shown])
    table = Table(cells, colWidths=[0.33 * width, 0.67 * width])
    table.setStyle(_ruled(kind))
    return table


def _ruled(kind: Type) -> TableStyle:
    return TableStyle(
        [
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), kind.size(1.6)),
            ("BOTTOMPADDING", (0, 0), (-1, -1), kind.size(2.6)),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
        ]
    )


def _given(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Table:
    facts, metadata = diagnosis.photograph.facts, diagnosis.metadata
    size = say(
        "report.fact_size",
        language,
        format=facts.format,
        width=int(facts.width),
        height=int(facts.height),
        mode=facts.mode,
        bits=int(facts.bits),
    )
    rows: list[tuple[str, object]] = [("report.fact_image", size)]
    if facts.spacing_mm is not None:
        row, column = (float(side) for side in facts.spacing_mm)
        rows.append(("report.fact_spacing", say("report.fact_spacing_mm", language, row=row, column=column)))
    rows += [
        ("report.fact_modality", facts.modality),
        ("report.fact_body_part", facts.body_part),
        ("report.fact_view", facts.view),
        ("report.fact_photometric", facts.photometric),
        ("report.fact_age", _years(facts.age, language)),
        ("report.fact_sex", facts.sex and word(facts.sex, language)),
        ("report.age", _years(metadata.age, language)),
        ("report.sex", metadata.sex and word(metadata.sex, language)),
        ("report.site", metadata.site and word(metadata.site, language)),
    ]
    if metadata.age is None and not metadata.sex and not metadata.site:
        rows.append(("report.patient", say("report.metadata_none", language)))
    rows.append(("report.fact_sha256", diagnosis.photograph.sha256))
    return _table([row for row in rows if row[1]], language, kind, width)


def _years(age: float | None, language: str) -> str | None:
    if age is None:
        return None
    return say("report.age_years", language, age=int(age) if float(age).is_integer() else float(age))


def _model(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Block:
    card, test = diagnosis.card, diagnosis.card.test
    title = marked_title(card, language)
    rows: list[tuple[str, object]] = [
        ("report.model_name", card.name if title == card.name else f"{title} ({card.name})"),
        ("report.model_date", _day(card.created, language)),
        ("report.model_population", said(card.population, language)),
    ]
    if test is not None:
        tested = say(
            "report.model_tested_text",
            language,
            data=data_name(test.data, language),
            part=data_name(test.part, language),
            images=int(test.images),
            groups=int(test.groups),
            share=Percent(test.prevalence),
            date=_day(test.date, language),
        )
        rows.append(("report.model_tested", tested))
    rows.append(("report.model_sha256", card.sha256))
    pieces: list[Flowable] = [
        _table([row for row in rows if row[1]], language, kind, width),
        Space(kind.size(6)),
    ]
    if test is None or not test.figures:
        return [*pieces, kind.text(say("report.model_untested", language), 8.8, SANS_BOLD)]
    apart = _named_by_class(card)
    scalars = sorted((name for name in test.figures if name not in apart), key=figure_order)
    cells = [
        [
            kind.text(figure_name(name, language), 8.2, colour=MUTED),
            Paragraph(_figure(test.figures[name], language), kind.style(8.4)),
        ]
        for name in scalars[: 2 * kind.items]
    ]
    if cells:
        table = Table(cells, colWidths=[0.5 * width, 0.5 * width])
        table.setStyle(_ruled(kind))
        pieces.append(table)
    note = kind.text(say("report.model_intervals", language), 7.6, colour=MUTED)
    return [*pieces, Space(kind.size(3)), note]


def _named_by_class(card: Card) -> set[str]:
    return {f"{prefix}_{label}" for prefix in _BY_CLASS for label in card.labels}


def _class_figures(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Table:
    """A row a class: how many of it were found, and how well its probability tells it from the rest."""
    card, figures = diagnosis.card, diagnosis.card.test.figures
    titles = ("report.column_class", "report.column_recall", "report.column_auc")
    rows = [[kind.text(say(title, language), 7.6, colour=MUTED) for title in titles]]
    for label in card.labels[: 2 * kind.items]:
        row = [kind.text(label, 8.2, colour=MUTED)]
        for prefix in _BY_CLASS:
            figure = figures.get(f"{prefix}_{label}")
            row.append(Paragraph(_figure(figure, language) if figure else "", kind.style(8.2)))
        rows.append(row)
    table = Table(rows, colWidths=[0.18 * width, 0.41 * width, 0.41 * width])
    table.setStyle(_ruled(kind))
    return table


def _figure(figure: Figure, language: str) -> str:
    """Markup: the value in bold, its interval in brackets where there is one."""
    value = f"<b>{escape(printable(number(float(figure.value), language)))}</b>"
    if figure.low is None or figure.high is None:
        return value
    low, high = (number(float(edge), language) for edge in (figure.low, figure.high))
    return printable(say("report.model_interval", language, value=value, low=low, high=high))


def _day(text: object, language: str) -> str:
    """An ISO date as the language writes it; anything else as it stands."""
    try:
        return date(datetime.date.fromisoformat(str(text)[:10]), language)
    except ValueError:
        return str(text)
