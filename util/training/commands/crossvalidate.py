"""`crossvalidate`: group K-fold by the folds of the index, figures pooled over what no network had seen."""

from __future__ import annotations

import argparse

from util.training.data_root import data_root
from util.training.kinds import check_least

HELP = "train one run a fold, then pool the figures of all folds; finished folds are kept"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.studies.options import add_changes, add_runs

    parser.epilog = (
        "Early stopping is off: nothing may look at the fold held out. Temperature and threshold of each fold are "
        "fitted on the out-of-fold scores of the others. Folds outside the test part are held out, unless "
        "--every-fold is given, which is for breast alone and for once, after all choices."
    )
    add_runs(parser)
    add_changes(parser)
    parser.add_argument(
        "--name", help="a name for this cross-validation: runs/crossvalidation/<modality>/<name>"
    )
    parser.add_argument("--folds", help="only these folds for now, e.g. 0,2 (default: all that are missing)")
    parser.add_argument(
        "--every-fold",
        action="store_true",
        help="breast: hold out the test fold in its turn too, after all choices",
    )
    parser.add_argument(
        "--keep-out",
        help="folds that no run trains on, e.g. 1, beside the test fold: for bagging (see ensemble)",
    )
    parser.add_argument(
        "--metadata-question",
        action="store_true",
        help="skin: cross-validate the recipe (fused) and an image-only one (image), then their paired difference",
    )
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws by group for the intervals")


def run(options: argparse.Namespace) -> None:
    """Run what is missing, then print the pooled figures."""
    import yaml

    from util.training.dataset import TEST_FOLD
    from util.training.studies.crossvalidation import crossvalidate
    from util.training.studies.options import changed, numbers, runs_folder
    from util.training.studies.paired import metadata_question
    from util.training.studies.printed import metadata
    from util.training.studies.runs import varied

    check_least(options, draws=1)
    config = changed(options)
    if kept := numbers(options.keep_out):
        config = varied(config, {"kept_out": tuple(sorted({TEST_FOLD[options.modality], *kept}))})
    folder = runs_folder(options) / "crossvalidation" / options.modality
    folder = folder / options.name if options.name else folder
    root = data_root(options.data_root)
    common = {"folds": numbers(options.folds), "every": options.every_fold, "draws": options.draws}
    if not options.metadata_question:
        crossvalidate(config, root, folder, **common)
        return
    alone = varied(config, {"metadata_dropout": None})
    done = [
        crossvalidate(one, root, folder / name, **common)
        for name, one in (("fused", config), ("image", alone))
    ]
    if all(done):
        found = metadata_question(folder / "fused", folder / "image", draws=options.draws)
        (folder / "metadata_question.yaml").write_text(yaml.safe_dump(found, sort_keys=False), "utf-8")
        print(metadata(found))
