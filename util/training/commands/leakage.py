"""`leakage`: how much folds drawn over images flatter, measured."""

from __future__ import annotations

import argparse

from util.training.data_root import data_root
from util.training.kinds import check_least

HELP = "train the same small run with folds by group and by image, and measure what the leak flatters"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.studies.options import add_changes, add_runs

    parser.epilog = (
        "The run is the first row of the modality's ablation table unless --config is given. Both networks keep out "
        "the test part and one more fold, of groups that neither sees: there they are measured alike. For chest also "
        "what it flatters to choose the epoch on the test set, with that fold in the part of the test set."
    )
    add_runs(parser)
    add_changes(parser)
    parser.add_argument("--draws", type=int, default=500, help="bootstrap draws by group for the intervals")


def run(options: argparse.Namespace) -> None:
    """Train both, print the table, and leave it in runs/leakage/<modality>."""
    from util.training.studies import printed
    from util.training.studies.leakage import leakage
    from util.training.studies.options import changed, changes, runs_folder
    from util.training.studies.runs import varied
    from util.training.studies.table import TABLES, read_table

    check_least(options, draws=1)
    runs, config = runs_folder(options), changed(options)
    if options.config is None and (TABLES / f"{options.modality}.yaml").is_file():
        first = next(iter(read_table(options.modality, runs).values()))
        config = varied(first, changes(options))
    folder = runs / "leakage" / options.modality
    print(printed.leakage(leakage(config, data_root(options.data_root), folder, draws=options.draws)))
