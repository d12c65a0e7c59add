"""Where the data lies: `--data-root`, else `$PENUMBRA_DATA`, else `../shared/data` beside the project."""

from __future__ import annotations

import os
from pathlib import Path

from util.language import PenumbraError

PROJECT = Path(__file__).resolve().parents[2]


class DataError(PenumbraError):
    """A data folder that cannot be trained on or evaluated."""


def data_root(given: str | Path | None = None) -> Path:
    """The folder that holds `chest/`, `skin/` and `breast/`; DataError if it does not exist."""
    root = Path(given or os.environ.get("PENUMBRA_DATA") or PROJECT.parent / "shared" / "data")
    if not os.path.isdir(root):
        raise DataError("training.no_data_root", received=str(root))
    return root
