"""Pictures at the size of a screen: reduced or enlarged without stretching, framed, with words for who cannot see."""

from __future__ import annotations

import base64
import io

import cv2
import numpy as np
import streamlit as st
from PIL import Image

LONGEST = 640


def fitted(pixels: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """`pixels` uint8 (H, W) or (H, W, 3) with its longer side at `longest` pixels, aspect kept.

    Reduced by area averaging, enlarged by cubic interpolation (at most twelvefold), so that the browser need not.
    """
    height, width = pixels.shape[:2]
    factor = min(longest / max(height, width), 12.0)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return pixels
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(pixels, size, interpolation=way)


def framed(pixels: np.ndarray, window: tuple[float, float, float, float], colour: str) -> np.ndarray:
    """`pixels` at screen size with `window` (left, top, right, bottom, in pixels of `pixels`) drawn in hex `colour`.

    A window that covers the whole picture is not drawn.
    """
    height, width = pixels.shape[:2]
    shown = fitted(pixels)
    left, top, right, bottom = window
    if left <= 0 and top <= 0 and right >= width and bottom >= height:
        return shown
    shown = np.ascontiguousarray(np.repeat(shown[..., None], 3, axis=2) if shown.ndim == 2 else shown).copy()
    factor = shown.shape[1] / width
    ink = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    corners = [(max(0, round(left * factor)), max(0, round(top * factor)))]
    corners.append(
        (min(shown.shape[1], round(right * factor)) - 1, min(shown.shape[0], round(bottom * factor)) - 1)
    )
    return cv2.rectangle(shown, corners[0], corners[1], ink, 3)


def picture_ui(pixels: np.ndarray, caption: str, alt: str) -> None:
    """One picture as wide as its place, its caption in Markdown, and `alt` for a screen reader."""
    st.image(as_jpeg(pixels), width="stretch", alt=alt)
    st.markdown(caption)


def as_jpeg(pixels: np.ndarray) -> bytes:
    """`pixels` uint8 (H, W) or (H, W, 3) RGB as JPEG bytes, ten times quicker to make than PNG."""
    turned = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    done, data = cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, 93])
    if not done:
        raise ValueError(f"expected a picture that JPEG can hold, received {pixels.shape}")
    return data.tobytes()


def data_address(png: bytes, side: int) -> str:
    """A square thumbnail of `png` as a `data:` address (JPEG), `side` pixels a side, cropped at the centre."""
    with Image.open(io.BytesIO(png)) as image:
        short = min(image.size)
        left, top = ((length - short) // 2 for length in image.size)
        small = image.crop((left, top, left + short, top + short)).resize(
            (side, side), Image.Resampling.LANCZOS
        )
        stream = io.BytesIO()
        small.convert("RGB").save(stream, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
