"""Read the front matter of one file by field, and collect its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from ingest.fields import FieldError, to_terms, to_texts
from ingest.fields import as_written as as_written
from ingest.yaml_text import Line, Plain, duplicate_key
from kb.entry import Problem
from kb.fields import named
from kb.playbook import Vocabulary
from kb.wording import say

T = TypeVar("T")
EMPTY: tuple[Plain, ...] = ("", "~", "null", [])


class FieldReader:
    """The front matter of one file by field; collects its problems."""

    def __init__(self, path: str, lines: Iterable[Line]) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.extra: list[tuple[str, str]] = []
        self._lines: dict[str, Line] = {}
        self._repeated: dict[str, list[Line]] = {}
        self._keys: set[str] = set()
        for line in lines:
            self._add(line)
            self._keys.add(line.key)

    def _add(self, line: Line) -> None:
        field = named(line.key)
        name = field.name if field else None
        if line.key in self._keys:
            self.note(line.line, duplicate_key(line))
        elif name in self._lines:
            above = self._lines[name].key
            self.note(
                line.line,
                say("'{key}' is the same field as '{above}' above; keep one of them.", key=line.key, above=above),
            )
        if name is None:
            self.extra += [(line.key, as_written(line.value))] if line.key not in self._keys else []
        elif name in self._lines:
            self._repeated.setdefault(name, []).append(line)
        else:
            self._lines[name] = line

    def note(self, line: int, message: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.path, line, message))

    def wrong(self, name: str, what: str, *, part: str = "") -> None:
        """Add a problem of a present field or a part of it, under the key the author wrote."""
        line = self._lines[name]
        key = f"{line.key}.{part}" if part else line.key
        self.note(line.line, say("{field}: {what}", field=key, what=what))

    def has(self, *names: str) -> bool:
        """Whether any of these fields is present."""
        return not self._lines.keys().isdisjoint(names)

    def values(self, name: str) -> list[Plain]:
        """Return the values of a field and of its repetitions as written, without empty ones."""
        lines = [self._lines[name], *self._repeated.get(name, [])] if name in self._lines else []
        return [line.value for line in lines if line.value not in EMPTY]

    def written(self, name: str) -> list[tuple[str, str]]:
        """Return the key and value of a field of one line as written; empty if it is missing or no text."""
        line = self._lines.get(name)
        return [(line.key, line.value)] if line and isinstance(line.value, str) else []

    def line_of(self, name: str) -> int:
        """Return the line of a present field."""
        return self._lines[name].line

    def repeated(self, name: str) -> list[Plain]:
        """Return the ignored values of a repeated field."""
        return [line.value for line in self._repeated.get(name, [])]

    def read(self, name: str, convert: Callable[[Plain], T], default: T) -> T:
        """Return the converted value of a field; the default when it is missing, empty or wrong."""
        line = self._lines.get(name)
        if line is None or line.value in EMPTY:
            return default
        try:
            return convert(line.value)
        except FieldError as error:
            self.wrong(name, error.sentence)
            return default

    def terms(self, name: str, words: Vocabulary, *, keep_unknown: bool) -> tuple[str, ...]:
        """Return agreed keys; values not in the playbook are problems, and kept only if `keep_unknown`."""
        nothing: tuple[str, ...] = ()
        values = self.read(name, to_texts, nothing)
        if not words:
            return values
        known, unknown = to_terms(list(values), words)
        for sentence in unknown:
            self.wrong(name, sentence)
        if not keep_unknown:
            return known
        mixed = [(term.key if (term := words.find(value)) else value) for value in values]
        return tuple(dict.fromkeys(mixed))
