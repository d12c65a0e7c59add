"""Do the methods agree? The largest group of maps each of which resembles every other one of the group."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from util.explanation.agreement import Agreement

ALIKE = (
    0.5  # rank correlation from which two maps count as ranking the pixels alike; a convention, always said
)
# Gradients times activations of one layer: where two of these agree nearly fully, it is one idea that speaks twice.
KIN = ("grad_cam", "grad_cam_plus_plus", "layer_cam")
TWINS = 0.95  # rank correlation above which maps of one idea count as one


def voices(agreement: Agreement, limit: float = TWINS) -> tuple[tuple[str, ...], ...]:
    """The maps with evidence, those of KIN whose Spearman coefficients all lie above `limit` together as one voice.

    In the order of `agreement.names`; most voices hold one name. Maps of different ideas stay apart however alike they
    are: that is what agreement means.
    """
    index = {name: i for i, name in enumerate(agreement.names)}
    found: list[tuple[str, ...]] = []
    for name in (name for name in index if name not in agreement.empty):
        for place, voice in enumerate(found):
            if all(
                {name, other} <= set(KIN) and agreement.spearman[index[name], index[other]] > limit
                for other in voice
            ):
                found[place] = (*voice, name)
                break
        else:
            found.append((name,))
    return tuple(found)


def together(agreement: Agreement, limit: float = ALIKE) -> tuple[str, ...]:
    """The names of the group with most `voices` whose pairs all have a Spearman coefficient of at least `limit`.

    In the order of `agreement.names`; of several with as many voices the one with most maps, then the one whose pairs
    agree most. Fewer than two voices are no group: then (). Every subset is tried, which for ten maps is a thousand.
    """
    voice = {name: number for number, names in enumerate(voices(agreement)) for name in names}
    some = [i for i, name in enumerate(agreement.names) if name in voice]
    groups = [
        (count, size, float(np.mean(values)), chosen)
        for size in range(2, len(some) + 1)
        for chosen in combinations(some, size)
        if min(values := [agreement.spearman[pair] for pair in combinations(chosen, 2)]) >= limit
        and (count := len({voice[agreement.names[i]] for i in chosen})) > 1
    ]
    return tuple(agreement.names[i] for i in max(groups)[-1]) if groups else ()
