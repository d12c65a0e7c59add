"""What all tests share: few threads, the project root, and the data where it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# Before anything imports TensorFlow: CI has two cores.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# No test converts a network in the background, or writes into the cache of whoever runs it, but those that mean to.
os.environ["PENUMBRA_FAST"] = "0"

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real images: `$PENUMBRA_DATA`, else `../shared/data`; without one the test skips."""
    folder = Path(os.environ.get("PENUMBRA_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "chest" / "index.csv").is_file():
        pytest.skip("skipped: no data")
    return folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with one small untrained model a modality (see tests/networks.py), made once a session."""
    from tests.networks import make_model_folder

    return make_model_folder(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; skips the test where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    pytest.skip("skipped: no Chromium (`make browser` installs one where it may)")
