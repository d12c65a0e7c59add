"""Floor 10: the walk without a browser: `python -m util.cli diagnose`, `explain`, `batch` and `models`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from util.cli import commands
from util.cli.parsing import language_of, parser
from util.language import PenumbraError

RUNS = {
    "diagnose": commands.diagnose,
    "explain": commands.explain,
    "batch": commands.batch,
    "models": commands.models,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 2 with one sentence on standard error for bad input."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may have no accents; better an escape than a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if arguments is None else arguments
    language = language_of(arguments)
    try:
        options = parser(language, RUNS).parse_args(arguments)
        return options.run(options)
    except PenumbraError as error:
        print(" ".join(error.sentence.text(language).split()), file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
