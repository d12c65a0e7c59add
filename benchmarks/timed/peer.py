"""Processes that answer when they are asked, one at a time, so that a busy machine slows all of them alike.

The asking side starts a peer and sends one line of JSON a task; the peer answers with one line. Only the standard
library is used here: peers run in environments that hold nothing else of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Task = Callable[[Mapping[str, object]], Mapping[str, object] | None]
_MARK = "@answer "  # libraries print to the same stream


class Peer:
    """One process that answers tasks; `close` ends it. RuntimeError, with its last words, where it dies."""

    def __init__(self, name: str, command: Sequence[str], folder: str) -> None:
        self.name = name
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (`close` closes it; libraries warn there)
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.about = self._answer()

    def ask(self, task: str, **more: object) -> dict[str, object]:
        """What the peer says to `task`: its "seconds" and whatever else the task gives."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"task": task, **more}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, object]:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(_MARK):
                found = json.loads(line.removeprefix(_MARK))
                if "failed" in found:
                    raise RuntimeError(f"{self.name}: {found['failed']}")
                return found
        code = self._process.wait()
        self._errors.seek(0)
        last = [line.strip() for line in self._errors if line.strip()] or ["it said nothing"]
        raise RuntimeError(f"{self.name} ended with {code}: {last[-1]}")

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


def serve(tasks: Mapping[str, Task], **about: object) -> None:
    """Answer tasks from the standard input until it ends; each is timed, what it says beside the time is sent too.

    A task gets the question's own entries. "seconds" is its wall time, unless the task says its own.
    """
    _say({"tasks": sorted(tasks), **about})
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            started = time.perf_counter()
            more = tasks[asked["task"]](asked) or {}
            _say({"seconds": time.perf_counter() - started, **more})
        except Exception as error:  # the asking side must hear of it, whatever it is
            _say({"failed": f"{asked['task']}: {type(error).__name__}: {error}"})


def timed(task: Callable[[], object], times: int) -> tuple[object, float]:
    """What `task` gave last, and the median seconds of `times` runs."""
    seconds, found = [], None
    for _ in range(times):
        started = time.perf_counter()
        found = task()
        seconds.append(time.perf_counter() - started)
    return found, median(seconds)


def _say(answer: Mapping[str, object]) -> None:
    print(_MARK + json.dumps(answer), flush=True)
