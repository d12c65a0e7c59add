"""What an index calls its files: their way from its folder, or that of copies there, which replace nothing."""

from __future__ import annotations

import filecmp
import os
import shutil
from pathlib import Path

from util.training.data_root import DataError
from util.training.places import way_to


def name_of(path: Path, source: Path) -> str:
    """The way from `source` to `path`, with `/`; all of it from another drive."""
    return way_to(path, source).as_posix()


class Places:
    """Where the files of one index lie: `output` is its folder; `copy` puts copies of them into it."""

    def __init__(self, source: Path, output: Path, copy: bool) -> None:
        self._source, self._output, self._copy = source, output, copy
        self._copies: dict[Path, Path] = {}
        self._taken: set[Path] = set()

    def of(self, path: Path) -> str:
        """What the index calls the file `path`."""
        if self._copy:
            if path not in self._copies:
                self._copies[path] = self._copied(path)
            return self._copies[path].relative_to(self._output).as_posix()
        return name_of(path, self._output)

    def _copied(self, path: Path) -> Path:
        # A given index may name files outside its folder: their copies lie inside all the same.
        way = way_to(path, self._source)
        pieces = [piece for piece in way.parts if piece not in ("..", way.anchor)]
        wanted = self._output / "images" / Path(*pieces)
        to, number = wanted, 1
        try:
            # Two files that differ in their folders alone may now have one name, and an older copy be another file's.
            while to in self._taken or (os.path.lexists(to) and not _same(path, to)):
                number += 1
                to = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
            if not os.path.lexists(to):
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)
        except OSError as cause:
            raise DataError("training.no_copy", received=str(path), to=str(to)) from cause
        self._taken.add(to)
        return to


def _same(one: Path, two: Path) -> bool:
    return os.path.isfile(two) and filecmp.cmp(one, two, shallow=False)
