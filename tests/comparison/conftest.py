"""One models folder and its diagnoses for all tests of comparisons."""

from __future__ import annotations

import pytest

from tests.comparison.drawn import file_of, folder_of
from util.comparison import STORE
from util.diagnosis import diagnose
from util.prediction import Metadata


@pytest.fixture(scope="session")
def compared_folder(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="session")
def chest(compared_folder):
    return diagnose(file_of(), "chest", folder=compared_folder)


@pytest.fixture(scope="session")
def skin(compared_folder):
    metadata = Metadata(61, "female", "torso")
    return diagnose(file_of(3), "skin", metadata=metadata, folder=compared_folder)


@pytest.fixture(scope="session")
def quarter(compared_folder):
    return diagnose(file_of(), "chest", model="chest-quarter", folder=compared_folder)


@pytest.fixture(autouse=True)
def empty_store():
    STORE.clear()
    yield
    STORE.clear()
