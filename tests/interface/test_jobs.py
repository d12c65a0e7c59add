import threading

import pytest

from util.interface.comparing import job as jobs
from util.interface.comparing.job import PATIENCE, Job, end_jobs, forget_job, job_for, known_job
from util.language import PenumbraError


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """A session of one's own."""
    state: dict = {}
    monkeypatch.setattr(jobs.st, "session_state", state)
    return state


def count(upto: int):
    """Work that yields 1, 2, ... and notes each."""

    def work(job: Job):
        for number in range(1, upto + 1):
            job.note(number)
            yield number

    return work


def held(go: threading.Event, reached: threading.Event | None = None):
    """Work that yields 1, and 2 once `go` is set."""

    def work(job: Job):
        yield 1
        if reached:
            reached.set()
        assert go.wait(60)
        yield 2

    return work


def test_a_job_keeps_its_newest_result_and_is_done_at_the_end():
    job = job_for("maps", "key", count(3))
    assert job.wait(60)
    assert (job.state, job.latest, job.progress, job.running) == ("done", 3, 3, False)


def test_the_same_question_is_computed_once_and_another_one_anew():
    first = job_for("maps", "key", count(1))
    assert first.wait(60)
    assert job_for("maps", "key", count(1)) is first
    other = job_for("maps", "other", count(2))
    assert other.wait(60) and other.latest == 2
    assert known_job("maps", "key") is None and known_job("maps", "other") is other


def test_a_job_that_the_visitor_cancels_keeps_what_it_has_and_stays_cancelled():
    go, reached = threading.Event(), threading.Event()
    job = job_for("maps", "key", held(go, reached))
    assert reached.wait(60)
    job.stop(by_person=True)
    go.set()
    assert job.wait(60)
    assert job.state == "cancelled" and job.latest is not None
    assert job_for("maps", "key", count(1)) is job
    forget_job("maps")
    again = job_for("maps", "key", count(1))
    assert again.wait(60) and again.state == "done"


def test_what_the_visitor_cancelled_stays_so_after_a_change_of_page_before_the_batch_ends():
    go, reached = threading.Event(), threading.Event()
    job = job_for("maps", "key", held(go, reached))
    assert reached.wait(60)
    job.stop(by_person=True)
    end_jobs()  # the page is left while the batch still computes
    go.set()
    assert job.wait(60)
    assert job.state == "cancelled" and job.by_person
    assert job_for("maps", "key", count(1)) is job


def test_a_session_computes_one_thing_at_a_time_and_goes_on_with_the_other_when_asked():
    go, reached = threading.Event(), threading.Event()
    maps = job_for("maps", "key", held(go, reached))
    assert reached.wait(60)
    other = job_for("sanity", "key", count(1))
    go.set()
    assert maps.wait(60) and other.wait(60)
    assert maps.state == "cancelled" and other.state == "done"
    again = job_for("maps", "key", count(2))
    assert again is not maps
    assert again.wait(60) and again.latest == 2


def test_leaving_ends_everything_that_runs():
    go, reached = threading.Event(), threading.Event()
    job = job_for("maps", "key", held(go, reached))
    assert reached.wait(60)
    end_jobs()
    go.set()
    assert job.wait(60)
    assert job.state == "cancelled" and not job.by_person


def test_a_job_that_nobody_looks_at_ends_by_itself():
    now = [0.0]
    job = Job("key", count(1), clock=lambda: now[0])
    now[0] = PATIENCE - 1
    assert not job.cancelled()
    job.look()
    now[0] = 2 * PATIENCE - 2
    assert not job.cancelled()
    now[0] = 3 * PATIENCE
    assert job.cancelled()


def test_a_refusal_and_a_failure_end_in_their_own_states(caplog):
    def refuse(job: Job):
        yield 1
        raise PenumbraError("diagnosis.no_such_class", name="x", names="y")

    def fail(job: Job):
        raise RuntimeError("broken below")
        yield

    refused, failed = job_for("maps", 1, refuse), None
    assert refused.wait(60)
    assert refused.state == "refused" and refused.latest == 1
    assert refused.refusal.sentence.key == "diagnosis.no_such_class"
    failed = job_for("maps", 2, fail)
    assert failed.wait(60)
    assert failed.state == "failed" and "broken below" in caplog.text


def test_only_so_many_jobs_compute_at_once_and_one_that_waits_can_be_cancelled(monkeypatch):
    monkeypatch.setattr(jobs, "_turns", threading.BoundedSemaphore(1))
    go, reached = threading.Event(), threading.Event()
    first = Job(1, held(go, reached)).start()
    assert reached.wait(60)
    second, third = Job(2, count(1)).start(), Job(3, count(1)).start()
    assert second.state == "waiting" and third.state == "waiting"
    third.stop()
    assert third.wait(60) and third.state == "cancelled" and third.latest is None
    go.set()
    assert first.wait(60) and second.wait(60)
    assert second.state == "done"
