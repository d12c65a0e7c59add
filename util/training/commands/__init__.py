"""One file a sub-command of `python -m util.training`: its `HELP`, `add(parser)` and `run(options)`.

A file put into this folder is a new sub-command. `--modality` and `--data-root` are added to every parser; a command
that is about no modality says `MODALITY = False`.
"""

from __future__ import annotations

MODALITIES = ("chest", "skin", "breast", "own")
