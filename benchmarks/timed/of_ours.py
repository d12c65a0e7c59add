"""Our methods as a peer: `python -m benchmarks.timed.of_ours JOB.npz`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np

from benchmarks.explained.runtime import fast_runtime_of
from benchmarks.timed.peer import serve, timed
from util.comparison import compare
from util.comparison.store import Store
from util.diagnosis import diagnose, spoken_class
from util.explanation import FIRST, NAMES, Asker, Explanation, Question, find_method, grad_cam
from util.modelstore import find_card, open_network
from util.prediction import Metadata, predict
from util.preparation import Prepared


class Ours:
    """The tasks on the images of one job: `photographs` uint8 as files hold them, `pixels` uint8 as prepared."""

    def __init__(self, file: str) -> None:
        stored = np.load(file)
        self.job = json.loads(str(stored["job"]))
        self.pixels, self.photograph = stored["pixels_uint8"], stored["photograph"]
        self.card = find_card(self.job["card"], self.job["folder"])
        self.network = open_network(self.card)
        self.runtime = fast_runtime_of(self.network)
        self.metadata = [Metadata(*known) for known in self.job["metadata"]]
        self.first = self.question(0)
        self.asker = Asker(self.network, self.first.target, batch=self.job["batch"], runtime=self.runtime)

    def question(self, image: int) -> Question:
        """Why the class that the app speaks of, of image number `image`."""
        pixels = self.pixels[image]
        side = float(pixels.shape[0])
        prediction = predict(self.network, Prepared(pixels, (), (0.0, 0.0, side, side)), self.metadata[image])
        target = self.job["target"]
        target = spoken_class(self.card, prediction) if target is None else target
        return Question(self.network, pixels, prediction, target)

    def grad_cam(self, asked: Mapping[str, object]) -> dict[str, float]:
        """Prediction and map."""

        def run() -> object:
            question = self.question(0)
            return grad_cam(self.network, question.prediction, question.target)

        return {"seconds": timed(run, asked.get("times", 1))[1]}

    def explained(self, name: str, **changes: object) -> Explanation:
        """The map of method `name` of the first image."""
        method = find_method(name)
        return method.explain(self.first, replace(method.options["fast"], **changes), self.asker)

    def occlusion(self, asked: Mapping[str, object]) -> dict[str, float]:
        """One level of the job's grid: as many patches as the peer covers."""
        levels = ((self.job["grid"], 1),)
        return {
            "seconds": timed(lambda: self.explained("occlusion", levels=levels), asked.get("times", 1))[1]
        }

    def rise(self, asked: Mapping[str, object]) -> dict[str, float]:
        """The job's number of masks."""
        wanted = {"masks": self.job["masks"], "cells": self.job["cells"]}
        return {"seconds": timed(lambda: self.explained("rise", **wanted), asked.get("times", 1))[1]}

    def raw(self, asked: Mapping[str, object]) -> dict[str, float]:
        """`passes` forward passes of pixels that are ready, by the same runtime in the same batches."""
        passes, batch = int(asked["passes"]), self.job["batch"]
        ready = np.repeat(self.pixels[:1].astype(np.float32), batch, axis=0)
        row = self.first.encoded
        rows = None if row is None else np.repeat(row, batch, axis=0)
        runtime = self.runtime or self.network.score_pixels

        def run() -> None:
            for start in range(0, passes, batch):
                count = min(batch, passes - start)
                runtime(ready[:count], None if rows is None else rows[:count])

        return {"seconds": timed(run, asked.get("times", 1))[1]}

    def integrated_gradients(self, asked: Mapping[str, object]) -> dict[str, object]:
        """Steps added until the sum is complete, of one image of the job."""
        question = self.question(int(asked["image"]))
        method = find_method("integrated_gradients")
        asker = Asker(self.network, question.target, runtime=self.runtime)
        started = time.perf_counter()
        found = method.explain(question, method.options["full"], asker)
        seconds = time.perf_counter() - started
        facts = {name: float(found.facts[name]) for name in ("steps", "difference", "error", "allowed")}
        return {"seconds": seconds, **facts}

    def page(self, asked: Mapping[str, object]) -> dict[str, object]:
        """The whole comparison as the page makes it, with curves and nothing remembered; the upload is not counted."""
        ordered = (
            cv2.cvtColor(self.photograph, cv2.COLOR_RGB2BGR) if self.photograph.ndim == 3 else self.photograph
        )
        data = cv2.imencode(".png", ordered)[1].tobytes()
        diagnosis = diagnose(
            data,
            self.card.modality,
            metadata=self.metadata[0],
            model=self.card.name,
            folder=self.job["folder"],
        )
        names = NAMES if asked.get("all") else FIRST
        started = time.perf_counter()
        *_, last = compare(diagnosis, names, store=Store(0))
        return {
            "seconds": time.perf_counter() - started,
            "runtime": last.runtime,
            "methods": {name: one.seconds for name, one in last.findings.items()},
        }


def main(file: str) -> None:
    """Open the model, answer."""
    ours = Ours(file)
    names = ("grad_cam", "occlusion", "rise", "raw", "integrated_gradients", "page")
    serve({name: getattr(ours, name) for name in names}, runtime=getattr(ours.runtime, "name", "TensorFlow"))


if __name__ == "__main__":
    main(sys.argv[1])
