"""Do they agree, and does the answer follow them? Two sentences on top, and how the first was decided."""

from __future__ import annotations

from util.comparison import Comparison
from util.comparison.lines import faithful_line
from util.explanation.together import ALIKE, TWINS, together, voices
from util.interface.comparing.asked import Asked, method_name
from util.interface.comparing.job import Job
from util.interface.comparing.numbers import minus
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


def second_line(job: Job, now: Comparison | None) -> str:
    """The sentence below it: whether the answer follows the maps; "" while nobody knows, or where it has no meaning."""
    known = now is not None and not job.running and now.diagnosis.prediction.familiar is not False
    sentence = faithful_line(now) if known else None
    return "" if sentence is None else said(sentence)


def verdict(now: Comparison) -> Sentence:
    """Whether the maps of `now` rank the pixels alike, maps of one idea that hardly differ counted once."""
    count = len(now.findings)
    # A map with signs may hold evidence against the class alone.
    some = [name for name, finding in now.findings.items() if finding.explanation.heat.max() > 0]
    if not some:
        return Sentence.of("compare.head_empty")
    if count == 1:
        return Sentence.of("compare.head_single")
    if len(some) == 1:
        return Sentence.of("compare.head_one", count=count)
    speaking = voices(now.agreement) if now.agreement is not None else ()
    if len(speaking) == 1:
        return Sentence.of("compare.head_one_voice")
    group = together(now.agreement) if now.agreement is not None else ()
    if not group:
        return Sentence.of("compare.head_apart", count=len(speaking) or len(some))
    alike = sum(not set(group).isdisjoint(names) for names in speaking)
    every = count - len(some) + len(speaking)
    if alike < every or every == 2 < count:
        return Sentence.of("compare.head_some", alike=alike, count=every)
    return Sentence.of("compare.head_pair" if every == 2 else "compare.head_all", count=every)


def alike_line(now: Comparison) -> str:
    """Which maps are meant where not all of them are, which count as one, and how far all pairs agree on average."""
    if now.agreement is None:
        return ""
    group, parts = together(now.agreement), []
    if group and len(group) < len(now.findings):
        parts.append(words("compare.grounds_together", names=_names(group)))
    parts += [
        words("compare.grounds_twins", names=_names(voice), limit=TWINS)
        for voice in voices(now.agreement)
        if len(voice) > 1
    ]
    parts.append(words("compare.mean", value=minus(now.agreement.mean())))
    return " ".join(parts)


def _names(methods: tuple[str, ...]) -> str:
    return ", ".join(method_name(name) for name in methods)


def grounds() -> str:
    """What counts as alike, and that agreement is not truth."""
    return words("compare.grounds", limit=ALIKE)
