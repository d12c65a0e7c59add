"""Networks converted for the fast runtime, kept in the user's cache folder: found by key, checked, never shipped."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
import time
from pathlib import Path

from util.modelstore.card import Card
from util.modelstore.plain import is_file

# Raised whenever what a conversion makes changes: files of another version are not read any more.
VERSION = 2
KEPT = 24  # files; the one used longest ago goes first
_ENDING = ".tflite"
_UNFINISHED = ".part"
_ABANDONED = 24 * 3600.0  # seconds after which an unfinished file belongs to nobody
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Where converted networks lie: `$PENUMBRA_CACHE`, else "penumbra" in the user's own cache folder."""
    if given := os.environ.get("PENUMBRA_CACHE"):
        return Path(given)
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "penumbra"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "penumbra"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "penumbra"


def key_of(card: Card) -> str:
    """What the conversion of `card`'s file is found by: its SHA-256, and all that shapes its way to the scores."""
    width = card.metadata.width if card.metadata else 0
    parts = (VERSION, card.sha256, card.input, card.units, card.activation, width, card.views)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def read(key: str) -> bytes | None:
    """The converted network called `key`; None where there is none, or where its file is not what was written."""
    path = _path(key)
    if not is_file(path):  # reading a pipe would wait for ever
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    content, digest = data[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # used now: others are thrown away first
    return content


def write(key: str, content: bytes) -> None:
    """Keep `content` as `key`, its digest behind it; at no moment is there half a file. OSError where it cannot."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: two processes may convert the same network at once, and the last one's file stays.
    unfinished = path.with_name(f"{key[:16]}-{secrets.token_hex(8)}{_UNFINISHED}")
    try:
        unfinished.write_bytes(content + hashlib.sha256(content).digest())
        try:
            unfinished.replace(path)
        except PermissionError:  # Windows, while another process reads the file that it would replace
            if read(key) is None:
                raise
    finally:
        unfinished.unlink(missing_ok=True)
    _tidy(path.parent)


def drop(key: str) -> None:
    """Throw away the file called `key`, if there is one; where it cannot be, the next `write` replaces it."""
    with contextlib.suppress(OSError):
        _path(key).unlink(missing_ok=True)


def _path(key: str) -> Path:
    return cache_folder() / f"{key}{_ENDING}"


def _tidy(folder: Path) -> None:
    """Throw away what was used longest ago, and what a killed process left."""
    with contextlib.suppress(OSError):  # another process may be tidying up as well
        finished = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: -path.stat().st_mtime)
        left = [
            path for path in folder.glob(f"*{_UNFINISHED}") if time.time() - path.stat().st_mtime > _ABANDONED
        ]
        for path in finished[KEPT:] + left:
            path.unlink(missing_ok=True)
