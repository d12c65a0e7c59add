"""From a finished run to a model folder: the `.h5`, its card, its arrays; and the figures of its test part."""

from __future__ import annotations

import dataclasses
import datetime
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

from util.language import Sentence
from util.modelstore import load_card, open_network, save_card
from util.modelstore.card import Card, Decision, Evaluation, Familiarity, Input
from util.prediction import Metadata, encode
from util.prediction.arithmetic import danger_probability, probabilities
from util.prediction.familiarity import distances
from util.training import calibration
from util.training.ancestry import check_ancestors, held_out_fold
from util.training.configuration import Configuration, configuration
from util.training.data_root import PROJECT, DataError
from util.training.dataset import TEST_FOLD, Dataset, parts, read_index
from util.training.metrics import figures, weighted_figures, weighted_intervals
from util.training.networks import FAMILIARITY_LAYER, FEATURE_LAYER
from util.training.prepared_store import prepared_array
from util.training.reading import read_summary
from util.training.texts import card_texts

_MOST_FEATURES = 4000


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a card's network says of one part: `scores` (N, units), `pooled` (N, F), and the `data` answered."""

    data: Dataset
    scores: np.ndarray
    pooled: np.ndarray


def answers(card: Card, dataset: Dataset, *, metadata: bool = True, batch: int = 32) -> Answers:
    """Prepare `dataset` by the card's chain and run its network over it, with or without the patients' metadata.

    An index that has none is answered without.
    """
    images, answered = prepared_array(dataset, card.preparation)
    dataset, kept = dataset.take(answered), np.flatnonzero(answered)
    rows = None
    if card.metadata is not None:
        known = (metadata and dataset.metadata) or (Metadata(),) * len(dataset)
        rows = np.stack([np.asarray(encode(entry, card.metadata)).reshape(-1) for entry in known])
    network, scores, pooled = open_network(card), [], []
    for start in range(0, len(kept), batch):
        pixels = np.asarray(images[kept[start : start + batch]])
        z, f = network.forward(pixels, None if rows is None else rows[start : start + batch])
        scores.append(z)
        pooled.append(f)
    return Answers(dataset, np.concatenate(scores).astype(np.float64), np.concatenate(pooled))


def calibrate(
    modality: str,
    root: Path,
    run: Path,
    folder: Path | None = None,
    *,
    refitted: Path | None = None,
    texts_name: str | None = None,
    title: str | None = None,
    danger: Sequence[str] = (),
    views: str | None = None,
    say=print,
) -> Card:
    """Copy a run's `model.h5` to `folder` and write its card: everything fitted on the validation fold.

    All of it is made in `run/card` first: what stands in `folder` stays whole until the new card is finished.
    Its words are those of `texts.card_texts`, by `texts_name`, `title` and `danger`. `views`, a name of
    `util.modelstore.views` or "none", takes the place of the views that they name for this network.

    With `refitted`, a second run of the same recipe that trained on the validation fold too, that run's file is
    shipped with the choices made on `run`, and the card says so: nothing is fitted on images that trained it.
    Raises DataError for a folder without a run, and where `run` itself was refitted or learned from what was trained
    on its validation part.
    """
    for needed in (run, refitted or run):
        if not (needed / "model.h5").is_file():
            raise DataError("training.no_run", received=str(needed))
    config = configuration(modality, run / "config.yaml")
    if config.refit:
        raise DataError("training.refitted_run", received=str(run))
    check_ancestors(config)
    index = read_index(root, modality)
    for trained in (run, refitted or run):
        _check_labels(trained, index)
    texts = card_texts(
        index,
        loss=config.loss,
        name=texts_name,
        title=title,
        danger=danger,
        network=config.model,
        start=str(_summary(run).get("weights_from", "")),
    )
    if views is not None:
        texts["views"] = {config.model: None if views == "none" else views}
    folder = folder or PROJECT / "models" / texts["name"]
    chosen = _place(modality, texts, run, run / "card")
    split = parts(index, config.validation_fold, split=config.split, kept_out=config.kept_out)
    held = answers(chosen, split["validation"])
    chosen = _fitted(chosen, held, texts, _prior(run), config)
    arrays = _features(chosen, split["train"])
    far = distances(held.pooled, arrays)
    familiarity = Familiarity(round(float(np.quantile(far, 0.99)), 4), 0.99, _part(config), len(far))
    found = {name: round(value, 4) for name, value in figures(held.scores, held.data.target, chosen).items()}
    say("validation: " + "  ".join(f"{name} {value:.3f}" for name, value in found.items()))
    card = chosen
    if refitted is not None:
        card = _place(modality, texts, refitted, refitted / "card")
        again = configuration(modality, refitted / "config.yaml")
        learned = parts(index, again.validation_fold, refit=True, kept_out=again.kept_out)["train"]
        arrays = _features(card, learned)
    choices = {name: getattr(chosen, name) for name in ("calibration", "decision", "grey_zone", "conformal")}
    extra = {**card.extra, "validation": {"figures": found, "refitted_since": refitted is not None}}
    finished = dataclasses.replace(card, **choices, familiarity=familiarity, extra=extra)
    return _shipped(save_card(finished, card.folder, arrays), folder)


def _shipped(card: Card, folder: Path) -> Card:
    """A finished card and its files in `folder`: copied beside what stands there, then put in its place."""
    if folder.resolve() == card.folder.resolve():
        return card
    folder.mkdir(parents=True, exist_ok=True)
    staged = {folder / f"new-{name}": name for name in (card.file, card.arrays.file, "card.yaml")}
    try:
        for new, name in staged.items():
            shutil.copyfile(card.folder / name, new)
        for new, name in staged.items():
            new.replace(folder / name)
    finally:
        for new in staged:
            new.unlink(missing_ok=True)
    return load_card(folder)


def _check_labels(run: Path, index: Dataset) -> None:
    """Raise DataError where `run` was trained on other classes than `index` has."""
    trained = tuple(_summary(run)["labels"])
    if trained != index.labels:
        raise _other_classes(trained, index)


def _other_classes(trained: tuple[str, ...], index: Dataset) -> DataError:
    return DataError("training.other_classes", expected=", ".join(trained), received=", ".join(index.labels))


def card_of_run(run: Path, index: Dataset) -> Card:
    """The card in `run/card` of a finished run, about which nothing is fitted; it is made where there is none.

    DataError for a folder without a run, and for one that was trained on other classes than `index` has.
    """
    if not (run / "model.h5").is_file():
        raise DataError("training.no_run", received=str(run))
    _check_labels(run, index)
    config = configuration(index.modality, run / "config.yaml")
    texts = card_texts(index, loss=config.loss, network=config.model)
    return _place(index.modality, texts, run, run / "card")


def _place(modality: str, texts: dict, run: Path, folder: Path) -> Card:
    """A run's `.h5` in `folder` with a card about which nothing is fitted yet."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / "model.h5", folder / "model.h5")
    config = configuration(modality, run / "config.yaml")
    return save_card(_bare(modality, texts, config, _summary(run), run), folder)


def _prior(run: Path) -> np.ndarray:
    return np.array(_summary(run)["prior"])


def _summary(run: Path) -> dict:
    return read_summary(run)


def _features(card: Card, train: Dataset) -> dict[str, np.ndarray]:
    """Feature statistics of training images, evenly drawn."""
    rng = np.random.default_rng(0)
    some = np.sort(rng.choice(len(train), min(_MOST_FEATURES, len(train)), replace=False))
    return calibration.feature_statistics(answers(card, train.take(some)).pooled)


def _part(config: Configuration) -> str:
    return f"validation fold {held_out_fold(config)}"


def _bare(modality: str, texts: dict, config: Configuration, summary: dict, run: Path) -> dict:
    """The fields of the card, as plain data, of a model about which nothing is fitted yet."""
    two = len(summary["labels"]) == 2
    extra = dict(texts["extra"])
    extra["training"] = {
        "command": summary.get("command", f"python -m util.training fit --modality {modality}"),
        **({"averaged_runs": summary["averaged_runs"]} if "averaged_runs" in summary else {}),
        "images": summary["train_images"],
        "groups": summary["train_groups"],
        "refitted": config.refit,
        "configuration": yaml.safe_load(config.as_yaml()),
    }
    comparison = run.parent / "ablation" / f"{modality}.json"
    if comparison.is_file():
        extra["preparation_comparison"] = {
            "rows": json.loads(comparison.read_text("utf-8")),
            "command": f"python -m util.training ablate --modality {modality}",
            "measured_on": "validation fold, logistic probe on frozen MobileNetV2 features",
        }
    return {
        "name": texts["name"],
        "title": texts["title"],
        "modality": modality,
        "default": texts.get("default", True),
        **({"teaching": texts["teaching"]} if "teaching" in texts else {}),
        "created": datetime.date.today().isoformat(),
        "file": "model.h5",
        "sha256": "0" * 64,
        "labels": summary["labels"],
        "danger": texts["danger"],
        "danger_order": texts.get("danger_order", texts["danger"]),
        "input": dataclasses.asdict(
            Input(config.img_size, config.img_size, minimum_side=texts["minimum_side"])
        ),
        "units": 1 if two else len(summary["labels"]),
        "activation": "sigmoid" if two else "softmax",
        "preparation": [dict(entry) for entry in config.chain],
        # Chosen for one network: another has no such layer.
        "gradcam_layer": texts.get("gradcam_layer", {}).get(config.model, FEATURE_LAYER[config.model]),
        "familiarity_layer": texts.get("familiarity_layer", {}).get(
            config.model, FAMILIARITY_LAYER[config.model]
        ),
        **({"views": views} if (views := texts.get("views", {}).get(config.model)) else {}),
        "population": texts["population"],
        "limits": texts["limits"],
        "licence": texts["licence"],
        **({"metadata": summary["metadata"]} if summary["metadata"] else {}),
        "extra": extra,
    }


def _fitted(card: Card, held: Answers, texts: dict, prior: np.ndarray, config: Configuration) -> Card:
    """Calibration, decision, grey zone and prediction sets, in that order: each rests on the one before."""
    on, target = _part(config), held.data.target
    _check_classes(card.labels, prior, target, config)
    bias = {"none": np.zeros(card.units), "prior": np.log(prior), "fitted": None}[texts["bias"]]
    # Without a prior the probability is meant for a group in which the classes are equally frequent.
    weights = calibration.equal_weights(target) if texts["bias"] == "none" else None
    mix = f"{on}, classes weighted equally" if texts["bias"] == "none" else on
    fitted = calibration.fit_calibration(held.scores, target, card.activation, bias, mix, weights)
    card = dataclasses.replace(card, calibration=fitted)
    chances = probabilities(held.scores, card)
    danger = danger_probability(chances, card)
    sick = np.isin(target, [card.labels.index(label) for label in card.danger])
    rule = texts["threshold"]
    if rule["rule"] == "argmax":
        # The scores of a logit-adjusted network decide as if classes were equally frequent; how far, is measured.
        strength = calibration.fit_prior_strength(held.scores, target, prior)
        shift, said = strength * np.log(prior), f"{on}, best balanced accuracy, prior x {strength:.2f}"
        for label, floor in rule.get("recall_floor", {}).items():
            extra = calibration.fit_recall_offset(
                held.scores + shift, target, card.labels.index(label), floor
            )
            shift[card.labels.index(label)] += extra
            said += f", then recall of {label} at least {floor} by an offset of {extra:.2f}"
        offsets = tuple(round(float(o), 5) for o in shift / fitted.temperature)
        decision = Decision("argmax", said, offsets=offsets)
    elif rule["rule"] == "sensitivity":
        threshold = calibration.threshold_at_sensitivity(danger, sick, rule["sensitivity"])
        decision = Decision("threshold", f"{on}, sensitivity {rule['sensitivity']}", threshold)
    else:
        threshold = calibration.threshold_balanced(danger, sick)
        decision = Decision("threshold", f"{on}, best balanced accuracy", threshold)
    zone = calibration.fit_grey_zone(danger, sick, texts["target_error"], decision.threshold, mix, weights)
    sets = calibration.fit_conformal(chances, target, texts["alpha"], on)
    return dataclasses.replace(card, decision=decision, grey_zone=zone, conformal=sets)


def _check_classes(
    labels: Sequence[str], prior: np.ndarray, target: np.ndarray, config: Configuration
) -> None:
    """Raise DataError for a class without training images (`prior` (C,) 0) or validation images (`target` (N,))."""
    trained = Sentence.of("training.training_part")
    held = Sentence.of("training.validation_fold", fold=str(held_out_fold(config)))
    for where, counts in ((trained, prior), (held, np.bincount(target, minlength=len(labels)))):
        for label, count in zip(labels, counts, strict=True):
            if not count:
                raise DataError("training.class_without_image", label=label, where=where)


def evaluate(card: Card, root: Path, split: str, *, draws: int = 1000) -> tuple[Evaluation, Answers]:
    """All figures of `split` ("test" or "validation") with intervals by group, by the card as it stands.

    The validation fold is the one that the model was trained without. Raises DataError for the validation part of a
    refitted model, which has seen it.
    """
    training = card.extra.get("training", {})
    if split == "validation" and training.get("refitted"):
        raise DataError("training.refitted_model", received=card.name)
    part = part_of(card, root, split)
    said = answers(card, part)
    target = said.data.target
    measures = [(weighted_figures(said.scores, target, card), "", None)]
    if card.metadata:
        bare = answers(card, part, metadata=False)
        without = weighted_figures(bare.scores, target, card)
        measures.append((without, "_without_metadata", ("balanced_accuracy", "macro_auc")))
    near = np.zeros(len(target))
    if card.familiarity:
        near = distances(said.pooled, card.arrays.values) <= card.familiarity.threshold

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        found = {}
        for count, suffix, names in measures:
            values = count(weights)
            found |= {f"{name}{suffix}": values[name] for name in names or values if name in values}
        if card.familiarity:
            found["familiar_share"] = weights @ near / weights.sum(axis=1)
        return found

    sick = np.isin(target, [card.labels.index(label) for label in card.danger])
    held = int(part.fold[0])
    counted = weighted_intervals(measure, said.data.group, draws)
    evaluation = Evaluation(
        data=data_name(card),
        part="official test part" if held == -1 else f"fold {held}",
        images=len(target),
        groups=len(np.unique(said.data.group)),
        date=datetime.date.today().isoformat(),
        command=f"python -m util.training evaluate --modality {card.modality} --model-name {card.name} "
        f"--split {split} --draws {draws}",
        # A part without images of some class has no figure for it.
        figures={name: figure for name, figure in counted.items() if np.isfinite(figure.value)},
        prevalence=round(float(sick.mean()), 4),
    )
    return evaluation, said


def part_of(card: Card, root: Path, split: str) -> Dataset:
    """The part `split` ("train", "validation" or "test") of the data that the model of `card` was trained on.

    The training part of a refitted model holds the validation part too. DataError for data of other classes, for
    an empty part, and for the test part of a model that was trained on it.
    """
    index = read_index(root, card.modality)
    if index.labels != card.labels:
        raise _other_classes(card.labels, index)
    training = card.extra.get("training", {})
    config = training.get("configuration", {})
    kept_out, test = config.get("kept_out"), TEST_FOLD[card.modality]
    if split == "test" and kept_out is not None and test not in kept_out:
        raise DataError("training.test_fold_trained", received=card.name, test=str(test))
    options = {
        "refit": bool(training.get("refitted")),
        "split": config.get("split", "group"),
        "kept_out": kept_out,
    }
    part = parts(index, config.get("validation_fold"), **options)[split]
    if not len(part):
        raise DataError("training.empty_part", received=split)
    return part


def data_name(card: Card) -> str:
    """The name of the first data set that the card lists, or its modality where it lists none."""
    listed = card.extra.get("data") or ()
    return str(listed[0]["name"]) if listed else card.modality


def write_test(card: Card, evaluation: Evaluation, said: Answers) -> Card:
    """Put the test figures and the reliability of the test part into the card."""
    danger = danger_probability(probabilities(said.scores, card), card)
    sick = np.isin(said.data.target, [card.labels.index(label) for label in card.danger])
    arrays = dict(card.arrays.values) if card.arrays else {}
    arrays |= calibration.reliability(danger, sick, said.data.group)
    return save_card(dataclasses.replace(card, test=evaluation), card.folder, arrays)
