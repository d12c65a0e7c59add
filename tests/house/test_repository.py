import os
import re
import subprocess

import pytest

from tests.house.imports import ROOT


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        pytest.skip("skipped: not a git checkout")
    return [name for name in run.stdout.split("\0") if name and (ROOT / name).is_file()]


def _text(name: str) -> str | None:
    try:
        return (ROOT / name).read_text("utf-8")
    except UnicodeDecodeError:
        return None


def test_no_file_holds_a_path_of_somebodys_machine(tracked):
    # Written apart, so that this file does not find itself.
    homes = re.compile("/(" + "|".join(["work", "farm", "root", "home", "Users"]) + r")/[a-z.]")
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in tracked
        for number, line in enumerate((_text(name) or "").splitlines(), 1)
        if homes.search(line)
    ]
    assert found == []


def test_models_stay_small_enough_to_clone():
    sizes = {file.name: file.stat().st_size for file in (ROOT / "models").glob("*/*.h5")}
    assert all(size < 20e6 for size in sizes.values()), sizes
    assert sum(file.stat().st_size for file in (ROOT / "models").rglob("*") if file.is_file()) < 36e6


def test_no_image_of_the_data_sets_is_tracked(tracked):
    like_data = re.compile(r"ISIC_\d{7}|_idx5_|person\d+_(bacteria|virus)|IM-\d{4}-|\.(dcm|tiff?)$", re.I)
    assert [name for name in tracked if like_data.search(name)] == []


def test_ci_calls_make_test_and_can_be_run():
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert re.search(r"^make test\b", (ROOT / ".ci/run").read_text("utf-8"), re.M)


@pytest.mark.parametrize("target", ["run", "test", "check", "lock"])
def test_each_command_of_the_makefile_can_be_resolved(target):
    run = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
