"""`compare`: the table of runs behind a modality's card."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training.kinds import check_least

HELP = "print the table of runs behind a card, with what is missing and what others report"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.studies.options import add_runs

    add_runs(parser)
    parser.add_argument("--file", type=Path, help="the tracked file (default models/<card>/runs.yaml)")
    parser.add_argument("--write", action="store_true", help="update the tracked file from the run folders")
    parser.add_argument("--draws", type=int, default=300, help="bootstrap draws by group for the intervals")


def run(options: argparse.Namespace) -> None:
    """Print the runs of the run folders, merged with those of the tracked file."""
    from util.training.studies import compare as room
    from util.training.studies import printed
    from util.training.studies.options import runs_folder

    check_least(options, draws=1)
    file = options.file or room.runs_file(options.modality)
    found = room.collected(options.modality, runs_folder(options), room.read_runs(file), draws=options.draws)
    print(printed.runs(found))
    if options.write:
        room.write_runs(file, found)
        print(f"written: {file}")
