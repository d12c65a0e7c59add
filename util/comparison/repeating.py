"""The same method again: under other seeds where it has chance in it, else for copies nobody could tell apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from util.comparison.asking import question_of
from util.comparison.store import STORE, Store, key_of
from util.diagnosis import Diagnosis
from util.explanation import (
    Explanation,
    Question,
    Repeatability,
    asker_for,
    find_method,
    noisy_copies,
    repeatability,
)
from util.explanation.repeatability import NOISE, RUNS
from util.language import Sentence
from util.prediction import predict


@dataclass(frozen=True)
class Repeated:
    """One method's maps of the same image so far, of `wanted` runs; each value that `repeat` yields is a new one.

    `way`: "seeds", or "noise" of `noise` grey levels of 255. `found` None below two maps; `mean` and `deviation`
    float32 (H, W) over the runs, pixel by pixel: where the deviation is large, the map is not to be relied on.
    """

    method: str
    target: int
    way: str
    wanted: int
    explanations: tuple[Explanation, ...]
    mean: np.ndarray
    deviation: np.ndarray
    found: Repeatability | None
    noise: float = NOISE
    seconds: float = 0.0

    @property
    def done(self) -> bool:
        """Whether all runs are there."""
        return len(self.explanations) == self.wanted

    def sentences(self) -> tuple[Sentence, ...]:
        """What was changed from run to run, and what came of it."""
        how = Sentence.of(f"comparison.repeat_{self.way}", runs=self.wanted, noise=self.noise)
        return (how, self.found.sentence()) if self.found else (how,)


def repeat(
    diagnosis: Diagnosis,
    method: str,
    target: int | str | None = None,
    *,
    runs: int = RUNS,
    preset: str = "fast",
    layer: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    store: Store = STORE,
) -> Iterator[Repeated]:
    """Draw the map of `method` `runs` times; yields a growing `Repeated` after each.

    With chance in the method, seeds 0, 1, ...; without, copies of the image with Gaussian noise of 2 grey levels, each
    answered anew. `progress(done, total)` counts passes of the present run. Raises PenumbraError at once as `compare`,
    ValueError for fewer than two runs, and Cancelled out of the iterator.
    """
    if runs < 2:
        raise ValueError(f"expected at least 2 runs, received {runs}")
    question = question_of(diagnosis, (method,), target, preset=preset, layer=layer)
    return _repeated(diagnosis, question, method, runs, preset, progress, cancelled, store)


def _repeated(
    diagnosis: Diagnosis,
    question: Question,
    method: str,
    runs: int,
    preset: str,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
    store: Store,
) -> Iterator[Repeated]:
    started = time.perf_counter()
    one = find_method(method)
    options = one.options[preset]
    passes = one.passes(options, question)
    asker = asker_for(question.network, question.target, cancelled=cancelled, passes=passes)
    questions = [question] * runs
    settings = [options] * runs
    if one.chance:
        settings = [replace(options, seed=seed) for seed in range(runs)]
    else:
        questions = [_of_copy(diagnosis, question, pixels) for pixels in noisy_copies(question.pixels, runs)]
    maps: list[Explanation] = []
    for asked, setting in zip(questions, settings, strict=True):
        key = key_of(asked, "map", method, repr(setting))
        asker.check()
        maps.append(store.map_of(key, partial(one.explain, asked, setting, asker, progress))[0])
        heats = np.stack([found.heat for found in maps])
        yield Repeated(
            method=method,
            target=question.target,
            way="seeds" if one.chance else "noise",
            wanted=runs,
            explanations=tuple(maps),
            mean=heats.mean(axis=0),
            deviation=heats.std(axis=0),
            found=repeatability(list(heats)) if len(maps) > 1 else None,
            seconds=time.perf_counter() - started,
        )


def _of_copy(diagnosis: Diagnosis, question: Question, pixels: np.ndarray) -> Question:
    """The same question about a copy of the image, which the network answers anew."""
    prepared = replace(diagnosis.prepared, pixels=pixels)
    prediction = predict(question.network, prepared, diagnosis.metadata)
    return replace(question, pixels=pixels, prediction=prediction)
