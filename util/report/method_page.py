"""Page two: the preparation in pictures, what was given, and the model with its test figures and limits."""

from __future__ import annotations

from xml.sax.saxutils import escape

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from util.diagnosis import Diagnosis
from util.language import Percent, date, number, say
from util.modelstore.card import Figure, Text
from util.report.answer_page import bullet, heading, some
from util.report.layout import Space, beside
from util.report.names import figure_name, word
from util.report.paper import INK, LINE, MUTED, SANS_BOLD, Type, printable
from util.report.pictures import Picture, rgb

PICTURES = (24 * mm, 40 * mm)
_GAP = 7 * mm
_MOST_STEPS = 12


def stack(diagnosis: Diagnosis, language: str, kind: Type, width: float, tall: float) -> list[Flowable]:
    """The flowables of page two at `kind`'s density, step pictures at most `tall` points high."""
    column = (width - _GAP) / 2
    card = diagnosis.card
    pieces: list[Flowable] = []
    if diagnosis.prepared.steps:
        pieces += [
            heading("report.heading_preparation", language, kind),
            Space(kind.size(4)),
            *_steps(diagnosis, language, kind, width, tall),
            Space(kind.size(8)),
        ]
    model = [
        heading("report.heading_model", language, kind),
        Space(kind.size(3)),
        *_model(diagnosis, language, kind, column),
    ]
    given = [
        heading("report.heading_given", language, kind),
        Space(kind.size(3)),
        _given(diagnosis, language, kind, column),
    ]
    limits = [said(limit, language) for limit in card.limits]
    if limits:
        given += [Space(kind.size(8)), heading("report.heading_limits", language, kind), Space(kind.size(2))]
        given += [bullet(text, kind) for text in some(limits, language, kind)]
    licence = said(card.licence, language)
    if licence:
        given += [Space(kind.size(8)), heading("report.heading_licence", language, kind), Space(kind.size(2))]
        given.append(kind.text(licence))
    pieces.append(beside([model, given], [column + _GAP, column]))
    return pieces


def said(text: Text, language: str) -> str:
    """A card's own text in `language`, in English where it lacks that, "" where it lacks both."""
    return str(text.get(language) or text.get("en") or "")


def _steps(diagnosis: Diagnosis, language: str, kind: Type, width: float, tall: float) -> list[Flowable]:
    steps = diagnosis.prepared.steps[:_MOST_STEPS]
    across = len(steps) if len(steps) <= 6 else -(-len(steps) // 2)
    gap = 4 * mm
    cell = (width - gap * (max(4, across) - 1)) / max(4, across)
    rows: list[Flowable] = []
    for start in range(0, len(steps), across):
        cells = []
        for index, step in enumerate(steps[start : start + across], start=start + 1):
            text = step.sentence.text(language)
            colour = INK if step.applied else MUTED
            caption = Paragraph(f"<b>{index}</b>\u00a0 {kind.plain(text)}", kind.style(7.8, colour=colour))
            cells.append([Picture(rgb(step.picture), cell, tall, longest=300), Space(kind.size(3)), caption])
        rows += [beside(cells, [cell + gap] * len(cells)), Space(kind.size(4))]
    return rows


def _table(
    rows: list[tuple[str, object]], language: str, kind: Type, width: float, mono: tuple = ()
) -> Table:
    """Two columns: muted names, plain values."""
    left = 0.36 * width
    cells = [
        [
            kind.text(say(key, language), 8.2, colour=MUTED),
            kind.text(value, 7.2 if key in mono else 8.4, "Courier" if key in mono else "Helvetica"),
        ]
        for key, value in rows
    ]
    table = Table(cells, colWidths=[left, width - left])
    table.setStyle(_ruled(kind))
    return table


def _ruled(kind: Type) -> TableStyle:
    return TableStyle(
        [
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), kind.size(1.6)),
            ("BOTTOMPADDING", (0, 0), (-1, -1), kind.size(2.4)),
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
        row, across = facts.spacing_mm
        rows.append(
            (
                "report.fact_spacing",
                say("report.fact_spacing_mm", language, row=float(row), column=float(across)),
            )
        )
    for key, value in (
        ("report.fact_modality", facts.modality),
        ("report.fact_body_part", facts.body_part),
        ("report.fact_view", facts.view),
        ("report.fact_photometric", facts.photometric),
    ):
        if value:
            rows.append((key, value))
    if facts.age is not None:
        rows.append(("report.fact_age", _years(facts.age, language)))
    if facts.sex:
        rows.append(("report.fact_sex", word(facts.sex, language)))
    if metadata.age is not None:
        rows.append(("report.age", _years(metadata.age, language)))
    if metadata.sex:
        rows.append(("report.sex", word(metadata.sex, language)))
    if metadata.site:
        rows.append(("report.site", word(metadata.site, language)))
    if metadata.age is None and not metadata.sex and not metadata.site:
        rows.append(("report.patient", say("report.metadata_none", language)))
    rows.append(("report.fact_sha256", diagnosis.photograph.sha256))
    return _table(rows, language, kind, width, mono=("report.fact_sha256",))


def _years(age: float, language: str) -> str:
    return say("report.age_years", language, age=int(age) if float(age).is_integer() else float(age))


def _model(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> list[Flowable]:
    card = diagnosis.card
    title = said(card.title, language)
    rows: list[tuple[str, object]] = [("report.model_name", f"{title} ({card.name})" if title else card.name)]
    if card.created:
        rows.append(("report.model_date", _day(card.created, language)))
    population = said(card.population, language)
    if population:
        rows.append(("report.model_population", population))
    if card.test is not None:
        tested = say(
            "report.model_tested_text",
            language,
            data=card.test.data,
            part=card.test.part,
            images=int(card.test.images),
            groups=int(card.test.groups),
            share=Percent(card.test.prevalence),
            date=_day(card.test.date, language),
        )
        rows.append(("report.model_tested", tested))
    rows.append(("report.model_sha256", card.sha256))
    pieces: list[Flowable] = [
        _table(rows, language, kind, width, mono=("report.model_sha256",)),
        Space(kind.size(5)),
    ]
    if card.test is None or not card.test.figures:
        return [*pieces, kind.text(say("report.model_untested", language), 8.8, SANS_BOLD)]
    figures = list(card.test.figures.items())[: 2 * kind.items]
    cells = [
        [
            kind.text(figure_name(name, language), 8.2, colour=MUTED),
            Paragraph(_figure(figure, language), kind.style(8.4)),
        ]
        for name, figure in figures
    ]
    table = Table(cells, colWidths=[0.5 * width, 0.5 * width])
    table.setStyle(_ruled(kind))
    return [
        *pieces,
        table,
        Space(kind.size(3)),
        kind.text(say("report.model_intervals", language), 7.6, colour=MUTED),
    ]


def _figure(figure: Figure, language: str) -> str:
    value = number(float(figure.value), language)
    if figure.low is None or figure.high is None:
        return f"<b>{escape(printable(value))}</b>"
    low, high = number(float(figure.low), language), number(float(figure.high), language)
    text = say("report.model_interval", language, value=f"<b>{value}</b>", low=low, high=high)
    return printable(text)


def _day(text: object, language: str) -> str:
    """An ISO date as the language writes it; anything else as it stands."""
    import datetime

    try:
        return date(datetime.date.fromisoformat(str(text)[:10]), language)
    except ValueError:
        return str(text)
