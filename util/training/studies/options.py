"""Options that the commands of the studies share."""

from __future__ import annotations

import argparse
from pathlib import Path

import yaml

from util.training.configuration import Configuration, configuration
from util.training.data_root import DataError
from util.training.studies.runs import RUNS, varied


def add_runs(parser: argparse.ArgumentParser) -> None:
    """`--runs-dir`, under which every study has its own folder."""
    parser.add_argument("--runs-dir", type=Path, help="where the run folders lie (default runs/)")


def runs_folder(options: argparse.Namespace) -> Path:
    """The folder given as `--runs-dir`, else `runs/`; whole, since a teacher's folder stands in a configuration."""
    return (options.runs_dir or RUNS).resolve()


def add_changes(parser: argparse.ArgumentParser) -> None:
    """`--config` and `--set option=value`."""
    parser.add_argument("--config", type=Path, help="a config.yaml of a run, instead of the recipe")
    parser.add_argument(
        "--set",
        action="extend",
        nargs="+",
        default=[],
        metavar="OPTION=VALUE",
        help="changes to it, each as in the YAML, e.g. lr=0.0002 metadata_dropout=null",
    )


def changes(options: argparse.Namespace) -> dict[str, object]:
    """What `--set` changes, the values read as YAML; DataError for a word without "="."""
    found = {}
    for word in options.set:
        name, equals, text = word.partition("=")
        if not equals:
            raise DataError("studies.bad_change", received=word)
        try:
            found[name] = as_number(yaml.safe_load(text))
        except (yaml.YAMLError, ValueError, RecursionError) as cause:
            raise DataError("studies.bad_change", received=word[:60]) from cause
    return found


def as_number(value: object) -> object:
    """A text such as "1e-4", which YAML takes for no number, as the number it is; all else as it was."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def changed(options: argparse.Namespace) -> Configuration:
    """The recipe, or the `--config`, with the changes of `--set`."""
    return varied(configuration(options.modality, options.config), changes(options))


def numbers(text: str | None) -> tuple[int, ...] | None:
    """Folds given as "0,2"; DataError for what is no number."""
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise DataError("studies.bad_change", received=text) from None
