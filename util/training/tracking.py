"""Runs in MLflow: what a run folder holds is put into a local store, once, however often the run was taken up again."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from util.language import PenumbraError, say
from util.training.configuration import MANNER
from util.training.data_root import PROJECT, DataError
from util.training.reading import yaml_fields

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Which MLflow run a run folder is: it lies in the folder, so that a folder that was removed is a new run.
_NOTE = "tracking.json"
_FILES = tuple("config.yaml history.csv summary.json model.h5 validation.json report.html".split())
_CARD_FILES = ("card.yaml", "card.npz", "evaluation.yaml")
_LONGEST = 6000  # MLflow's limit for the text of a parameter


def wanted(asked: bool | None = None) -> bool:
    """True where `--track` was given, or PENUMBRA_TRACK is 1."""
    return bool(asked) or os.environ.get("PENUMBRA_TRACK") == "1"


def store() -> str:
    """The address of the store: $MLFLOW_TRACKING_URI, else the SQLite file `mlflow.db` of the project."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(PROJECT / 'mlflow.db').as_posix()}"


@contextmanager
def tracked(output: Path, asked: bool | None = None) -> Iterator[Callable[[], None] | None]:
    """Track the run that trains into the folder `output`: yields what to call after each epoch, None if not `wanted`.

    The run ends as FINISHED, as KILLED where a person stopped it, else as FAILED, unless it was refused before its
    first epoch; one that was killed outright stays RUNNING until it is taken up again. A store that does not answer
    ends no training. Raises DataError, before anything is trained, where MLflow is not installed.
    """
    if not wanted(asked):
        yield None
        return
    _client()
    begun = False

    def on_epoch() -> None:
        nonlocal begun
        begun = True
        # What is missing is put there after the next epoch.
        with _without_harm():
            record(output, "RUNNING")

    try:
        yield on_epoch
    except KeyboardInterrupt:
        _end(output, "KILLED")
        raise
    except BaseException as error:
        # Refused before it began: what stands in the store is of a run before.
        if begun or not isinstance(error, PenumbraError):
            _end(output, "FAILED")
        raise
    with _without_harm():
        record(output)


def record(run: Path, status: str = "FINISHED") -> str:
    """Put all that stands in the folder `run` into the store, and nothing of it twice; returns the MLflow run's id.

    Parameters: the whole configuration, and what `summary.json` counts; metrics: each column of `history.csv` by
    epoch, and the figures of `validation.json`; artefacts: the files. `status` is one of MLflow's. Raises DataError
    where MLflow is not installed or `run` holds no configuration.
    """
    from_yaml = run / "config.yaml"
    if not from_yaml.is_file():
        raise DataError("training.no_configuration", received=str(from_yaml))
    client = _client()
    options = yaml_fields(from_yaml)
    run_id = _run_id(client, run, options)
    _log_history(client, run_id, run / "history.csv")
    if status != "RUNNING":
        for name in ("summary", "validation"):
            _log_figures(client, run_id, run / f"{name}.json", name)
        for name in _FILES:
            if (run / name).is_file():
                client.log_artifact(run_id, str(run / name))
        client.set_terminated(run_id, status)
    return run_id


def put(run: Path) -> str:
    """`record` of a finished run; DataError, one sentence, where the store does not take it."""
    try:
        return record(run)
    except PenumbraError:
        raise
    except Exception as error:
        raise DataError("training.not_tracked", reason=_reason(error)) from error


def record_again(run: Path) -> None:
    """Put what was added to the folder `run`, as a report, into the store, if that run is tracked.

    A store that does not answer is said on stderr and does no harm.
    """
    if (run / _NOTE).is_file():
        with _without_harm():
            record(run)


def record_card(run: Path, folder: Path) -> None:
    """Put the card in `folder` beside the run in the folder `run`, if that run is tracked; else as `record_again`."""
    if (run / _NOTE).is_file():
        with _without_harm():
            _record_card(record(run), folder)


def _record_card(run_id: str, folder: Path) -> None:
    client = _client()
    card = yaml.safe_load((folder / "card.yaml").read_text("utf-8"))
    client.set_tag(run_id, "card", card["name"])
    for name in _CARD_FILES:
        if (folder / name).is_file():
            client.log_artifact(run_id, str(folder / name), "card")
    test = (card.get("test") or {}).get("figures") or {}
    _log_numbers(client, run_id, {f"test_{name}": figure["value"] for name, figure in test.items()})


@contextmanager
def _without_harm() -> Iterator[None]:
    """A store that is locked, full or gone ends nothing that matters more: it is said on stderr."""
    try:
        yield
    except Exception as error:
        print(say("training.not_tracked", "en", reason=_reason(error)), file=sys.stderr)


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def parameters(options: Mapping) -> dict[str, str]:
    """A configuration as flat text: `augmentation.flip: both`; lists, as the chain of preparation, are JSON."""
    flat = {}
    for name, value in options.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": text for key, text in parameters(value).items()}
        else:
            text = json.dumps(value) if isinstance(value, list | tuple) else str(value)
            flat[name] = text[:_LONGEST]
    return flat


def _client() -> MlflowClient:
    # Nothing is told to anyone: MLflow counts its users unless it is asked not to.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise DataError("training.no_mlflow") from None
    return MlflowClient(store())


def _run_id(client: MlflowClient, run: Path, options: dict) -> str:
    """The MLflow run of the folder `run`: the one noted there if it has this configuration, else a new one."""
    from mlflow.entities import Param
    from mlflow.exceptions import MlflowException

    given = parameters(options)
    note = run / _NOTE
    if note.is_file():
        run_id = json.loads(note.read_text("utf-8"))["run_id"]
        try:
            known = client.get_run(run_id)
            if _what(known.data.params) == _what(given) and known.info.lifecycle_stage == "active":
                client.update_run(run_id, "RUNNING")
                return run_id
        except MlflowException:
            pass  # another store than the one it was noted for
    tags = {"modality": options["modality"], "folder": run.name} | _commit()
    made = client.create_run(_experiment(client, options["modality"]), tags=tags, run_name=run.name)
    client.log_batch(made.info.run_id, params=[Param(name, text) for name, text in given.items()])
    note.write_text(json.dumps({"store": store(), "run_id": made.info.run_id}), "utf-8")
    return made.info.run_id


def _what(given: Mapping[str, str]) -> dict[str, str]:
    """Flat parameters without how fast and where the run is made: it may be taken up again with others."""
    return {name: text for name, text in given.items() if name not in MANNER}


def _experiment(client: MlflowClient, modality: str) -> str:
    """One experiment a modality; the artefacts of a local store lie in `mlruns` beside its file."""
    if known := client.get_experiment_by_name(modality):
        return known.experiment_id
    beside = store().removeprefix("sqlite:///")
    local = (Path(beside).resolve().parent / "mlruns").as_uri() if beside != store() else None
    return client.create_experiment(modality, artifact_location=local)


def _commit() -> dict[str, str]:
    """The commit that this code stands at, under MLflow's own name for it; nothing outside a checkout."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"mlflow.source.git.commit": asked.stdout.strip()}


def _log_history(client: MlflowClient, run_id: str, file: Path) -> None:
    """Each epoch of `history.csv` that the store does not have; an epoch trained twice keeps its first line."""
    if not file.is_file():
        return
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    seen = {metric.step for metric in client.get_metric_history(run_id, "loss")}
    for row in rows:
        epoch = int(row.pop("epoch"))
        if epoch not in seen:
            _log_numbers(client, run_id, {name: float(text) for name, text in row.items() if text}, epoch)


def _log_figures(client: MlflowClient, run_id: str, file: Path, prefix: str) -> None:
    """The numbers in a JSON file as metrics `<prefix>_<name>`, nested ones as `<prefix>_<name>_<key>`."""
    if file.is_file():
        _log_numbers(client, run_id, _numbers(json.loads(file.read_text("utf-8")), prefix))


def _numbers(values: Mapping, prefix: str) -> dict[str, float]:
    found = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _numbers(value, f"{prefix}_{name}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"{prefix}_{name}"] = float(value)
    return found


def _log_numbers(client: MlflowClient, run_id: str, values: Mapping[str, float], step: int = 0) -> None:
    """Metrics of one step, those alone that the store does not have yet."""
    from mlflow.entities import Metric

    known, now = client.get_run(run_id).data.metrics if step == 0 else {}, int(time.time() * 1000)
    named = {re.sub(r"[^\w./ -]", "_", name): value for name, value in values.items()}
    new = [Metric(name, value, now, step) for name, value in named.items() if known.get(name) != value]
    client.log_batch(run_id, metrics=new)


def _end(run: Path, status: str) -> None:
    if (run / _NOTE).is_file():
        # What ended the run is said, not what the store makes of it.
        with _without_harm():
            record(run, status)
