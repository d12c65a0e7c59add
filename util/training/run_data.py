"""Which data a run was trained on: a digest in its folder, so that it never goes on, or counts, for other data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from util.training.data_root import DataError
from util.training.dataset import Dataset
from util.training.reading import read_json

FILE = "data.json"


def digest_of(data: Dataset) -> str:
    """One text for the path, label and fold of every image of an indexed set, wherever it lies."""
    labels = [data.labels[k] for k in data.target.tolist()]
    rows = sorted(zip(data.paths, labels, data.fold.tolist(), strict=True))
    return hashlib.sha256(json.dumps([data.labels, rows]).encode()).hexdigest()


def write_data(run: Path, data: Dataset) -> None:
    """Say in the run folder `run` which data it is trained on."""
    (run / FILE).write_text(json.dumps({"images": len(data), "digest": digest_of(data)}), "utf-8")


def check_data(run: Path, data: Dataset) -> None:
    """Raise DataError where `run` was trained on other data; a folder that does not say is believed."""
    if not says_data(run):
        return
    said = read_json(run / FILE)
    if not isinstance(said, Mapping) or said.get("digest") != digest_of(data):
        raise DataError("training.other_run_data", received=str(run), folder=str(data.folder))


def says_data(run: Path) -> bool:
    """Whether the run folder says which data it was trained on: those made before it was written down do not."""
    return (run / FILE).is_file()
