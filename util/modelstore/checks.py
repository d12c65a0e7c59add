"""Where a card's fields must agree with one another."""

from __future__ import annotations

import re
from collections.abc import Callable

from util.language import Sentence
from util.modelstore.card import Card
from util.modelstore.errors import CardError
from util.modelstore.plain import cut, shown
from util.modelstore.steps import wrong_option
from util.modelstore.views import VIEWS

ACTIVATIONS = ("sigmoid", "softmax")
RULES = ("argmax", "threshold")
RELIABILITY = ("probability", "frequency", "frequency_low", "frequency_high")
FAMILIARITY = ("feature_mean", "feature_axes", "feature_spread", "feature_residual")


def check(card: Card) -> None:
    """Raise CardError for the first field of `card` that contradicts another or leaves its range."""

    def need(good: bool, field: str, received: object, expected: str, **values: object) -> None:
        if not good:
            raise CardError(
                "modelstore.card_field",
                card=card.folder.name,
                field=field,
                expected=Sentence.of(f"modelstore.{expected}", **values),
                received=cut(str(received)),
            )

    def within(value: float, field: str, low: float, high: float) -> None:
        need(low <= value <= high, field, value, "expected_range", low=low, high=high)

    _names(card, need)
    _shapes(card, need)
    for name in ("height", "width"):
        within(getattr(card.input, name), f"input.{name}", 8, 4096)
    need(
        card.input.channels in (1, 3), "input.channels", card.input.channels, "expected_one_of", names="1, 3"
    )
    within(card.input.minimum_side, "input.minimum_side", 1, 4096)
    if card.views is not None:
        need(card.views in VIEWS, "views", card.views, "expected_one_of", names=", ".join(VIEWS))
        size = (card.input.height, card.input.width)
        # A quarter turn of another shape is another shape.
        square = card.views != "square" or size[0] == size[1]
        need(square, "input", size, "expected_square", views=card.views)
    need(card.input.scale > 0, "input.scale", card.input.scale, "expected_positive")
    # Beyond these a pixel is no float32 any more.
    within(card.input.scale, "input.scale", 0, 1e6)
    within(card.input.offset, "input.offset", -1e6, 1e6)
    if card.metadata:
        need(card.metadata.age_scale > 0, "metadata.age_scale", card.metadata.age_scale, "expected_positive")
    if card.calibration:
        temperature = card.calibration.temperature
        need(temperature > 0, "calibration.temperature", temperature, "expected_positive")
    if card.grey_zone:
        within(card.grey_zone.low, "grey_zone.low", 0, card.grey_zone.high)
        within(card.grey_zone.high, "grey_zone.high", card.grey_zone.low, 1)
    if card.conformal:
        within(card.conformal.alpha, "conformal.alpha", 0, 1)
    if card.test:
        within(card.test.prevalence, "test.prevalence", 0, 1)
    _arrays(card, need)


def _names(card: Card, need: Callable) -> None:
    plain = re.compile(r"[\w.+-]{1,200}")
    need(bool(plain.fullmatch(card.name)), "name", card.name, "expected_plain")
    need(bool(plain.fullmatch(card.modality)), "modality", card.modality, "expected_plain")
    need(bool(plain.fullmatch(card.file)) and card.file.endswith(".h5"), "file", card.file, "expected_h5")
    need(bool(re.fullmatch(r"[0-9a-f]{64}", card.sha256)), "sha256", card.sha256, "expected_sha256")
    unique = len(set(card.labels)) == len(card.labels) >= 2
    need(unique, "labels", card.labels, "expected_labels")
    labels = ", ".join(card.labels)
    for field in ("danger", "danger_order"):
        for label in getattr(card, field):
            need(label in card.labels, field, label, "expected_one_of", names=labels)
    need(0 < len(card.danger) < len(card.labels), "danger", card.danger, "expected_some", names=labels)
    for i, step in enumerate(card.preparation):
        need(isinstance(step.get("step"), str), f"preparation[{i}]", step, "expected_step")
        if wrong := wrong_option(step):
            option, expected = wrong
            field = f"preparation[{i}].{option}"
            raise CardError(
                "modelstore.card_field",
                card=card.folder.name,
                field=field,
                expected=expected,
                received=shown(step[option]),
            )


def _shapes(card: Card, need: Callable) -> None:
    need(
        card.activation in ACTIVATIONS,
        "activation",
        card.activation,
        "expected_one_of",
        names=", ".join(ACTIVATIONS),
    )
    single = card.activation == "sigmoid"
    units = 1 if single else len(card.labels)
    need(card.units == units, "units", card.units, "expected_one_of", names=units)
    if single:
        need(len(card.labels) == 2, "labels", len(card.labels), "expected_length", n=2)
    lengths = {}
    if card.calibration:
        lengths["calibration.bias"] = (card.calibration.bias, units)
    if card.conformal:
        lengths["conformal.minimum"] = (card.conformal.minimum, len(card.labels))
    if card.decision:
        rule = card.decision.rule
        need(rule in RULES, "decision.rule", rule, "expected_one_of", names=", ".join(RULES))
        if rule == "threshold":
            threshold = card.decision.threshold
            good = threshold is not None and 0 <= threshold <= 1
            need(good, "decision.threshold", threshold, "expected_range", low=0, high=1)
        if card.decision.offsets is not None:
            lengths["decision.offsets"] = (card.decision.offsets, units)
    for field, (values, n) in lengths.items():
        need(len(values) == n, field, len(values), "expected_length", n=n)


def _arrays(card: Card, need: Callable) -> None:
    arrays = card.arrays.values if card.arrays else {}
    if card.familiarity:
        for name in FAMILIARITY:
            need(name in arrays, "arrays", ", ".join(arrays) or "-", "expected_array", name=name)
        mean, axes, spread, residual = (arrays[name] for name in FAMILIARITY)
        fits = mean.ndim == 1 and axes.shape == (*mean.shape, *spread.shape) and residual.size == 1
        need(fits, "arrays.feature_axes", axes.shape, "expected_shape", shape=(*mean.shape, *spread.shape))
    if any(name in arrays for name in RELIABILITY):
        for name in RELIABILITY:
            need(name in arrays, "arrays", ", ".join(arrays), "expected_array", name=name)
            good = arrays[name].ndim == 1 and arrays[name].shape == arrays["probability"].shape
            need(good, f"arrays.{name}", arrays[name].shape, "expected_shape", shape="(G,)")
            inside = bool(((arrays[name] >= 0) & (arrays[name] <= 1)).all())
            need(inside, f"arrays.{name}", "", "expected_range", low=0, high=1)
        rising = bool((arrays["probability"][1:] > arrays["probability"][:-1]).all())
        need(rising, "arrays.probability", "", "expected_rising")
