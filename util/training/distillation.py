"""Learning from a teacher: what one or several trained networks say of the very pixels that the student sees."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from util.modelstore import load_card
from util.modelstore.card import MetadataEncoding
from util.training.configuration import Configuration, configuration, from_values
from util.training.data_root import DataError
from util.training.losses import inverse_frequency_weights
from util.training.reading import read_summary

if TYPE_CHECKING:
    import keras

TEMPERATURE, SHARE = 2.0, 0.5


@dataclasses.dataclass(frozen=True)
class Member:
    """One network of a teacher: `temperature` calibrates its scores, `log_mix` (C,) is the class mix they assume.

    None for a model from elsewhere, which does not say how its classes were drawn: its answer is taken as it is.
    """

    network: keras.Model
    side: int
    scale: float
    offset: float
    metadata: MetadataEncoding | None
    temperature: float
    log_mix: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class Teacher:
    """Calibrated probabilities of the `members`, averaged, at the class mix `log_mix` (C,) of the student's scores.

    A calibrated probability is meant for some mix of classes, and so are the student's scores (of a logit-adjusted
    one: all alike). The one is moved to the other (Saerens et al. 2002), so that the two may be compared; the
    temperature of a card is used, its bias is not, which would move to yet another mix.
    """

    members: tuple[Member, ...]
    encoding: MetadataEncoding | None
    temperature: float
    log_mix: np.ndarray

    def softened(self, inputs: object) -> np.ndarray:
        """Probabilities (N, C) for `inputs` as the student gets them, softened by the temperature T: ~ p^(1/T).

        `inputs`: pixels (N, S, S, 3) in [0, 255], or these with metadata rows (N, m). A member of another input size
        gets the pixels resized; one that knows metadata which the student does not gets "unknown".
        """
        pixels, rows = inputs if isinstance(inputs, list) else (inputs, None)
        mean = np.mean([self._one(member, pixels, rows) for member in self.members], axis=0)
        return _softmax(np.log(np.maximum(mean, 1e-7)) / self.temperature)

    def beside(self, inputs: object, target: np.ndarray) -> np.ndarray:
        """The target with the softened answer beside it, (N, 2C) or (N, 2), as `losses.with_teacher` reads it."""
        said = self.softened(inputs)
        said = said[:, 1:] if target.shape[1] == 1 else said
        return np.concatenate([target, said.astype(np.float32)], axis=1)

    def _one(self, member: Member, pixels: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        if pixels.shape[1] != member.side:
            way = cv2.INTER_AREA if member.side < pixels.shape[1] else cv2.INTER_LINEAR
            pixels = np.stack(
                [cv2.resize(one, (member.side, member.side), interpolation=way) for one in pixels]
            )
        given = pixels * np.float32(member.scale) + np.float32(member.offset)
        if member.metadata is not None:
            if rows is None or member.metadata != self.encoding:
                rows = np.zeros((len(pixels), member.metadata.width), np.float32)
            given = [given, rows]
        chances = np.asarray(member.network.predict_on_batch(given), np.float64)
        if chances.shape[1] == 1:
            chances = np.concatenate([1 - chances, chances], axis=1)
        logs = np.log(np.maximum(chances, 1e-7)) / member.temperature
        return _softmax(logs if member.log_mix is None else logs - member.log_mix + self.log_mix)


def teacher_of(
    config: Configuration,
    labels: tuple[str, ...],
    prior: np.ndarray,
    encoding: MetadataEncoding | None,
    *,
    say=print,
) -> Teacher | None:
    """The teacher that `config` names, for a student of these `labels` and natural class mix `prior` (C,); or None.

    `encoding` is how the student's metadata rows are made. Raises DataError for a folder that is neither a run nor a
    model, and for one that knows other classes.
    """
    if not config.teacher:
        return None
    members = []
    for name in config.teacher.split(","):
        folder = Path(name.strip())
        if (folder / "card.yaml").is_file():
            about, member = _from_card(folder, prior)
        elif (folder / "model.h5").is_file() and (folder / "summary.json").is_file():
            about, member = _from_run(folder, config.modality, prior)
        else:
            raise DataError("training.no_teacher", received=str(folder))
        known, chain = about
        if tuple(known) != tuple(labels):
            raise DataError(
                "training.other_teacher",
                received=str(folder),
                known=", ".join(known),
                expected=", ".join(labels),
            )
        if _steps(chain) != _steps(config.chain):
            say(f"{folder.name} was trained on images that were prepared otherwise; it is shown this run's")
        members.append(member)
    temperature = float((config.distil or {}).get("temperature", TEMPERATURE))
    return Teacher(tuple(members), encoding, temperature, assumed_mix(config, prior))


def assumed_mix(config: Configuration, prior: np.ndarray) -> np.ndarray:
    """The log class mix (C,) at which the plain scores of a run of `config` are right; `prior` (C,) is the natural one.

    Alike for all classes with logit adjustment, else that of the images as they are drawn and weighted.
    """
    if config.loss == "logit_adjusted":
        return np.zeros(len(prior))
    mix = np.maximum(prior, 1e-9) ** (1 - config.sampling_power)
    mix = mix / mix.sum()
    if config.class_weights:
        mix = mix * inverse_frequency_weights(mix)
    return np.log(np.maximum(mix, 1e-9))


def _from_card(folder: Path, prior: np.ndarray) -> tuple[tuple, Member]:
    card = load_card(folder)
    written = dict(card.extra.get("training") or {}).get("configuration")
    mix = assumed_mix(from_values(written, str(folder)), prior) if written else None
    member = Member(
        _loaded(folder / card.file),
        card.input.width,
        card.input.scale,
        card.input.offset,
        card.metadata,
        card.calibration.temperature if card.calibration else 1.0,
        mix,
    )
    return (card.labels, card.preparation), member


def _from_run(folder: Path, modality: str, prior: np.ndarray) -> tuple[tuple, Member]:
    config = configuration(modality, folder / "config.yaml")
    summary = read_summary(folder)
    known = summary.get("metadata")
    encoding = None
    if known:
        lists = {name: tuple(known[name]) for name in ("sexes", "sites")}
        encoding = MetadataEncoding(**{**known, **lists})
    network = _loaded(folder / "model.h5")
    mix = assumed_mix(config, prior)
    return (summary["labels"], config.chain), Member(network, config.img_size, 1.0, 0.0, encoding, 1.0, mix)


def _loaded(file: Path) -> keras.Model:
    import keras

    try:
        return keras.models.load_model(file, compile=False)
    except Exception as cause:  # Keras raises nearly anything for a file it cannot rebuild
        raise DataError("training.no_teacher", received=str(file)) from cause


def _steps(chain) -> list[str]:
    return [str(entry["step"]) for entry in chain]


def _softmax(logs: np.ndarray) -> np.ndarray:
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
