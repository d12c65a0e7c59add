"""Do the methods agree? The largest group of maps each of which resembles every other one of the group."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from util.explanation.agreement import Agreement

ALIKE = (
    0.5  # rank correlation from which two maps count as looking at the same place; a convention, always said
)


def together(agreement: Agreement, limit: float = ALIKE) -> tuple[str, ...]:
    """The names of the largest group of maps whose pairs all have a Spearman coefficient of at least `limit`.

    In the order of `agreement.names`; of several groups as large, the one whose pairs agree most. Fewer than two
    names where no pair is alike: then (). Every subset is tried, which for ten maps is a thousand.
    """
    some = [i for i, name in enumerate(agreement.names) if name not in agreement.empty]
    for size in range(len(some), 1, -1):
        groups = [
            (float(np.mean(values)), chosen)
            for chosen in combinations(some, size)
            if min(values := [agreement.spearman[pair] for pair in combinations(chosen, 2)]) >= limit
        ]
        if groups:
            return tuple(agreement.names[i] for i in max(groups)[1])
    return ()
