"""Pixels on paper: sensible resolution, small JPEGs, the window, the overlay and its legend."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable

from util.report.paper import ACCENT, LINE, MUTED, SANS, Type

_LONGEST = 760  # pixels of a printed picture's longer side: about 230 dpi at 85 mm


def rgb(pixels: np.ndarray) -> np.ndarray:
    """`pixels` uint8 (H, W), (H, W, 1) or (H, W, 3) as uint8 (H, W, 3)."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels[..., :3]


def at_print_size(pixels: np.ndarray, longest: int = _LONGEST) -> np.ndarray:
    """`pixels` with no side above `longest` pixels, aspect kept; small ones are enlarged, to look smooth."""
    height, width = pixels.shape[:2]
    factor = longest / max(height, width)
    if factor > 1:
        factor = min(factor, 6.0, max(1.0, 0.55 * factor))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return pixels
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def as_jpeg(pixels: np.ndarray) -> bytes:
    """`pixels` uint8 as JPEG bytes; grey pictures are stored as grey."""
    if (
        pixels.ndim == 3
        and (pixels[..., 0] == pixels[..., 1]).all()
        and (pixels[..., 1] == pixels[..., 2]).all()
    ):
        pixels = pixels[..., 0]
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "JPEG", quality=88, optimize=True)
    return stream.getvalue()


class Picture(Flowable):
    """One picture inside a box, never stretched, a thin line around it, an optional frame drawn in.

    `frame` is (left, top, right, bottom) as shares of the picture.
    """

    def __init__(
        self,
        pixels: np.ndarray,
        width: float,
        height: float,
        frame: tuple[float, float, float, float] | None = None,
        longest: int = _LONGEST,
    ) -> None:
        super().__init__()
        rows, columns = pixels.shape[:2]
        factor = min(width / columns, height / rows)
        # A very long strip would else be thinner than a line.
        self.width = max(1.5, columns * factor)
        self.height = max(1.5, rows * factor)
        self.frame = frame
        self.pixels, self.longest = pixels, longest

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas = self.canv
        jpeg = as_jpeg(at_print_size(self.pixels, self.longest))
        canvas.drawImage(ImageReader(io.BytesIO(jpeg)), 0, 0, self.width, self.height)
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.6)
        canvas.rect(0, 0, self.width, self.height, stroke=1, fill=0)
        if self.frame:
            left, top, right, bottom = self.frame
            canvas.setStrokeColor(ACCENT)
            canvas.setLineWidth(1.2)
            canvas.rect(
                left * self.width,
                (1 - bottom) * self.height,
                (right - left) * self.width,
                (bottom - top) * self.height,
                stroke=1,
                fill=0,
            )


class Scale(Flowable):
    """The legend of a map: its colours as a vector strip, words at both ends."""

    def __init__(self, colours: np.ndarray, words: tuple[str, str], kind: Type, width: float) -> None:
        super().__init__()
        self.colours, self.words, self.kind = colours, words, kind
        self.width, self.height = width, kind.size(15)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas, step = self.canv, self.width / len(self.colours)
        for index, colour in enumerate(self.colours):
            canvas.setFillColorRGB(*(round(float(part) / 255, 4) for part in colour))
            # A hair wider than its step, or viewers show seams.
            wide = step if index == len(self.colours) - 1 else step + 0.4
            canvas.rect(index * step, self.kind.size(9.5), wide, self.kind.size(5), stroke=0, fill=1)
        canvas.setFillColor(MUTED)
        canvas.setFont(SANS, self.kind.size(7.6))
        canvas.drawString(0, self.kind.size(1), self.words[0])
        canvas.drawRightString(self.width, self.kind.size(1), self.words[1])
