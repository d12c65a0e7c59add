"""`study`: the ablation table of a modality, row by row."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training.data_root import data_root

HELP = "run the rows of the ablation table that are missing, one after the other, on one shared budget"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.studies.options import add_runs

    parser.epilog = (
        "The rows stand in util/training/studies/tables/<modality>.yaml. A row that was killed goes on, a finished one "
        "is kept; `compare` prints the table."
    )
    add_runs(parser)
    parser.add_argument("--rows", help="only these rows, with commas between")
    parser.add_argument("--table", type=Path, help="another table")
    parser.add_argument("--list", action="store_true", help="say which rows are there and which are missing")


def run(options: argparse.Namespace) -> None:
    """Run every row that is missing."""
    from util.training.studies.options import runs_folder
    from util.training.studies.runs import finished
    from util.training.studies.table import chosen_rows, read_table, study, study_folder

    runs, wanted = runs_folder(options), options.rows.split(",") if options.rows else None
    if options.list:
        folder = study_folder(runs, options.modality)
        for name in chosen_rows(read_table(options.modality, runs, options.table), wanted):
            print(f"{name}: {'there' if finished(folder / name) else 'missing'}")
        return
    failed = study(options.modality, data_root(options.data_root), runs, wanted, file=options.table)
    print(f"rows that could not run: {', '.join(failed)}" if failed else "all rows are there")
