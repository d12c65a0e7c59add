"""The one base of every error that a person may read."""

from __future__ import annotations

from util.language.sentence import Sentence


class PenumbraError(ValueError):
    """Bad input, said in one sentence (what was expected, what came) in either language.

    `error.sentence.text("fr")` is for people; `str(error)` is the English text for logs.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.sentence = Sentence.of(key, **values)
        super().__init__(self.sentence.text("en"))

    def __reduce__(self):
        return (_rebuild, (type(self), self.sentence.key, dict(self.sentence.values)))


def _rebuild(kind: type, key: str, values: dict[str, object]) -> PenumbraError:
    return kind(key, **values)
