import re
import sys

import pytest

from tests.house.imports import ROOT, files, imports_of

LISTS = ("requirements.txt", "requirements-training.txt", "requirements-dev.txt")
# Where a package is imported by another name than it is installed by.
IMPORTED_AS = {
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "tensorflow-cpu": "tensorflow",
    "import-linter": "importlinter",
    "mlflow-skinny": "mlflow",
    "scikit-image": "skimage",
    "markdown-it-py": "markdown_it",
}


def _named(name: str) -> dict[str, str]:
    """Package to version ("" where not pinned) in one requirements file, nested ones included."""
    found = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("-r "):
            found |= _named(line[3:])
        elif line and not line.startswith("-"):
            package, _, version = line.split(";")[0].strip().partition("==")
            found[package.lower()] = version
    return found


def _third_party(*patterns: str) -> dict[str, str]:
    """Imported module outside the standard library and the project, to a file that imports it."""
    own = {"util", "pages", "tests", "benchmarks", "docs", "streamlit_app"} | set(sys.stdlib_module_names)
    return {
        module: file.relative_to(ROOT).as_posix()
        for file in files(*patterns)
        for found in imports_of(file.read_text("utf-8"))
        if (module := found.module.split(".")[0]) not in own
    }


def _modules(name: str) -> set[str]:
    return {IMPORTED_AS.get(package, package.replace("-", "_")) for package in _named(name)}


def test_the_app_imports_only_what_requirements_txt_names():
    app = _third_party("util/**/*.py", "pages/**/*.py", "streamlit_app.py")
    for module, file in _third_party("util/training/**/*.py").items():
        if app.get(module) == file:
            del app[module]
    assert {module: file for module, file in app.items() if module not in _modules("requirements.txt")} == {}


def test_training_imports_only_what_the_app_and_training_lists_name():
    used = _third_party("util/training/**/*.py", "training_notebooks/**/*.py")
    # The other backends, where somebody has them.
    allowed = _modules("requirements-training.txt") | {"torch", "jax"}
    assert {module: file for module, file in used.items() if module not in allowed} == {}


def test_tests_and_benchmarks_import_only_what_some_list_names():
    # Xplique wants another TensorFlow: benchmarks.methods asks it in an environment of its own.
    allowed = set().union(*map(_modules, LISTS)) | {"xplique"}
    used = _third_party("tests/**/*.py", "benchmarks/**/*.py", "docs/**/*.py")
    assert {module: file for module, file in used.items() if module not in allowed} == {}


@pytest.mark.parametrize(
    "package",
    "streamlit tensorflow keras opencv-python-headless pillow numpy plotly tf-keras-vis reportlab".split(),
)
def test_requirements_txt_names_what_the_app_stands_on(package):
    assert package in _named("requirements.txt")


def test_the_lock_pins_everything_the_lists_name_at_the_same_version():
    locked = _named("requirements.lock")
    assert all(locked.values())
    for name in LISTS:
        for package, version in _named(name).items():
            assert package in locked, f"{package} of {name} is not locked: run `make lock`"
            assert version in ("", locked[package]), f"{package}: run `make lock`"


def test_only_one_opencv_is_ever_installed():
    assert [package for package in _named("requirements.lock") if "opencv" in package] == [
        "opencv-python-headless"
    ]


@pytest.mark.parametrize("name", [*LISTS, "requirements.lock", "Makefile", ".ci/run", "pyproject.toml"])
def test_no_file_names_an_index_or_a_host(name):
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host|(?m:^-[if] )", text)


def _environments():
    for python in ("3.11", "3.12", "3.13"):
        for system, machine in [
            ("linux", "x86_64"),
            ("linux", "aarch64"),
            ("darwin", "arm64"),
            ("win32", "AMD64"),
        ]:
            yield {"python_version": python, "sys_platform": system, "platform_machine": machine}


@pytest.mark.parametrize("environment", _environments(), ids=lambda e: "-".join(e.values()))
def test_every_system_gets_exactly_one_tensorflow_and_it_has_a_wheel_there(environment):
    from packaging.requirements import Requirement

    lines = [
        line
        for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
        if line.startswith("tensorflow")
    ]
    chosen = [r.name for r in map(Requirement, lines) if r.marker.evaluate(environment)]
    # 2.21.0: tensorflow-cpu has wheels for Linux x86-64 and Windows, tensorflow for Linux ARM and Apple silicon.
    small = environment["platform_machine"] in ("x86_64", "AMD64")
    assert chosen == (["tensorflow-cpu"] if small else ["tensorflow"])
