"""The command line of the training room: `python -m util.training <command> --help`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from util.language import PenumbraError
from util.training.data_root import PROJECT, DataError, data_root


def main(arguments: list[str] | None = None) -> int:
    """Run one sub-command; 0, or 2 with one sentence for bad input."""
    # Two threads: more only fight over the two cores that this is built for.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    try:
        options.action(options)
    except PenumbraError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m util.training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    fit = _command(commands, "fit", _fit, "train one network on all folds but the test and validation fold")
    fit.add_argument("--config", type=Path, help="a config.yaml of an earlier run, instead of the recipe")
    fit.add_argument(
        "--weights", type=Path, help="pre-trained arrays (.npz); default: those of ../shared/weights"
    )
    for name, kind, words in _FIT_OPTIONS:
        fit.add_argument(f"--{name}", type=kind, help=words)
    fit.add_argument("--refit", action="store_true", default=None, help="train on the validation fold too")
    fit.add_argument("--output-dir", type=Path, help="the run folder (default runs/<modality>)")
    ablate = _command(
        commands, "ablate", _ablate, "compare preparation chains by probes on the validation fold"
    )
    ablate.add_argument("--images", type=int, default=4000, help="training images for each probe")
    ablate.add_argument("--weights", type=Path, help="pre-trained arrays (.npz)")
    calibrate = _command(
        commands, "calibrate", _calibrate, "write a run's model and card, fitted on validation data"
    )
    calibrate.add_argument("--run", type=Path, help="the run folder (default runs/<modality>)")
    calibrate.add_argument(
        "--refitted", type=Path, help="ship this refitted run with the choices made on --run"
    )
    calibrate.add_argument("--model-folder", type=Path, help="default models/<name>")
    evaluate = _command(
        commands, "evaluate", _evaluate, "print a model's figures on a part, beside its card's"
    )
    evaluate.add_argument("--split", choices=("validation", "test"), default="validation")
    evaluate.add_argument("--model-name", help="the card's name (default: the modality's default card)")
    evaluate.add_argument(
        "--draws", type=int, default=1000, help="bootstrap draws by group for the intervals"
    )
    evaluate.add_argument("--write", action="store_true", help="put the figures into the card (--split test)")
    return parser


_FIT_OPTIONS = (
    ("model", str, "the network's name"),
    ("img-size", int, "side of the input in pixels"),
    ("epochs", int, "passes of --images-per-epoch images"),
    ("images-per-epoch", int, "images drawn for one epoch"),
    ("batch-size", int, "images a step"),
    ("lr", float, "peak learning rate"),
    ("weight-decay", float, "AdamW's decoupled weight decay"),
    ("dropout", float, "share of features dropped before the head"),
    ("smoothing", float, "label smoothing"),
    ("sampling-power", float, "0 natural class mix, 1 balanced"),
    ("ema", float, "momentum of the averaged weights, 0 for none"),
    ("seed", int, "seed of everything drawn"),
    ("validation-fold", int, "the fold kept for choices"),
)


def _command(commands, name: str, run, words: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words, description=words)
    parser.add_argument("--modality", required=True, choices=("chest", "skin", "breast"))
    parser.add_argument("--data-root", type=Path, help="default: $PENUMBRA_DATA, else ../shared/data")
    parser.set_defaults(action=run)
    return parser


def _weights(options, model: str, *, needed: bool = False) -> Path | None:
    """The file of pre-trained arrays: the one given, else that of `model` beside the data.

    None where only that default is absent; DataError where it is `needed`, or where the given one is absent.
    """
    from util.training.networks import WEIGHT_FILES, check_known

    check_known(model)
    file = options.weights or data_root(options.data_root).parent / "weights" / WEIGHT_FILES[model]
    if file.is_file():
        return file
    if needed or options.weights:
        raise DataError("training.no_weights", received=str(file))
    return None


def _fit(options) -> None:
    from util.training.configuration import configuration
    from util.training.fit import fit

    changes = {
        name.replace("-", "_"): getattr(options, name.replace("-", "_")) for name, _, _ in _FIT_OPTIONS
    }
    config = configuration(options.modality, options.config, refit=options.refit, **changes)
    output = options.output_dir or PROJECT / "runs" / options.modality
    fit(config, data_root(options.data_root), output, _weights(options, config.model))


def _ablate(options) -> None:
    from util.training.ablate import ablate
    from util.training.configuration import configuration

    output = PROJECT / "runs" / "ablation" / f"{options.modality}.json"
    ablate(
        options.modality,
        data_root(options.data_root),
        _weights(options, configuration(options.modality).model, needed=True),
        output,
        options.images,
    )


def _calibrate(options) -> None:
    from util.training.ship import calibrate

    run = options.run or PROJECT / "runs" / options.modality
    calibrate(
        options.modality, data_root(options.data_root), run, options.model_folder, refitted=options.refitted
    )


def _evaluate(options) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
