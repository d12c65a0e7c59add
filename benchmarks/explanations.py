"""All methods on real images: whether maps are faithful and repeatable, where they lie, what they cost.

`python -m benchmarks.explanations --modality skin --images 100 --part validation [--write]` asks the default model
about images of one part, balanced over classes and fixed by a seed, in the fast preset, why it decides as it does:
insertion and deletion beside a random map, the picture's edges and a centred Gaussian; focus on drawn lesions or
estimated lungs; time; and on the first `--checks` images repeatability and sanity. Each image is one line of a file
under `runs/explanations/`, written as soon as it is there: a killed run goes on where it stopped. `--write` puts the
figures, with 95 % bootstrap intervals by group, into `explanations.yaml` beside the card. `--degenerate` asks every
method about 300 real and 50 degenerate images instead, and exits with 1 where a map holds NaN or is blank in silence.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import shlex
import sys
from pathlib import Path

from benchmarks.explained.degenerate import check
from benchmarks.explained.images import drawn, questions
from benchmarks.explained.measuring import BASELINE, PRESET, image_row, maps_of, repeat_row, sanity_row
from benchmarks.explained.record import printed, write
from benchmarks.explained.runtime import fast_runtime_of
from benchmarks.explained.summary import summarise
from util.explanation.faithfulness import STEPS
from util.language import PenumbraError
from util.modelstore import default_card, find_card, open_network, randomised_network
from util.modelstore.card import Card
from util.modelstore.randomised import STAGES
from util.training.data_root import PROJECT, data_root
from util.training.dataset import Dataset
from util.training.ship import part_of

CHECKS = 20
KINDS = ("image", "repeat", "sanity")
OUT = PROJECT / "runs" / "explanations"


def run(card: Card, dataset: Dataset, file: Path, *, checks: int = CHECKS, steps: int = STEPS) -> list[dict]:
    """Measure every image of `dataset` that `file` does not hold yet, line by line; return all rows of `dataset`."""
    rows = read(file)
    done = {(row["row"], row["path"]) for row in rows}
    network, forgetful = open_network(card), None
    runtime = fast_runtime_of(network)
    print(
        f"{card.name}: {len(dataset)} images, scores by {getattr(runtime, 'name', 'TensorFlow')}", flush=True
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    wanted = {
        path: ("image", "repeat", "sanity")[: 3 if turn < checks else 1]
        for turn, path in enumerate(dataset.paths)
    }
    whole = {path for path, kinds in wanted.items() if all((kind, path) in done for kind in kinds)}
    with file.open("a", encoding="utf-8") as stream:
        for count, asked in enumerate(questions(network, dataset, whole), 1 + len(whole)):
            missing = [kind for kind in wanted[asked.path] if (kind, asked.path) not in done]
            maps = maps_of(asked, runtime)
            for kind in missing:
                if kind == "image":
                    row = image_row(asked, maps, runtime, steps=steps)
                elif kind == "repeat":
                    row = repeat_row(asked, maps, runtime)
                else:
                    forgetful = forgetful or randomised_network(card, STAGES)
                    row = sanity_row(asked, maps, forgetful)
                rows.append(row)
                stream.write(json.dumps(row) + "\n")
                stream.flush()
            print(f"{count} of {len(dataset)}  {asked.path}", flush=True)
    return [row for row in rows if row["path"] in wanted and row["row"] in wanted[row["path"]]]


def read(file: Path) -> list[dict]:
    """The rows of `file`; a last line that a kill cut short is dropped."""
    if not file.is_file():
        return []
    text = file.read_text("utf-8")
    if text and not text.endswith("\n"):
        text = text[: text.rfind("\n") + 1]
        file.write_text(text, "utf-8")
    return [json.loads(line) for line in text.splitlines()]


def reading(card: Card) -> str:
    """Eight digits of the file and of what its card makes of it: rows of another layer or rule are others."""
    made = (
        card.sha256, card.gradcam_layer, card.preparation, card.input, card.metadata, card.calibration, card.decision,
        *((card.views,) if card.views else ()),
    )  # fmt: skip
    return hashlib.sha256(repr(made).encode()).hexdigest()[:8]


def cores() -> int:
    """How many cores this process may use: the times of a table mean nothing without it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def learned(card: Card, part: str) -> bool:
    """Whether the shipped network has been trained on `part`: a refit takes the validation images in."""
    return part == "validation" and bool(card.extra.get("training", {}).get("refitted", False))


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0, 1 where `--degenerate` found a fault, 2 with one sentence where something is missing."""
    given = arguments if arguments is not None else sys.argv[1:]
    options = parser().parse_args(given)
    try:
        card = (
            find_card(options.model, options.models_folder)
            if options.model
            else default_card(options.modality, options.models_folder)
        )
        part = part_of(card, data_root(options.data_root), options.part)
        if options.degenerate:
            return check(card, drawn(part, options.images or 300, options.seed), fast_runtime_of)
        dataset = drawn(part, options.images or 100, options.seed)
        # Rows of curves with other steps are other rows.
        steps = "" if options.steps == STEPS else f"-{options.steps}"
        name = f"{card.name}-{reading(card)}{steps}-{options.part}.jsonl"
        rows = run(card, dataset, (options.out or OUT) / name, checks=options.checks, steps=options.steps)
    except PenumbraError as error:
        print(error, file=sys.stderr)
        return 2
    seen = learned(card, options.part)
    record = {
        "part": options.part,
        "date": datetime.date.today().isoformat(),
        "command": shlex.join(["python", "-m", "benchmarks.explanations", *given]),
        "preset": PRESET,
        "steps": options.steps,
        "baseline": BASELINE,
        "seed": options.seed,
        "learned": seen,
        "cores": cores(),
        **summarise(
            rows,
            # Errors on images that the network has learned are too few to draw a line by.
            limit_error=None
            if seen or options.part == "test" or not card.grey_zone
            else card.grey_zone.target_error,
            draws=options.draws,
        ),
    }
    for line in printed(card, record):
        print(line)
    if options.write:
        print(f"written to {write(card, record)}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks.explanations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--modality", choices=("chest", "skin", "breast", "own"), default="chest")
    found.add_argument("--model", help="the name of a card; default: the modality's default model")
    found.add_argument("--models-folder", type=Path)
    found.add_argument("--data-root", type=Path)
    found.add_argument("--part", choices=("validation", "test"), default="validation")
    found.add_argument("--images", type=int, help="default: 100, with --degenerate 300")
    found.add_argument("--checks", type=int, default=CHECKS, help="images for repeatability and sanity")
    found.add_argument("--steps", type=int, default=STEPS, help="steps of a curve")
    found.add_argument("--draws", type=int, default=1000, help="draws of the bootstrap")
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--out", type=Path, help="where rows are kept; default: runs/explanations")
    found.add_argument("--write", action="store_true", help="store the figures beside the card")
    found.add_argument("--degenerate", action="store_true", help="look for NaN and silent blank maps")
    return found


if __name__ == "__main__":
    sys.exit(main())
