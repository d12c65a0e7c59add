"""A sentence that is not yet in any language, so that values between rooms hold no English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from util.language.catalogue import say

LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class Sentence:
    """A catalogue key with its values; `text("fr")` says it.

    Build it with `Sentence.of("imaging.too_large", limit=50.0)`.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, key: str, /, **values: object) -> Sentence:
        """A sentence of `key` whose fields are `values` (numbers, text, Percent, other sentences)."""
        return cls(key, MappingProxyType(values))

    def text(self, language: str) -> str:
        """The sentence in `language` ("en" or "fr"); KeyError if the catalogue lacks it."""
        return say(self.key, language, **self.values)

    def __hash__(self) -> int:
        return hash((self.key, tuple(sorted((k, repr(v)) for k, v in self.values.items()))))

    def __reduce__(self):
        # A mappingproxy cannot be pickled; Streamlit's cache pickles values.
        return (_rebuild, (self.key, dict(self.values)))


def _rebuild(key: str, values: dict[str, object]) -> Sentence:
    return Sentence(key, MappingProxyType(values))
