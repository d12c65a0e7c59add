"""Whether our maps are those of other people's code: correlations with tf-keras-vis, the lime package and plain loops.

`python -m benchmarks.parity [--images 2] [--data-root DIR] [--models NAME ...]` asks about drawn samples, and about
real images of the validation part where the data is there, on flat models of one input (the default chest and breast
models). Grad-CAM, Grad-CAM++, LayerCAM, Score-CAM and SmoothGrad against tf-keras-vis (SmoothGrad with the same noise
and, as there, the sizes of gradients averaged: our own setting averages the gradients, as the paper does), Occlusion,
RISE and Integrated Gradients against loops written from the papers, LIME's coefficients against the lime package with
the same segments and samples. Prints each correlation; exit status 1 where one is below 0.99.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import references
from benchmarks.explained.images import drawn, questions
from util.diagnosis import spoken_class
from util.explanation import Asker, Explanation, Question, find_method
from util.explanation.grad_cam import enlarged
from util.explanation.methods.lime import local_line
from util.explanation.superpixels import mean_colours, superpixels
from util.language import PenumbraError
from util.modelstore import Network, default_card, find_card, open_network
from util.prediction import predict
from util.samples import samples
from util.training.data_root import DataError, data_root
from util.training.dataset import parts, read_index
from util.training.evaluation.asking import prepared

ENOUGH = 0.99
MASKS, CELLS, NOISE = 32, 7, 0.15
LEVELS = ((6, 1), (8, 2))


def correlations(question: Question, *, channels: int | None = 64, places: int = 400) -> dict[str, float]:
    """Name of the method to its correlation with the reference; NaN where either map is empty.

    `channels` of Score-CAM, None for all; `places` of the reference's Integrated Gradients.
    """
    network, target, pixels = question.network, question.target, question.pixels
    model = references.keras_of(network)
    # tf-keras-vis takes the softmax of the scores, of one unit always 1: there Score-CAM is asked for class 1 alone.
    of_class_one = network.card.units == 1
    found = {}
    for name in references.OF_TF_KERAS_VIS:
        options, more, asked, shown = {}, {}, question, model
        if name == "score_cam":
            # Masks are enlarged as the peer does: what it leaves open is not what is compared.
            options = {"channels": channels, "corners": True}
            more = {} if channels is None else {"max_N": channels}
            if of_class_one:
                asked, shown = replace(question, target=1), references.with_two_units(model)
        theirs = references.tf_keras_vis_map(name, shown, network, pixels, asked.target, **more)
        found[name] = references.correlation(
            ours(name, asked, **options).heat, enlarged(theirs, *question.size)
        )
    theirs = references.tf_keras_vis_smooth_grad(model, network, pixels, target, 8, NOISE)
    mine = ours("smooth_grad", question, samples=8, noise=NOISE, sizes_first=True)
    found["smooth_grad"] = references.correlation(mine.heat, theirs)
    theirs = references.integrated_gradients(model, network, pixels, target, places)
    mine = ours("integrated_gradients", question, steps=256, most=256)
    found["integrated_gradients"] = references.correlation(mine.heat, theirs)
    asker = Asker(network, target)
    theirs = np.mean(
        [enlarged(references.occlusion(question, asker, *level), *question.size) for level in LEVELS], axis=0
    )
    found["occlusion"] = references.correlation(ours("occlusion", question, levels=LEVELS).heat, theirs)
    theirs = references.rise(question, asker, MASKS, CELLS)
    found["rise"] = references.correlation(ours("rise", question, masks=MASKS, cells=CELLS).heat, theirs)
    found["lime"] = lime(question, asker)
    return found


def ours(name: str, question: Question, **changes: object) -> Explanation:
    """Our map of the method `name`, with `changes` to the fast options."""
    method = find_method(name)
    options = method.options["fast"]
    options = replace(options, **changes) if changes else options
    return method.explain(question, options, Asker(question.network, question.target))


def lime(question: Question, asker: Asker, number: int = 200) -> float:
    """The correlation of our coefficients with those of the lime package."""
    labels = superpixels(question.pixels, 30)
    theirs, _, shown = references.lime(question, asker, labels, number)
    hidden = mean_colours(question.pixels, labels)
    scores = asker.each(
        number,
        lambda start, stop: np.where(shown[start:stop][:, labels][..., None], question.pixels, hidden),
        question.encoded,
    )
    mine, _ = local_line(shown, scores, 0.25, 1.0)
    return references.correlation(mine, theirs)


def asked(network: Network, images: int, root: Path | None) -> Iterator[tuple[str, Question]]:
    """A drawn sample and, where the data is there, `images` real ones, each with its name."""
    card = network.card
    sample = samples(card.modality)[-1]
    ready = prepared(sample.pixels, card)
    prediction = predict(network, ready)
    yield "drawn sample", Question(network, ready.pixels, prediction, spoken_class(card, prediction))
    try:
        data = parts(read_index(data_root(root), card.modality))["validation"]
    except DataError as error:
        print(f"  no real images: {error}")
        return
    for one in questions(network, drawn(data, images)):
        yield one.path, one.question


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0, 1 below ENOUGH, 2 with one sentence where a model is missing or has two inputs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.parity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--models", nargs="*", help="names of cards; default: the default chest and breast models"
    )
    parser.add_argument("--models-folder", type=Path)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--images", type=int, default=2, help="real images a model")
    parser.add_argument("--channels", type=int, default=64, help="channels that Score-CAM tries; 0 for all")
    parser.add_argument(
        "--places", type=int, default=400, help="steps of the reference's Integrated Gradients"
    )
    options = parser.parse_args(arguments)
    folder = options.models_folder
    worst: dict[str, float] = {}
    try:
        cards = [find_card(name, folder) for name in options.models or ()]
        for card in cards or [default_card(modality, folder) for modality in ("chest", "breast")]:
            if card.metadata:
                print(f"{card.name} takes metadata: no reference opens it", file=sys.stderr)
                return 2
            print(card.name)
            if card.views:
                print("as it looks once: no reference looks from several sides", file=sys.stderr)
            once = open_network(replace(card, views=None))
            for name, question in asked(once, options.images, options.data_root):
                found = correlations(question, channels=options.channels or None, places=options.places)
                print(
                    f"  {name}: " + ", ".join(f"{key} {value:.5f}" for key, value in found.items()),
                    flush=True,
                )
                for key, value in found.items():
                    worst[key] = np.fmin(worst.get(key, np.nan), value)
    except PenumbraError as error:
        print(error, file=sys.stderr)
        return 2
    for key, value in worst.items():
        verdict = "no map to compare" if np.isnan(value) else "ok" if value >= ENOUGH else "too low"
        print(f"{key:22} lowest correlation {value:.5f}  {verdict}")
    return int(any(not value >= ENOUGH for value in worst.values()))


if __name__ == "__main__":
    sys.exit(main())
