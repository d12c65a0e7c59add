"""`fit`: train one network."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.training.configuration import CHOICES
from util.training.data_root import PROJECT, data_root
from util.training.networks import NAMES

HELP = "train one network on all folds but the test and validation fold"

# Name, type, what it says in --help. Defaults are the recipe's.
_OPTIONS = (
    ("model", str, "the network's name"),
    ("weights", str, "auto, imagenet, none, or an .npz, an .h5 or a run folder to start from"),
    ("img-size", int, "side of the input in pixels"),
    (
        "epochs",
        int,
        "passes of --images-per-epoch images; the frozen phase where --fine-tune-epochs is given",
    ),
    ("images-per-epoch", int, "images drawn for one epoch"),
    ("batch-size", int, "images a step"),
    ("lr", float, "peak learning rate"),
    ("fine-tune-epochs", int, "epochs after the frozen phase in which the trunk trains too, 0 for one phase"),
    ("ft-lr", float, "peak learning rate of those epochs (default: a tenth of --lr)"),
    ("unfreeze", str, "whether the trunk thaws at once or block after block from the output back"),
    ("optimizer", str, "what steps"),
    ("weight-decay", float, "decoupled weight decay (none with adam)"),
    ("clip-norm", float, "most a step's gradient may measure, all arrays together, 0 without a bound"),
    ("schedule", str, "the learning rate's course"),
    ("patience", int, "epochs without a better validation AUC before training ends, 0 never"),
    ("loss", str, "what is minimised"),
    ("smoothing", float, "label smoothing"),
    ("dropout", float, "share of features dropped before the head"),
    ("sampling-power", float, "0 natural class mix, 1 balanced"),
    ("stratify", str, "what shares a class's draws evenly: its images, or its slides, patients or lesions"),
    ("ema", float, "momentum of the averaged weights, 0 for none"),
    ("teacher", str, "a run or model folder to learn from, or several with commas between"),
    ("seed", int, "seed of everything drawn"),
    ("validation-fold", int, "the fold kept for choices"),
    ("split", str, "group, or image: folds that ignore groups, to measure what a leak flatters"),
    ("num-workers", int, "threads that augment"),
    ("device", str, "where to train"),
    ("precision", str, "what the trunk computes in while it trains; the saved file is float32 either way"),
    ("checkpoint-steps", int, "steps between two checkpoints"),
)


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.epilog = (
        "What is not given stands in the recipe util/training/recipes/<modality>.yaml, with the preparation chain "
        "and the augmentation; copy it, change it, and give it as --config."
    )
    parser.add_argument("--config", type=Path, help="a config.yaml of an earlier run, instead of the recipe")
    parser.add_argument("--output-dir", type=Path, help="the run folder (default runs/<modality>)")
    for name, kind, words in _OPTIONS:
        known = NAMES if name == "model" else CHOICES.get(name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=kind, help=f"{words}: {', '.join(known)}" if known else words)
    parser.add_argument(
        "--track", action="store_true", default=None, help="keep the run in MLflow's local store"
    )
    parser.add_argument("--num-classes", type=int, help="how many classes the data must have; checked only")
    parser.add_argument(
        "--class-weights",
        action=argparse.BooleanOptionalAction,
        help="weigh the loss by inverse class frequency",
    )
    parser.add_argument(
        "--refit",
        action="store_true",
        default=None,
        help="train on the validation fold too, after all choices",
    )
    parser.add_argument(
        "--restarts", type=int, nargs="*", help="epochs at which the learning rate starts again"
    )
    parser.add_argument(
        "--kept-out",
        type=int,
        nargs="*",
        help="folds that neither train nor validate (default: the test fold)",
    )
    parser.add_argument("--mixup", type=float, help="share of batches with MixUp")
    parser.add_argument("--cutmix", type=float, help="share of batches with CutMix")
    parser.add_argument("--mix-from-epoch", type=int, help="first epoch, from 0, that is mixed")
    parser.add_argument("--distil-share", type=float, help="weight of the teacher's answer (default 0.5)")
    parser.add_argument("--temperature", type=float, help="temperature of the teacher's answer (default 2)")


def changes(options: argparse.Namespace, config=None) -> dict[str, object]:
    """What the command line changes of a configuration; `config` gives the dictionaries that it changes in part."""
    given = {name: getattr(options, name) for name in (n.replace("-", "_") for n, _, _ in _OPTIONS)}
    given |= {"refit": options.refit, "class_weights": options.class_weights}
    given["restarts"] = None if options.restarts is None else tuple(options.restarts)
    given["kept_out"] = None if options.kept_out is None else tuple(options.kept_out)
    mixing = {"mixup": options.mixup, "cutmix": options.cutmix, "from_epoch": options.mix_from_epoch}
    distil = {"share": options.distil_share, "temperature": options.temperature}
    for name, part in (("mixing", mixing), ("distil", distil)):
        part = {key: value for key, value in part.items() if value is not None}
        given[name] = {**(getattr(config, name) or {}), **part} if part else None
    return given


def run(options: argparse.Namespace) -> None:
    """Train by the recipe and the options; a run folder that holds a checkpoint of the same options goes on."""
    from util.training.configuration import configuration
    from util.training.fit import fit
    from util.training.tracking import tracked

    before = configuration(options.modality, options.config)
    config = configuration(options.modality, options.config, **changes(options, before))
    output = options.output_dir or PROJECT / "runs" / options.modality
    root = data_root(options.data_root)
    with tracked(output, options.track) as on_epoch:
        fit(config, root, output, num_classes=options.num_classes, on_epoch=on_epoch)
