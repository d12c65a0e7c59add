"""The ablation: named rows, each a change to one shared budget, run one after the other on the validation fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from util.modelstore.plain import cut, is_file
from util.training.configuration import Configuration, configuration
from util.training.data_root import DataError
from util.training.kinds import wrong_kind
from util.training.reading import yaml_fields
from util.training.studies.runs import finished, trained, varied

TABLES = Path(__file__).parent / "tables"
# Keys of a row that are not options of a run.
_OWN = {"row", "preparation", "teacher_row"}


def study_folder(runs: Path, modality: str) -> Path:
    """Where the rows of a modality's study lie."""
    return runs / "studies" / modality


def read_table(modality: str, runs: Path, file: Path | None = None) -> dict[str, Configuration]:
    """The rows of `tables/<modality>.yaml` (or of `file`), each a whole configuration, in order.

    `base` changes the modality's recipe for all rows; a row's `preparation` names one of `preparations`, and its
    `teacher_row` the row that teaches it. Raises DataError for a table that is not there, a row twice and a name that
    is none.
    """
    file = file or TABLES / f"{modality}.yaml"
    if not is_file(file):
        raise DataError("training.no_configuration", received=str(file))
    table = yaml_fields(file)
    chains = table.get("preparations") or {}
    for name, value in (("base", table["base"]), ("preparations", chains)):
        if not isinstance(value, Mapping):
            raise wrong_kind(name, "kind_mapping", value)
    named = isinstance(table["rows"], list) and all(
        isinstance(e, Mapping) and "row" in e for e in table["rows"]
    )
    if not named:
        raise wrong_kind("rows", "kind_rows", table["rows"])
    base = varied(configuration(modality), table["base"])
    rows: dict[str, Configuration] = {}
    for entry in table["rows"]:
        name = str(entry["row"])
        if name in rows:
            raise DataError("studies.row_twice", received=name)
        changes = {key: value for key, value in entry.items() if key not in _OWN}
        if "preparation" in entry:
            if str(entry["preparation"]) not in chains:
                raise DataError(
                    "studies.no_preparation", received=cut(str(entry["preparation"])), known=", ".join(chains)
                )
            changes["chain"] = chains[str(entry["preparation"])]
        if "teacher_row" in entry:
            if str(entry["teacher_row"]) not in rows:
                raise DataError(
                    "studies.no_row", received=cut(str(entry["teacher_row"])), known=", ".join(rows)
                )
            changes["teacher"] = str(study_folder(runs, modality) / str(entry["teacher_row"]))
        rows[name] = varied(base, changes)
    return rows


def chosen_rows(rows: dict[str, Configuration], wanted: Sequence[str] | None) -> dict[str, Configuration]:
    """The rows named in `wanted`, all of them without; DataError for a name that is none."""
    for name in wanted or ():
        if name not in rows:
            raise DataError("studies.no_row", received=name, known=", ".join(rows))
    return rows if not wanted else {name: rows[name] for name in wanted}


def study(
    modality: str,
    root: Path,
    runs: Path,
    wanted: Sequence[str] | None = None,
    *,
    file: Path | None = None,
    say=print,
) -> list[str]:
    """Run every row that is missing, in order; finished ones are kept, a killed one goes on. The rows that failed.

    A row that cannot run (weights or a teacher that are not there) says why, and the next one starts.
    """
    folder, failed = study_folder(runs, modality), []
    for name, config in chosen_rows(read_table(modality, runs, file), wanted).items():
        try:
            check_teachers(name, config)
            trained(config, root, folder / name, say=say)
        except DataError as error:
            failed.append(name)
            say(f"{name}: {error}")
    return failed


def check_teachers(row: str, config: Configuration) -> None:
    """Raise DataError for a teacher of `row` that is not finished."""
    for folder in [Path(name.strip()) for name in (config.teacher or "").split(",") if name.strip()]:
        if not (folder / "card.yaml").is_file() and not finished(folder):
            raise DataError("studies.teacher", row=row, teacher=folder.name)
