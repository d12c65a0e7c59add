"""What methods of explanation cost, beside tf-keras-vis and Xplique, each in a process of its own, asked in turns.

`python -m benchmarks.methods [--xplique PYTHON] [--make-environment FOLDER] [--images 100] [--data-root DIR]` measures
on the default chest model (flat, one input: all peers open it), warm: Grad-CAM against both peers; Occlusion of 196
patches and RISE of 256 masks against Xplique at the same batch, and as a share of the raw forward passes of the same
runtime; the page's comparison of six methods and of all nine, with curves; Integrated Gradients with steps added until
its sum is complete, on real images, against Xplique's 50 steps, each with its error. Then ours alone on the fused skin
model. Peers take turns, so that a busy machine slows all alike. Exit status 1 where a floor is missed.

Xplique needs another environment (TensorFlow 2.20): `--make-environment FOLDER` makes it, `--xplique` names its Python;
without either the peer is left out, and said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.explained.images import drawn
from benchmarks.timed.peer import Peer
from util.imaging import decode
from util.language import PenumbraError
from util.modelstore import Card, default_card, find_card
from util.prediction import Metadata
from util.preparation import prepare
from util.samples import samples
from util.training.data_root import PROJECT, DataError, data_root
from util.training.dataset import parts, read_index
from util.training.evaluation.asking import prepared

GRID, MASKS, CELLS, BATCH, STEPS = 14, 256, 7, 32, 50
PARTS = ("speed", "page", "gradients")
# Xplique asks for TensorFlow with CUDA, which a CPU does not need: it goes in without what it asks for.
PACKAGES = (
    "tensorflow==2.20.0", "keras==3.15.1", "tensorflow-probability[tf]==0.25.0", "deprecated", "einops", "matplotlib",
    "opencv-python-headless", "scikit-image<=0.25.2", "scikit-learn<=1.7.2", "scipy<=1.15.3",
)  # fmt: skip
XPLIQUE = "xplique==2.0.2"


@dataclass
class Floors:
    """What must hold: printed as it is measured, and remembered."""

    missed: list[str] = field(default_factory=list)
    model: str = ""

    def at_least(self, name: str, value: float, floor: float, unit: str = "x") -> None:
        """Print `value` beside the floor it must reach."""
        self._say(name, value, f"at least {floor:g}", value >= floor, unit)

    def at_most(self, name: str, value: float, limit: float, unit: str = "s") -> None:
        """Print `value` beside the limit it must keep."""
        self._say(name, value, f"at most {limit:g}", value <= limit, unit)

    def _say(self, name: str, value: float, wanted: str, holds: bool, unit: str) -> None:
        print(f"  {name}: {value:.2f} {unit} ({wanted}: {'ok' if holds else 'missed'})", flush=True)
        if not holds:
            self.missed.append(f"{self.model}: {name}" if self.model else name)


def job_of(card: Card, folder: Path | None, images: int, root: Path | None) -> dict[str, object]:
    """The arrays and the settings that all peers of one model get; `real` tells whether the images are."""
    try:
        dataset = drawn(parts(read_index(data_root(root), card.modality))["validation"], images)
        files = [decode((dataset.folder / path).read_bytes(), minimum_side=1) for path in dataset.paths]
        pixels = [prepare(one, card.preparation).pixels for one in files]
        known = dataset.metadata if dataset.metadata and card.metadata else [Metadata()] * len(files)
        photograph, real = files[0].pixels, True
    except DataError:
        drawings = samples(card.modality)
        pixels = [prepared(one.pixels, card).pixels for one in drawings]
        known, photograph, real = [Metadata()] * len(pixels), drawings[0].pixels, False
    shown = np.stack(pixels)
    return {
        "photograph": photograph,
        "pixels_uint8": shown,
        "pixels": shown.astype(np.float32) * card.input.scale + card.input.offset,
        "real": real,
        "job": {
            "card": card.name,
            "folder": str(folder) if folder else None,
            "model": str((card.folder / card.file).resolve()),
            "layer": card.gradcam_layer,
            "units": card.units,
            # With two classes all peers explain the dangerous one; with more, ours the most probable one.
            "target": card.labels.index(card.danger[0]) if len(card.labels) == 2 else None,
            "metadata": [[one.age, one.sex, one.site] for one in known],
            "grid": GRID,
            "masks": MASKS,
            "cells": CELLS,
            "batch": BATCH,
            "steps": STEPS,
        },
    }


def peers_of(job: dict[str, object], xplique: Path | None, *, alone: bool, file: Path) -> dict[str, Peer]:
    """The processes, started and ready: ours, and unless `alone` the others that can be had."""
    arrays = {name: value for name, value in job.items() if isinstance(value, np.ndarray)}
    np.savez(file, job=json.dumps(job["job"]), **arrays)

    def start(name: str, python: Path | str, module: str) -> Peer:
        return Peer(name, [str(python), "-m", f"benchmarks.timed.{module}", str(file)], str(PROJECT))

    wanted = {"ours": (sys.executable, "of_ours")}
    if not alone:
        wanted["tf-keras-vis"] = sys.executable, "of_tf_keras_vis"
        if xplique is not None:
            wanted["Xplique"] = xplique, "of_xplique"
    found: dict[str, Peer] = {}
    try:
        for name, (python, module) in wanted.items():
            found[name] = start(name, python, module)
    except BaseException:
        for peer in found.values():  # nobody else knows them yet
            peer.close()
        raise
    return found


def turn(peers: dict[str, Peer], task: str, **more: object) -> dict[str, float]:
    """Seconds of `task` by each peer that knows it, one after another."""
    able = {name: peer for name, peer in peers.items() if task in peer.about["tasks"]}
    return {name: peer.ask(task, **more)["seconds"] for name, peer in able.items()}


def medians(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of each entry over `rows`."""
    return {name: median(row[name] for row in rows) for name in rows[0]}


def speed(peers: dict[str, Peer], rounds: int, floors: Floors) -> None:
    """Grad-CAM, Occlusion and RISE, and the raw forward passes they are held against."""
    turn(peers, "grad_cam", times=3)  # warms up
    found = medians([turn(peers, "grad_cam", times=15) for _ in range(rounds)])
    _line("Grad-CAM (ours with the prediction)", found)
    if "tf-keras-vis" in found:
        floors.at_least("tf-keras-vis / ours", found["tf-keras-vis"] / found["ours"], 5)
    if "Xplique" in found:
        floors.at_least("Xplique / ours", found["Xplique"] / found["ours"], 1)
    for task, passes in (("occlusion", GRID**2), ("rise", MASKS)):
        rows = []
        for number in range(rounds + 1):
            # The raw passes take turns with the method, so that both see the same machine.
            row = turn(peers, task)
            row["raw forward"] = peers["ours"].ask("raw", passes=passes)["seconds"]
            if number:  # the first turn warms up
                rows.append(row)
        found, forward = medians(rows), [row["raw forward"] / row["ours"] for row in rows]
        _line(f"{task}, {passes} passes, batch {BATCH}", found)
        floors.at_least("share of the raw forward throughput", 100 * median(forward), 70, "%")
        if "Xplique" in found:
            floors.at_least("Xplique / ours", found["Xplique"] / found["ours"], 2)


def page(peer: Peer, rounds: int, floors: Floors, *, held: bool) -> None:
    """The whole comparison with curves; `held` to the limits or only printed."""
    for every, title, limit in ((False, "page, six methods", 8), (True, "page, all nine", 20)):
        answers = [peer.ask("page", all=every) for _ in range(rounds + 1)][1:]
        seconds = median(one["seconds"] for one in answers)
        maps = ", ".join(f"{name} {value:.2f}" for name, value in answers[-1]["methods"].items())
        print(f"{title}, fast preset, with curves ({answers[-1]['runtime']}); maps: {maps} s")
        if held:
            floors.at_most(title, seconds, limit)
        else:
            print(f"  {title}: {seconds:.2f} s")


def gradients(peers: dict[str, Peer], images: int, floors: Floors) -> None:
    """Integrated Gradients of every image: whether its sum became complete, its steps, and what the peer does."""
    able = {name: peer for name, peer in peers.items() if "integrated_gradients" in peer.about["tasks"]}
    rows: dict[str, list[dict]] = {name: [] for name in able}
    for peer in able.values():
        peer.ask("integrated_gradients", image=0)  # warms up
    for image in range(images):
        for name, peer in able.items():
            rows[name].append(peer.ask("integrated_gradients", image=image))
    mine = rows["ours"]
    print(f"Integrated Gradients on {images} images, at most 256 steps")
    complete = sum(one["error"] <= one["allowed"] for one in mine)
    steps = [one["steps"] for one in mine]
    floors.at_least("complete to 1 % of max(|difference|, 0.1)", 100 * complete / images, 99, "% of images")
    print(f"  steps: median {median(steps):.0f}, most {max(steps):.0f}")
    for name, found in rows.items():
        left = [one["error"] / max(abs(one["difference"]), 0.1) for one in found]
        print(
            f"  {name}: median {median(one['seconds'] for one in found):.3f} s, error median {median(left):.2%}, "
            f"largest {max(left):.2%}, within 1 % on {sum(one <= 0.01 for one in left)}"
        )
    if "Xplique" in rows:
        theirs = median(one["seconds"] for one in rows["Xplique"])
        floors.at_least("Xplique's time / ours", theirs / median(one["seconds"] for one in mine), 1)


def _line(title: str, seconds: dict[str, float]) -> None:
    print(
        f"{title}: " + ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in seconds.items()),
        flush=True,
    )


def make_environment(folder: Path) -> Path:
    """The Python of an environment with Xplique in `folder`, made with this one's venv and pip unless it is there."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # Xplique goes in last: where it is, nothing is missing.
    asked = [str(python), "-c", "import importlib.util as u, sys; sys.exit(u.find_spec('xplique') is None)"]
    if python.exists() and subprocess.run(asked).returncode == 0:
        return python
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *PACKAGES], check=True)
    subprocess.run([*install, "--no-deps", XPLIQUE], check=True)
    return python


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0, 1 where a floor is missed, 2 with one sentence where a model is missing."""
    options = parser().parse_args(arguments)
    xplique = options.xplique
    if options.make_environment:
        xplique = make_environment(options.make_environment)
    floors, folder = Floors(), options.models_folder
    try:
        chest = find_card(options.model, folder) if options.model else default_card("chest", folder)
        chosen = (
            [(chest, False)] if options.no_skin else [(chest, False), (default_card("skin", folder), True)]
        )
        for card, alone in chosen:
            with tempfile.TemporaryDirectory() as place:
                _measure(card, alone, options, xplique, floors, Path(place) / "job.npz")
    except (PenumbraError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"floors missed: {', '.join(floors.missed) or 'none'}")
    return int(bool(floors.missed))


def _measure(card: Card, alone: bool, options, xplique: Path | None, floors: Floors, file: Path) -> None:
    job = job_of(card, options.models_folder, options.images, options.data_root)
    floors.model = card.name
    peers = peers_of(job, xplique, alone=alone, file=file)
    try:
        about = ", ".join(f"{name} {peer.about.get('version', '')}".strip() for name, peer in peers.items())
        kind = "real images" if job["real"] else "drawn samples, since there is no data"
        print(f"{card.name}: {about}; {kind}; scores by {peers['ours'].about['runtime']}", flush=True)
        if not alone and "Xplique" not in peers:
            print("  without Xplique: neither --xplique nor --make-environment was given")
        if "speed" in options.parts:
            speed(peers, options.rounds, floors)
        if "page" in options.parts:
            page(peers["ours"], options.rounds, floors, held=not alone)
        if "gradients" in options.parts:
            gradients(peers, len(job["pixels"]), floors)
    finally:
        for peer in peers.values():
            peer.close()


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks.methods",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--xplique", type=Path, help="the Python of an environment with Xplique")
    found.add_argument("--make-environment", type=Path, help="make that environment in this folder, once")
    found.add_argument("--model", help="a flat model of one input; default: the default chest model")
    found.add_argument("--models-folder", type=Path)
    found.add_argument("--data-root", type=Path)
    found.add_argument("--images", type=int, default=100, help="real images for Integrated Gradients")
    found.add_argument("--rounds", type=int, default=5, help="turns each peer takes")
    found.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    found.add_argument("--no-skin", action="store_true", help="leave the fused skin model out")
    return found


if __name__ == "__main__":
    sys.exit(main())
