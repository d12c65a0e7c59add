"""One file a method, found by its name."""

from __future__ import annotations

import importlib

from util.explanation.method import Method

# In the order in which a page shows them.
NAMES = (
    "grad_cam",
    "grad_cam_plus_plus",
    "layer_cam",
    "score_cam",
    "integrated_gradients",
    "smooth_grad",
    "occlusion",
    "lime",
    "rise",
)
# The six that a page shows first: one of each way of asking, within a few seconds.
FIRST = ("grad_cam", "grad_cam_plus_plus", "occlusion", "integrated_gradients", "rise", "lime")


def find_method(name: str) -> Method:
    """The method called `name`; KeyError where there is none."""
    if name not in NAMES:
        raise KeyError(f"expected one of {', '.join(NAMES)}, received {name}")
    return importlib.import_module(f"{__name__}.{name}").METHOD
