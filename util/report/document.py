"""The PDF: a leaflet of two A4 pages, the answer first, then how it came about."""

from __future__ import annotations

import datetime
import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from util.diagnosis import Diagnosis
from util.language import date, say
from util.report import answer_page, method_page
from util.report.layout import fill
from util.report.names import modality_name
from util.report.paper import ACCENT, INK, LINE, MARGIN, MUTED, SANS, SERIF_BOLD, Type, fitted, printable

_WIDTH = A4[0] - 2 * MARGIN
_TOP, _BOTTOM = A4[1] - 92, 74  # of the box between header and footer
_PAGES = 2


def pdf(diagnosis: Diagnosis, language: str, day: datetime.date) -> bytes:
    """The report of `diagnosis` in `language` ("en" or "fr"), dated `day`, as the bytes of a PDF of two A4 pages.

    Text is selectable, the gauge and the bars are vectors; the same arguments give the same bytes. Any text is
    laid out: where there is too much of it, type shrinks and at last text is cut with an ellipsis.
    """
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1, pageCompression=1, lang=language)
    modality = modality_name(diagnosis.card.modality, language)
    title = say("report.title", language, modality=modality)
    canvas.setTitle(f"Penumbra. {title}")
    canvas.setAuthor("Penumbra")
    canvas.setSubject(say("report.subject", language))
    canvas.setCreator("Penumbra")
    canvas.setKeywords(["Penumbra", diagnosis.card.modality, language])
    for number, page in enumerate((answer_page, method_page), start=1):
        _header(canvas, title, language, day)
        fill(
            canvas,
            lambda kind, tall, page=page: page.stack(diagnosis, language, kind, _WIDTH, tall),
            MARGIN,
            _TOP,
            _WIDTH,
            _TOP - _BOTTOM,
            page.PICTURES,
        )
        _footer(canvas, number, language)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _header(canvas: Canvas, title: str, language: str, day: datetime.date) -> None:
    top, right = A4[1], A4[0] - MARGIN
    canvas.setFillColor(ACCENT)
    canvas.rect(0, top - 5, A4[0], 5, stroke=0, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(SERIF_BOLD, 19)
    canvas.drawString(MARGIN, top - 45, "Penumbra")
    canvas.setFont(SANS, 8.6)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, top - 58, printable(say("report.tagline", language)))
    canvas.drawRightString(right, top - 45, fitted(title, SANS, 8.6, _WIDTH / 2))
    canvas.drawRightString(right, top - 58, printable(date(day, language)))
    canvas.setStrokeColor(ACCENT)
    canvas.setLineWidth(0.9)
    canvas.line(MARGIN, top - 69, right, top - 69)
    canvas.setFillColor(ACCENT)
    canvas.setFont("Helvetica-Bold", 8.6)
    canvas.drawString(MARGIN, top - 81, printable(say("report.education_only", language)))


def _footer(canvas: Canvas, page: int, language: str) -> None:
    kind = Type(1.0, 900, 1, 0)
    legal = kind.text(say("report.legal", language), 7.2, SANS, MUTED)
    _, tall = legal.wrap(_WIDTH, 100)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, 62, A4[0] - MARGIN, 62)
    legal.drawOn(canvas, MARGIN, 57 - tall)
    canvas.setFillColor(MUTED)
    canvas.setFont(SANS, 7.2)
    canvas.drawRightString(
        A4[0] - MARGIN, 22, printable(say("report.page", language, page=page, pages=_PAGES))
    )
    canvas.drawString(MARGIN, 22, "Penumbra")
