import os
import re
import subprocess
import sys
import tomllib

import pytest

from tests.house.imports import ROOT, files, imports_of

SLOW = {"tensorflow", "keras", "tf_keras_vis", "torch"}
PAGES = ("pages/**/*.py", "streamlit_app.py")
DOORS = ("util.interface", "util.language")


def _floors_of_the_table() -> dict[str, int]:
    """Room to floor, as the table of docs/architecture.md says."""
    floors = {}
    for line in (ROOT / "docs/architecture.md").read_text("utf-8").splitlines():
        if row := re.match(r"\| (\d+) \| ([^|]+) \|", line):
            for room in re.findall(r"`util/(\w+)(?:\.py)?`", row[2]):
                floors[room] = int(row[1])
    return floors


def test_the_contract_of_import_linter_is_the_table_of_the_house():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert all(":" not in layer for layer in layers), "':' would let neighbours import each other"
    contract = [set(re.findall(r"\w+", layer)) for layer in layers]
    table = _floors_of_the_table()
    by_floor = [{room for room in table if table[room] == floor} for floor in sorted(set(table.values()))]
    assert contract == by_floor[::-1]


def test_import_linter_itself_refuses_a_room_that_reaches_up(tmp_path):
    # A small house under the very same contracts, with one import in it too many.
    for room in _floors_of_the_table():
        (tmp_path / "util" / room).mkdir(parents=True)
        (tmp_path / "util" / room / "__init__.py").touch()
    (tmp_path / "util/__init__.py").touch()
    (tmp_path / "util/imaging/__init__.py").write_text("def f():\n    import util.prediction\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"))
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert "util.imaging -> util.prediction" in run.stdout


@pytest.mark.parametrize("file", files(*PAGES), ids=lambda file: file.name)
def test_a_page_imports_the_interface_and_the_words_alone(file):
    for found in imports_of(file.read_text("utf-8")):
        if found.module.split(".")[0] in ("util", "benchmarks", "tests"):
            assert found.module in ("util", *DOORS) or found.module.startswith(
                tuple(f"{door}." for door in DOORS)
            ), f"{file.name}:{found.line} imports {found.module}"


@pytest.mark.parametrize("file", files("util/**/*.py"), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_room_imports_a_page_or_a_benchmark_or_a_test(file):
    above = {found.module.split(".")[0] for found in imports_of(file.read_text("utf-8"))}
    assert not above & {"pages", "streamlit_app", "benchmarks", "tests"}


def _eager_and_slow(source: str) -> list[str]:
    return [
        f"line {found.line}: {found.module}"
        for found in imports_of(source)
        if found.eager and found.module.split(".")[0] in SLOW
    ]


def test_an_import_outside_every_function_is_found_wherever_it_hides():
    assert _eager_and_slow("import tensorflow as tf\n")
    assert _eager_and_slow("try:\n    from keras import ops\nexcept ImportError:\n    ops = None\n")
    assert _eager_and_slow("class A:\n    import keras\n")
    assert not _eager_and_slow("def f():\n    import tensorflow\n")
    assert not _eager_and_slow("if TYPE_CHECKING:\n    import keras\n")


def test_tensorflow_and_keras_are_imported_inside_functions_only():
    found = {
        file.relative_to(ROOT).as_posix(): slow
        for file in files("util/**/*.py", "benchmarks/**/*.py", *PAGES)
        if (slow := _eager_and_slow(file.read_text("utf-8")))
    }
    assert found == {}
