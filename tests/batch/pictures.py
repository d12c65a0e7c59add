"""Drawn image files for tests of folders."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image


def png(seed: int, side: int = 60) -> bytes:
    """A coloured cloud as PNG bytes, another one for each seed."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 6, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()


def folder_of(place: Path, **files: bytes) -> Path:
    """A folder with these files; `a__b` in a name stands for the path `a/b`, a name without `.` becomes a `.png`."""
    for name, data in files.items():
        path = place / name.replace("__", "/")
        path = path if "." in path.name else path.with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return place
