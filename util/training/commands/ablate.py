"""`ablate`: what each preparation step is worth."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training.data_root import PROJECT, data_root
from util.training.kinds import check_least

HELP = "compare preparation chains by probes on the validation fold"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--images", type=int, default=4000, help="training images for each probe")
    parser.add_argument("--weights", type=Path, help="pre-trained arrays (.npz)")


def run(options: argparse.Namespace) -> None:
    """One probe a chain; DataError without pre-trained arrays."""
    from util.training.ablate import ablate
    from util.training.configuration import configuration
    from util.training.weights import weights_file

    check_least(options, images=2)
    root = data_root(options.data_root)
    config = configuration(options.modality, weights=options.weights and str(options.weights))
    output = PROJECT / "runs" / "ablation" / f"{options.modality}.json"
    ablate(options.modality, root, weights_file(config, root, needed=True), output, options.images)
