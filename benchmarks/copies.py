"""Whether a full-size file gets the answer of its small training copy.

`python -m benchmarks.copies [--data-root DIR]` prints, for native chest films against their 224-pixel copies and for
600x450 skin frames against their 200x150 copies, the mean absolute difference of the calibrated probability (chest: of
pneumonia; skin: of the copy's most probable class), the share with the same decision and the same band; files of
the test part and the rest apart.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

from util.diagnosis import diagnose
from util.language import PenumbraError
from util.prediction import Metadata
from util.training.data_root import DataError, data_root
from util.training.dataset import TEST_FOLD, metadata_of


def chest_pairs(root: Path) -> list[tuple[Path, Path, Metadata, bool]]:
    """(native file, its copy, no metadata, whether it is a test file) of all native examples."""
    folder = root / "chest"
    pairs = []
    for native in sorted(p for p in (folder / "native_examples").rglob("*") if p.is_file()):
        relative = native.relative_to(folder / "native_examples")
        copy = folder / "images" / relative
        if copy.is_file():
            pairs.append((native, copy, Metadata(), relative.parts[0] == "test"))
    return pairs


def skin_pairs(root: Path) -> list[tuple[Path, Path, Metadata, bool]]:
    """(full frame, its copy, metadata, whether it is a test file) of every full frame; DataError without index."""
    folder = root / "skin"
    if not (folder / "index.csv").is_file():
        raise DataError("training.no_index", received=str(folder / "index.csv"))
    with (folder / "index.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row.get("full_frame")]
    return [
        (
            folder / row["full_frame"],
            folder / row["path"],
            metadata_of(row),
            int(row["fold"]) == TEST_FOLD["skin"],
        )
        for row in rows
    ]


def compare(modality: str, pairs: list[tuple[Path, Path, Metadata, bool]]) -> None:
    """Diagnose both files of each pair and print one line for the test files and one for the rest."""
    if not pairs:
        print(f"{modality:6} no pairs of an original and its copy", flush=True)
    rows = []
    for original, copy, metadata, is_test in pairs:
        large, small = (
            diagnose(p.read_bytes(), modality, metadata=metadata).prediction for p in (original, copy)
        )
        index = small.top if modality == "skin" else 1
        difference = abs(large.probabilities[index] - small.probabilities[index])
        rows.append((is_test, difference, large.decision == small.decision, large.band == small.band))
    for name, wanted in (("test", True), ("rest", False)):
        part = np.array([row[1:] for row in rows if row[0] is wanted], float)
        if len(part):
            print(
                f"{modality:6} {name}  n {len(part):4}  mean |dp| {part[:, 0].mean():.4f}  max {part[:, 0].max():.4f}  "
                f"same decision {part[:, 1].mean():.3f}  same band {part[:, 2].mean():.3f}",
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
        compare("chest", chest_pairs(root))
        compare("skin", skin_pairs(root))
    except PenumbraError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
