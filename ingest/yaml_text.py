"""Read handwritten YAML into plain values with their line numbers.

Every scalar stays text as written (`no` is not False, `1_000` is not a number): its field decides what it means.
Aliases and tags are rejected, so nothing can expand or be constructed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import yaml

from kb.wording import say, together

MAX_YAML_CHARS = 200_000  # of a whole file, such as the playbook; also keeps parsing fast
MAX_FRONT_MATTER = 40_000  # of one entry; parsed in half a second
MAX_DEPTH = 20  # deeper than anybody nests by hand

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"


@dataclass(frozen=True, slots=True)
class Line:
    """One key of a mapping with its value and position, without a comment after it."""

    key: str
    value: Plain
    line: int  # of the key, from 1
    start: int = 0  # offset in characters
    end: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A value with the span of text it takes, and the places of its parts."""

    value: Plain
    start: int  # offset in characters
    end: int
    column: int  # of its start, or of the hyphens of a block list
    is_flow: bool  # written in brackets, or a scalar
    items: tuple[Place, ...] = ()  # of a list
    pairs: tuple[tuple[str, Place], ...] = ()  # of a mapping

    def part(self, key: str) -> Place | None:
        """Return the first value of a key."""
        return next((place for name, place in self.pairs if name == key), None)


class YamlTextError(Exception):
    """The text is not YAML we accept; `line` counts from 1."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


class _TextLoader(yaml.BaseLoader):
    """Resolves nothing: every scalar is text. Aliases and deep nesting are rejected before they can expand."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            line = self.get_mark().line + 1
            raise YamlTextError(line, say("YAML aliases (*name) are not allowed; write the value out."))
        self._depth += 1
        self._refuse_deep(self._depth)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def fetch_flow_collection_start(self, token_class: type[yaml.Token]) -> None:
        self._refuse_deep(self.flow_level)  # the scanner runs ahead of the composer
        super().fetch_flow_collection_start(token_class)

    def _refuse_deep(self, depth: int) -> None:
        if depth > 2 * MAX_DEPTH:
            raise YamlTextError(self.get_mark().line + 1, say("The YAML is nested too deeply; use fewer levels."))


def read_mapping(text: str, longest: int = MAX_YAML_CHARS) -> tuple[list[Line], list[Line]]:
    """Return the keys of a YAML mapping in order, and the duplicate keys.

    Raises YamlTextError if the text is not a mapping, or has more than `longest` characters.
    """
    if len(text) > longest:
        raise YamlTextError(
            1, say("The YAML is longer than {limit:,} characters; move long text into the body.", limit=longest)
        )
    node = _mapping(text)
    if node is None:
        return [], []
    lines: list[Line] = []
    repeated: list[Line] = []
    seen: set[str] = set()
    for key_node, value_node in node.value:
        start, end = key_node.start_mark, _end(value_node, text)
        line = Line(_key(key_node), _plain(value_node, 0), start.line + 1, start.index, end)
        (repeated if line.key in seen else lines).append(line)
        seen.add(line.key)
    return lines, repeated


def places(text: str) -> Place | None:
    """Return the mapping of a text with the places of all its values; None if it is empty. Raises YamlTextError."""
    node = _mapping(text)
    return _place(node, text) if node else None


def in_flow(value: Plain) -> str:
    """Return a value in flow style, fit for any place."""
    node = yaml.SequenceNode(_SEQ, [_flow(value)], flow_style=True)
    return str(yaml.serialize(node, Dumper=yaml.BaseDumper, allow_unicode=True, width=10**9)).strip()[1:-1]


def written(key: str, value: Plain) -> str:
    """Return a key with its value as YAML and a line break; lists of texts and mappings in flow style."""
    pair = yaml.MappingNode(_MAP, [(_node(key), _node(value))], flow_style=False)
    return str(yaml.serialize(pair, Dumper=yaml.BaseDumper, allow_unicode=True, width=10**9))


def duplicate_key(line: Line) -> str:
    """Return the message for a duplicate key."""
    return say("Duplicate key '{key}'; only the first one is used.", key=line.key)


_MAP, _SEQ, _STR = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str")


def _node(value: Plain) -> yaml.Node:
    if isinstance(value, str):
        return yaml.ScalarNode(_STR, value)
    if isinstance(value, dict):
        return yaml.MappingNode(_MAP, [(_node(key), _node(inner)) for key, inner in value.items()], flow_style=True)
    has_items = any(not isinstance(item, str) for item in value)
    return yaml.SequenceNode(_SEQ, [_node(item) for item in value], flow_style=not has_items)


def _flow(value: Plain) -> yaml.Node:
    if isinstance(value, str):
        return yaml.ScalarNode(_STR, value)
    if isinstance(value, dict):
        return yaml.MappingNode(_MAP, [(_node(key), _flow(inner)) for key, inner in value.items()], flow_style=True)
    return yaml.SequenceNode(_SEQ, [_flow(item) for item in value], flow_style=True)


def _place(node: yaml.Node, text: str) -> Place:
    mark = node.start_mark
    items: tuple[Place, ...] = ()
    pairs: tuple[tuple[str, Place], ...] = ()
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_place(item, text) for item in node.value)
    elif isinstance(node, yaml.MappingNode):
        pairs = tuple((_key(key), _place(value, text)) for key, value in node.value)
    is_flow = not isinstance(node, yaml.CollectionNode) or bool(node.flow_style)
    return Place(_plain(node, 0), mark.index, _end(node, text), mark.column, is_flow, items, pairs)


def _end(node: yaml.Node, text: str) -> int:
    """Return where a value ends; the parser includes comments and blank lines below a block."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return start + len(text[start:end].rstrip("\n"))
    return int(end)


def _mapping(text: str) -> yaml.MappingNode | None:
    """Return the mapping of a text; None if it is empty. Raises YamlTextError."""
    node = _compose(text)
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value.strip()):
        return None
    if not isinstance(node, yaml.MappingNode):
        raise YamlTextError(
            node.start_mark.line + 1, say("Expected lines of the form 'key: value', for example 'kind: deal'.")
        )
    return node


def _compose(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_TextLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlTextError(mark.line + 1 if mark else 1, _invalid(error)) from error
    except yaml.YAMLError as error:
        problem = str(error).split("\n")[0]
        raise YamlTextError(1, say("This is not valid YAML ({problem}).", problem=problem)) from error


def _invalid(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    return together(say("This is not valid YAML ({problem}).", problem=problem), _advice(problem))


def _advice(problem: str) -> str:
    if "mapping values are not allowed" in problem or "':'" in problem:
        return say('A value that contains ": " needs quotes: title: "A: B".')
    if "tab" in problem or "\\t" in problem:
        return say("Indent with spaces, not tabs.")
    return say("Expected lines of the form 'key: value'.")


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise YamlTextError(node.start_mark.line + 1, say("A key must be a single word, for example 'kind'."))
    return str(node.value).strip()


def _plain(node: yaml.Node, depth: int) -> Plain:
    line = node.start_mark.line + 1
    if depth > MAX_DEPTH:
        raise YamlTextError(line, say("The YAML is nested too deeply; use fewer levels."))
    if isinstance(node, yaml.ScalarNode):
        if node.tag not in ("tag:yaml.org,2002:str", "!"):
            raise YamlTextError(line, say("YAML tags ({tag}) are not allowed; write plain text.", tag=node.tag))
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        if node.tag != "tag:yaml.org,2002:seq":
            raise YamlTextError(line, say("YAML tags ({tag}) are not allowed; write a plain list.", tag=node.tag))
        return [_plain(item, depth + 1) for item in node.value]
    if node.tag != "tag:yaml.org,2002:map":
        raise YamlTextError(line, say("YAML tags ({tag}) are not allowed; write plain keys.", tag=node.tag))
    return {_key(key): _plain(value, depth + 1) for key, value in node.value}
