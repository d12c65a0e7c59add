"""Several methods on one image, one after another, each with its curves, growing under the eyes of who asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from util.comparison.asking import question_of
from util.comparison.focusing import field_of, focus_of
from util.comparison.store import STORE, Store, key_of
from util.comparison.summing import composite_of, remarks_of
from util.comparison.values import Comparison, Finding, Progress
from util.diagnosis import Diagnosis
from util.explanation import (
    CONTROLS,
    Asker,
    Curves,
    Faithfulness,
    Question,
    agreement,
    asker_for,
    consensus,
    controls,
    find_method,
)
from util.explanation.faithfulness import STEPS, Ask, Trial, begin, curves
from util.modelstore.errors import RecordError
from util.modelstore.record_of_explanations import Measured
from util.modelstore.records import read_explanations
from util.prediction import probabilities

CURVE_STEPS = {"fast": STEPS, "full": 50}
BASELINE = "blurred"
_CONTROL_SEED = 0
Said = Callable[[int, int], None]  # done and total of one piece


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
    run = _Run(diagnosis, question, tuple(methods), preset, curves, store)
    return run.pieces(progress or (lambda now: None), cancelled)


class _Run:
    """One comparison under way."""

    def __init__(
        self,
        diagnosis: Diagnosis,
        question: Question,
        names: tuple[str, ...],
        preset: str,
        with_curves: bool,
        store: Store,
    ) -> None:
        self.question, self.with_curves, self.store = question, with_curves, store
        self.options = {name: find_method(name).options[preset] for name in names}
        self.steps = CURVE_STEPS[preset]
        self.field = field_of(diagnosis)
        self.record = _record(diagnosis)
        self.trial: Trial | None = None
        self.ends = (float("nan"), float("nan"))  # the answers to the whole image and to the baseline
        self.runtimes: list[str] = []
        self.now = Comparison(question, diagnosis, question.target, preset, names)

    def pieces(
        self, progress: Callable[[Progress], None], cancelled: Callable[[], bool] | None
    ) -> Iterator[Comparison]:
        """Do one piece after another; what is known so far after each."""
        started = time.perf_counter()
        tasks = self._tasks()
        total = sum(cost for _, _, cost in tasks)
        passed = 0.0
        for number, (piece, name, cost) in enumerate(tasks, start=1):
            say = _saying(progress, piece, name, passed, cost, total)
            # Asked for anew each time: the fast runtime may have become ready meanwhile.
            asker = asker_for(self.question.network, self.question.target, cancelled=cancelled, passes=cost)
            asker.check()
            getattr(self, f"_{piece}")(name, asker, say)
            say(1, 1)
            passed += cost
            if piece == "controls" and number < len(tasks):
                continue  # all three at once: a map is held against all of them
            self.now = replace(
                self.now,
                runtime=", ".join(self.runtimes) or asker.runtime,
                seconds=time.perf_counter() - started,
                done=number == len(tasks),
            )
            yield self.now

    def _tasks(self) -> list[tuple[str, str, float]]:
        """Piece, name and announced cost in forward passes, in the order in which they are done."""
        found = []
        curve = 2.0 * self.steps - 2
        for name, options in self.options.items():
            found.append(("map", name, find_method(name).passes(options, self.question)))
            if self.with_curves:
                found.append(("curves", name, curve))
        return found + [("controls", name, curve) for name in CONTROLS if self.with_curves]

    def _map(self, name: str, asker: Asker, say: Said) -> None:
        key = key_of(self.question, "map", name, repr(self.options[name]))
        explain = find_method(name).explain
        explanation, cached = self.store.map_of(
            key, lambda: explain(self.question, self.options[name], asker, say)
        )
        self._ran(asker)
        focus = focus_of(explanation.heat, self.field)
        finding = Finding(explanation, None, focus, (), explanation.seconds, cached)
        now = replace(self.now, findings={**self.now.findings, name: finding})
        alike = agreement(now.maps) if len(now.findings) > 1 else None
        if alike is not None and alike.mean() is None:
            alike = None
        composite, why = composite_of(now.diagnosis, now.target, alike, self.record, now.preset)
        together = consensus(now.maps.values())
        self._remarked(replace(now, agreement=alike, consensus=together, composite=composite, uncertain=why))

    def _curves(self, name: str, asker: Asker, say: Said) -> None:
        heat = self.now.maps[name]
        found = self._measured(("map", name, repr(self.options[name])), heat, asker, say)
        known = self.now.faithfulness.maps if self.now.faithfulness else {}
        self._faithful({**known, name: found}, {})

    def _controls(self, name: str, asker: Asker, say: Said) -> None:
        heat = controls(self.question.pixels, _CONTROL_SEED)[name]
        found = self._measured(("control", name, _CONTROL_SEED), heat, asker, say)
        faithful = self.now.faithfulness
        self._faithful(faithful.maps, {**faithful.controls, name: found})

    def _measured(self, what: tuple, heat: np.ndarray, asker: Asker, say: Said) -> Curves | None:
        """The curves of `heat`; None for a map without range."""
        key = key_of(self.question, "curves", *what, self.steps, BASELINE)
        known = self.store.get(key)
        if known is None:
            ask = _asking(asker, self.question, say)
            if self.trial is None:
                self.trial = begin(ask, self.question.pixels, steps=self.steps, baseline=BASELINE)
            found = curves(replace(self.trial, ask=ask), heat)
            self._ran(asker)
            # No curves is an answer too, and so are both ends.
            known = found, (self.trial.whole, self.trial.gone)
            self.store.put(key, known, 3 * 8 * (self.steps + 1) + 512)
        found, self.ends = known
        return found

    def _faithful(self, maps: Mapping[str, Curves | None], others: Mapping[str, Curves | None]) -> None:
        drawn = sum(one is not None for one in (*maps.values(), *others.values()))
        faithful = Faithfulness(
            maps,
            others,
            BASELINE,
            self.steps,
            drawn * (2 * self.steps - 2) + 2,
            max(self.question.pixels.shape[:2]),
            *self.ends,
        )
        findings = {
            name: replace(finding, curves=maps.get(name)) for name, finding in self.now.findings.items()
        }
        whole = len(others) == len(CONTROLS)
        now = replace(self.now, findings=findings, faithfulness=faithful)
        self._remarked(replace(now, controls=others) if whole else now)

    def _remarked(self, now: Comparison) -> None:
        findings = {
            name: replace(finding, remarks=remarks_of(name, finding, now.faithfulness, self.record))
            for name, finding in now.findings.items()
        }
        self.now = replace(now, findings=findings)

    def _ran(self, asker: Asker) -> None:
        if asker.passes and asker.runtime not in self.runtimes:
            self.runtimes.append(asker.runtime)


def _saying(
    progress: Callable[[Progress], None], piece: str, name: str, passed: float, cost: float, total: float
) -> Said:
    """What a piece calls with how many of its passes are done."""

    def say(done: int, of: int) -> None:
        share = min(1.0, (passed + cost * (done / of if of else 1.0)) / total)
        progress(Progress(piece, name, done, of, share))

    return say


def _asking(asker: Asker, question: Question, say: Said) -> Ask:
    """As `chances`, with progress."""
    card = question.network.card

    def ask(total: int, make: Callable[[int, int], np.ndarray]) -> np.ndarray:
        outputs = asker.outputs(total, make, question.encoded, say if total > 2 else None)
        return probabilities(outputs, card)[:, question.target]

    return ask


def _record(diagnosis: Diagnosis) -> Measured | None:
    """What was measured of the methods with this very model file; None where nothing readable was."""
    try:
        record = read_explanations(diagnosis.card)
    except RecordError:
        return None  # the page of the models says what is wrong with the file
    return record if record is not None and record.sha256 == diagnosis.card.sha256 else None
