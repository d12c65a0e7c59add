"""Whether a full-size file gets the answer of its small training copy.

`python -m benchmarks.copies [--data-root DIR]` prints, for native chest films against their 224-pixel copies and for
600x450 skin frames against their 200x150 copies, the mean absolute difference of the calibrated probability (chest: of
pneumonia; skin: of the copy's most probable class), the share with the same most probable class, the same decision and
the same band; files of the test part and the rest apart. `evaluate --split test` puts the same into the evaluation
beside the card.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from util.language import PenumbraError
from util.modelstore import default_card
from util.training.data_root import data_root
from util.training.dataset import read_index
from util.training.evaluation.copies import copy_rows, pairs


def compare(modality: str, root: Path) -> None:
    """Ask the modality's default model about both files of each pair; one line for test files, one for the rest."""
    rows = copy_rows(default_card(modality), pairs(read_index(root, modality)))
    if not rows:
        print(f"{modality:6} no pairs of an original and its copy", flush=True)
    for row in rows:
        print(
            f"{modality:6} {row['part']}  n {row['n']:4}  mean |dp| {row['mean_dp']:.4f}  max {row['max_dp']:.4f}  "
            f"same top class {row['same_top']:.3f}  same decision {row['same_decision']:.3f}  "
            f"same band {row.get('same_band', float('nan')):.3f}",
            flush=True,
        )


def main() -> int:
    """Run the comparison; 2 with one sentence where the data is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-root", type=Path)
    try:
        root = data_root(parser.parse_args().data_root)
        compare("chest", root)
        compare("skin", root)
    except PenumbraError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
