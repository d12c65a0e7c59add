"""One evaluation of one card on one part: every figure that `evaluate` prints, writes and shows, by one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from util.modelstore.card import Card, Evaluation
from util.prediction.arithmetic import decide, probabilities
from util.training.data_root import DataError
from util.training.dataset import read_index
from util.training.evaluation import attacks, copies, curves, errors, focus, robustness, shortcuts, subgroups
from util.training.evaluation.rows import all_listed
from util.training.metrics import class_figures, weighted_intervals
from util.training.reading import read_yaml
from util.training.ship import Answers, evaluate, part_of, write_test

# Beside the card, which names it in `extra.evaluation`.
FILE = "evaluation.yaml"


@dataclass(frozen=True)
class Whole:
    """An `evaluation` (the figures that go into the card), the answers `said`, and `details`: all else, as plain data.

    Keys of `details`: model, sha256, date, part, images, groups, command, classes, confusion, calibration, subgroups,
    shortcuts, focus, copies, errors, and where robustness was asked for corruptions, attacks, storage.
    """

    card: Card
    evaluation: Evaluation
    said: Answers
    details: Mapping[str, object]


def examine(
    card: Card,
    root: Path,
    split: str,
    *,
    draws: int = 1000,
    quick: bool = False,
    images: int = 600,
    attacked: int = 96,
    command: str = "",
    say=print,
) -> Whole:
    """Everything about `card` on the part `split` ("test" or "validation") of the data under `root`.

    `quick` leaves out corruptions, attacks and re-storage, which take minutes; `images` and `attacked` are the most
    images that those use; `command` is what a person would type. Raises DataError as `evaluate` does.
    """
    from threadpoolctl import threadpool_limits

    # NumPy's products here are small: on a busy machine its threads wait for one another longer than they work.
    with threadpool_limits(1):
        evaluation, said = evaluate(card, root, split, draws=draws)
        if command:
            evaluation = dataclasses.replace(evaluation, command=command)
        details = _head(card, evaluation) | _measured(card, root, split, said, draws, images, say)
        if not quick:
            details |= _robustness(card, said, draws, images, attacked, say)
    return Whole(card, evaluation, said, details)


def _head(card: Card, evaluation: Evaluation) -> dict[str, object]:
    names = ("date", "data", "part", "images", "groups", "command")
    found = {name: getattr(evaluation, name) for name in names}
    return {"model": card.name, "sha256": card.sha256, **found}


def _measured(
    card: Card, root: Path, split: str, said: Answers, draws: int, images: int, say
) -> dict[str, object]:
    """What takes a minute or two: classes, subgroups, shortcuts, maps, copies, errors."""
    data, scores = said.data, said.scores
    found: dict[str, object] = {
        "classes": class_rows(card, said, draws),
        "confusion": errors.confusion(card, scores, data.target),
        "calibration": curves.calibration(card, scores, data.target),
    }
    say("subgroups ...", flush=True)
    found["subgroups"] = subgroups.subgroup_rows(card, data, scores, draws=draws)
    say("shortcuts ...", flush=True)
    train = part_of(card, root, "train")
    found["shortcuts"] = shortcuts.shortcut_rows(train, data, draws=draws, title="shortcuts")
    say("maps, copies, errors ...", flush=True)
    if (maps := focus.focus_rows(card, data, images=images)) is not None:
        found["focus"] = maps
    if pairs := copies.pairs(read_index(root, card.modality)):
        found["copies"] = copies.copy_rows(card, pairs, "both" if split == "test" else "rest")
    rows, _ = errors.confident_errors(card, data, scores)
    found["errors"] = {"pairs": errors.confused_pairs(card, scores, data.target), "confident": rows}
    return found


def _robustness(card: Card, said: Answers, draws: int, images: int, attacked: int, say) -> dict[str, object]:
    """What takes many minutes: corruptions, re-storage, attacks."""
    options = {"images": images, "draws": draws}
    found: dict[str, object] = {
        "corruptions": robustness.corruption_rows(card, said.data, **options, title="corruptions")
    }
    if robustness.keeps_scale(card):
        found["storage"] = robustness.storage_rows(card, said.data, **options, title="re-storage")
    say("attacks ...", flush=True)
    found["attacks"] = attacks.attack_rows(card, said.data, images=attacked, draws=draws)
    return found


def class_rows(card: Card, said: Answers, draws: int) -> list[dict[str, object]]:
    """Each class against the rest: {"label", "images", figures as [value, low, high]}."""
    target = said.data.target
    measure = class_figures(probabilities(said.scores, card), decide(said.scores, card), target, card)
    found = all_listed(weighted_intervals(measure, said.data.group, draws))
    rows = []
    for k, label in enumerate(card.labels):
        mine = {name.rpartition("/")[2]: v for name, v in found.items() if name.rpartition("/")[0] == label}
        rows.append({"label": label, "images": int((target == k).sum()), **mine})
    return rows


def write(whole: Whole) -> Card:
    """Put the figures into the card and the details beside it, which the card then names; the card as read back."""
    card = whole.card
    write_details(whole.details, card.folder / FILE)
    extra = {**card.extra, "evaluation": {"file": FILE, "date": whole.evaluation.date}}
    return write_test(dataclasses.replace(card, extra=extra), whole.evaluation, whole.said)


def write_answers(said: Answers, file: Path) -> None:
    """The scores (N, units) behind the figures, with target, group and path of each image, as `.npz`."""
    data = said.data
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".tmp.npz")
    np.savez(unfinished, scores=said.scores, target=data.target, group=data.group, path=np.array(data.paths))
    unfinished.replace(file)


def write_details(details: Mapping[str, object], file: Path) -> None:
    """Write the details as YAML, each row on its own line, so that a person can read and compare them."""
    text = yaml.dump(
        _with_rows(plain(details)),
        Dumper=_Rows,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
        default_flow_style=False,
    )
    unfinished = file.with_suffix(".tmp")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(file)


def read_details(card: Card) -> dict[str, object] | None:
    """What `evaluate --write` left beside the card; None where there is nothing, or it is about another file."""
    file = card.folder / FILE
    try:
        found = read_yaml(file)
    except DataError:
        return None
    return found if isinstance(found, dict) and found.get("sha256") == card.sha256 else None


def plain(value: object) -> object:
    """`value` without NumPy's types: mappings, lists, text and numbers alone."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _with_rows(value: object, listed: bool = False) -> object:
    """`value` with every mapping in a list marked as a row."""
    if isinstance(value, dict):
        return (_Row if listed else dict)((name, _with_rows(item)) for name, item in value.items())
    return [_with_rows(item, True) for item in value] if isinstance(value, list) else value


class _Row(dict):
    """A mapping that stands on one line."""


class _Rows(yaml.SafeDumper):
    """Rows, and lists of numbers, on one line each."""


def _flat_row(dumper: yaml.SafeDumper, value: dict) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


def _flat_list(dumper: yaml.SafeDumper, value: list) -> yaml.Node:
    flat = not any(isinstance(item, dict) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


_Rows.add_representer(_Row, _flat_row)
_Rows.add_representer(list, _flat_list)
