"""The training loop: phases, epochs, steps; it stops anywhere and goes on with the very next batch."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from util.training import batches, checkpoint, schedules
from util.training.checkpoint import Progress
from util.training.configuration import Configuration
from util.training.data_root import DataError
from util.training.device import seed_step
from util.training.phases import Phase, optimiser, phases, restart_epochs, thaw
from util.training.sampling import epoch_order
from util.training.validation import quick_figures

if TYPE_CHECKING:
    import keras

    from util.training.distillation import Teacher
    from util.training.loading import Loaded

# The average is brought up to date every so many steps: often enough, and a copy of all weights each time.
_AVERAGED = 4


@dataclass
class Loop:
    """One run: `model` gives scores, `drawn` (N,) are sampling probabilities, `held` is None for a refit."""

    config: Configuration
    model: keras.Model
    loss: Callable
    train: Loaded
    held: Loaded | None
    drawn: np.ndarray
    encoding: object
    output: Path
    teacher: Teacher | None = None
    on_epoch: Callable[[], None] | None = None
    say: Callable = print
    progress: Progress | None = None

    def run(self) -> Progress:
        """Train all that is left; the model ends with its averaged weights, of the best epoch where patience is given.

        Raises DataError where the loss is no number any more.
        """
        self.average = self.best = None
        resumed = self.progress is not None and (self.output / checkpoint.FILE).is_file()
        self.progress = self.progress or Progress()
        if resumed:
            self.average, self.best = checkpoint.load_weights(self.output, self.model)
        self.steps = self.config.images_per_epoch // self.config.batch_size
        todo = phases(self.config)
        begun = self.progress.phase
        for number, phase in enumerate(todo):
            if number < begun:
                continue
            self._enter(phase, resumed and number == begun)
            while self.progress.epoch - self.progress.phase_first < phase.epochs and not self._exhausted():
                self._epoch(phase)
            if number + 1 < len(todo):
                self._take_average()
                self.progress.phase, self.progress.phase_first = number + 1, self.progress.epoch
                self.progress.aucs = []
        self._take_average()
        return self.progress

    def _enter(self, phase: Phase, resumed: bool) -> None:
        """The layers that train in `phase` and a fresh optimiser for them, or that of the checkpoint."""
        thaw(self.model, self.config.model, phase.thawed, pretrained=self.progress.weights_from != "none")
        self.model.compile(optimizer=optimiser(self.config, phase.peak), loss=self.loss, jit_compile=False)
        if resumed:
            checkpoint.load_optimiser(self.output, self.model)

    def _exhausted(self) -> bool:
        return self.held is not None and schedules.exhausted(self.progress.aucs, self.config.patience)

    def _take_average(self) -> None:
        """The averaged weights into the model, of the best epoch so far where patience keeps them."""
        chosen = self.best or self.average
        if chosen is not None:
            self.model.set_weights(chosen)
        self.average = None

    def _epoch(self, phase: Phase) -> None:
        config, now = self.config, self.progress
        # Seeded by epoch: a run that starts again sees the very images it would have seen.
        rng = np.random.default_rng([config.seed, now.epoch])
        order = epoch_order(self.drawn, self.steps * config.batch_size, rng)
        mixing = config.mixing if config.mixing and now.epoch >= config.mixing.get("from_epoch", 0) else None
        stream = batches.training_batches(
            self.train.images,
            self.train.rows,
            batches.targets(self.train.data),
            order,
            config,
            self.encoding,
            rng,
            workers=config.num_workers,
            mixing=mixing,
            first=now.step,
        )
        bar = tqdm(
            stream,
            desc=f"epoch {now.epoch + 1}/{phase.epochs + now.phase_first}",
            total=self.steps,
            initial=now.step,
            leave=False,
            # A log file is no terminal: a line now and then is enough.
            mininterval=0.2 if sys.stderr.isatty() else 5,
        )
        began = time.monotonic()
        for inputs, wanted in bar:
            self._step(phase, inputs, wanted)
            bar.set_postfix(loss=f"{now.losses / now.step:.4f}", refresh=False)
            if now.step % config.checkpoint_steps == 0 and now.step < self.steps:
                now.epoch_seconds, began = now.epoch_seconds + time.monotonic() - began, time.monotonic()
                self._save()
        now.epoch_seconds += time.monotonic() - began
        self._finish_epoch()

    def _step(self, phase: Phase, inputs: object, wanted: np.ndarray) -> None:
        now = self.progress
        now.rate = self._rate(phase)
        self.model.optimizer.learning_rate = now.rate
        if self.teacher is not None:
            wanted = self.teacher.beside(inputs, wanted)
        seed_step(self.config.seed, now.epoch, now.step)
        value = float(self.model.train_on_batch(inputs, wanted))
        if not np.isfinite(value):
            raise DataError("training.diverged", epoch=str(now.epoch + 1), rate=f"{now.rate:.2g}")
        done = (now.epoch - now.phase_first) * self.steps + now.step
        if self.config.ema and done % _AVERAGED == _AVERAGED - 1:
            # The average forgets its start: early on it is as long as the run.
            momentum = min(self.config.ema**_AVERAGED, (done + 1) / (done + 40))
            weights = self.model.get_weights()
            self.average = weights if self.average is None else _between(self.average, weights, momentum)
        now.step, now.losses = now.step + 1, now.losses + value
        now.images_seen += self.config.batch_size

    def _rate(self, phase: Phase) -> float:
        """The learning rate of the next step."""
        now, config = self.progress, self.config
        step = (now.epoch - now.phase_first) * self.steps + now.step
        if config.schedule == "cosine":
            edges = [epoch * self.steps for epoch in restart_epochs(config, phase)]
            return schedules.with_restarts(step, edges, phase.peak)
        factor = schedules.plateau_factor(now.aucs) if config.schedule == "plateau" else 1.0
        return factor * schedules.warmed(step, phase.epochs * self.steps, phase.peak)

    def _finish_epoch(self) -> None:
        """Figures, the line in the history, the checkpoint."""
        now = self.progress
        # A refitted network has seen the validation fold: its figures there would mean nothing.
        figures = {} if self.held is None else self._validated()
        row = {"epoch": now.epoch + 1, "loss": round(now.losses / self.steps, 5)}
        row |= {name: round(value, 5) for name, value in figures.items()}
        row |= {"learning_rate": float(f"{now.rate:.4g}"), "seconds": round(now.epoch_seconds, 1)}
        record(self.output, row)
        self.say("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
        now.seconds += now.epoch_seconds
        now.epoch, now.step, now.losses, now.epoch_seconds = now.epoch + 1, 0, 0.0, 0.0
        self._save()
        if self.on_epoch is not None:
            self.on_epoch()

    def _save(self) -> None:
        checkpoint.save(self.output, self.model, self.average, self.best, self.progress)

    def _validated(self) -> dict[str, float]:
        """Figures of the averaged weights on the validation part; the model keeps the weights it is trained on."""
        last = self.model.get_weights()
        if self.average is not None:
            self.model.set_weights(self.average)
        scores = batches.read_out(self.model, self.held.images, self.held.rows, self.config.img_size)
        self.model.set_weights(last)
        figures = quick_figures(scores, self.held.data.target)
        now = self.progress
        # A validation part of one class has no AUC: then no epoch is better than another.
        auc = 0.0 if np.isnan(figures["auc"]) else figures["auc"]
        now.aucs.append(auc)
        if self.config.patience and (now.best is None or auc > now.best):
            now.best, self.best = auc, last if self.average is None else self.average
        return figures


def record(output: Path, row: dict[str, object]) -> None:
    """Put `row`, the line of an epoch, at the end of `history.csv`, in the place of one that stood there."""
    file = output / "history.csv"
    rows: list[dict] = []
    if file.exists():
        # Killed between this line and its checkpoint, a run ends the epoch again: one line an epoch.
        with file.open(newline="", encoding="utf-8") as stream:
            rows = [old for old in csv.DictReader(stream) if int(old["epoch"]) < row["epoch"]]
    rows.append(row)
    names = dict.fromkeys(name for one in rows for name in one)
    # Killed in the middle of it, a run keeps its earlier epochs: its checkpoint does not hold them.
    unfinished = output / "history.tmp.csv"
    with unfinished.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    unfinished.replace(file)


def _between(average: list, weights: list, momentum: float) -> list:
    return [a * momentum + w * (1 - momentum) for a, w in zip(average, weights, strict=True)]
