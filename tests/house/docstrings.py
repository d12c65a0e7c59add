"""The docstring check of `make check`: every public thing in `util/` says in one sentence what it is.

`python -m tests.house.docstrings` prints one line for each that does not, and exits 1 if there is one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def complaints(source: str, name: str) -> list[str]:
    """What is wrong with the docstrings of one file, one line each; empty where all is well."""
    return [
        f"{name}:{getattr(node, 'lineno', 1)}: {where}: {fault}"
        for node, where in _public(ast.parse(source), "module")
        if (fault := _fault(ast.get_docstring(node)))
    ]


def _public(node: ast.AST, where: str) -> Iterator[tuple[ast.AST, str]]:
    """The node and the public classes, functions and methods in it; nothing inside functions."""
    yield node, where
    for child in getattr(node, "body", []):
        if isinstance(child, _DEFINITIONS) and not child.name.startswith("_") and not _is_overload(child):
            if isinstance(child, ast.ClassDef):
                yield from _public(child, child.name)
            else:
                yield child, child.name if where == "module" else f"{where}.{child.name}"


def _is_overload(node: ast.AST) -> bool:
    return any("overload" in ast.unparse(d) or "setter" in ast.unparse(d) for d in node.decorator_list)


def _fault(text: str | None) -> str | None:
    if not text or not text.strip():
        return "no docstring"
    first = text.strip().split("\n\n")[0].strip()
    if not first.endswith((".", ":")):
        return f"the first paragraph is not a sentence: {first.splitlines()[0]!r}"
    return None


def main() -> int:
    """Check every file of `util/`; 0 where all is well."""
    found = [
        line
        for file in sorted((_ROOT / "util").rglob("*.py"))
        for line in complaints(file.read_text("utf-8"), file.relative_to(_ROOT).as_posix())
    ]
    print("\n".join(found) or "Docstrings: every public thing in util/ has one.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
