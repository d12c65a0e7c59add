"""`ensemble`: averaging, bagging over folds, stacking and test-time averaging, from run folders."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training.data_root import data_root
from util.training.kinds import check_least

HELP = "average, bag or stack finished runs, beside the best single one of them"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.studies.options import add_runs

    parser.epilog = (
        "Members are run folders that all kept one fold out, or cross-validations, whose answers are out of fold. "
        "Bagging over folds: `crossvalidate --name bag --keep-out 1`, then `ensemble --runs "
        "runs/crossvalidation/M/bag/fold* --fold 1`."
    )
    add_runs(parser)
    parser.add_argument(
        "--runs", type=Path, nargs="+", required=True, help="run folders, or cross-validations"
    )
    parser.add_argument(
        "--fold", type=int, help="the fold to answer (default: the first run's validation fold)"
    )
    parser.add_argument("--tta", action="store_true", help="also average each run over flips and turns")
    parser.add_argument("--no-stack", action="store_true", help="leave the stack out, as of two parts")
    parser.add_argument("--name", default="ensemble", help="runs/ensembles/<modality>/<name>.json")
    parser.add_argument("--draws", type=int, default=500, help="bootstrap draws by group for the intervals")


def run(options: argparse.Namespace) -> None:
    """Print the figures with intervals, and leave them as JSON."""
    from util.training.studies import printed
    from util.training.studies.ensemble import ensemble
    from util.training.studies.options import runs_folder

    check_least(options, draws=1)
    file = runs_folder(options) / "ensembles" / options.modality / f"{options.name}.json"
    found = ensemble(
        options.runs,
        data_root(options.data_root),
        options.modality,
        fold=options.fold,
        turned=options.tta,
        stack=not options.no_stack,
        draws=options.draws,
        file=file,
    )
    print(printed.ensemble(options.name, found))
