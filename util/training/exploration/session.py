"""What a notebook begins with: where its data is, and the commands of this room run as in a terminal."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from util.training.data_root import PROJECT, DataError, data_root
from util.training.places import way_to


def notebook_data(modality: str) -> Path:
    """The data root that has `modality`: $PENUMBRA_DATA or ../shared/data, else one made here by a download.

    The download goes through kagglehub and the reader's account, and is indexed and checked in `runs/data`; the next
    session finds it there. A folder in the project's neighbourhood is given relative to the working directory.
    Raises DataError as `prepare` does.
    """
    made = PROJECT / "runs" / "data"
    try:
        root = data_root()
    except DataError:
        root = made
    if not (root / modality).is_dir():
        root = made
        if not (root / modality / "index.csv").is_file():
            output = shlex.quote(_relative(made / modality).as_posix())
            command(f"prepare --modality {modality} --download --output {output}")
    return _relative(root)


def pretrained(root: Path, model: str) -> str:
    """What `fit --weights` should be told for `model`: a file beside the data, else "imagenet", else "none"."""
    from util.training.networks import check_known
    from util.training.networks.families import FAMILIES

    check_known(model)
    family = FAMILIES[model]
    if family.weight_file and (file := root.parent / "weights" / family.weight_file).is_file():
        return file.as_posix()
    return "imagenet" if family.application else "none"


def command(words: str) -> None:
    """Run `python -m util.training <words>` and say so; RuntimeError where it is refused, after the sentence why.

    A `fit` goes to PyTorch where there is a GPU that it can use: TensorFlow's wheel of this project has none.
    """
    print(f"$ python -m util.training {words}", flush=True)
    arguments = _split(words)
    if arguments[0] == "fit" and _torch_gpu():
        environment = os.environ | {"KERAS_BACKEND": "torch"}
        line = [sys.executable, "-m", "util.training", *arguments]
        answer = subprocess.run(line, cwd=PROJECT, env=environment).returncode
    else:
        from util.training.__main__ import main

        answer = main(arguments)
    if answer:
        raise RuntimeError(f"python -m util.training {arguments[0]} was refused: see the sentence above")


def _split(words: str) -> list[str]:
    """`words` as a shell takes them apart, but for the backslash, which separates the folders of Windows."""
    found = shlex.shlex(words, posix=True)
    found.whitespace_split, found.escape, found.commenters = True, "", ""
    return list(found)


def _torch_gpu() -> bool:
    known = importlib.util.find_spec("torch") is not None and shutil.which("nvidia-smi") is not None
    return known and "KERAS_BACKEND" not in os.environ


def _relative(path: Path) -> Path:
    near = way_to(path)
    return near if len(near.parts) <= len(path.resolve().parts) else path
