"""The chain: the steps that a card names, run one after the other, in training and in the app."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from util.imaging import Photograph
from util.preparation import colour_constancy, geometry, hair, patch, stain, xray
from util.preparation.prepared import Prepared, Step
from util.preparation.result import PreparationError, Result

_LARGEST_SIDE = 4096
Chain = Sequence[Mapping[str, object]]

STEPS: Mapping[str, Callable[..., Result]] = MappingProxyType(
    {
        "grey": geometry.grey,
        "colour": geometry.colour,
        "centre_square": geometry.centre_square,
        "standard_scale": geometry.standard_scale,
        "squash": geometry.squash,
        "resize": geometry.resize,
        "dull_razor": hair.dull_razor,
        "shades_of_grey": colour_constancy.shades_of_grey,
        "trim_border": xray.trim_border,
        "trim_marks": xray.trim_marks,
        "percentile_clip": xray.percentile_clip,
        "clahe": xray.clahe,
        "frame_only": xray.frame_only,
        "scale_to_um": patch.scale_to_um,
        "central_window": patch.central_window,
        "pad": patch.pad,
        "reinhard": stain.reinhard,
        "macenko": stain.macenko,
    }
)


def prepare(photograph: Photograph, chain: Chain, *, um_per_pixel: float | None = None) -> Prepared:
    """Run `chain` (each `{"step": name, option: value, ...}`, as in a card) on a photograph.

    The last picture is the model input, uint8 (S, S, 3). `um_per_pixel` is the scale of a tissue picture where the
    person knows it, in [0.05, 20]. Raises PreparationError for an unknown step, a wrong option, a scale outside that
    range, or one that would enlarge the picture beyond 100 million pixels.
    """
    if um_per_pixel is not None and not patch.scale_is_valid(um_per_pixel):
        raise PreparationError("preparation.bad_scale", received=str(um_per_pixel))
    pixels, steps, warnings = photograph.pixels, [], []
    window = (0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0]))
    padded = False
    for entry in chain:
        result = run_step(pixels, entry, um_per_pixel)
        if result.crop is not None:
            window = _inside(window, result.crop, pixels.shape)
            padded = padded or _reaches_outside(result.crop, pixels.shape)
        # A step that left the picture alone shows the one before it: else a session keeps a large photograph twice.
        if result.pixels is pixels:
            picture = steps[-1].picture if steps else photograph.pixels
        else:
            pixels = np.ascontiguousarray(result.pixels)
            picture = pixels.copy()
        steps.append(Step(str(entry["step"]), picture, result.sentence, result.applied))
        warnings.extend(result.warnings)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return Prepared(pixels.copy(), tuple(steps), window, tuple(warnings), padded)


def demonstrate(prepared: Prepared, entries: Chain) -> tuple[Step, ...]:
    """Each of `entries` tried by itself on the picture before the model's input: steps that the chain leaves out.

    For looking at only; the model's answer does not see them. Nothing for a picture prepared without steps. Raises
    PreparationError as `prepare` does.
    """
    if not prepared.steps:
        return ()
    before = prepared.steps[-2] if len(prepared.steps) > 1 else prepared.steps[-1]
    shown = []
    for entry in entries:
        result = run_step(np.array(before.picture), entry)
        shown.append(Step(str(entry["step"]), np.array(result.pixels), result.sentence, result.applied))
        shown[-1].picture.setflags(write=False)
    return tuple(shown)


def run_step(pixels: np.ndarray, entry: Mapping[str, object], um_per_pixel: float | None = None) -> Result:
    """Run one step of a chain on `pixels` uint8; PreparationError if the card names it wrongly."""
    options = {key: value for key, value in entry.items() if key != "step"}
    name = str(entry.get("step"))
    if name not in STEPS:
        raise PreparationError("preparation.unknown_step", received=name, known=", ".join(STEPS))
    if name == "scale_to_um":
        options["um_per_pixel"] = um_per_pixel
    if name in _NEEDS_COLOUR and pixels.ndim == 2:
        pixels = geometry.colour(pixels).pixels
    if name in _NEEDS_GREY and pixels.ndim == 3:
        pixels = geometry.grey(pixels).pixels
    try:
        inspect.signature(STEPS[name]).bind(pixels, **options)
    except TypeError as error:
        raise PreparationError("preparation.bad_option", step=name, received=str(error)) from error
    if not 1 <= options.get("side", 1) <= _LARGEST_SIDE:
        raise PreparationError("preparation.bad_option", step=name, received=f"side {options['side']}")
    return STEPS[name](pixels, **options)


def side_of(chain: Chain) -> int | None:
    """The side in pixels of the input that the chain ends in, or None where its last step sets none."""
    for entry in reversed(chain):
        if "side" in entry:
            return int(entry["side"])
    return None


_NEEDS_COLOUR = {"dull_razor", "shades_of_grey", "reinhard", "macenko"}
_NEEDS_GREY = {"trim_border", "trim_marks", "percentile_clip", "clahe"}


def _reaches_outside(crop: tuple[float, ...], shape: tuple[int, ...]) -> bool:
    """Whether `crop` holds more than the picture of `shape`: an odd padding may lie on the right or below only."""
    return crop[0] < 0 or crop[1] < 0 or crop[2] > shape[1] or crop[3] > shape[0]


def _inside(
    window: tuple[float, float, float, float], crop: tuple[float, ...], shape: tuple[int, ...]
) -> tuple[float, float, float, float]:
    """`crop` in pixels of a picture of `shape` that shows `window` of the photograph, in photograph pixels."""
    across = (window[2] - window[0]) / shape[1]
    down = (window[3] - window[1]) / shape[0]
    return (
        window[0] + crop[0] * across,
        window[1] + crop[1] * down,
        window[0] + crop[2] * across,
        window[1] + crop[3] * down,
    )
