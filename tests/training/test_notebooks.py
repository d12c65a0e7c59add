"""The notebooks: every cell run on tiny drawn data, and what of a real run may be committed."""

import ast
import base64
import io
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.training.drawn_sets import draw_set, quickly

nbformat = pytest.importorskip("nbformat", reason="skipped: no notebooks without nbformat")

NAMES = ("skin", "chest", "breast", "your_own_images")
FOLDS = {"skin": (0, 1, 2), "chest": (-1, 0, 1), "breast": (0, 1, 2)}
LARGEST = 300_000  # bytes of a notebook
# A plot's size in pixels: no photograph hides in what is committed.
WIDEST, HIGHEST = 640, 480


def read(project: Path, name: str):
    return nbformat.read(project / "training_notebooks" / f"{name}.ipynb", as_version=4)


def code_cells(book) -> list:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def play(book) -> list[list[object]]:
    """What each code cell shows, run one after the other as Jupyter would, but in this process and without a kernel.

    A kernel would import TensorFlow once more for each notebook, which takes longer than all that it does with it.
    """
    shown: list[list[object]] = []
    names = {"__name__": "__main__", "display": lambda value: shown[-1].append(value)}
    for cell in code_cells(book):
        shown.append([])
        lines = [line for line in cell.source.splitlines() if not line.startswith("%")]
        tree = ast.parse("\n".join(lines))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        value = last and eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        if value is not None:
            shown[-1].append(value)
    return shown


# The drawn patients are all alike: they fall into one cluster, and no axis explains them.
@pytest.mark.filterwarnings("ignore::RuntimeWarning:sklearn", "ignore:Number of distinct clusters")
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_from_its_first_cell_to_its_last_on_a_tiny_data_set(
    name, project, model_folder, tmp_path, monkeypatch
):
    if name in FOLDS:
        draw_set(tmp_path / "data", name, FOLDS[name])
    (tmp_path / "util" / "training").mkdir(parents=True)  # how a notebook knows where the project is
    (tmp_path / "training_notebooks").mkdir()
    given = {"PENUMBRA_DATA": tmp_path / "data", "PENUMBRA_MODELS": model_folder, "PENUMBRA_QUICK": 1}
    for variable, value in given.items():
        monkeypatch.setenv(variable, str(value))
    for variable in ("PENUMBRA_OWN", "PENUMBRA_TRACK"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path / "training_notebooks")
    with quickly(tmp_path / "store"):
        shown = [value for cell in play(read(project, name)) for value in cell]
    assert os.getcwd() == str(tmp_path.resolve()) and not (tmp_path / "training_notebooks" / "runs").exists()
    models = [path.parent for path in (tmp_path / "runs" / "notebooks").rglob("card.yaml")]
    assert any((folder / "model.h5").is_file() for folder in models)
    figures = [value for value in shown if hasattr(value, "savefig")]
    for figure in figures:
        figure.savefig(io.BytesIO(), format="png")
    tables = [value for value in shown if hasattr(value, "columns")]
    assert len(figures) >= 4 and len(tables) >= 3
    assert all(len(table) for table in tables[:3])


def images(cell) -> list[Image.Image]:
    """The pictures among a cell's outputs."""
    found = []
    for output in cell.get("outputs", []):
        for kind, data in output.get("data", {}).items():
            if kind.startswith("image/") and kind != "image/svg+xml":
                found.append(Image.open(io.BytesIO(base64.b64decode(data))))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_committed_is_small_was_run_in_order_and_says_nothing_of_this_machine(project, name):
    file = project / "training_notebooks" / f"{name}.ipynb"
    assert file.stat().st_size < LARGEST
    book = read(project, name)
    nbformat.validate(book)
    cells = code_cells(book)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs)
    text = re.sub(r'"image/png": "[^"]*"', "", file.read_text("utf-8"))
    assert re.findall(r"(?:/work|/root|/tmp|/home|/Users|/content)/[^\s\"']*", text) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_committed_holds_plots_and_no_picture_of_a_person(project, name):
    book = read(project, name)
    shown = [picture for cell in book.cells for picture in images(cell)]
    assert len(shown) >= 4
    assert all(picture.width <= WIDEST and picture.height <= HIGHEST for picture in shown)
    text = nbformat.writes(book)
    assert "image/jpeg" not in text and "data:image" not in text
    # A map stands over its picture where that was drawn: one of the app's samples, or the shapes.
    over = [cell for cell in code_cells(book) if re.search(r"images=(True|drawn)", cell.source)]
    assert len(over) == 1
    if name in FOLDS:
        settings = [cell.source for cell in code_cells(book) if "SHOW_IMAGES = " in cell.source]
        assert "in samples(" in over[0].source and len(settings) == 1
        assert "\nSHOW_IMAGES = False" in settings[0]
    else:
        assert "drawn = FOLDER is None" in over[0].source and "--source 'runs/notebooks/own/shapes'" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_thin_has_a_french_summary_and_starts_beside_nothing(project, name):
    book = read(project, name)
    assert book.cells[1].cell_type == "markdown" and book.cells[1].source.startswith("**En bref.**")
    first = code_cells(book)[0].source
    assert '"git", "clone"' in first and "requirements-training.txt" in first and "kagglehub" in first
    for cell in code_cells(book):
        assert not re.search(r"^\s*(def|class) ", cell.source, re.M)
        assert len(cell.source.splitlines()) <= 20


def test_the_first_cell_clones_and_installs_once_where_there_is_no_project(project, tmp_path, monkeypatch):
    sources = {code_cells(read(project, name))[0].source for name in NAMES}
    assert len(sources) == 1
    first = re.sub(r"^%.*$", "", sources.pop(), flags=re.M)
    called = []

    def run(line, *, check):
        called.append(line)
        if line[0] == "git":
            (Path.cwd() / line[-1] / "util" / "training").mkdir(parents=True)

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PENUMBRA_REPOSITORY", "some address")
    for _ in range(2):  # the second time is a kernel that was started again
        monkeypatch.chdir(tmp_path)
        exec(compile(first, "cell", "exec"), {})
        assert Path.cwd() == (tmp_path / "penumbra").resolve() and sys.path[0] == str(Path.cwd())
    git, pip = called
    assert git[:2] == ["git", "clone"] and git[-2:] == ["some address", "penumbra"]
    assert pip[1:3] == ["-m", "pip"] and pip[-1] == str(Path.cwd() / "requirements-training.txt")


def commands(text: str) -> list[str]:
    """Every line of `text` that calls a command of the training room, without what is said of it."""
    lines = [re.sub(r"^\w+=\S+ ", "", line.split("  #")[0].strip()) for line in text.splitlines()]
    return [line.split(" #")[0] for line in lines if line.startswith("python -m util.training")]


@pytest.mark.parametrize("name", ["docs/training.md", "training_notebooks/README.md", *NAMES])
def test_every_command_that_is_shown_is_understood(project, name):
    from util.training.__main__ import _parser

    if name in NAMES:
        text = "\n".join(cell.source for cell in read(project, name).cells if cell.cell_type == "markdown")
    else:
        text = (project / name).read_text("utf-8")
    shown = commands(text)
    assert len(shown) >= 3 or name == "your_own_images"
    for line in shown:
        _parser().parse_args(shlex.split(line)[3:])


def test_the_document_names_every_network_and_every_command(project):
    import pkgutil

    from util.training import commands as room
    from util.training.networks import NAMES as NETWORKS

    text = (project / "docs" / "training.md").read_text("utf-8")
    assert [name for name in NETWORKS if name not in text] == []
    known = [entry.name for entry in pkgutil.iter_modules(room.__path__)]
    assert [name for name in known if f"python -m util.training {name}" not in text] == []
