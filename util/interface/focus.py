"""One line on where the map lies: inside the lungs or the lesion, and on the outer frame, where nothing ill lives."""

from __future__ import annotations

from util.diagnosis import Diagnosis
from util.explanation import border_share, inside_share, lesion_mask, lung_mask
from util.interface.tongue import words
from util.language import Percent

_MASKS = {"chest": lung_mask, "skin": lesion_mask}
EVEN = 0.36
"""Share of the frame in a map that is the same everywhere (see `border_share`)."""


def focus_line(diagnosis: Diagnosis) -> str | None:
    """Shares of the map inside what should matter (as estimated) and on the frame; None for an empty map.

    A map with more on the frame than an even one would have is called suspicious.
    """
    heat, modality = diagnosis.explanation.heat, diagnosis.card.modality
    border = border_share(heat)
    if diagnosis.explanation.empty or border is None:
        return None
    inside = {}
    if modality in _MASKS:
        inside["inside"] = Percent(inside_share(heat, _MASKS[modality](diagnosis.prepared.pixels)) or 0.0)
    line = words(f"interface.focus_{modality}", border=Percent(border), even=Percent(EVEN), **inside)
    return f"{line} {words('interface.focus_suspicious')}" if border > EVEN else line
