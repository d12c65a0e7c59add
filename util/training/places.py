"""Where files lie: whether results can be written, asked before hours are spent on them, and the way to a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from util.training.data_root import DataError


def check_output(folder: Path) -> None:
    """Raise DataError where `folder` is not, or cannot become, a folder that files can be written to.

    Nothing is left behind: rights, names too long and file systems that are none tell themselves only when tried.
    """
    made: list[Path] = []
    try:
        for place in (*reversed(folder.parents), folder):
            if not os.path.isdir(place):
                place.mkdir()
                made.append(place)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as cause:
        raise DataError("training.no_output", received=str(folder)) from cause
    finally:
        for place in reversed(made):
            with contextlib.suppress(OSError):  # another run may have put something there meanwhile
                place.rmdir()


def way_to(path: Path, start: Path | str = os.curdir) -> Path:
    """The way from the folder `start` to `path`; all of it where Windows has the two on different drives."""
    try:
        return Path(os.path.relpath(path, start))
    except ValueError:
        return Path(os.path.abspath(path))
