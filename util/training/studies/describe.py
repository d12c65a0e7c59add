"""What a run was, in the words of a table: its imbalance method, its preparation, its weights, and what else it did."""

from __future__ import annotations

from collections.abc import Mapping

from util.training.configuration import Configuration

# Steps that only bring an image to its size; what remains of a chain is its preparation.
_GEOMETRY = {
    "colour", "grey", "centre_square", "standard_scale", "squash", "resize", "scale_to_um", "central_window", "pad",
}  # fmt: skip
_LOSSES = {
    "focal": "focal loss",
    "class_balanced_focal": "class-balanced focal",
    "logit_adjusted": "logit adjustment",
}
_UNITS = {"chest": "patient", "skin": "lesion", "breast": "slide"}


def imbalance(config: Configuration) -> str:
    """How a run met unequal classes, e.g. "logit adjustment, sampler 0.5"; "none" where it did nothing."""
    ways = [_LOSSES[config.loss]] if config.loss in _LOSSES else []
    if config.class_weights:
        ways.append("class weights")
    if config.sampling_power == 1:
        ways.append("balanced sampler")
    elif config.sampling_power:
        ways.append(f"sampler {config.sampling_power:g}")
    if config.stratify == "group":
        ways.append(f"by {_UNITS.get(config.modality, 'group')}")
    return ", ".join(ways) or "none"


def preparation(config: Configuration) -> str:
    """The steps of the chain beyond geometry, e.g. "trim border, percentile clip"; "geometry alone" without any."""
    steps = []
    for entry in config.chain:
        if entry["step"] not in _GEOMETRY:
            options = [f"{value:g}" for key, value in entry.items() if key == "strength"]
            steps.append(" ".join([str(entry["step"]).replace("_", " "), *options]))
    if config.augmentation.get("stain"):
        steps.append("stain jitter")
    return ", ".join(steps) or "geometry alone"


def extras(config: Configuration, rate: float | None = None) -> str:
    """What else sets a run apart: metadata, mixing, phases, a teacher, its digits, a leak; "" where nothing does.

    The learning rate is said where it is not `rate`, that of the other rows of its table.
    """
    mixing = config.mixing or {}
    ways = [words for key, words in (("mixup", "MixUp"), ("cutmix", "CutMix")) if mixing.get(key)]
    if config.metadata_dropout:
        ways.append("metadata")
    if config.fine_tune_epochs:
        ways.append("two phases" + (", progressive" if config.unfreeze == "progressive" else ""))
    if rate is not None and config.lr != rate:
        ways.append(f"learning rate {config.lr:.6f}".rstrip("0"))
    if config.clip_norm:
        ways.append(f"gradients clipped at {config.clip_norm:g}")
    if config.teacher:
        ways.append("distilled")
    if config.precision != "float32":
        ways.append(f"trained in {config.precision}")
    if config.split == "image":
        ways.append("split by image")
    if config.refit:
        ways.append("refitted")
    return ", ".join(ways)


def weights(summary: Mapping[str, object]) -> str:
    """Where a run's first weights came from; "from scratch" where there were none, "not said" in an older run."""
    said = summary.get("weights_from")
    return {None: "not said", "none": "from scratch"}.get(said, str(said))


def images_seen(config: Configuration) -> int:
    """How many images a run that is not stopped early draws, augmented ones counted each time."""
    steps = config.images_per_epoch // config.batch_size
    return (config.epochs + config.fine_tune_epochs) * steps * config.batch_size
