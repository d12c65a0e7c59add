"""Work behind a page: one thread a session, with progress, and an end when nobody waits any more.

Nothing in the thread calls Streamlit. The page looks at the job while it runs (`st.fragment(run_every=...)`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator

import streamlit as st

from util.language import PenumbraError
from util.modelstore.runtime import give_back_memory

_DESK = "work_behind"
_log = logging.getLogger(__name__)
PATIENCE = 120.0  # seconds without a look after which nobody is there: a browser in the background looks once a minute
AT_ONCE = 2  # jobs that compute at the same time on one server; the others wait their turn
_turns = threading.BoundedSemaphore(AT_ONCE)
# What a job runs: given the job, for its `cancelled` and `note`, it yields growing results.
Work = Callable[["Job"], Iterator[object]]


class Job:
    """One piece of work under `key`; `latest` is the newest result, None before the first.

    `state` is "waiting" (for its turn), "running", "done", "cancelled", "refused" (`refusal` says why) or "failed";
    `progress` is whatever the work noted last. Raises nothing: what the work raises ends in the state.
    """

    def __init__(self, key: Hashable, work: Work, clock: Callable[[], float] = time.monotonic) -> None:
        self.key, self.latest, self.progress = key, None, None
        self.state = "waiting"
        self.refusal: PenumbraError | None = None
        self.by_person = False
        self._work, self._clock, self._seen = work, clock, clock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="comparison", daemon=True)

    def start(self) -> Job:
        """Begin; returns the job itself."""
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self.state in ("waiting", "running")

    def look(self) -> None:
        """Say that somebody is watching."""
        self._seen = self._clock()

    def note(self, progress: object) -> None:
        """Keep what the work says of its progress."""
        self.progress = progress

    def cancelled(self) -> bool:
        """Whether the work should end: somebody said so, or nobody has looked for a long time."""
        return self._stop.is_set() or self._clock() - self._seen > PATIENCE

    def stop(self, by_person: bool = False) -> None:
        """Ask the work to end at its next batch; `by_person` where the visitor pressed the button."""
        self.by_person |= by_person  # what ends the work once more does not unsay the visitor
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False where it did not come in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not _turns.acquire(timeout=0.2):
            if self.cancelled():
                self.state = "cancelled"
                return
        try:
            self.state = "running"
            for result in self._work(self):
                self.latest = result
                if self.cancelled():
                    self.state = "cancelled"
                    return
            self.state = "done"
        except PenumbraError as refusal:
            self.refusal, self.state = refusal, "refused"
        except Exception:
            if self.cancelled():
                self.state = "cancelled"
                return
            # The page must stay usable whatever breaks below; the log has the cause.
            _log.exception("a comparison failed")
            self.state = "failed"
        finally:
            give_back_memory()  # a class leaves the page open: what a comparison took is not for the next hour
            _turns.release()


def job_for(place: str, key: Hashable, work: Work) -> Job:
    """The session's job at `place` (one a tab or button), begun where another or none stood there.

    A session computes one thing at a time: what runs elsewhere ends, and goes on from what is known when it is asked
    for again. What the visitor cancelled stays cancelled.
    """
    job = known_job(place, key)
    if job is None or (job.state == "cancelled" and not job.by_person):
        end_jobs()
        job = Job(key, work).start()
        _desk()[place] = job
    job.look()
    return job


def known_job(place: str, key: Hashable) -> Job | None:
    """The session's job at `place`, where it is the one of `key`."""
    job = _desk().get(place)
    return job if job is not None and job.key == key else None


def forget_job(place: str) -> None:
    """End the job at `place` and forget what it found, so that it can begin anew."""
    if job := _desk().pop(place, None):
        job.stop()


def end_jobs() -> None:
    """End everything that this session still computes."""
    for job in _desk().values():
        if job.running:
            job.stop()


def _desk() -> dict[str, Job]:
    return st.session_state.setdefault(_DESK, {})
