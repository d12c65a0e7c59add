"""`export`: a model in the formats of other tools, checked against the original."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write a model as .h5, .keras, SavedModel or ONNX, and check that it answers like the original"
MODALITY = False


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.export.formats import FORMATS

    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model-name", help="the name of a card")
    source.add_argument("--run", type=Path, help="a run folder")
    parser.add_argument("--format", nargs="+", choices=tuple(FORMATS), required=True, help="one or several")
    parser.add_argument("--output", type=Path, help="the folder to write to (default runs/exports/<name>)")


def run(options: argparse.Namespace) -> None:
    """Write every format that was asked for, one line each; the first that answers otherwise is refused."""
    from util.training.export import export, of_card, of_run

    source = of_run(options.run) if options.run else of_card(options.model_name)
    for made in export(source, options.format, options.output):
        print(
            f"{made.format:10} {made.path}  {made.size / 1e6:.1f} MB  "
            f"max |dp| {made.apart:.1e} over {made.answers} answers",
            flush=True,
        )
