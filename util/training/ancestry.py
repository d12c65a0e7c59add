"""What a run learns from, its start weights and its teachers: none may have seen the images that judge the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from util.modelstore import load_card
from util.modelstore.plain import is_file
from util.training.configuration import Configuration, from_values
from util.training.data_root import DataError
from util.training.dataset import TEST_FOLD, VALIDATION_FOLD
from util.training.reading import yaml_fields


def held_out_fold(config: Configuration) -> int:
    """The validation fold of a run."""
    return VALIDATION_FOLD[config.modality] if config.validation_fold is None else config.validation_fold


def kept_out_folds(config: Configuration) -> set[int]:
    """The folds that neither train nor validate a run."""
    return {TEST_FOLD[config.modality]} if config.kept_out is None else set(config.kept_out)


def trained_on(config: Configuration, fold: int) -> bool:
    """Whether a run by `config` trains on images of `fold`, by itself."""
    if fold in kept_out_folds(config):
        return False
    return config.refit or config.split != "group" or fold != held_out_fold(config)


def check_ancestors(config: Configuration) -> None:
    """Raise DataError where start weights or a teacher, or theirs, were trained on images that judge a run by `config`.

    These are the folds it keeps out and its validation part, which does not judge a refit. Weights from elsewhere and
    of another kind of image have no such folds, and what does not say how it was trained is believed.
    """
    for folder, about in _ancestors(config, set()):
        if (fold := _judging_fold(about, config)) is not None:
            raise DataError("training.ancestor_saw", received=str(folder), fold=str(fold))


def _judging_fold(about: Configuration, config: Configuration) -> int | None:
    """A fold on which a run by `config` is judged and one by `about` was trained."""
    kept, held = kept_out_folds(config), held_out_fold(config)
    if seen := [fold for fold in sorted(kept) if trained_on(about, fold)]:
        return seen[0]
    if config.refit:
        return None
    if config.split == "group":
        return held if trained_on(about, held) else None
    # Dealt out by image, the validation part is of all folds: only the same deal leaves it alone.
    dealt = about.split == config.split and not about.refit
    return None if dealt and (kept_out_folds(about), held_out_fold(about)) == (kept, held) else held


def _ancestors(config: Configuration, known: set[Path]) -> Iterator[tuple[Path, Configuration]]:
    """The folders that a run by `config` learns from, with what each was, and those that these learned from."""
    for folder in _folders(config):
        if (place := folder.resolve()) in known:
            continue
        known.add(place)
        about = _configuration_of(folder)
        if about is not None and about.modality == config.modality:
            yield folder, about
            yield from _ancestors(about, known)


def _folders(config: Configuration) -> list[Path]:
    named = [Path(name.strip()) for name in (config.teacher or "").split(",") if name.strip()]
    if config.weights not in ("auto", "imagenet", "none"):
        start = Path(config.weights)
        named.append(start if start.is_dir() else start.parent)
    return named


def _configuration_of(folder: Path) -> Configuration | None:
    """How the model in `folder`, a run's or one with a card, was trained; None where nothing there says it."""
    if is_file(folder / "card.yaml"):
        training = load_card(folder).extra.get("training")
        written = training.get("configuration") if isinstance(training, Mapping) else None
        if not isinstance(written, Mapping) or not written:
            return None
        about = from_values(written, str(folder))
        return replace(about, refit=about.refit or bool(training.get("refitted")))
    file = folder / "config.yaml"
    return from_values(yaml_fields(file), str(file)) if is_file(file) else None
