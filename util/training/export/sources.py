"""What can be exported: a shipped model with its card, or a run folder, which has none yet."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from util.imaging import Photograph, decode
from util.modelstore import Card, as_mapping, find_card
from util.modelstore.card import Input, MetadataEncoding
from util.prediction import Metadata, encode
from util.preparation import prepare
from util.samples import samples
from util.training.data_root import DataError
from util.training.reading import read_summary, yaml_fields


@dataclass(frozen=True)
class Source:
    """The `.h5` in `file` and what one must know to use it.

    `described` are the fields of its card (of a run those that are known), as plain data.
    """

    name: str
    file: Path
    modality: str
    preparation: tuple[Mapping[str, object], ...]
    input: Input
    metadata: MetadataEncoding | None
    described: Mapping[str, object]
    card: Card | None = None


def of_card(card: Card | str) -> Source:
    """The shipped model of a card, or of the card of that name; CardError for an unknown name."""
    card = find_card(card) if isinstance(card, str) else card
    file = card.folder / card.file
    return Source(
        card.name, file, card.modality, card.preparation, card.input, card.metadata, as_mapping(card), card
    )


def of_run(run: Path) -> Source:
    """The `model.h5` of a finished run; DataError where there is none."""
    from util.training.configuration import configuration

    needed = [run / name for name in ("model.h5", "config.yaml", "summary.json")]
    if not all(file.is_file() for file in needed):
        raise DataError("training.no_run", received=str(run))
    modality = str(yaml_fields(needed[1])["modality"])
    config = configuration(modality, needed[1])
    summary = read_summary(run)
    known, labels = summary.get("metadata"), summary["labels"]
    encoding = known and MetadataEncoding(
        known["age_mean"], known["age_scale"], tuple(known["sexes"]), tuple(known["sites"])
    )
    size = Input(config.img_size, config.img_size)
    described = {
        "name": run.name,
        "modality": modality,
        "labels": labels,
        "input": dataclasses.asdict(size),
        "units": 1 if len(labels) == 2 else len(labels),
        "activation": "sigmoid" if len(labels) == 2 else "softmax",
        "preparation": [dict(entry) for entry in config.chain],
        **({"metadata": known} if known else {}),
    }
    return Source(run.name, needed[0], modality, config.chain, size, encoding or None, described)


def inputs(source: Source) -> dict[str, np.ndarray]:
    """What both files are asked: "image" (N, S, S, 3) float32 as the network takes it and, where it reads one,
    "metadata" (N, m) float32.

    Drawn samples after the model's own chain, then noise; with metadata each picture twice, the second time
    with nothing known.
    """
    drawn = [one for name in _modalities(source.modality) for one in _photographs(name)]
    pictures = [prepare(photograph, source.preparation).pixels for photograph, _ in drawn]
    pictures += list(np.random.default_rng(0).integers(0, 256, (2, *pictures[0].shape), dtype=np.uint8))
    image = np.stack(pictures).astype(np.float32) * source.input.scale + source.input.offset
    if source.metadata is None:
        return {"image": image}
    known = [_cut(metadata, source.metadata) for _, metadata in drawn]
    known += [Metadata(70, source.metadata.sexes[0], source.metadata.sites[-1])] * 2
    rows = np.stack([np.asarray(encode(entry, source.metadata)).reshape(-1) for entry in known])
    return {"image": np.concatenate([image, image]), "metadata": np.concatenate([rows, np.zeros_like(rows)])}


@functools.cache
def _photographs(modality: str) -> tuple[tuple[Photograph, Metadata], ...]:
    """The drawn samples of a modality, decoded as the app decodes a file, with what is entered beside them."""
    return tuple((decode(one.png(), minimum_side=1), one.metadata) for one in samples(modality))


def _modalities(modality: str) -> tuple[str, ...]:
    """Those whose drawn samples are shown: of one's own kind of picture there are none."""
    return (modality,) if samples(modality) else ("chest", "skin", "breast")


def _cut(metadata: Metadata, encoding: MetadataEncoding) -> Metadata:
    """What this encoding can say of `metadata`."""
    sex = metadata.sex if metadata.sex in encoding.sexes else None
    return Metadata(metadata.age, sex, metadata.site if metadata.site in encoding.sites else None)
