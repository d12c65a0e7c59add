"""Score-CAM: each channel of the feature map is used as a mask, and weighted by what the network says behind it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.method import GRADIENT_PASSES, ROUNDING, Method, Stopwatch, at_card_layer, layer_of
from util.explanation.question import Question
from util.explanation.values import Explanation
from util.language import Sentence


@dataclass(frozen=True)
class Options:
    """`channels`: how many are tried, those that vary most (None: all).

    `corners`: a channel is enlarged from corner pixel to corner pixel, as tf-keras-vis does, and not from edge to edge,
    as the authors' code does. On few cells these are other masks.
    """

    channels: int | None
    corners: bool = False


def passes(options: Options, question: Question) -> float:
    """One for each channel tried; a layer of another depth is read first."""
    channels = question.prediction.features.shape[-1]
    tried = min(channels, options.channels or channels)
    return tried + (0.0 if at_card_layer(question) else 1.0 + GRADIENT_PASSES)


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """Channels weighted by the probability of the target when the image is multiplied by them; the map in [0, 1].

    Wang et al., CVPRW 2020, doi 10.1109/CVPRW50498.2020.00020, with the weights of the authors' code (the probability
    itself); what a channel hides is black. Fewer channels: those of the largest deviation ("Faster Score-CAM").
    """
    watch = Stopwatch(METHOD.name, question)
    features = question.prediction.features[0] if at_card_layer(question) else layer_of(question)[0]
    features = features.astype(np.float64)
    chosen = varied(features, options.channels)
    before, image = asker.passes, question.pixels.astype(np.float32)

    def masked(start: int, stop: int) -> np.ndarray:
        found = np.empty((stop - start, *image.shape), np.float32)
        for channel, picture in zip(chosen[start:stop], found, strict=True):
            one = mask(features[..., channel], question.size, corners=options.corners)
            np.multiply(cv2.merge([one] * image.shape[-1]).reshape(image.shape), image, out=picture)
        return found

    outputs = asker.outputs(len(chosen), masked, question.encoded, progress)
    weights = asker.probabilities(outputs) if len(chosen) else np.zeros(0)
    terms = features[..., chosen] * weights
    return watch.explanation(
        terms.sum(axis=-1),
        signed=False,
        passes=asker.passes - before + (0.0 if at_card_layer(question) else 1.0 + GRADIENT_PASSES),
        floor=ROUNDING * float(np.abs(terms).sum(axis=-1).max(initial=0)),
        facts={
            "layer": question.layer or question.network.card.gradcam_layer,
            "channels": len(chosen),
            "baseline": "black",
        },
        notes=(Sentence.of("methods.baseline_black"),),
    )


def varied(features: np.ndarray, most: int | None) -> np.ndarray:
    """The channels (K,) of features (h, w, c) that vary from place to place, at most `most`, largest spread first."""
    deviation = features.std(axis=(0, 1))
    order = np.argsort(-deviation, kind="stable")[:most]
    return order[np.ptp(features[..., order], axis=(0, 1)) > 0]


def mask(channel: np.ndarray, size: tuple[int, int], *, corners: bool = False) -> np.ndarray:
    """One channel (h, w) as a mask float32 (H, W, 1) from 0 to 1; `corners` as in Options."""
    if corners:
        down, across = (_between(few, many) for few, many in zip(channel.shape, size, strict=True))
        large = (down @ channel @ across.T).astype(np.float32)
    else:
        large = cv2.resize(channel.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR)
    large -= large.min()
    top = large.max()
    return (large / top if top > 0 else large)[..., None]


def _between(few: int, many: int) -> np.ndarray:
    """The shares (many, few) of each known value in each wanted one, first and last of both in the same place."""
    places = np.linspace(0, few - 1, many)
    return np.stack([np.interp(places, np.arange(few), one) for one in np.eye(few)], axis=1)


METHOD = Method(
    name="score_cam",
    stem="methods.score_cam_",
    signed=False,
    chance=False,
    options={"fast": Options(channels=64), "full": Options(channels=None)},
    passes=passes,
    explain=explain,
)
