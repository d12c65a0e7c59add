"""`search`: grid or random search over any options, on the validation fold."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training.data_root import data_root
from util.training.kinds import check_least

HELP = "try many values of options on the validation fold, by grid or at random; finished trials are kept"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.studies.options import add_changes, add_runs

    parser.epilog = (
        "The space is a YAML file: `base` holds changes to the recipe for all trials, `space` an option to a list of "
        "values, {uniform: [low, high]} or {log_uniform: [low, high]}. The default is "
        "util/training/studies/tables/search.yaml."
    )
    add_runs(parser)
    add_changes(parser)
    parser.add_argument("--space", type=Path, help="the search space")
    parser.add_argument("--name", default="search", help="runs/search/<modality>/<name>")
    parser.add_argument(
        "--random", type=int, metavar="N", help="N trials drawn at random, instead of the whole grid"
    )
    parser.add_argument("--draw-seed", type=int, default=0, help="seed of the random trials")
    parser.add_argument(
        "--halving",
        type=int,
        default=1,
        metavar="R",
        help="R rungs: the better half of each trains twice as long",
    )


def run(options: argparse.Namespace) -> None:
    """Run what is missing and print the table, best validation AUC first."""
    from util.training.configuration import configuration
    from util.training.studies import search as room
    from util.training.studies.options import changes, runs_folder
    from util.training.studies.printed import table
    from util.training.studies.runs import varied
    from util.training.studies.table import TABLES

    check_least(options, random=1, draw_seed=0)
    space = room.read_space(options.space or TABLES / "search.yaml")
    base = varied(configuration(options.modality, options.config), space.get("base") or {})
    config = varied(base, changes(options))
    trials = (
        room.random_trials(space["space"], options.random, options.draw_seed)
        if options.random is not None
        else room.grid(space["space"])
    )
    folder = runs_folder(options) / "search" / options.modality / options.name
    rows = room.search(config, trials, data_root(options.data_root), folder, halving=max(1, options.halving))
    print(table(list(rows[0]), [[str(row.get(name, "")) for name in rows[0]] for row in rows]))
    print(
        "the best of many figures on one fold flatters itself; measure the winner on data that chose nothing"
    )
