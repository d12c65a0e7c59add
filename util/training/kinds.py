"""Of what kind each option of a run is: a file or a hand may give a list for a text, and words for a strength."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from util.language import Sentence
from util.modelstore.plain import cut, is_finite, shown
from util.modelstore.steps import wrong_option
from util.training.data_root import DataError

_KINDS = {
    "str": ("kind_text", str),
    "bool": ("kind_switch", bool),
    "dict": ("kind_mapping", Mapping),
    "tuple": ("kind_list", (list, tuple)),
}
# Of an augmentation: those that are a range, and what a flip may be; all others are strengths or switches.
_PAIRS = ("scale", "blur_sigma", "noise_levels", "jpeg_quality")
# The lowest and the highest value that leave a picture: half the side off both borders leaves none.
_RANGES = {"border": (0, 0.45), "jpeg_quality": (1, 100)}
_FLIPS = ("horizontal", "both", "none")


def check_kinds(kind: type, values: Mapping[str, object]) -> None:
    """Raise DataError for the first of `values` that is no text, switch, mapping or list where `kind` has one.

    `kind` is the dataclass of a configuration; numbers are left to their ranges.
    """
    for entry in fields(kind):
        name, _, optional = entry.type.partition(" | ")
        value = values.get(entry.name, entry.default)
        if name not in _KINDS or entry.name not in values or (optional and value is None):
            continue
        expected, accepted = _KINDS[name]
        if not isinstance(value, accepted):
            raise wrong_kind(entry.name, expected, value)


def check_chain(chain: object) -> None:
    """Raise DataError for a chain without a step, and for a step with an option that it cannot use."""
    if not chain or not all(isinstance(entry, Mapping) for entry in chain):
        raise wrong_kind("chain", "kind_chain", chain)
    for entry in chain:
        if wrong_option(entry):
            raise wrong_kind("chain", "kind_chain", dict(entry))


def check_augmentation(options: Mapping[str, object]) -> None:
    """Raise DataError for the first of `options` that is no strength, range or way to flip, or leaves no picture."""
    for name, value in options.items():
        if name in _PAIRS:
            pair = (
                isinstance(value, (list, tuple))
                and len(value) == 2
                and all(is_finite(edge) for edge in value)
            )
            good, expected = pair and 0 < value[0] <= value[1], "kind_pair"
        elif name == "flip":
            good, expected = value in _FLIPS or not value, "kind_text"
        else:
            good, expected = is_finite(value) or isinstance(value, bool) or value is None, "kind_number"
        if not good:
            raise wrong_kind(f"augmentation.{cut(str(name))}", expected, value)
        edges = value if name in _PAIRS else [value or 0]
        low, high = _RANGES.get(name, (None, None))
        if low is not None and not low <= min(edges) <= max(edges) <= high:
            raise out_of_range(f"augmentation.{name}", low, high, value)


def check_least(options: object, **least: int) -> None:
    """Raise DataError for the first of these `options` of a command line that is given, and below its `least`."""
    for name, low in least.items():
        received = getattr(options, name)
        if received is not None and received < low:
            raise out_of_range(name, low, "∞", received)


def out_of_range(option: str, low: object, high: object, received: object) -> DataError:
    """The error of an `option` whose value lies outside `low` to `high`."""
    return DataError(
        "training.option_range", option=option, low=str(low), high=str(high), received=shown(received)
    )


def wrong_kind(option: str, expected: str, received: object) -> DataError:
    """The error of an `option` that is not what was `expected`, a word of the catalogue."""
    return DataError(
        "training.option_type",
        option=option,
        expected=Sentence.of(f"training.{expected}"),
        received=shown(received),
    )
