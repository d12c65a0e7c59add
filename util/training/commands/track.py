"""`track`: put a run that was trained without `--track`, and its card, into the MLflow store."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training import tracking
from util.training.data_root import PROJECT

HELP = "put a finished run, and its card, into the MLflow store (mlflow.db)"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `track`."""
    parser.add_argument("--run", type=Path, help="the run folder (default runs/<modality>)")
    parser.add_argument("--model-folder", type=Path, help="the folder of its card, models/<name>")


def run(options: argparse.Namespace) -> None:
    """Put the run into the store and say under which id it stands there."""
    folder = options.run or PROJECT / "runs" / options.modality
    run_id = tracking.put(folder)
    if options.model_folder:
        tracking.record_card(folder, options.model_folder)
    print(f"{folder.name}: run {run_id} in {tracking.store()}")
