"""The shelf: a folder with one sub-folder a model, each with a `card.yaml`."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml

from util.language import Sentence
from util.modelstore.arrays import sha256_of, write_arrays
from util.modelstore.card import Card
from util.modelstore.errors import CardError
from util.modelstore.mapping import as_mapping, from_mapping
from util.modelstore.plain import NotPlain, cut, is_file, read_plain

CARD = "card.yaml"
ARRAYS = "card.npz"


def models_folder() -> Path:
    """Where models are looked for: `$PENUMBRA_MODELS`, else `models/` in the project."""
    given = os.environ.get("PENUMBRA_MODELS")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "models"


def load_card(path: Path | str) -> Card:
    """The card in `path` (a `card.yaml` or its folder); CardError (field, expected, received) where it is wrong."""
    path = Path(path)
    path = path / CARD if os.path.isdir(path) else path
    if not is_file(path):
        raise CardError("modelstore.file_missing", card=cut(path.parent.name), file=cut(path.name))
    try:
        files = tuple(sorted(file for file in path.parent.iterdir() if is_file(file)))
        stamps = tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)
        return _load(path, stamps)
    except OSError as cause:
        raise CardError("modelstore.card_yaml", card=path.parent.name) from cause


@functools.lru_cache(maxsize=64)
def _load(path: Path, stamps: tuple) -> Card:
    # `stamps` makes a changed file a new entry: the page asks for cards on every interaction.
    try:
        mapping = read_plain(path)
    except NotPlain as cause:
        raise CardError("modelstore.card_yaml", card=path.parent.name) from cause
    card = from_mapping(mapping, path.parent)
    if not is_file(card.folder / card.file):
        raise CardError("modelstore.file_missing", card=path.parent.name, file=card.file)
    return card


def cards(folder: Path | str | None = None) -> tuple[Card, ...]:
    """All readable cards in `folder` (default `models_folder()`) by folder name; broken ones are left out."""
    return _shelf(folder)[0]


def broken_cards(folder: Path | str | None = None) -> tuple[CardError, ...]:
    """Why each card that `cards(folder)` leaves out could not be read."""
    return _shelf(folder)[1]


def _shelf(folder: Path | str | None) -> tuple[tuple[Card, ...], tuple[CardError, ...]]:
    folder = models_folder() if folder is None else Path(folder)
    good: dict[str, Card] = {}
    bad: list[CardError] = []
    for path in sorted(folder.glob(f"*/{CARD}")) if os.path.isdir(folder) else ():
        try:
            card = load_card(path)
            if card.name in good:
                raise CardError("modelstore.card_twice", card=path.parent.name, name=card.name)
            good[card.name] = card
        except CardError as error:
            bad.append(error)
    return tuple(good.values()), tuple(bad)


def default_card(modality: str, folder: Path | str | None = None) -> Card:
    """The card of `modality` with `default: true`, else its first one; CardError where there is none."""
    found = [card for card in cards(folder) if card.modality == modality]
    if not found:
        raise CardError("modelstore.no_model", modality=modality)
    return next((card for card in found if card.default), found[0])


def find_card(name: str, folder: Path | str | None = None) -> Card:
    """The card called `name`; CardError that lists the known names where there is none."""
    known = cards(folder)
    for card in known:
        if card.name == name:
            return card
    names = Sentence.of("modelstore.none") if not known else ", ".join(card.name for card in known)
    raise CardError("modelstore.no_such_model", name=cut(name), names=names)


def save_card(
    card: Card | Mapping[str, object],
    folder: Path | str,
    arrays: Mapping[str, np.ndarray] | None = None,
) -> Card:
    """Write `card.yaml` (and `card.npz` where there are `arrays`) beside the `.h5` in `folder`.

    `card` is a Card or a mapping of its fields without `folder`; both SHA-256 are taken from the files themselves.
    Returns the card as read back. Raises CardError for a card that `load_card` would refuse, and then leaves what
    was there before untouched.
    """
    folder = Path(folder)
    if isinstance(card, Card):
        arrays = card.arrays.values if arrays is None and card.arrays else arrays
        mapping = as_mapping(card)
    else:
        mapping = dict(card)
    model = folder / Path(str(mapping.get("file", "model.h5"))).name
    if not model.is_file():
        raise CardError("modelstore.file_missing", card=folder.name, file=model.name)
    mapping["sha256"] = sha256_of(model)
    # Both beside what is there: a kill in the middle of a write leaves the old card, not half of a new one.
    staged, written = folder / f"new-{ARRAYS}", folder / f"new-{CARD}"
    try:
        if arrays is not None:
            mapping["arrays"] = {"file": staged.name, "sha256": write_arrays(arrays, staged)}
        plain = as_mapping(from_mapping(mapping, folder))
        if arrays is not None:
            plain["arrays"]["file"] = ARRAYS
        written.write_text(_yaml(plain), "utf-8")
        if arrays is not None:
            staged.replace(folder / ARRAYS)
        written.replace(folder / CARD)
    finally:
        staged.unlink(missing_ok=True)
        written.unlink(missing_ok=True)
    return load_card(folder)


class _Dumper(yaml.SafeDumper):
    """Block style, except that lists of scalars and mappings of numbers stay on one line."""


def _represent_list(dumper: yaml.SafeDumper, value: list) -> yaml.Node:
    flat = all(isinstance(item, (str, int, float)) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


def _represent_dict(dumper: yaml.SafeDumper, value: dict) -> yaml.Node:
    flat = bool(value) and all(isinstance(item, (int, float)) for item in value.values())
    flat = flat or (isinstance(value.get("step"), str) and len(value) < 6)
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=flat)


_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(dict, _represent_dict)


def _yaml(mapping: dict[str, object]) -> str:
    return yaml.dump(mapping, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
