"""The PDF: a leaflet of two A4 pages, the answer first, then how it came about."""

from __future__ import annotations

import datetime
import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from util.diagnosis import Diagnosis
from util.language import date, say
from util.report.answer import answer_blocks
from util.report.layout import draw, paginate
from util.report.method import method_blocks
from util.report.names import modality_name
from util.report.paper import (
    ACCENT,
    INK,
    LINE,
    MARGIN,
    MUTED,
    SANS,
    SANS_BOLD,
    SERIF_BOLD,
    Type,
    fitted,
    printable,
)

_WIDTH = A4[0] - 2 * MARGIN
_TOP, _BOTTOM = A4[1] - 96, 72  # of the box between header and footer
_PICTURE = 88 * mm


def pdf(diagnosis: Diagnosis, language: str, day: datetime.date) -> bytes:
    """The report of `diagnosis` in `language` ("en" or "fr"), dated `day`: the bytes of a PDF of one or two A4 pages.

    Text is selectable, the gauge and the bars are vectors; the same arguments give the same bytes. Any text is laid
    out: where there is too much of it, type shrinks and at last text is cut with an ellipsis.
    """
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1, pageCompression=1, lang=language)
    title = say("report.title", language, modality=modality_name(diagnosis.card.modality, language))
    canvas.setTitle(f"Penumbra. {title}")
    canvas.setAuthor("Penumbra")
    canvas.setCreator("Penumbra")
    canvas.setSubject(say("report.subject", language))
    canvas.setKeywords(["Penumbra", diagnosis.card.modality, language])

    def build(kind: Type, tall: float):
        answer = answer_blocks(diagnosis, language, kind, _WIDTH, tall)
        return answer + method_blocks(diagnosis, language, kind, _WIDTH), len(answer)

    kind, pages = paginate(build, _WIDTH, _TOP - _BOTTOM, _PICTURE)
    for number, blocks in enumerate(pages, start=1):
        header(canvas, title, language, day)
        draw(canvas, blocks, kind, MARGIN, _TOP, _WIDTH, _TOP - _BOTTOM)
        footer(canvas, say("report.page", language, page=number, pages=len(pages)), language)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def header(canvas: Canvas, title: str, language: str, day: datetime.date) -> None:
    """The head of every A4 page: the name, `title`, `day`, and that it is for education only."""
    top, right = A4[1], A4[0] - MARGIN
    canvas.setFillColor(ACCENT)
    canvas.rect(0, top - 5, A4[0], 5, stroke=0, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(SERIF_BOLD, 19)
    canvas.drawString(MARGIN, top - 43, "Penumbra")
    canvas.setFont(SANS, 8.6)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, top - 56, printable(say("report.tagline", language)))
    canvas.drawRightString(right, top - 43, fitted(title, SANS, 8.6, _WIDTH / 2))
    canvas.drawRightString(right, top - 56, printable(date(day, language)))
    canvas.setStrokeColor(ACCENT)
    canvas.setLineWidth(0.9)
    canvas.line(MARGIN, top - 66, right, top - 66)
    canvas.setFillColor(ACCENT)
    canvas.setFont(SANS_BOLD, 8.6)
    canvas.drawString(MARGIN, top - 79, printable(say("report.education_only", language)))


def footer(canvas: Canvas, page: str, language: str) -> None:
    """The foot of every A4 page: what it must not be used for, and `page`, already in words."""
    legal = Type(1.0, 900, 1, 0).text(say("report.legal", language), 7.2, SANS, MUTED)
    _, tall = legal.wrap(_WIDTH, 100)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, 62, A4[0] - MARGIN, 62)
    legal.drawOn(canvas, MARGIN, 57 - tall)
    canvas.setFillColor(MUTED)
    canvas.setFont(SANS, 7.2)
    canvas.drawString(MARGIN, 22, "Penumbra")
    canvas.drawRightString(A4[0] - MARGIN, 22, printable(page))
