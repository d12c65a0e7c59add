"""One run, one YAML: the recipe of its modality, changed by what the command line says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path

import yaml

from util.modelstore.plain import cut, is_file
from util.preparation.chain import STEPS
from util.training.augmentation import OPTIONS
from util.training.data_root import DataError
from util.training.kinds import check_augmentation, check_chain, check_kinds
from util.training.precision import PRECISIONS
from util.training.reading import read_yaml

_RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Configuration:
    """Every option of one training run; saved beside its result, and enough to repeat it.

    `lr` is the peak learning rate; `ema` the momentum per step of the averaged weights (0 keeps the last ones);
    `smoothing` label smoothing in [0, 1); `sampling_power` 0 natural class mix, 1 balanced; `stratify` what shares a
    class's draws: "class" all its images, "group" its slides, patients or lesions; `class_weights` weighs the loss by
    inverse frequency. `weights` "auto" (the file beside the data, where there is one), "imagenet" (Keras' own
    download), "none", or the path of an `.npz`, an `.h5` or a run folder. `fine_tune_epochs` above 0 makes two
    phases: `epochs` with a frozen trunk, then that many at `ft_lr`, everything at once (`unfreeze` "all") or block
    after block ("progressive"). `patience` epochs without a better validation AUC end a phase, 0 never, nor a refit;
    the best epoch's weights are then kept. `restarts` are
    the epochs at which the learning rate starts again, `mixing` is read by `mixing.mixed` from its `from_epoch` on.
    `validation_fold` None takes the modality's default; `refit` trains on it too, after every choice was made
    without it; `split` "image" ignores groups, for the lesson on leaks alone; `kept_out` are the folds that neither
    train nor validate, None the test fold alone. `teacher` is a run or model folder, or
    several with commas between; `distil` {temperature, share} says how much it is listened to. `num_workers`
    threads augment, `device` "auto", "cpu" or "gpu" trains, and every `checkpoint_steps` steps the run is kept.
    `precision` "bfloat16" lets the trunk compute so while it trains; the head, the loss and the file are float32.
    `clip_norm` is the most that a step's gradient may measure over all arrays together (L2), 0 without a bound.
    """

    modality: str
    model: str
    img_size: int
    epochs: int
    images_per_epoch: int
    batch_size: int
    lr: float
    weight_decay: float
    dropout: float
    smoothing: float
    sampling_power: float
    ema: float
    seed: int
    chain: tuple
    augmentation: dict = field(default_factory=dict)
    metadata_dropout: dict | None = None
    mixing: dict | None = None
    restarts: tuple = ()
    weights: str = "auto"
    optimizer: str = "adamw"
    schedule: str = "cosine"
    patience: int = 0
    loss: str = "cross_entropy"
    class_weights: bool = False
    stratify: str = "class"
    fine_tune_epochs: int = 0
    ft_lr: float | None = None
    unfreeze: str = "all"
    split: str = "group"
    teacher: str | None = None
    distil: dict | None = None
    validation_fold: int | None = None
    kept_out: tuple | None = None
    refit: bool = False
    num_workers: int = 1
    device: str = "auto"
    precision: str = "float32"
    checkpoint_steps: int = 50
    clip_norm: float = 0.0

    def as_yaml(self) -> str:
        """The configuration as a YAML text that `configuration` reads back."""
        values = asdict(self) | {
            "chain": [dict(entry) for entry in self.chain],
            "restarts": list(self.restarts),
            "kept_out": None if self.kept_out is None else list(self.kept_out),
        }
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


# How fast and where a run is made, not what it is: it may be taken up again with others.
MANNER = {"num_workers": 1, "device": "auto", "checkpoint_steps": 50}

CHOICES = {
    "optimizer": ("adamw", "adam", "sgd", "rmsprop"),
    "schedule": ("cosine", "plateau", "constant"),
    "loss": ("cross_entropy", "logit_adjusted", "focal", "class_balanced_focal"),
    "stratify": ("class", "group"),
    "unfreeze": ("all", "progressive"),
    "split": ("group", "image"),
    "device": ("auto", "cpu", "gpu"),
    "precision": PRECISIONS,
}
# The lowest and the highest value that mean anything.
_RANGES = {
    "img_size": (8, 1024),
    "epochs": (1, 10_000),
    "images_per_epoch": (1, 10_000_000),
    "batch_size": (1, 4096),
    "lr": (1e-8, 10),
    "weight_decay": (0, 1),
    "dropout": (0, 0.95),
    "smoothing": (0, 0.9),
    "sampling_power": (0, 1),
    "ema": (0, 0.99999),
    "seed": (0, 2**31 - 1),
    "patience": (0, 10_000),
    "fine_tune_epochs": (0, 10_000),
    "ft_lr": (1e-8, 10),
    "num_workers": (1, 64),
    "checkpoint_steps": (1, 1_000_000),
    "clip_norm": (0, 1000),
    "restarts": (1, 10_000),
    "kept_out": (-1, 1000),
    "validation_fold": (-1, 1000),
    "distil.temperature": (0.1, 100),
    "distil.share": (0, 1),
    "mixing.mixup": (0, 1),
    "mixing.cutmix": (0, 1),
    "mixing.alpha": (0.01, 100),
    "mixing.from_epoch": (0, 10_000),
    "metadata_dropout.all": (0, 1),
    "metadata_dropout.each": (0, 1),
}
_WHOLE = {entry.name for entry in fields(Configuration) if entry.type == "int"} | {
    "restarts",
    "kept_out",
    "validation_fold",
    "mixing.from_epoch",
}
_MAY_LACK = ("ft_lr", "validation_fold")
_LISTS = ("restarts", "kept_out")
_REQUIRED = [e.name for e in fields(Configuration) if e.default is MISSING and e.default_factory is MISSING]
# What was the rule of a modality before it was an option: a file that lacks the option was trained by it.
_BEFORE = {"skin": {"loss": "logit_adjusted"}, "breast": {"stratify": "group"}}


def configuration(modality: str, file: Path | None = None, **changes: object) -> Configuration:
    """The recipe of `modality`, or the configuration in `file`, with every change that is not None.

    Raises DataError for a missing file, one of another modality, an option that does not exist or is missing, and a
    value that cannot be.
    """
    file = file or _RECIPES / f"{modality}.yaml"
    if not is_file(file):
        raise DataError("training.no_configuration", received=str(file))
    values = read_yaml(file)
    built = from_values(values if isinstance(values, dict) else {}, str(file))
    if built.modality != modality:
        raise DataError("training.other_modality", expected=modality, received=str(built.modality))
    built = replace(built, **{name: value for name, value in changes.items() if value is not None})
    check(built)
    # The last step makes the input: it follows the size that was asked for.
    *before, last = built.chain
    return replace(built, chain=(*before, {**last, "side": built.img_size}))


def from_values(values: Mapping[str, object], source: str) -> Configuration:
    """The configuration of plain data, as in a run's `config.yaml` or a card; `source` is named where it is wrong.

    Raises DataError for an option that does not exist or is missing.
    """
    if unknown := set(values) - {entry.name for entry in fields(Configuration)}:
        raise DataError("training.unknown_option", received=cut(min(map(str, unknown))))
    if missing := [name for name in _REQUIRED if values.get(name) in (None, [])]:
        raise DataError("training.missing_option", option=missing[0], file=source)
    check_kinds(Configuration, {name: value for name, value in values.items() if name != "restarts" or value})
    values = {**_BEFORE.get(str(values["modality"]), {}), **values}
    for name in ("chain", "restarts", "kept_out"):
        if name != "kept_out" or values.get(name) is not None:
            values[name] = tuple(values.get(name) or ())
    return Configuration(**values)


def check(config: Configuration) -> None:
    """Raise DataError, one sentence, for a name that is none, a value out of its range, and options that exclude."""
    check_kinds(Configuration, vars(config))
    check_chain(config.chain)
    for option, known in CHOICES.items():
        _among(option, getattr(config, option), known)
    for entry in config.chain:
        _among("chain", entry.get("step") if isinstance(entry, Mapping) else entry, tuple(STEPS))
    for name in config.augmentation:
        _among("augmentation", name, OPTIONS)
    check_augmentation(config.augmentation)
    values = {name: getattr(config, name) for name in _RANGES if "." not in name and name not in _LISTS}
    for part in ("distil", "mixing", "metadata_dropout"):
        values |= {f"{part}.{name}": value for name, value in (getattr(config, part) or {}).items()}
    for name in _LISTS:
        values |= {f"{name}[{place}]": value for place, value in enumerate(getattr(config, name) or ())}
    for option, value in values.items():
        if option not in _MAY_LACK or value is not None:
            _within(option, value)
    _check_together(config)


def _among(option: str, received: object, known: tuple[str, ...]) -> None:
    if received not in known:
        raise DataError(
            "training.option_choice", option=option, known=", ".join(known), received=cut(str(received))
        )


def _within(option: str, value: object) -> None:
    name = option.partition("[")[0]
    if name not in _RANGES:
        raise DataError("training.unknown_option", received=option)
    low, high = _RANGES[name]
    number = isinstance(value, int if name in _WHOLE else int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise DataError(
            "training.option_range", option=option, low=str(low), high=str(high), received=cut(str(value))
        )


def _check_together(config: Configuration) -> None:
    if config.loss == "class_balanced_focal" and config.class_weights:
        raise DataError("training.weighted_twice")
    if config.refit and config.schedule == "plateau":
        raise DataError("training.plateau_refit")
    shares = sum((config.mixing or {}).get(name, 0) for name in ("mixup", "cutmix"))
    if shares > 1:
        raise DataError(
            "training.option_range", option="mixup + cutmix", low="0", high="1", received=f"{shares:g}"
        )
    if config.images_per_epoch < config.batch_size:
        raise DataError(
            "training.option_range",
            option="images_per_epoch",
            low=f"batch_size = {config.batch_size}",
            high=str(_RANGES["images_per_epoch"][1]),
            received=str(config.images_per_epoch),
        )
