"""An `.h5` converted for LiteRT, in a process of its own, whose memory (about 1 GB) is free again when it ends.

`python -m util.modelstore.conversion` reads one card as JSON ({"folder": ..., "card": {...}}) and writes into the
cache of `fast_cache.py`; the app starts it and waits for it with a time limit.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

from util.modelstore import fast_cache
from util.modelstore.card import Card
from util.modelstore.mapping import as_mapping, from_mapping

LIMIT = 600.0  # seconds; 10 to 20 on an idle machine with two cores
_PROJECT = Path(__file__).resolve().parents[2]


class ConversionFailed(Exception):
    """The child process ended without a converted network; the text is the end of what it said."""


def convert_in_child(card: Card, limit: float = LIMIT) -> None:
    """Convert the file of `card` into the cache in a child process, which is killed after `limit` seconds.

    Raises ConversionFailed where the child fails, is killed or runs out of time.
    """
    # What people read of a card, and its arrays, change no score.
    bare = dataclasses.replace(card, extra={}, arrays=None, familiarity=None, test=None, teaching=None)
    asked = json.dumps({"folder": str(card.folder.resolve()), "card": as_mapping(bare)})
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            input=asked.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=_PROJECT,
            env={
                **os.environ,
                # A folder named relative to ours would be another one seen from where the child works.
                "PENUMBRA_CACHE": str(fast_cache.cache_folder().absolute()),
                "TF_CPP_MIN_LOG_LEVEL": "2",
                "KERAS_BACKEND": "tensorflow",
            },
            timeout=limit,
        )
    except subprocess.TimeoutExpired as cause:
        raise ConversionFailed(f"not done after {limit:g} seconds") from cause
    except OSError as cause:
        raise ConversionFailed(str(cause)) from cause
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ConversionFailed(f"exit {done.returncode}: {said[-1] if said else ''}")


def converted(card: Card) -> bytes:
    """The way of `card`'s network from pixels float32 (N, S, S, 3) in [0, 255] and rows to scores, for LiteRT.

    Raises CardError or ModelError as `open_network`, and what TensorFlow's converter raises for an operation that it
    does not know.
    """
    from util.modelstore.network import open_network
    from util.modelstore.runtime import tensorflow

    network = open_network(card)  # a file that is not the card's is refused before anything is loaded
    function = network.pixels_function()
    return tensorflow().lite.TFLiteConverter.from_concrete_functions([function]).convert()


def main() -> None:
    """Convert the network of the card on standard input."""
    asked = json.load(sys.stdin)
    card = from_mapping(asked["card"], Path(asked["folder"]))
    fast_cache.write(fast_cache.key_of(card), converted(card))


if __name__ == "__main__":
    main()
