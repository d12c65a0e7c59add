"""One picture of a comparison: the image, every map on one scale, what it is and what it must not be used for."""

from __future__ import annotations

import datetime
import functools
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from util.comparison.lines import (
    asked_of,
    cell_lines,
    clipped,
    control_lines,
    drawn_sample,
    faithful_line,
    familiar,
    has_room,
    name_of,
)
from util.comparison.values import Comparison
from util.explanation import colour_table, default_colours, overlay
from util.explanation.drawing import DIVERGING
from util.language import date, say
from util.report.names import marked_title, modality_name
from util.report.pictures import rgb

_CELL, _GAP, _MARGIN = 300, 24, 40  # pixels
_TEXT, _SMALL, _LARGE = 17, 15, 30
_INK, _MUTED, _ACCENT, _PAPER, _LINE = "#1E2430", "#5B5D60", "#0F6E6E", "#FBFAF7", "#E4E0D8"
_LINES = 3  # under a map
_FOOT, _STEP = 13, 20  # size of a line at the foot, and from one to the next


def comparison_png(
    comparison: Comparison,
    language: str,
    day: datetime.date,
    *,
    colours: str | None = None,
    opacity: float = 0.6,
    sample: str = "",
) -> bytes:
    """The bytes of a PNG sheet in `language` ("en" or "fr"): all maps over their image, in a grid.

    `colours` one of COLOUR_MAPS for maps without a sign (None: what suits the modality), `opacity` in [0, 1]; `sample`
    the title of a drawn sample, "" for any other image. The same arguments give the same bytes. Raises ValueError for
    an opacity outside [0, 1], KeyError for unknown colours.
    """
    card = comparison.diagnosis.card
    colours = colours or default_colours(card.modality)
    cells = _cells(comparison, language, colours, opacity)
    across = min(len(cells), 3 if len(cells) <= 9 else 4)
    down = -(-len(cells) // across)
    tall = _CELL + 30 + _LINES * 21
    wide = max(across * (_CELL + _GAP) - _GAP, 620)
    top = _MARGIN + 128
    note = clipped(comparison)
    below = [part for line in _below(comparison, language, sample) for part in wrapped(line, _FOOT, wide)]
    foot = (84 if note is None else 106) + _STEP * len(below)
    sheet = Image.new("RGB", (wide + 2 * _MARGIN, top + down * (tall + _GAP) + foot), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, sheet.width, 9), fill=_ACCENT)
    title = f"{say('comparison.title', language)} · {modality_name(card.modality, language)}"
    _write(pen, (_MARGIN, _MARGIN - 8), title, _LARGE, _INK, wide, bold=True)
    _write(pen, (_MARGIN, _MARGIN + 38), asked_of(comparison).text(language), 21, _INK, wide)
    made = say(
        "comparison.made",
        language,
        model=marked_title(card, language),
        preset=say(f"comparison.preset_{comparison.preset}", language),
        runtime=comparison.runtime,
        seconds=float(comparison.seconds),
        day=date(day, language),
    )
    _write(pen, (_MARGIN, _MARGIN + 74), made, _SMALL, _MUTED, wide)
    for index, (pixels, name, lines) in enumerate(cells):
        row, column = divmod(index, across)
        left, upper = _MARGIN + column * (_CELL + _GAP), top + row * (tall + _GAP)
        picture = _fitted(pixels)
        sheet.paste(picture, (left + (_CELL - picture.width) // 2, upper + (_CELL - picture.height) // 2))
        pen.rectangle((left, upper, left + _CELL - 1, upper + _CELL - 1), outline=_LINE)
        _write(pen, (left, upper + _CELL + 7), name, _TEXT, _INK, _CELL, bold=True)
        for number, line in enumerate(lines[:_LINES]):
            _write(pen, (left, upper + _CELL + 31 + 21 * number), line, _SMALL, _MUTED, _CELL)
    _scales(sheet, pen, comparison, language, colours, sheet.height - foot)
    for number, line in enumerate(below):
        upper = sheet.height - foot + 42 + _STEP * number
        _write(pen, (_MARGIN, upper), line, _FOOT, _MUTED, wide)
    if note is not None:
        _write(pen, (_MARGIN, sheet.height - 64), note.text(language), 13, _MUTED, wide)
    terms = f"Penumbra · {say('report.education_only', language)}"
    _write(pen, (_MARGIN, sheet.height - 36), terms, _SMALL, _ACCENT, wide, bold=True)
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()


def _below(comparison: Comparison, language: str, sample: str) -> tuple[str, ...]:
    """What must be known to read the maps: the drawn sample, what Diagnose says, the controls, one caution."""
    lines = [drawn_sample(sample).text(language)] if sample else []
    lines.append(comparison.diagnosis.headline.text(language))
    lines += control_lines(comparison, language)
    if told := faithful_line(comparison):
        lines.append(told.text(language))
    return (*lines, say("comparison.not_truth", language))


def _cells(
    comparison: Comparison, language: str, colours: str, opacity: float
) -> list[tuple[np.ndarray, str, tuple[str, ...]]]:
    """Picture, name and lines of each cell: the image, the maps, and what they have in common."""
    pixels = rgb(comparison.question.pixels)
    cells = [(pixels, say("comparison.image", language), ())]
    for name, finding in comparison.findings.items():
        drawn = overlay(pixels, finding.explanation, opacity, colours)
        lines = cell_lines(finding, language, has_room(comparison), familiar(comparison))
        cells.append((drawn, name_of(name, language), lines))
    if comparison.consensus is not None and len(comparison.findings) > 1:
        lines = ()
        if comparison.agreement is not None:
            mean = say("comparison.mean", language, value=comparison.agreement.mean())
            lines = (say("comparison.spearman", language), mean)
        drawn = overlay(pixels, comparison.consensus, opacity, colours)
        cells.append((drawn, say("comparison.consensus", language), lines))
    return cells


def _fitted(pixels: np.ndarray) -> Image.Image:
    """The picture in a cell, aspect kept."""
    height, width = pixels.shape[:2]
    factor = _CELL / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BICUBIC)


def _scales(
    sheet: Image.Image,
    pen: ImageDraw.ImageDraw,
    comparison: Comparison,
    language: str,
    colours: str,
    top: int,
) -> None:
    """The colour scale of the maps without a sign, and that of the others, where there are such maps."""
    signs = {finding.explanation.signed for finding in comparison.findings.values()}
    left = _MARGIN
    for signed, table, ends in (
        (False, colours, ("legend_none", "legend_most")),
        (True, DIVERGING, ("legend_against", "legend_for")),
    ):
        if signed not in signs:
            continue
        ramp = np.repeat(colour_table(table)[None], 12, axis=0)
        sheet.paste(Image.fromarray(ramp), (left, top))
        low, high = (say(f"report.{end}", language) for end in ends)
        _write(pen, (left, top + 15), low, 13, _MUTED, 126)
        pen.text((left + 256, top + 15), high, _MUTED, _font(13), anchor="ra")
        left += 256 + 2 * _GAP


def _write(
    pen: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size: int,
    colour: str,
    width: float,
    *,
    bold: bool = False,
) -> None:
    """One line of `text`, smaller and at last cut with an ellipsis where it is wider than `width` pixels."""
    line = text.replace("\u00a0", " ")  # a wide gap in this font
    while size > 12 and pen.textlength(line, _font(size, bold)) > width:
        size -= 1
    font = _font(size, bold)
    if pen.textlength(line, font) > width:
        while line and pen.textlength(line + "…", font) > width:
            line = line[:-1]
        line = line.rstrip() + "…"
    pen.text(place, line, colour, font)


def wrapped(text: str, size: int, width: float) -> list[str]:
    """`text` in lines of at most `width` pixels, broken between words; a no-break space holds its words together."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@functools.cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Bitstream Vera as ReportLab carries it: the same on every machine, with all accents."""
    import reportlab

    folder = Path(reportlab.__file__).parent / "fonts"
    return ImageFont.truetype(str(folder / ("VeraBd.ttf" if bold else "Vera.ttf")), size)
