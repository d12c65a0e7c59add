"""Where a run's first weights come from: the file beside the data, a file or run folder that was named, or nowhere."""

from __future__ import annotations

from pathlib import Path

from util.training import networks
from util.training.configuration import Configuration
from util.training.data_root import PROJECT, DataError


def weights_file(config: Configuration, root: Path, *, needed: bool = False) -> Path | None:
    """The file of pre-trained arrays of `config.weights`; None for "none", "imagenet", or "auto" without a file.

    "auto" looks into the folder `weights` beside the data; a run folder stands for its `model.h5`. DataError for an
    unknown network, a named file that is absent, and any absent file where one is `needed`.
    """
    networks.check_known(config.model)
    if config.weights in ("none", "imagenet"):
        if needed:
            raise DataError("training.no_weights", received=config.weights)
        return None
    if config.weights != "auto":
        file = Path(config.weights)
        file = file / "model.h5" if file.is_dir() else file
        if not file.is_file():
            raise DataError("training.no_weights", received=str(file))
        return file
    name = networks.WEIGHT_FILES.get(config.model)
    folders = [root.parent / "weights"]
    if config.modality == "own":
        # Class folders lie anywhere: the arrays stand where the project's own data does.
        folders.append(PROJECT.parent / "shared" / "weights")
    found = [folder / name for folder in folders if name and (folder / name).is_file()]
    if not found and needed:
        raise DataError("training.no_weights", received=str(folders[0] / (name or config.model)))
    return found[0] if found else None


def start(network, config: Configuration, root: Path, labels: tuple[str, ...], *, say=print) -> str:
    """Fill `network` with the arrays that `config.weights` names; returns where they came from, "none" for nowhere.

    Raises DataError as `weights_file` does, and for arrays that do not fit.
    """
    if config.weights == "imagenet":
        say(f"{networks.load_imagenet(network, config.model)} layers start from ImageNet")
        return "imagenet"
    file = weights_file(config, root)
    if file is None:
        say("no pre-trained arrays: every layer starts from random ones")
        return "none"
    say(f"{networks.load_arrays(network, file, labels=labels)} layers start from {file.name}")
    return f"{file.parent.name}/{file.name}"
