"""Stacking flowables on pages so that they always fit: measure, take a denser type, at last scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Table, TableStyle

from util.report.paper import DENSITIES, Type

Block = list[Flowable]
Build = Callable[[Type, float], tuple[list[Block], int]]

_ENDLESS = 100_000.0
_BETWEEN, _BETWEEN_MOST = 10.0, 22.0  # points between blocks, at full density


class Space(Flowable):
    """Empty height."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.height = height

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """No width, the given height."""
        return 0, self.height

    def draw(self) -> None:
        """Nothing to draw."""


def beside(columns: Sequence[Block], widths: Sequence[float], valign: str = "TOP") -> Table:
    """Columns of flowables side by side, `widths` points wide, without padding."""
    table = Table([[list(column) or [Space(0)] for column in columns]], colWidths=list(widths))
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
                ("VALIGN", (0, 0), (-1, -1), valign),
            ]
        )
    )
    table.hAlign = "LEFT"
    return table


def height_of(stack: Sequence[Flowable], width: float) -> float:
    """Height in points of `stack` at `width`."""
    return sum(piece.wrap(width, _ENDLESS)[1] for piece in stack)


def paginate(build: Build, width: float, height: float, tallest: float) -> tuple[Type, list[list[Block]]]:
    """Blocks on at most two pages of `width` x `height` points, and the type they are set in.

    `build(type, picture_height)` gives the blocks and how many of them belong on the first page. The roomiest type
    that brings them there is taken, with the largest pictures (up to `tallest`) that it allows; failing that, the
    roomiest that fits two pages at all. Where even the densest does not, the second page is too long, and `draw`
    scales it down.
    """
    loose = None
    for kind in DENSITIES:
        least = min(kind.pictures, tallest)
        blocks, first = build(kind, least)
        pages = split(blocks, kind, width, height)
        if len(pages) > 2 or len(pages[0]) < first:
            loose = loose or ((kind, pages) if len(pages) <= 2 else None)
            continue
        for share in (1.0, 0.8, 0.6, 0.4, 0.2):
            larger = split(build(kind, least + share * (tallest - least))[0], kind, width, height)
            if len(larger) <= 2 and len(larger[0]) >= first:
                return kind, larger
        return kind, pages
    return loose or (kind, [pages[0], [block for page in pages[1:] for block in page]])


def split(blocks: list[Block], kind: Type, width: float, height: float) -> list[list[Block]]:
    """Blocks in order, as many on each page as fit; a block taller than a page counts as two pages."""
    pages: list[list[Block]] = [[]]
    used = 0.0
    for block in blocks:
        tall = height_of(block, width)
        if pages[-1] and used + kind.size(_BETWEEN) + tall > height:
            pages.append([])
            used = 0.0
        used += tall + (kind.size(_BETWEEN) if pages[-1] else 0)
        pages[-1].append(block)
        if tall > height:
            pages.append([])
            used = 0.0
    return [page for page in pages if page]


def draw(
    canvas: Canvas, blocks: list[Block], kind: Type, left: float, top: float, width: float, height: float
):
    """Draw one page's `blocks` below `top`, the spare height shared between them, scaled down where too long."""
    heights = [height_of(block, width) for block in blocks]
    gaps = max(1, len(blocks) - 1)
    between = min(kind.size(_BETWEEN_MOST), max(kind.size(_BETWEEN), (height - sum(heights)) / gaps))
    needed = sum(heights) + between * (len(blocks) - 1)
    factor = min(1.0, height / needed) if needed > 0 else 1.0
    canvas.saveState()
    canvas.translate(left, top)
    canvas.scale(factor, factor)
    y = 0.0
    for block in blocks:
        for piece in block:
            _, tall = piece.wrap(width, _ENDLESS)
            y -= tall
            piece.drawOn(canvas, 0, y)
        y -= between
    canvas.restoreState()
