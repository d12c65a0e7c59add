"""Small changes aimed at the network: FGSM (Goodfellow 2015) and PGD (Madry 2018), through the whole network.

White box, on the prepared input, which a person cannot change by as little as this: the figures say how close
to every image an image of another answer lies, not that anybody attacks a lesson.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from util.modelstore.card import Card
from util.modelstore.halves import open_halves
from util.modelstore.runtime import tensorflow
from util.prediction.arithmetic import decide
from util.training.dataset import Dataset
from util.training.evaluation.asking import batches, metadata_rows, pixels_of, prepared, some
from util.training.evaluation.rows import compared, telling
from util.training.metrics import weighted_figures

# Largest change of a pixel, in grey levels of 255.
BUDGETS = (0.5, 1.0, 2.0, 4.0)
STEPS = 7


def attack_rows(
    card: Card,
    dataset: Dataset,
    *,
    images: int = 96,
    draws: int = 1000,
    seed: int = 0,
    steps: int = STEPS,
) -> dict[str, object]:
    """FGSM, PGD and, as their control, signs by chance, each at BUDGETS, on at most `images` of `dataset`.

    {"images", "groups", "seed", "steps", "clean": figures, "rows": [{"name", "budget", figures, "change",
    "flipped"}]}; `flipped` is the share of decisions that are other than on the clean image.
    """
    rows, weights = some(dataset, images, seed=seed)
    part = dataset.take(rows)
    ask, slope = _opened(card)
    encoded = metadata_rows(card, part)
    scores: dict[str, list[np.ndarray]] = {}
    rng = np.random.default_rng(seed)
    for chosen in batches(len(part), 16):
        clean = np.stack([prepared(pixels_of(part, i), card).pixels for i in chosen]).astype(np.float32)
        row = None if encoded is None else encoded[chosen].astype(np.float32)
        target = part.target[chosen]
        for name, changed in _attacked(clean, row, target, slope, steps, rng):
            scores.setdefault(name, []).append(ask(changed, row))
    together = {name: np.concatenate(parts).astype(np.float64) for name, parts in scores.items()}
    clean_scores = together.pop("clean/0")
    found = compared(together, clean_scores, part.target, part.group, card, draws=draws, weights=weights)
    decided = decide(clean_scores, card)
    listed = []
    for key, row in found.items():
        name, _, budget = key.partition("/")
        flipped = np.average(decide(together[key], card) != decided, weights=weights)
        listed.append({"name": name, "budget": float(budget), **row, "flipped": round(float(flipped), 4)})
    value = weighted_figures(clean_scores, part.target, card)(weights[None])
    return {
        "images": len(part),
        "groups": len(np.unique(part.group)),
        "seed": seed,
        "steps": steps,
        "clean": {name: round(float(value[name][0]), 4) for name in telling(card) if name in value},
        "rows": listed,
    }


def _attacked(clean, row, target, slope, steps: int, rng: np.random.Generator):
    """(name/budget, pixels float32 (n, S, S, 3)) of every attack on one batch, the clean one first."""
    yield "clean/0", clean
    sign = np.sign(slope(clean, row, target))
    signs = rng.choice(np.array([-1, 1], np.float32), clean.shape)
    for budget in BUDGETS:
        yield f"random/{budget}", _within(clean + budget * signs, clean, budget)
        yield f"fgsm/{budget}", _within(clean + budget * sign, clean, budget)
        changed = _within(clean + rng.uniform(-budget, budget, clean.shape).astype(np.float32), clean, budget)
        for _ in range(steps):
            stepped = changed + 2.5 * budget / steps * np.sign(slope(changed, row, target))
            changed = _within(stepped, clean, budget)
        yield f"pgd/{budget}", changed


def _within(changed: np.ndarray, clean: np.ndarray, budget: float) -> np.ndarray:
    near = np.clip(changed, clean - budget, clean + budget)
    return np.clip(near, 0, 255).astype(np.float32)


def _opened(card: Card) -> tuple[Callable, Callable]:
    """`ask(pixels, row) -> scores` and `slope(pixels, row, target) -> gradient of the loss by the pixels`.

    Pixels float32 (n, S, S, 3) in [0, 255]. The loss is the cross-entropy of the true class under the scores that the
    card decides by, so that the attack is on the decision.
    """
    tf = tensorflow()
    halves, size = open_halves(card), card.input
    temperature = card.calibration.temperature if card.calibration else 1.0
    shift = np.zeros(card.units, np.float32)
    if card.decision and card.decision.offsets is not None:
        shift = np.asarray(card.decision.offsets, np.float32)
    elif card.calibration:
        shift = np.asarray(card.calibration.bias, np.float32)
    image = tf.TensorSpec((None, size.height, size.width, size.channels), tf.float32)
    row = [tf.TensorSpec((None, card.metadata.width), tf.float32)] if card.metadata else []

    def forward(pixels, *given):
        features, _ = halves.trunk(pixels * size.scale + size.offset)
        (scores,) = halves.head(features, *given)
        return scores

    def gradient(pixels, target, *given):
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            decided = forward(pixels, *given) / temperature + shift
            if card.units == 1:
                decided = tf.concat([-decided / 2, decided / 2], axis=1)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(target, decided)
        return tape.gradient(loss, pixels)

    options = {"jit_compile": False, "autograph": False}
    asked = tf.function(forward, input_signature=(image, *row), **options)
    sloped = tf.function(gradient, input_signature=(image, tf.TensorSpec((None,), tf.int64), *row), **options)

    def more(given: np.ndarray | None) -> tuple:
        return () if given is None else (tf.constant(given),)

    return (
        lambda pixels, given: asked(tf.constant(pixels), *more(given)).numpy(),
        lambda pixels, given, target: sloped(
            tf.constant(pixels), tf.constant(target.astype(np.int64)), *more(given)
        ).numpy(),
    )
