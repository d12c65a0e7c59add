"""Do they agree? One sentence on top, and how it was decided."""

from __future__ import annotations

from util.comparison import Comparison
from util.explanation.together import ALIKE, together
from util.interface.comparing.asked import Asked, method_name
from util.interface.comparing.job import Job
from util.interface.tongue import said, words
from util.language import Sentence


def headline(job: Job, now: Comparison | None, asked: Asked) -> str:
    """The sentence on top: what is going on while the maps come, then whether they agree."""
    if job.running:
        done = len(now.findings) if now else 0
        return words("compare.head_running", done=done, count=len(asked.methods))
    if now is None or not now.findings:
        return words("compare.head_none")
    return said(verdict(now))


def verdict(now: Comparison) -> Sentence:
    """Whether the maps of `now` show the same place."""
    count = len(now.findings)
    some = [name for name, finding in now.findings.items() if not finding.explanation.empty]
    if not some:
        return Sentence.of("compare.head_empty")
    if count == 1:
        return Sentence.of("compare.head_single")
    if len(some) == 1:
        return Sentence.of("compare.head_one", count=count)
    group = together(now.agreement) if now.agreement is not None else ()
    if not group:
        return Sentence.of("compare.head_apart", count=len(some))
    if len(group) == count:
        return Sentence.of("compare.head_pair" if count == 2 else "compare.head_all", count=count)
    return Sentence.of("compare.head_some", alike=len(group), count=count)


def alike_line(now: Comparison) -> str:
    """Which maps are meant, where not all of them are."""
    group = together(now.agreement) if now.agreement is not None else ()
    if not group or len(group) == len(now.findings):
        return ""
    return words("compare.grounds_together", names=", ".join(method_name(name) for name in group))


def grounds() -> str:
    """What counts as the same place, and that agreement is not truth."""
    return words("compare.grounds", limit=ALIKE)
