import subprocess
import sys

import pytest

from tests.house.docstrings import complaints

GOOD = '"""A file."""\n\ndef f():\n    """Do one thing.\n\n    More words\n    """\n'


def test_a_file_where_everything_public_has_a_sentence_has_no_complaint():
    assert complaints(GOOD, "a.py") == []


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("x = 1\n", "module"),
        ('"""A file."""\ndef f():\n    pass\n', "f"),
        ('"""A file."""\nclass A:\n    pass\n', "A"),
        ('"""A file."""\nclass A:\n    """A thing."""\n    def run(self):\n        pass\n', "A.run"),
        ('"""A file."""\nasync def f():\n    """no full stop"""\n', "f"),
        ('"""A file."""\ndef f():\n    """   """\n', "f"),
    ],
)
def test_each_kind_of_missing_sentence_is_named(source, named):
    (complaint,) = complaints(source, "a.py")
    assert f": {named}: " in complaint


def test_what_is_private_or_inside_a_function_needs_none():
    function = "def _f():\n    def inner():\n        pass\n"
    private = "class _A:\n    def run(self):\n        pass\n"
    assert complaints(f'"""A file."""\n{function}{private}', "a.py") == []


def test_everything_public_in_util_has_a_docstring_that_begins_with_a_sentence(project):
    run = subprocess.run(
        [sys.executable, "-m", "tests.house.docstrings"], cwd=project, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
