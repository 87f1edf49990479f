"""User-facing sentences: English text that keeps its pattern and values, so that it can be translated.

Standard library only. A page looks the pattern up in its catalogue; everything else prints the English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Value = str | int | float


class Sentence(str):
    """A filled-in pattern. Compares, hashes and prints like its English text; a value may be a sentence itself."""

    pattern: str
    values: Mapping[str, Value]

    def __new__(cls, pattern: str, values: Mapping[str, Value]) -> Sentence:
        """Fill the values into the pattern."""
        sentence = super().__new__(cls, pattern.format_map(values))
        sentence.pattern, sentence.values = pattern, values
        return sentence

    def __reduce__(self) -> tuple[type[Sentence], tuple[str, Mapping[str, Value]]]:
        return type(self), (self.pattern, self.values)


def say(pattern: str, /, **values: Value) -> Sentence:
    """Build a sentence. Write the pattern as a literal in each call: the check of translations reads the calls."""
    return Sentence(pattern, values)


def together(*sentences: str) -> str:
    """Join the non-empty sentences."""
    joined = ""
    for sentence in filter(None, sentences):
        joined = say("{before} {after}", before=joined, after=sentence) if joined else sentence
    return joined


def to_json(sentence: str) -> str:
    """Return a sentence as JSON: [pattern, values]; a plain text as itself."""
    return json.dumps(_plain(sentence), ensure_ascii=False)


def from_json(text: str) -> str:
    """Return the sentence of a JSON text."""
    sentence: str = _restored(json.loads(text))
    return sentence


def _plain(value: Value) -> Any:
    if not isinstance(value, Sentence):
        return value
    return [value.pattern, {name: _plain(inner) for name, inner in value.values.items()}]


def _restored(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    pattern, values = value
    return Sentence(pattern, {name: _restored(inner) for name, inner in values.items()})
