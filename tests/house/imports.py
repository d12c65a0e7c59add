"""What a file imports, and whether it does so before it is asked to do anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Import:
    """One imported module (`util.imaging`), its line, and whether it stands outside every function."""

    module: str
    line: int
    eager: bool


def imports_of(source: str) -> list[Import]:
    """Every import in `source` but those of `if TYPE_CHECKING`; `from a import b` counts as `a` and `a.b`."""
    return list(_walk(ast.parse(source), eager=True))


def _walk(node: ast.AST, eager: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, eager) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield Import(child.module, child.lineno, eager)
            yield from (Import(f"{child.module}.{alias.name}", child.lineno, eager) for alias in child.names)
        inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from _walk(child, eager and not inside)


def files(*patterns: str) -> list[Path]:
    """Python files of the project by pattern, in order."""
    return sorted({file for pattern in patterns for file in ROOT.glob(pattern)})
