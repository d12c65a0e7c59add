"""Whether any method gives NaN or a blank map that does not say so, on real images and on pictures of nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.explained.images import questions
from util.diagnosis import spoken_class
from util.explanation import NAMES, Asker, Explanation, Question, find_method
from util.explanation.asker import Runtime
from util.explanation.method import NO_EVIDENCE
from util.modelstore import Network, open_network
from util.modelstore.card import Card
from util.prediction import Metadata, predict
from util.preparation import Prepared
from util.training.dataset import Dataset

DEGENERATE = 50
# Whether a map is a number and says when it is blank does not depend on how many samples stand behind it.
CHEAP = {
    "score_cam": {"channels": 8},
    "integrated_gradients": {"steps": 8, "most": 8},
    "smooth_grad": {"samples": 4},
    "occlusion": {"levels": ((4, 1),)},
    "lime": {"samples": 60, "segments": 20},
    "rise": {"masks": 24},
}


def check(card: Card, dataset: Dataset, runtime_of: Callable[[Network], Runtime | None]) -> int:
    """Ask every method about each image; print each fault and one line a method; 1 where there is a fault, else 0."""
    network = open_network(card)
    runtime = runtime_of(network)
    counts = {name: {"real": [0, 0], "degenerate": [0, 0]} for name in NAMES}  # maps, blank ones
    faults = 0
    for kind, path, question in _all(network, dataset):
        asker = Asker(network, question.target, runtime=runtime)
        for name in NAMES:
            options = replace(find_method(name).options["fast"], **CHEAP.get(name, {}))
            found = find_method(name).explain(question, options, asker)
            counts[name][kind][0] += 1
            counts[name][kind][1] += found.empty
            for fault in faults_of(found):
                faults += 1
                print(f"{name} on {path}: {fault}", flush=True)
    for name, parts in counts.items():
        said = ", ".join(
            f"{kind} {maps} maps, {blank} without evidence" for kind, (maps, blank) in parts.items()
        )
        print(f"{card.name}  {name:22} {said}", flush=True)
    cheap = ", ".join(CHEAP)
    print(f"{faults} faults; the fast preset with fewer samples for {cheap}")
    return int(faults > 0)


def faults_of(found: Explanation) -> Sequence[str]:
    """What is wrong with a map: NaN, a size above 1, or blank without saying so."""
    heat = found.heat
    if not np.isfinite(heat).all():
        return ("a value that is no number",)
    faults = []
    if np.abs(heat).max() > 1 + 1e-6:
        faults.append(f"a value of {np.abs(heat).max():.3f}")
    if not np.ptp(heat) > 0 and not found.empty:
        faults.append("blank, and does not say so")
    if found.empty and NO_EVIDENCE not in found.notes:
        faults.append("blank, without its sentence")
    if found.empty and heat.any():
        faults.append("says it is blank, and is not")
    return faults


def _all(network: Network, dataset: Dataset) -> Iterator[tuple[str, str, Question]]:
    for asked in questions(network, dataset):
        yield "real", asked.path, asked.question
    for name, pixels in pictures(network.card.input.height, DEGENERATE):
        side = float(pixels.shape[0])
        prediction = predict(network, Prepared(pixels, (), (0.0, 0.0, side, side)), Metadata())
        yield (
            "degenerate",
            name,
            Question(network, pixels, prediction, spoken_class(network.card, prediction)),
        )


def pictures(side: int, count: int = DEGENERATE) -> Iterator[tuple[str, np.ndarray]]:
    """`count` pictures of nothing, uint8 (side, side, 3): black, white, one colour, noise, half black, one point."""
    for number in range(count):
        rng = np.random.default_rng(number)
        kind = ("black", "white", "grey", "colour", "noise", "fine noise", "half", "point")[number % 8]
        shape = side, side, 3
        picture = np.zeros(shape, np.uint8)
        if kind == "white":
            picture[:] = 255
        elif kind == "grey":
            picture[:] = rng.integers(1, 255)
        elif kind == "colour":
            picture[:] = rng.integers(0, 256, 3)
        elif kind == "noise":
            picture = rng.integers(0, 256, shape, dtype=np.uint8)
        elif kind == "fine noise":
            picture = (rng.integers(0, 200) + rng.integers(0, 2, shape)).astype(np.uint8)
        elif kind == "half":
            picture[: rng.integers(1, side)] = 255
        elif kind == "point":
            picture[tuple(rng.integers(0, side, 2))] = 255
        yield f"{kind} {number}", picture
