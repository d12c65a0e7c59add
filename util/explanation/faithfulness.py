"""Whether a map is faithful to the network: whether the answer follows the pixels that the map calls important.

Deletion takes them away first, insertion gives them back first (Petsiuk et al. 2018, arXiv 1806.07421). The two need
not agree, and both depend on what a removed pixel becomes (Tomsett et al. 2020): baseline and steps are always said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from util.explanation.agreement import has_range, said
from util.explanation.asker import Asker, Progress
from util.explanation.controls import controls
from util.language import Sentence
from util.prediction import probabilities

STEPS = 20
BASELINES = ("blurred", "mean", "black")
BLUR = 0.1  # standard deviation of the blur in shares of the longer side
ROOM = 0.1  # a probability that falls by less than this over the whole picture leaves curves little to tell
_TIES = 0
# (how many pictures, the maker of pictures start..stop) -> one number a picture, float64 (N,).
Ask = Callable[[int, Callable[[int, int], np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Curves:
    """What the target's probability does while a map's strongest pixels go (`deletion`) or come (`insertion`).

    Arrays float64 (steps + 1,) over `shares`, the share of pixels changed, 0 to 1; read-only. Areas are under
    the curves by the trapezoid rule, in the unit of what was asked: [0, 1] for a probability. A faithful map has a
    small deletion area and a large insertion area.
    """

    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray

    def __post_init__(self) -> None:
        for array in (self.shares, self.deletion, self.insertion):
            array.setflags(write=False)

    @property
    def deletion_area(self) -> float:
        """Area under the deletion curve: the smaller, the better."""
        return float(np.trapezoid(self.deletion, self.shares))

    @property
    def insertion_area(self) -> float:
        """Area under the insertion curve: the larger, the better."""
        return float(np.trapezoid(self.insertion, self.shares))

    def sentences(self) -> tuple[Sentence, Sentence]:
        """Both areas with the direction of better in words: deletion, insertion."""
        return (
            Sentence.of("measures.deletion_area", area=self.deletion_area),
            Sentence.of("measures.insertion_area", area=self.insertion_area),
        )


@dataclass(frozen=True)
class Trial:
    """One picture ready for curves: `pixels` and what replaces them, uint8 (H, W, 3), and the answers at both ends.

    `whole` is the answer to the picture, `gone` to the baseline; every curve shares them, and they are asked once.
    """

    ask: Ask
    pixels: np.ndarray
    replaced: np.ndarray
    baseline: str
    steps: int
    whole: float
    gone: float


@dataclass(frozen=True)
class Faithfulness:
    """Curves of maps beside those of the controls; None for a map without range, whose order would be chance.

    `baseline` one of BASELINES, `steps` a curve, `passes` pictures asked, `side` the picture's longer side in pixels;
    `whole` the answer to the picture and `gone` that to the baseline: both ends of every curve.
    """

    maps: Mapping[str, Curves | None]
    controls: Mapping[str, Curves | None]
    baseline: str
    steps: int
    passes: int
    side: int
    whole: float
    gone: float

    def beats(self, name: str, control: str) -> tuple[bool, bool] | None:
        """Whether the map has the smaller deletion, and the larger insertion area than the control.

        None where either has no curves.
        """
        one, other = self.maps[name], self.controls[control]
        if one is None or other is None:
            return None
        return one.deletion_area < other.deletion_area, one.insertion_area > other.insertion_area

    def remarks(self, name: str) -> tuple[Sentence, ...]:
        """What must stand beside the map: that it has no curves, or each control it fails to beat, and in what."""
        if self.maps[name] is None:
            return (Sentence.of("measures.no_curves", name=said(name)),)
        found = []
        for control in self.controls:
            beaten = self.beats(name, control)
            if beaten is None or all(beaten):
                continue
            key = "loses_insertion" if beaten[0] else "loses_deletion" if beaten[1] else "loses_both"
            found.append(
                Sentence.of(f"measures.{key}", name=said(name), control=Sentence.of(f"measures.{control}"))
            )
        return tuple(found)

    def caution(self) -> Sentence | None:
        """That the baseline alone gets nearly the same answer, so that curves tell little; None where it does not.

        It is so for the class that a network falls back to when it sees nothing: on a blurred film without structure,
        "pneumonia".
        """
        if self.whole - self.gone >= ROOM:
            return None
        end = Sentence.of(f"measures.end_{self.baseline}")
        return Sentence.of("measures.no_room", whole=self.whole, gone=self.gone, end=end)

    def setting(self) -> Sentence:
        """How it was measured: steps, and what a removed pixel becomes."""
        sigma = round(BLUR * self.side)
        baseline = Sentence.of(f"measures.baseline_{self.baseline}", sigma=sigma)
        return Sentence.of("measures.curves_setting", steps=self.steps, baseline=baseline)


def chances(asker: Asker, encoded: np.ndarray | None = None) -> Ask:
    """The probability of `asker`'s target as the app says it (calibrated where the card can), of many pictures."""
    card, target = asker.network.card, asker.target
    return lambda total, make: probabilities(asker.outputs(total, make, encoded), card)[:, target]


def faithfulness(
    ask: Ask,
    pixels: np.ndarray,
    maps: Mapping[str, np.ndarray],
    *,
    steps: int = STEPS,
    baseline: str = "blurred",
    seed: int = 0,
    progress: Progress | None = None,
) -> Faithfulness:
    """Curves of `maps`, name to heat float (H, W), and of the three controls, for `pixels` uint8 (H, W, 3).

    Each costs 2 x `steps` - 2 pictures, and two are shared by all. `progress(done, total)` counts maps. Raises
    ValueError as `begin` and `curves` do.
    """
    trial = begin(ask, pixels, steps=steps, baseline=baseline)
    plain = controls(pixels, seed)
    total, found = len(maps) + len(plain), []
    for done, heat in enumerate([*maps.values(), *plain.values()], 1):
        found.append(curves(trial, heat))
        if progress:
            progress(done, total)
    asked = sum(one is not None for one in found) * (2 * steps - 2) + 2
    return Faithfulness(
        dict(zip(maps, found, strict=False)),
        dict(zip(plain, found[len(maps) :], strict=True)),
        baseline,
        steps,
        asked,
        max(pixels.shape[:2]),
        trial.whole,
        trial.gone,
    )


def begin(ask: Ask, pixels: np.ndarray, *, steps: int = STEPS, baseline: str = "blurred") -> Trial:
    """A `Trial` of `pixels` uint8 (H, W, 3); asks for the picture and its baseline.

    Raises ValueError for fewer than 2 steps or an unknown `baseline`.
    """
    if steps < 2:
        raise ValueError(f"expected at least 2 steps, received {steps}")
    replaced = without(pixels, baseline)
    ends = np.stack([pixels, replaced])
    whole, gone = ask(2, lambda start, stop: ends[start:stop])
    return Trial(ask, pixels, replaced, baseline, steps, float(whole), float(gone))


def without(pixels: np.ndarray, baseline: str) -> np.ndarray:
    """What `pixels` uint8 (H, W, 3) become where they are taken away: uint8 (H, W, 3).

    "blurred": the picture under a Gaussian of a tenth of its side, so that no edge is drawn by removing; "mean": its
    mean colour; "black": zeros.
    """
    if baseline == "blurred":
        return cv2.GaussianBlur(pixels, (0, 0), BLUR * max(pixels.shape[:2]), borderType=cv2.BORDER_REFLECT)
    if baseline == "mean":
        colour = np.rint(pixels.mean(axis=(0, 1), keepdims=True)).astype(np.uint8)
        return np.broadcast_to(colour, pixels.shape).copy()
    if baseline == "black":
        return np.zeros_like(pixels)
    raise ValueError(f"expected one of {', '.join(BASELINES)}, received {baseline}")


def curves(trial: Trial, heat: np.ndarray) -> Curves | None:
    """Deletion and insertion of the map `heat` float (H, W), negative evidence last; None for a map without range.

    Raises ValueError for a map of another size than the picture, or one that is not finite.
    """
    if heat.shape != trial.pixels.shape[:2] or not np.isfinite(heat).all():
        raise ValueError(f"expected a finite map of {trial.pixels.shape[:2]}, received {heat.shape}")
    if not has_range(heat):
        return None
    steps = trial.steps
    places = ranking(heat)
    # How many pixels have changed after each step, the ends left out: those are known.
    counts = np.rint(np.linspace(0, heat.size, steps + 1)).astype(int)
    inner = counts[1:-1]

    def make(start: int, stop: int) -> np.ndarray:
        pictures = np.empty((stop - start, *trial.pixels.shape), np.uint8)
        for which, picture in enumerate(pictures, start):
            changed = (places < inner[which % len(inner)]).astype(np.uint8)
            insertion = which >= len(inner)  # the second half
            picture[:] = trial.replaced if insertion else trial.pixels
            cv2.copyTo(trial.pixels if insertion else trial.replaced, changed, picture)
        return pictures

    found = np.asarray(trial.ask(2 * len(inner), make), np.float64)
    return Curves(
        counts / heat.size,
        np.concatenate([[trial.whole], found[: len(inner)], [trial.gone]]),
        np.concatenate([[trial.gone], found[len(inner) :], [trial.whole]]),
    )


def ranking(heat: np.ndarray) -> np.ndarray:
    """The place int (H, W) of each pixel when the strongest goes first.

    Ties are broken by one fixed shuffle: the same at every call, and without the direction that memory order has.
    """
    shuffled = np.random.default_rng(_TIES).permutation(heat.size)
    order = np.lexsort((shuffled, -heat.ravel()))
    places = np.empty(heat.size, np.int64)
    places[order] = np.arange(heat.size)
    return places.reshape(heat.shape)
