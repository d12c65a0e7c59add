"""`soup`: one network whose weights are the mean of those of several runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training.data_root import DataError, data_root

HELP = "average the weights of runs that went on from one another, into one network"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.epilog = "Ship it as any run: `calibrate --run OUTPUT`."
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="two run folders or more")
    parser.add_argument("--output-dir", type=Path, required=True, help="the run folder to write")


def run(options: argparse.Namespace) -> None:
    """Average, and print what the mean says of the validation part; DataError for runs of another modality."""
    from util.training.studies.runs import config_of
    from util.training.studies.soup import soup

    for run in options.runs:
        if (trained := config_of(run).modality) != options.modality:
            about = {"modality": trained, "expected": options.modality}
            raise DataError("studies.other_modality", received=str(run), **about)
    file = soup(options.runs, data_root(options.data_root), options.output_dir)
    figures = file.parent / "validation.json"
    print(file, figures.read_text("utf-8") if figures.is_file() else "")
