"""What a card says in words: of the project's own data as it was written down, of a reader's own from a template."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import yaml

from util.language import say
from util.training.data_root import DataError
from util.training.dataset import CLASSES, LABELS, TEST_FOLD, VALIDATION_FOLD, Dataset
from util.training.reading import yaml_fields

TEXTS = Path(__file__).parent / "card_texts"
OWN = "own"


def card_texts(
    dataset: Dataset,
    *,
    loss: str = "cross_entropy",
    name: str | None = None,
    title: str | None = None,
    danger: Sequence[str] = (),
    network: str | None = None,
    start: str = "",
) -> dict:
    """The words and rules of the card of a model trained on `dataset`.

    Those of `card_texts/<name>.yaml` (default: the modality's), or of the template of own images where the classes are
    a reader's own: then titled after its folder, or `title`. `danger` names the classes that must not be missed, in
    place of those written there. Words that were written for one network are those of `network` too, but for its name
    and the weights that it began from (here `start`, as a run's summary says it). Raises DataError for texts or a class
    that do not exist.
    """
    own = dataset.modality == OWN or dataset.labels != LABELS[dataset.modality]
    file = TEXTS / f"{name or (OWN if own else dataset.modality)}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in TEXTS.glob("*.yaml")))
        raise DataError("training.no_texts", received=file.stem, known=known)
    if unknown := [label for label in danger if label not in dataset.labels]:
        raise DataError("training.unknown_label", received=unknown[0], known=", ".join(dataset.labels))
    if len(set(danger)) == len(dataset.labels):
        raise DataError("training.all_danger", received=", ".join(danger))
    texts = yaml.safe_load(file.read_text("utf-8"))
    if file.stem == OWN:
        texts = _filled(texts, dataset, loss, danger)
    elif network not in (None, texts.get("network", network)):
        texts = _of_other(texts, dataset.modality, network, start)
    if danger:
        texts["danger"] = texts["danger_order"] = list(dict.fromkeys(danger))
    if title:
        texts["title"] = dict.fromkeys(("en", "fr"), title)
    return texts


def _filled(texts: dict, dataset: Dataset, loss: str, danger: Sequence[str]) -> dict:
    """The template with the folder, the classes and the rules that follow from how many there are."""
    folder = _folder_name(dataset)
    rules = own_rules(dataset.modality, dataset.labels, loss, danger)
    chosen = rules["danger"]
    if not danger and not set(chosen) <= set(_known_danger(dataset.modality)):
        texts["limits"].append(texts["no_danger"])
    values = {
        "folder": folder,
        "labels": ", ".join(dataset.labels),
        "count": len(dataset.labels),
        "danger": chosen[0],
        "validation": VALIDATION_FOLD[dataset.modality],
        "test": TEST_FOLD[dataset.modality],
    }
    return (
        _said(texts, values)
        | rules
        | {
            "name": f"{dataset.modality}-{_plain(folder)}",
            # A reader's model of a kind that the project ships a model for stands behind that one.
            "default": dataset.modality == OWN,
        }
    )


def own_rules(
    modality: str, labels: Sequence[str], loss: str, danger: Sequence[str] = ()
) -> dict[str, object]:
    """`danger`, `bias` and `threshold` of a reader's own classes: what follows from how many there are."""
    two = len(labels) == 2
    # The classes of the field keep their weight; of unknown ones the last stands on the dial.
    chosen = list(danger) or [label for label in _known_danger(modality) if label in labels]
    return {
        "danger": chosen if 0 < len(chosen) < len(labels) else list(labels[-1:]),
        # The prior is put back only where the loss took it out (Menon et al. 2021); else a bias is fitted.
        "bias": "prior" if loss == "logit_adjusted" and not two else "fitted",
        "threshold": {"rule": "balanced" if two else "argmax"},
    }


def _known_danger(modality: str) -> Sequence[str]:
    return yaml.safe_load((TEXTS / f"{modality}.yaml").read_text("utf-8")).get("danger") or ()


def _of_other(texts: dict, modality: str, network: str, start: str) -> dict:
    """The words of a modality for a network that they were not written for: named after it, behind the first one."""
    other = texts["other_network"]
    extra = {key: value for key, value in texts["extra"].items() if key != "weights"}
    begun = start.rpartition("/")[2] or "?"
    licence = {
        language: text.format(start=say("training.start_none", language) if start == "none" else begun)
        for language, text in other["licence"].items()
    }
    return texts | {
        "name": f"{modality}-{network}",
        "title": {language: f"{text} ({network})" for language, text in texts["title"].items()},
        "default": False,
        "licence": licence,
        "extra": extra | ({"split": other["split"]} if "split" in other else {}),
    }


def _folder_name(dataset: Dataset) -> str:
    """What the folder of the images is called, also where an index of it was made elsewhere."""
    folder = dataset.folder.resolve()
    if (file := folder / CLASSES).is_file() and (name := yaml_fields(file).get("name")):
        return str(name)
    # `<data root>/own` says nothing: its data root does.
    return folder.parent.name if folder.name == dataset.modality else folder.name


def _said(value, values: dict):
    """Every text in `value` with its fields filled in."""
    if isinstance(value, str):
        return value.format(**values)
    if isinstance(value, dict):
        return {key: _said(part, values) for key, part in value.items()}
    return [_said(part, values) for part in value] if isinstance(value, list) else value


def _plain(text: str) -> str:
    """`text` as a part of a model's name: letters, digits, hyphens, and a mark of its own where letters were lost."""
    whole = unicodedata.normalize("NFKD", text)
    ascii_ = whole.encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", ascii_.lower()).strip("-")
    if plain and not any(letter.isalnum() and not letter.isascii() for letter in whole):
        return plain
    # Names of one alphabet would all be the same, and each card take the place of the one before.
    return f"{plain or 'images'}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"
