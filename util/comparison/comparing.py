"""Several methods on one image, one after another, each with its curves, growing under the eyes of who asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from util.comparison.asking import asker_for, question_of
from util.comparison.focusing import field_of, focus_of
from util.comparison.store import STORE, Store, key_of
from util.comparison.summing import composite_of, remarks_of
from util.comparison.values import Comparison, Finding, Progress
from util.diagnosis import Diagnosis
from util.explanation import (
    Asker,
    Curves,
    Explanation,
    Faithfulness,
    agreement,
    chances,
    consensus,
    controls,
    find_method,
)
from util.explanation.faithfulness import STEPS, Trial, begin, curves
from util.modelstore.errors import RecordError
from util.modelstore.record_of_explanations import Measured
from util.modelstore.records import read_explanations

CURVE_STEPS = {"fast": STEPS, "full": 50}
BASELINE = "blurred"
_CONTROL_SEED = 0


def compare(
    diagnosis: Diagnosis,
    methods: Sequence[str],
    target: int | None = None,
    *,
    preset: str = "fast",
    layer: str | None = None,
    curves: bool = True,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    store: Store = STORE,
) -> Iterator[Comparison]:
    """Ask `methods`, names of `util.explanation.NAMES`, why `diagnosis` gives class `target` its score.

    Yields a growing `Comparison` after every finished piece: each method's map, then its curves, and at last those of
    the controls; the last one is `done`. Without a target, the class the headline speaks of; `preset` one of PRESETS;
    `layer` where class activation maps look (None: the card's). Results known from `store` cost nothing.

    Raises PenumbraError at once for an unknown or repeated method, preset, class or layer, or none at all; `Cancelled`
    out of the iterator once `cancelled()` is true: what was yielded before stays.
    """
    question = question_of(diagnosis, methods, target, preset=preset, layer=layer)
    names = tuple(methods)
    return _Run(diagnosis, question, names, preset, curves, progress, cancelled, store).pieces()


@dataclass
class _Run:
    """One comparison under way."""

    diagnosis: Diagnosis
    question: object
    names: tuple[str, ...]
    preset: str
    with_curves: bool
    progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool] | None
    store: Store
    passed: float = field(default=0.0, init=False)

    def pieces(self) -> Iterator[Comparison]:
        started = time.perf_counter()
        asker, runtime = asker_for(self.question.network, self.question.target, self.cancelled)
        self.options = {name: find_method(name).options[self.preset] for name in self.names}
        self.steps = CURVE_STEPS[self.preset]
        self.costs = self._costs()
        self.total = sum(self.costs.values()) or 1.0
        self.field = field_of(self.diagnosis)
        self.record = _record(self.diagnosis)
        self.trial: Trial | None = None
        now = Comparison(
            self.question, self.diagnosis, self.question.target, self.preset, self.names, runtime=runtime
        )
        for name in self.names:
            now = self._with_map(now, name, asker)
            yield self._timed(now, started, self.with_curves or name != self.names[-1])
            if self.with_curves:
                found = self._curves(
                    ("map", name, repr(self.options[name])), now.maps[name], asker, "curves", name
                )
                now = self._with_curves(now, {**_maps(now), name: found}, now.controls)
                yield self._timed(now, started, True)
        if self.with_curves:
            drawn = controls(self.question.pixels, _CONTROL_SEED)
            found = {
                name: self._curves(("control", name, _CONTROL_SEED), heat, asker, "controls", name)
                for name, heat in drawn.items()
            }
            yield self._timed(self._with_curves(now, _maps(now), found), started, False)

    def _timed(self, now: Comparison, started: float, more: bool) -> Comparison:
        return replace(now, seconds=time.perf_counter() - started, done=not more)

    def _costs(self) -> dict[tuple[str, str], float]:
        """What each piece costs in forward passes."""
        costs = {}
        for name, options in self.options.items():
            costs["map", name] = find_method(name).passes(options, self.question)
            if self.with_curves:
                costs["curves", name] = 2.0 * self.steps - 2
        if self.with_curves:
            for name in ("random", "edges", "gaussian"):
                costs["controls", name] = 2.0 * self.steps - 2
        return costs

    def _said(self, piece: str, name: str) -> Callable[[int, int], None]:
        """What a method calls with its own progress."""

        def say(done: int, total: int) -> None:
            if self.progress:
                part = self.costs[piece, name] * (done / total if total else 1.0)
                self.progress(Progress(piece, name, done, total, min(1.0, (self.passed + part) / self.total)))

        return say

    def _finished(self, piece: str, name: str) -> None:
        self._said(piece, name)(1, 1)
        self.passed += self.costs[piece, name]

    def _with_map(self, now: Comparison, name: str, asker: Asker) -> Comparison:
        key = key_of(self.question, "map", name, repr(self.options[name]))
        asker.check()
        explanation: Explanation | None = self.store.get(key)
        cached = explanation is not None
        if explanation is None:
            explanation = find_method(name).explain(
                self.question, self.options[name], asker, self._said("map", name)
            )
            self.store.put(key, explanation, explanation.heat.nbytes + 2048)
        self._finished("map", name)
        finding = Finding(
            explanation, None, focus_of(explanation.heat, self.field), (), explanation.seconds, cached
        )
        now = replace(now, findings={**now.findings, name: finding})
        alike = agreement(now.maps) if len(now.findings) > 1 else None
        if alike is not None and alike.mean() is None:
            alike = None
        composite, why = composite_of(self.diagnosis, self.question.target, alike, self.record, self.preset)
        now = replace(
            now, agreement=alike, consensus=consensus(now.maps.values()), composite=composite, uncertain=why
        )
        return self._remarked(now)

    def _curves(self, what: tuple, heat: np.ndarray, asker: Asker, piece: str, name: str) -> Curves | None:
        key = key_of(self.question, "curves", *what, self.steps, BASELINE)
        known = self.store.get(key)
        if known is None:
            if self.trial is None:
                ask = chances(asker, self.question.encoded)
                self.trial = begin(ask, self.question.pixels, steps=self.steps, baseline=BASELINE)
            found = curves(self.trial, heat)
            # No curves is an answer too, and so are both ends.
            known = found, self.trial.whole, self.trial.gone
            self.store.put(key, known, 3 * 8 * (self.steps + 1) + 512)
        self._finished(piece, name)
        self.ends = known[1:]
        return known[0]

    def _with_curves(self, now: Comparison, maps: dict, found: dict) -> Comparison:
        faithful = Faithfulness(
            maps,
            found,
            BASELINE,
            self.steps,
            sum(one is not None for one in (*maps.values(), *found.values())) * (2 * self.steps - 2) + 2,
            max(self.question.pixels.shape[:2]),
            *self.ends,
        )
        findings = {name: replace(finding, curves=maps.get(name)) for name, finding in now.findings.items()}
        return self._remarked(replace(now, findings=findings, controls=found, faithfulness=faithful))

    def _remarked(self, now: Comparison) -> Comparison:
        findings = {
            name: replace(finding, remarks=remarks_of(name, finding, now.faithfulness, self.record))
            for name, finding in now.findings.items()
        }
        return replace(now, findings=findings)


def _maps(now: Comparison) -> dict[str, Curves | None]:
    return dict(now.faithfulness.maps) if now.faithfulness else {}


def _record(diagnosis: Diagnosis) -> Measured | None:
    """What was measured of the methods with this very model file; None where nothing readable was."""
    try:
        record = read_explanations(diagnosis.card)
    except RecordError:
        return None  # the page of the models says what is wrong with the file
    return record if record is not None and record.sha256 == diagnosis.card.sha256 else None
