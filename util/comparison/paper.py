"""A comparison on A4 pages: the maps with their cost and worth, agreement, curves, confidence, and how to read all."""

from __future__ import annotations

import datetime
import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table, TableStyle

from util.comparison.figures import Chart, Keys, Matrix
from util.comparison.lines import (
    asked_of,
    cell_lines,
    clipped,
    drawn_sample,
    faithful_line,
    familiar,
    has_room,
    name_of,
    seconds_of,
)
from util.comparison.values import Comparison, Finding
from util.explanation import colour_table, default_colours, find_method, overlay
from util.explanation.agreement import MATRICES
from util.explanation.drawing import DIVERGING
from util.language import Sentence, date, number, percent, say
from util.report.answer import bullet, heading
from util.report.document import footer, header
from util.report.layout import Block, Space, beside, draw, split
from util.report.names import marked_title, modality_name, teaching_text
from util.report.paper import (
    BAND_COLOURS,
    DENSITIES,
    LINE,
    MARGIN,
    MUTED,
    SANS,
    SANS_BOLD,
    SERIF_BOLD,
)
from util.report.pictures import Picture, Scale, rgb

_WIDTH = A4[0] - 2 * MARGIN
_TOP, _BOTTOM = A4[1] - 96, 72  # of the box between header and footer
_KIND = DENSITIES[0]
_ACROSS, _GAP = 4, 5 * mm
_CURVES = 48 * mm
_TOGETHER = 3  # items of a list that stay on one page


def comparison_pdf(
    comparison: Comparison,
    language: str,
    day: datetime.date,
    *,
    colours: str | None = None,
    opacity: float = 0.6,
    sample: str = "",
) -> bytes:
    """The comparison in `language` ("en" or "fr"), dated `day`: the bytes of a PDF of as many A4 pages as it takes.

    Text is selectable, matrices and curves are vectors; `colours`, `opacity`, `sample` as in `comparison_png`. The same
    arguments give the same bytes.
    """
    card = comparison.diagnosis.card
    colours = colours or default_colours(card.modality)
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1, pageCompression=1, lang=language)
    title = f"{say('comparison.title', language)} · {modality_name(card.modality, language)}"
    canvas.setTitle(f"Penumbra. {title}")
    canvas.setAuthor("Penumbra")
    canvas.setCreator("Penumbra")
    canvas.setSubject(say("comparison.subject", language))
    canvas.setKeywords(["Penumbra", card.modality, language])
    blocks = [
        _opening(comparison, language, day, sample),
        *_maps(comparison, language, colours, opacity),
        _table(comparison, language),
        *_curves(comparison, language),
        *_agreement(comparison, language),
        _confidence(comparison, language),
        *_remarks(comparison, language),
        *_methods(comparison, language),
    ]
    pages = split([block for block in blocks if block], _KIND, _WIDTH, _TOP - _BOTTOM)
    for number_, page in enumerate(pages, start=1):
        header(canvas, title, language, day)
        draw(canvas, page, _KIND, MARGIN, _TOP, _WIDTH, _TOP - _BOTTOM)
        footer(canvas, say("report.page", language, page=number_, pages=len(pages)), language)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def plain(sentence: Sentence | str, language: str) -> str:
    """A sentence without arrows: the fonts of every PDF lack them, and the words beside them say the same."""
    text = sentence if isinstance(sentence, str) else sentence.text(language)
    return text.replace("\u2193 ", "").replace("\u2191 ", "")


def _opening(comparison: Comparison, language: str, day: datetime.date, sample: str) -> Block:
    card = comparison.diagnosis.card
    block: Block = []
    if teaching := teaching_text(card, language):
        block += [_KIND.text(teaching, 9.4, SANS_BOLD, BAND_COLOURS["above"]), Space(7)]
    block += [_KIND.text(asked_of(comparison).text(language), 18, SERIF_BOLD), Space(5)]
    made = say(
        "comparison.made",
        language,
        model=marked_title(card, language),
        preset=say(f"comparison.preset_{comparison.preset}", language),
        runtime=comparison.runtime,
        seconds=float(comparison.seconds),
        day=date(day, language),
    )
    block.append(_KIND.text(made, 8.6, SANS, MUTED))
    if sample:
        block.append(_KIND.text(drawn_sample(sample).text(language), 8.6, SANS, MUTED))
    block.append(_KIND.text(plain(comparison.diagnosis.headline, language), 9.4))
    if told := faithful_line(comparison):
        block.append(_KIND.text(plain(told, language), 9.4))
    if len(comparison.findings) < len(comparison.asked):
        counts = {"done": len(comparison.findings), "asked": len(comparison.asked)}
        block.append(_KIND.text(say("comparison.unfinished", language, **counts), 9.4, SANS_BOLD))
    return block


def _maps(comparison: Comparison, language: str, colours: str, opacity: float) -> list[Block]:
    """Rows of pictures, each with its name and lines; the scales under the last row."""
    pixels = rgb(comparison.question.pixels)
    wide = (_WIDTH - (_ACROSS - 1) * _GAP) / _ACROSS
    cells = [_cell(pixels, say("comparison.image", language), (), wide)]
    for name, finding in comparison.findings.items():
        drawn = overlay(pixels, finding.explanation, opacity, colours)
        lines = cell_lines(finding, language, has_room(comparison), familiar(comparison))
        cells.append(_cell(drawn, name_of(name, language), lines, wide))
    if comparison.consensus is not None and len(comparison.findings) > 1:
        drawn = overlay(pixels, comparison.consensus, opacity, colours)
        cells.append(_cell(drawn, say("comparison.consensus", language), (), wide))
    rows = []
    for start in range(0, len(cells), _ACROSS):
        some = cells[start : start + _ACROSS]
        some += [[] for _ in range(_ACROSS - len(some))]
        padded = [[beside([cell], [wide])] for cell in some]
        rows.append([beside(padded, [wide + _GAP] * (_ACROSS - 1) + [wide])])
    rows[0].insert(0, Space(3))
    rows[0].insert(0, heading("comparison.heading_maps", language, _KIND))
    rows[-1] += [Space(4), *_scales(comparison, language, colours)]
    if note := clipped(comparison):
        rows[-1] += [Space(3), _KIND.text(note.text(language), 7.8, SANS, MUTED)]
    return rows


def _cell(pixels, name: str, lines: tuple[str, ...], wide: float) -> Block:
    words = [_KIND.text(line, 7.8, SANS, MUTED) for line in lines]
    return [Picture(pixels, wide, wide), Space(3), _KIND.text(name, 9, SANS_BOLD), *words]


def _scales(comparison: Comparison, language: str, colours: str) -> Block:
    signs = {finding.explanation.signed for finding in comparison.findings.values()}
    drawn = []
    for signed, table, ends in (
        (False, colours, ("legend_none", "legend_most")),
        (True, DIVERGING, ("legend_against", "legend_for")),
    ):
        if signed in signs:
            words = tuple(say(f"report.{end}", language) for end in ends)
            drawn.append([Scale(colour_table(table)[::4], words, _KIND, 0.4 * _WIDTH)])
    return [beside(drawn, [_WIDTH / 2] * len(drawn))] if drawn else []


def _table(comparison: Comparison, language: str) -> Block:
    """One row a method: time, passes, both areas, and where the map lies; the controls' areas below."""
    fields = [one.focus.field for one in comparison.findings.values() if one.focus and one.focus.field]
    field = fields[0] if fields and familiar(comparison) else None
    columns = ["method", "seconds", "passes", "insertion", "deletion"]
    columns += [f"inside_{field}"] if field else []
    columns.append("border")
    rows = [
        [_KIND.text(say(f"comparison.column_{name}", language), 7.6, SANS_BOLD, MUTED) for name in columns]
    ]
    for name, finding in comparison.findings.items():
        rows.append([_KIND.text(text, 8.4) for text in _figures(name, finding, bool(field), language)])
    for name, curves in comparison.controls.items():
        if curves is not None:
            areas = (curves.insertion_area, curves.deletion_area)
            texts = [name_of(name, language), "", "", *(number(area, language) for area in areas)]
            texts += [""] * (len(columns) - len(texts))
            rows.append([_KIND.text(text, 8.4, SANS, MUTED) for text in texts])
    rest = 0.72 * _WIDTH / (len(columns) - 1)
    table = Table(rows, colWidths=[0.28 * _WIDTH] + [rest] * (len(columns) - 1))
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 1.8),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
            ]
        )
    )
    block: Block = [heading("comparison.heading_table", language, _KIND), Space(3), table]
    if comparison.faithfulness is not None:
        block += [Space(3), _KIND.text(plain(comparison.faithfulness.setting(), language), 7.8, SANS, MUTED)]
    return block


def _figures(name: str, finding: Finding, field: bool, language: str) -> list[str]:
    none = "\u2013"
    curves, focus = finding.curves, finding.focus
    texts = [
        name_of(name, language),
        _seconds(finding.seconds, language),
        number(round(finding.explanation.passes), language),
        none if curves is None else number(curves.insertion_area, language),
        none if curves is None else number(curves.deletion_area, language),
    ]
    shares = ([focus.inside] if field else []) + [focus.border] if focus else [None] * (1 + field)
    return texts + [none if share is None else percent(float(share), language) for share in shares]


def _seconds(value: float, language: str) -> str:
    told = seconds_of(value)
    return number(told, language) if isinstance(told, float) else told.text(language)


def _curves(comparison: Comparison, language: str) -> list[Block]:
    faithful = comparison.faithfulness
    maps = {name: one.curves for name, one in comparison.findings.items() if one.curves is not None}
    if faithful is None or not maps:
        return []
    wide = (_WIDTH - _GAP) / 2
    charts = [
        [
            Chart(
                say(f"comparison.axis_{way}", language),
                way,
                maps,
                comparison.controls,
                language,
                _KIND,
                wide,
                _CURVES,
            )
        ]
        for way in ("deletion", "insertion")
    ]
    controls = {name: name_of(name, language) for name, one in comparison.controls.items() if one is not None}
    block: Block = [heading("comparison.heading_curves", language, _KIND), Space(3)]
    if caution := faithful.caution():
        block += [_KIND.text(plain(caution, language), 8.6), Space(3)]
    block += [beside(charts, [wide + _GAP, wide]), Space(2)]
    block.append(Keys([name_of(name, language) for name in maps], controls, _KIND, _WIDTH))
    return [block]


def _agreement(comparison: Comparison, language: str) -> list[Block]:
    found = comparison.agreement
    if found is None:
        return []
    names = [name_of(name, language) for name in found.names]
    blocks: list[Block] = []
    for index, measure in enumerate(MATRICES):
        block: Block = []
        if index == 0:
            block += [heading("comparison.heading_agreement", language, _KIND), Space(3)]
            block += [_KIND.text(say("comparison.not_truth", language), 8.6), Space(4)]
        title = say(f"comparison.{measure}", language)
        mean = found.mean(measure)
        if mean is not None:
            title = f"{title}, {say('comparison.mean', language, value=mean)}"
        block += [_KIND.text(title, 8.8, SANS_BOLD), Space(2)]
        block.append(Matrix(names, getattr(found, measure), language, _KIND, _WIDTH))
        blocks.append(block)
    blocks[-1] += [_KIND.text(plain(note, language), 8.2, SANS, MUTED) for note in found.notes()]
    return blocks


def _confidence(comparison: Comparison, language: str) -> Block:
    composite = comparison.composite
    if composite is None and comparison.uncertain is None:
        return []
    block: Block = [heading("comparison.heading_composite", language, _KIND), Space(2)]
    if composite is None:
        return [*block, _KIND.text(plain(comparison.uncertain, language))]
    if composite.alert is not None:
        block.append(_KIND.text(plain(composite.alert, language), 9.4, SANS_BOLD, BAND_COLOURS["above"]))
    for sentence in (composite.formula, composite.limit, *composite.worth):
        block.append(_KIND.text(plain(sentence, language)))
    return block


def _remarks(comparison: Comparison, language: str) -> list[Block]:
    """What stands under the maps on the screen, map by map."""
    items: list[Block] = []
    for name, finding in comparison.findings.items():
        bullets = [bullet(plain(remark, language), _KIND) for remark in finding.remarks]
        if bullets:
            title = _KIND.text(name_of(name, language), 8.8, SANS_BOLD)
            items.append([beside([[title], bullets], [0.22 * _WIDTH, 0.78 * _WIDTH])])
    return _listed("comparison.heading_remarks", items, language)


def _methods(comparison: Comparison, language: str) -> list[Block]:
    """What each method asks, how to read it, when it misleads, and its source."""
    items: list[Block] = []
    for name in comparison.findings:
        words = find_method(name).words
        text = " ".join(_KIND.plain(words(part).text(language)) for part in ("asks", "reading", "misleads"))
        head = _KIND.plain(name_of(name, language))
        source = _KIND.text(words("source").text(language), 7.6, SANS, MUTED)
        items.append([Paragraph(f"<b>{head}.</b> {text}", _KIND.style(8.6)), source])
    return _listed("comparison.heading_methods", items, language)


def _listed(key: str, items: list[Block], language: str) -> list[Block]:
    """Items close to each other under a heading, a few in a block, so that a page can end between blocks."""
    blocks: list[Block] = []
    for start in range(0, len(items), _TOGETHER):
        block: Block = [] if start else [heading(key, language, _KIND)]
        for item in items[start : start + _TOGETHER]:
            block += [Space(3), *item]
        blocks.append(block)
    return blocks
