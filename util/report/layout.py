"""Stacking flowables on a page so that they always fit: measure, take a denser type, at last scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Table, TableStyle

from util.report.paper import DENSITIES, Type

_ENDLESS = 100_000.0


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


def beside(columns: Sequence[Sequence[Flowable]], widths: Sequence[float], valign: str = "TOP") -> Table:
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


def fill(
    canvas: Canvas,
    build: Callable[[Type, float], list[Flowable]],
    left: float,
    top: float,
    width: float,
    height: float,
    pictures: tuple[float, float],
) -> None:
    """Draw `build(type, picture_height)` in the box below `top`.

    The roomiest type that fits is taken; the pictures then get the height that is left, between the type's least
    (at most `pictures[0]`) and `pictures[1]`. What does not fit even in the densest type is scaled down whole.
    """
    kind = DENSITIES[-1]
    for kind in DENSITIES:
        least = min(kind.pictures, pictures[0])
        spare = height - height_of(build(kind, least), width)
        if spare >= 0:
            break
    picture = min(pictures[1], least + max(0.0, spare))
    stack = build(kind, picture)
    needed = height_of(stack, width)
    factor = min(1.0, height / needed) if needed > 0 else 1.0
    canvas.saveState()
    canvas.translate(left, top)
    canvas.scale(factor, factor)
    y = 0.0
    for piece in stack:
        _, tall = piece.wrap(width, _ENDLESS)
        y -= tall
        piece.drawOn(canvas, 0, y)
    canvas.restoreState()
