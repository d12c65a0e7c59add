"""The command line of the training room: `python -m util.training <command> --help`."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from pathlib import Path

from util.language import PenumbraError, say
from util.training import commands


def main(arguments: list[str] | None = None) -> int:
    """Run one sub-command; 0, or 2 with one sentence for bad input."""
    # Two threads: more only fight over the two cores that this is built for.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    language = getattr(options, "language", "en")
    try:
        options.action(options)
    except PenumbraError as error:
        print(" ".join(error.sentence.text(language).split()), file=sys.stderr)
        return 2
    except OSError as error:  # rights, room, a name too long: where no room of the house said it better
        about = {"reason": error.strerror or type(error).__name__, "received": str(error.filename or "?")}
        print(say("training.system", language, **about), file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    """Every module of `util.training.commands`, in the order of their names."""
    parser = argparse.ArgumentParser("python -m util.training", description=__doc__)
    added = parser.add_subparsers(required=True, metavar="command")
    for name in sorted(entry.name for entry in pkgutil.iter_modules(commands.__path__)):
        command = importlib.import_module(f"{commands.__name__}.{name}")
        one = added.add_parser(name, help=command.HELP, description=command.HELP)
        if getattr(command, "MODALITY", True):
            one.add_argument("--modality", required=True, choices=commands.MODALITIES)
        one.add_argument("--data-root", type=Path, help="default: $PENUMBRA_DATA, else ../shared/data")
        command.add(one)
        one.set_defaults(action=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
