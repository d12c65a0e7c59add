"""`evaluate`: a shipped model's figures on a part of the data, beside those in its card."""

from __future__ import annotations

import argparse

from util.training.data_root import DataError, data_root

HELP = "print a model's figures on a part, beside its card's"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--model-name", help="the card's name (default: the modality's default card)")
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws by group for the intervals")
    parser.add_argument("--write", action="store_true", help="put the figures into the card (--split test)")


def run(options: argparse.Namespace) -> None:
    """Print every figure with its interval; with `--write` put those of the test part into the card."""
    from util.modelstore import default_card, find_card
    from util.training.ship import evaluate, write_test

    if options.write and options.split != "test":
        raise DataError("training.write_is_test", received=options.split)
    card = find_card(options.model_name) if options.model_name else default_card(options.modality)
    found, said = evaluate(card, data_root(options.data_root), options.split, draws=options.draws)
    print(f"{card.name}  {found.data}, {found.part}: {found.images} images, {found.groups} groups")
    stored = card.test.figures if card.test and options.split == "test" else {}
    print(f"{'figure':36}{'measured':>9}   95 % interval        {'card' if stored else ''}")
    for name, figure in found.figures.items():
        beside = f"{stored[name].value:9.4f}" if name in stored else ""
        print(f"{name:36}{figure.value:9.4f}   {figure.low:.4f} to {figure.high:.4f}   {beside}")
    if options.write:
        write_test(card, found, said)
