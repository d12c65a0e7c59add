"""The same image through two models of a modality: both answers, both maps, and how far they agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from util.comparison.asking import ComparisonError, question_of
from util.comparison.store import STORE, Store, key_of
from util.diagnosis import Diagnosis, class_name, diagnose, spoken_class
from util.explanation import Agreement, Explanation, agreement, asker_for, find_method
from util.language import PenumbraError, Sentence
from util.modelstore import find_card
from util.prediction import Metadata
from util.preparation import Prepared
from util.report.bars import has_verdict

SIDE = 224  # pixels of the longer side of the place both maps are laid on


@dataclass(frozen=True)
class Pair:
    """Two diagnoses of one image with one method's maps for the class `label`.

    `shared` is the part (left, top, right, bottom) of the photograph, in its pixels, that both models saw; `maps` name
    of the card to heat float32 (h, w) on that part, pixel on pixel; `agreement` of these, None where one has no
    evidence or nothing was seen by both.
    """

    method: str
    label: str
    diagnoses: tuple[Diagnosis, Diagnosis]
    explanations: tuple[Explanation, Explanation]
    shared: tuple[float, float, float, float] | None
    maps: dict[str, np.ndarray]
    agreement: Agreement | None

    def sentences(self) -> tuple[Sentence, ...]:
        """Whether the two answer alike, what each gives the class (probability or score), how alike the maps are."""
        first, second = (_chance(one, self.label) for one in self.diagnoses)
        found = [self._verdicts(), Sentence.of("comparison.pair_chances", first=first, second=second)]
        if self.agreement is None:
            key = "pair_no_maps" if self.shared else "pair_apart"
            found.append(Sentence.of(f"comparison.{key}"))
        else:
            values = {
                name: float(getattr(self.agreement, name)[0, 1]) for name in ("spearman", "ssim", "overlap")
            }
            found.append(Sentence.of("comparison.pair_maps", **values))
        return tuple(found)

    def _verdicts(self) -> Sentence:
        """What the two decide; a model in its grey zone, or before an unfamiliar image, decides nothing."""
        said = [one for one in self.diagnoses if has_verdict(one.prediction)]
        names = [class_name(one.card, one.prediction.decision) for one in said]
        if not said:
            return Sentence.of("comparison.pair_neither")
        if len(said) == 1:
            return Sentence.of("comparison.pair_one", name=names[0])
        first, second = (one.card.labels[one.prediction.decision] for one in said)
        key = "comparison.pair_same" if first == second else "comparison.pair_other"
        return Sentence.of(key, first=names[0], second=names[1])


def two_models(
    data: bytes,
    first: str,
    second: str,
    metadata: Metadata = Metadata(),  # noqa: B008  (frozen)
    *,
    um_per_pixel: float | None = None,
    method: str = "grad_cam",
    target: str | None = None,
    preset: str = "fast",
    folder: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    store: Store = STORE,
) -> Pair:
    """Walk the bytes of one image through the cards `first` and `second` (names), and ask `method` of both.

    `target` a label both have; without one, the class the first answer speaks of. Raises ComparisonError for one model
    twice, two modalities, or a class that only one has; else as `diagnose` and `compare`; Cancelled.
    """
    cards = [find_card(name, folder) for name in (first, second)]
    if cards[0].sha256 == cards[1].sha256:
        raise ComparisonError("comparison.same_model", name=cards[0].name)
    if cards[0].modality != cards[1].modality:
        raise ComparisonError(
            "comparison.two_modalities",
            first=cards[0].name,
            second=cards[1].name,
            expected=cards[0].modality,
            received=cards[1].modality,
        )
    both = [
        diagnose(
            data, card.modality, metadata=metadata, um_per_pixel=um_per_pixel, model=card.name, folder=folder
        )
        for card in cards
    ]
    label = cards[0].labels[spoken_class(cards[0], both[0].prediction)] if target is None else target
    for card in cards:
        if label not in card.labels:
            raise PenumbraError("diagnosis.no_such_class", name=str(label), names=", ".join(card.labels))
    found = []
    for diagnosis in both:
        question = question_of(diagnosis, (method,), label, preset=preset)
        one, options = find_method(method), find_method(method).options[preset]
        key = key_of(question, "map", method, repr(options))
        passes = one.passes(options, question)
        asker = asker_for(question.network, question.target, cancelled=cancelled, passes=passes)
        asker.check()
        found.append(store.map_of(key, partial(one.explain, question, options, asker, progress))[0])
    part = shared_window(both[0].prepared, both[1].prepared)
    maps = (
        {
            card.name: on_window(explanation.heat, one.prepared, part)
            for card, one, explanation in zip(cards, both, found, strict=True)
        }
        if part
        else {}
    )
    alike = agreement(maps) if maps else None
    if alike is not None and alike.mean() is None:
        alike = None
    return Pair(method, label, tuple(both), tuple(found), part, maps, alike)


def _chance(diagnosis: Diagnosis, label: str) -> Sentence:
    """What a model gives the class: a probability where it is calibrated, else a score, and called so.

    Of an image unfamiliar to it no number: none has a known meaning.
    """
    if diagnosis.prediction.familiar is False:
        return Sentence.of("comparison.chance_unfamiliar")
    kind = "raw" if diagnosis.prediction.calibrated is None else "calibrated"
    value = float(diagnosis.prediction.probabilities[diagnosis.card.labels.index(label)])
    return Sentence.of(f"comparison.chance_{kind}", value=value)


def shared_window(first: Prepared, second: Prepared) -> tuple[float, float, float, float] | None:
    """The part (left, top, right, bottom) of the photograph that both inputs show; None where there is none."""
    left, top = (max(one, other) for one, other in zip(first.window[:2], second.window[:2], strict=True))
    right, bottom = (min(one, other) for one, other in zip(first.window[2:], second.window[2:], strict=True))
    return (left, top, right, bottom) if right > left and bottom > top else None


def on_window(
    heat: np.ndarray, prepared: Prepared, part: tuple[float, float, float, float], side: int = SIDE
) -> np.ndarray:
    """What `heat` (H, W), over the window of `prepared`, says on `part` of the photograph: float32 (h, w).

    The longer side has `side` pixels; between pixels it is interpolated bilinearly.
    """
    left, top, right, bottom = prepared.window
    wide, tall = part[2] - part[0], part[3] - part[1]
    factor = side / max(wide, tall)
    size = max(1, round(wide * factor)), max(1, round(tall * factor))
    # Centres of the new pixels, in pixels of the photograph, then in pixels of the map.
    across = part[0] + (np.arange(size[0]) + 0.5) / size[0] * wide
    down = part[1] + (np.arange(size[1]) + 0.5) / size[1] * tall
    x = (across - left) / (right - left) * heat.shape[1] - 0.5
    y = (down - top) / (bottom - top) * heat.shape[0] - 0.5
    grid_x, grid_y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return cv2.remap(
        heat.astype(np.float32), grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
