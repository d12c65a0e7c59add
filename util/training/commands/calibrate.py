"""`calibrate`: a run's model folder with its card."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.modelstore.views import VIEWS
from util.training.data_root import PROJECT, data_root

HELP = "write a run's model and card, fitted on validation data"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--run", type=Path, help="the run folder (default runs/<modality>)")
    parser.add_argument("--refitted", type=Path, help="ship this refitted run with the choices made on --run")
    parser.add_argument("--model-folder", type=Path, help="default models/<name>")
    parser.add_argument("--texts", metavar="NAME", help="the card's words: card_texts/NAME.yaml")
    parser.add_argument("--title", help="the card's title (own images: default the folder's name)")
    parser.add_argument(
        "--views",
        choices=("none", *VIEWS),
        help="answer with the mean over turns and flips of the image (default: as the card's words say)",
    )
    parser.add_argument(
        "--danger", nargs="+", default=(), metavar="CLASS", help="the classes that must not be missed"
    )


def run(options: argparse.Namespace) -> None:
    """Fit everything the card holds on the validation fold, and write it."""
    from util.training.ship import calibrate
    from util.training.tracking import record_card

    folder = options.run or PROJECT / "runs" / options.modality
    root = data_root(options.data_root)
    card = calibrate(
        options.modality,
        root,
        folder,
        options.model_folder,
        refitted=options.refitted,
        texts_name=options.texts,
        title=options.title,
        danger=options.danger,
        views=options.views,
    )
    for one in filter(None, (folder, options.refitted)):
        record_card(one, card.folder)
