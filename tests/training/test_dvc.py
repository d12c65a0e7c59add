"""The pipeline of `dvc.yaml`, run from drawn data to a card in a copy of the project."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.training.drawn_sets import draw_set

DVC = shutil.which(
    "dvc", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
)
needs_dvc = pytest.mark.skipif(DVC is None, reason="skipped: no DVC")
TINY = {
    **{"model": "cnn", "img-size": 32, "epochs": 1, "images-per-epoch": 16, "batch-size": 8},
    **{"weights": "none", "ema": 0, "seed": 7},
}


def parameters(epochs: int = 1) -> str:
    one = {
        "source": "../data/breast",
        "fit": TINY | {"epochs": epochs},
        "calibrate": {"texts": "breast-cnn"},
        "evaluate": {"draws": 5, "quick": True},
    }
    return yaml.safe_dump({"store": "runs/pipeline", "models": "runs/shelf", "modalities": {"breast": one}})


@pytest.fixture(scope="module")
def copy(project, tmp_path_factory):
    """The project's code and pipeline without git, beside a tiny data set."""
    folder = tmp_path_factory.mktemp("copy")
    draw_set(folder / "data", "breast", (0, 1, 2))
    here = folder / "project"
    shutil.copytree(project / "util", here / "util", ignore=shutil.ignore_patterns("__pycache__"))
    (here / ".dvc").mkdir()
    for name in ("dvc.yaml", ".dvcignore", ".dvc/config"):
        shutil.copyfile(project / name, here / name)
    (here / "params.yaml").write_text(parameters())
    return here


def dvc(folder, *words: str) -> str:
    """What `dvc <words>` prints in `folder`, with this Python first in the path."""
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "DVC_NO_ANALYTICS": "1",
        "TQDM_DISABLE": "1",
    }
    environment = {k: v for k, v in environment.items() if k not in ("PENUMBRA_DATA", "PENUMBRA_MODELS")}
    run = subprocess.run([DVC, *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    return run.stdout


@needs_dvc
def test_the_pipeline_goes_from_data_to_a_card_once_and_says_what_a_change_touches(copy):
    from util.modelstore import load_card

    dvc(copy, "config", "core.no_scm", "true")
    first = dvc(copy, "repro")
    stages = ("prepare", "fit", "refit", "card")
    assert all(f"Running stage '{stage}@breast'" in first for stage in stages)
    card = load_card(copy / "runs" / "shelf" / "breast")
    assert card.extra["training"]["refitted"] and card.calibration.fitted_on.startswith("validation fold 1")
    assert card.test.images == 16 and card.test.part == "fold 0"
    assert (copy / "runs" / "pipeline" / "breast" / "test" / "report.html").is_file()
    again = dvc(copy, "repro")
    assert "Running" not in again and "up to date" in again
    (copy / "params.yaml").write_text(parameters(epochs=2))
    changed = dvc(copy, "status")
    assert "fit@breast" in changed and "refit@breast" in changed and "prepare@breast" not in changed


def stage_commands(project) -> list[str]:
    """Every command of every stage, its values filled in from `params.yaml` as DVC does."""
    values = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    commands = []
    for key, item in values["modalities"].items():
        for stage in yaml.safe_load((project / "dvc.yaml").read_text("utf-8"))["stages"].values():
            cmd = stage["do"]["cmd"]
            for line in [cmd] if isinstance(cmd, str) else cmd:
                for name, value in item.items():
                    given = value
                    if isinstance(value, dict):
                        given = " ".join(f"--{option} {number}" for option, number in value.items())
                    line = line.replace(f"${{item.{name}}}", str(given))
                for name in ("store", "models"):
                    line = line.replace(f"${{{name}}}", values[name])
                commands.append(line.replace("${key}", key))
    return commands


def test_every_stage_calls_a_command_that_understands_it(project):
    from util.training.__main__ import _parser

    commands = stage_commands(project)
    assert len(commands) == 15
    for line in commands:
        words = shlex.split(line)
        assert "${" not in line and words[:3] == ["python", "-m", "util.training"]
        _parser().parse_args(words[3:])


def test_what_decides_a_network_or_a_card_makes_its_stage_again(project):
    stages = yaml.safe_load((project / "dvc.yaml").read_text("utf-8"))["stages"]
    for stage, names in (
        ("fit", ("networks", "loop.py", "losses.py", "augmentation.py", "batches.py", "schedules.py")),
        ("refit", ("networks", "loop.py", "losses.py", "augmentation.py", "batches.py", "schedules.py")),
        ("card", ("card_texts", "ship.py", "calibration.py", "evaluation")),
    ):
        assert {f"util/training/{name}" for name in names} <= set(stages[stage]["do"]["deps"])


def test_what_the_stages_depend_on_is_there(project):
    stages = yaml.safe_load((project / "dvc.yaml").read_text("utf-8"))["stages"]
    code = {dep for stage in stages.values() for dep in stage["do"]["deps"] if dep.startswith("util/")}
    for modality in ("chest", "skin", "breast"):
        assert [dep for dep in code if not (project / dep.replace("${key}", modality)).exists()] == []
