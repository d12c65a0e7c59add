"""The sanity experiment on one image: the same method asked again while the network forgets layer after layer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from util.comparison.asking import question_of
from util.comparison.store import BESIDE, STORE, Store, key_of
from util.diagnosis import Diagnosis
from util.explanation import Cancelled, Explanation, Question, Sanity, asker_for, find_method, sanity
from util.explanation.sanity import Likeness
from util.language import Sentence
from util.modelstore import randomised_network
from util.modelstore.randomised import STAGES
from util.modelstore.runtime import give_back_memory
from util.prediction import predict


@dataclass(frozen=True)
class Stage:
    """The map of one stage of forgetting: 0 is the trained network, the last one has nothing learned left.

    `probability` in [0, 1] is what that network's activation gives the target; likenesses (None at every stage until
    a second map is there) to the trained map and to the `edges` of the picture.
    """

    stage: int
    explanation: Explanation
    probability: float
    trained: Likeness | None = None
    edges: Likeness | None = None

    def sentences(self) -> tuple[Sentence, ...]:
        """What has been forgotten, and how alike the map still is to the trained one and to the edges."""
        name = "trained" if self.stage == 0 else "first" if self.stage == 1 else "later"
        found = [Sentence.of(f"comparison.stage_{name}", stage=self.stage)]
        for key, alike in (("like_trained", self.trained), ("like_edges", self.edges)):
            if alike is not None and alike.spearman is not None:
                found.append(Sentence.of(f"comparison.{key}", rank=alike.spearman, ssim=alike.ssim))
        return tuple(found)


@dataclass(frozen=True)
class Forgetting:
    """The stages so far of `wanted` (the trained one included), and what they say; each value yielded is a new one.

    `found` None below two maps; its verdict counts once `done`.
    """

    method: str
    target: int
    wanted: int
    stages: tuple[Stage, ...]
    found: Sanity | None = None
    seconds: float = 0.0

    @property
    def done(self) -> bool:
        """Whether the network has forgotten everything."""
        return len(self.stages) == self.wanted

    def verdict(self) -> Sentence | None:
        """Whether the method depends on what the network learned; None before the last stage."""
        return self.found.sentence(self.method) if self.done and self.found else None


def cascade(
    diagnosis: Diagnosis,
    method: str,
    target: int | str | None = None,
    *,
    stages: int = STAGES,
    seed: int = 0,
    preset: str = "fast",
    layer: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    store: Store = STORE,
) -> Iterator[Forgetting]:
    """Ask `method` of the trained network, then of `stages` copies that have forgotten more and more (see `sanity`).

    Yields a growing `Forgetting` after each map. Each stage loads the network anew (a second or two) and frees it
    again; TensorFlow computes it. Raises PenumbraError at once as `compare`, Cancelled out of the iterator.
    """
    question = question_of(diagnosis, (method,), target, preset=preset, layer=layer)
    return _forgetting(diagnosis, question, method, stages, seed, preset, progress, cancelled, store)


def _forgetting(
    diagnosis: Diagnosis,
    question: Question,
    method: str,
    stages: int,
    seed: int,
    preset: str,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
    store: Store,
) -> Iterator[Forgetting]:
    started = time.perf_counter()
    one = find_method(method)
    options = one.options[preset]
    found: list[Stage] = []
    for stage in range(stages + 1):
        if cancelled and cancelled():
            raise Cancelled
        key = key_of(question, "stage", stage, stages, seed, method, repr(options))
        known = store.get(key)
        if known is None:
            asked = _forgetful(diagnosis, question, stage, stages, seed)
            passes = one.passes(options, asked)
            asker = asker_for(asked.network, asked.target, cancelled=cancelled, passes=passes)
            explanation = one.explain(asked, options, asker, progress)
            known = Stage(stage, explanation, float(asked.prediction.raw[asked.target]))
            store.put(key, known, explanation.heat.nbytes + BESIDE)
            del asked, asker  # a whole network
            if stage:
                give_back_memory()
        found.append(known)
        told = sanity([each.explanation.heat for each in found], question.pixels) if stage else None
        yield Forgetting(
            method=method,
            target=question.target,
            wanted=stages + 1,
            stages=tuple(
                replace(each, trained=told.trained[i], edges=told.edges[i]) if told else each
                for i, each in enumerate(found)
            ),
            found=told,
            seconds=time.perf_counter() - started,
        )


def _forgetful(diagnosis: Diagnosis, question: Question, stage: int, stages: int, seed: int) -> Question:
    """The same question put to the network of one stage, which answers it itself."""
    if stage == 0:
        return question
    network = randomised_network(diagnosis.card, stage, seed=seed, stages=stages)
    prediction = predict(network, diagnosis.prepared, diagnosis.metadata)
    return replace(question, network=network, prediction=prediction)
