"""What a run was, in words for people: records say it in short English phrases, joined by commas."""

from __future__ import annotations

import re

from util.interface.precise import shortest
from util.interface.tongue import language, words
from util.language import entries
from util.modelstore.record_of_runs import Run
from util.report.names import step_name

_NUMBERED = re.compile(r"(.+) (\d+(?:\.\d+)?)")


def network_name(name: str) -> str:
    """A network as its authors write it; the record's own string where unknown."""
    key = f"pages.network_{_plain(name)}"
    return words(key) if key in entries() else name


def weights_name(text: str) -> str:
    """Where a run's first weights came from: nowhere, ImageNet, or a file by its name."""
    if "imagenet" in text.lower():
        return words("pages.run_imagenet")
    return phrases(text) if text else words("pages.run_from_scratch")


def phrases(text: str) -> str:
    """A description such as "logit adjustment, sampler 0.5", part by part; what is unknown stays as it is."""
    return ", ".join(_phrase(part) for part in text.split(", ") if part)


def _phrase(part: str) -> str:
    if known := _known(part):
        return known
    numbered = _NUMBERED.fullmatch(part)
    if numbered and (known := _known(numbered[1])):
        return f"{known} {shortest(float(numbered[2]))}"
    return part


def _known(part: str) -> str:
    key = f"pages.run_{_plain(part)}"
    if key in entries():
        return words(key)
    step = part.replace(" ", "_")
    name = step_name(step, language()) if f"preparation.name_{step}" in entries() else ""
    return name[:1].lower() + name[1:]


def run_name(run: Run, *, side: bool = False) -> str:
    """A run by what sets it apart: network, imbalance, preparation, what else; with `side` also its image size."""
    apart = [phrases(part) for part in (run.imbalance, run.preparation, run.also) if part]
    if side and run.side is not None:
        apart.append(words("pages.budget_side", value=run.side))
    return " · ".join([network_name(run.network), *apart])


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower())
