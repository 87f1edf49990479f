"""Texts that exhaust careless Markdown implementations, of any size.

Most are the known ones of CommonMark implementations; the others aim at what this program does with a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count, takewhile


def _repeated(piece: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Return a text that consists of one piece, over and over."""
    return lambda size: before + piece * max(1, (size - len(before) - len(after)) // len(piece.encode())) + after


def _mirrored(opening: str, middle: str, closing: str) -> Callable[[int], str]:
    return lambda size: _half(opening, size) + middle + _half(closing, size, of=opening + closing)


def _half(piece: str, size: int, of: str = "") -> str:
    return piece * max(1, size // len((of or piece * 2).encode()))


def _growing_runs(sign: str) -> Callable[[int], str]:
    def text(size: int) -> str:
        lengths = list(takewhile(lambda n: n * (n + 1) // 2 + 2 * n < size, count(1)))
        return "".join("e" + sign * n for n in lengths)

    return text


def _definitions(size: int) -> str:
    """Many definitions, then as many uses."""
    number = size // 24
    return "\n".join([*(f"[r{n}]: /u{n}" for n in range(number)), "", *(f"[r{n}]" for n in range(number))])


def _one_definition(size: int) -> str:
    """A long target, used over and over."""
    return f"[a]: /{'u' * (size // 2)} '{'t' * (size // 8)}'\n\n" + "[a] " * (size // 12)


def _nested_list(size: int) -> str:
    lines: list[str] = []
    room = size
    for depth in count():
        line = "  " * depth + "- a"
        room -= len(line) + 1
        if room < 0:
            return "\n".join(lines)
        lines.append(line)
    raise AssertionError


def _wide_table(size: int) -> str:
    columns = size // 6
    return "|a" * columns + "|\n" + "|-" * columns + "|\n" + "|a" * (columns // 2) + "|"


def _ragged_table(size: int) -> str:
    """A wide head above rows of one cell, which are filled up."""
    columns = min(1_000, size // 8)
    head = "|a" * columns + "|\n" + "|-" * columns + "|\n"
    return head + "|a|\n" * ((size - len(head)) // 4)


def _front_matter(yaml: Callable[[int], str]) -> Callable[[int], str]:
    return lambda size: f"---\n{yaml(size)}\n---\n# a\n\nb\n"


def _laughs(size: int) -> str:
    """Aliases that would expand exponentially."""
    lines = ["a0: &a0 [x, x]"]
    while sum(map(len, lines)) < size:
        n = len(lines)
        lines.append(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]")
    return "\n".join(lines)


# Name → text of about so many bytes.
TEXTS: Mapping[str, Callable[[int], str]] = {
    "prose": _repeated("現場の方に触っていただくと、話が早い。導入は二週間で終わった。\n\n"),
    "prose in English": _repeated("They tried it for two weeks, and the *foremen* liked [it](a.md).\n\n"),
    "one long line": _repeated("a"),
    "one long line of words": _repeated("aあ "),
    "lines": _repeated("a\n"),
    "paragraphs": _repeated("a\n\n"),
    "blank lines": _repeated("\n", "a", "b"),
    "spaces": _repeated(" ", "a", "b"),
    "hard breaks": _repeated("a  \n"),
    "spaces before breaks": lambda size: ("a" + " " * 500 + "\n") * (size // 502),
    "tabs": _repeated("\t", "- a\n\n", "b"),
    "nested brackets": _mirrored("[", "a", "]"),
    "opening brackets": _repeated("["),
    "opening brackets with text": _repeated("[a"),
    "closing brackets": _repeated("]"),
    "empty brackets": _repeated("[]"),
    "unclosed links": _repeated("[a]("),
    "unclosed links with a target": _repeated("[a](<b"),
    "unclosed links with a title": _repeated('[a](b "'),
    "links with open titles": _repeated("[a](b 'c"),
    "nested links": _mirrored("[", "a", "](b)"),
    "nested pictures": _mirrored("![", "a", "](b)"),
    "pictures": _repeated("![a](b) "),
    "opening pictures": _repeated("![["),
    "links": _repeated("[](a) "),
    "links to files": _repeated("[](a.md) "),
    "links to other sites": _repeated("[](//a) "),
    "parentheses in a link": lambda size: "[a](" + "(" * size,
    "backslashes": _repeated("\\"),
    "escapes": _repeated("\\*"),
    "emphasis": _repeated("*a **a "),
    "emphasis and text": _repeated("*a_ "),
    "emphasis that opens": _repeated("a**b"),
    "emphasis that closes": _repeated("a* "),
    "nested emphasis": _mirrored("*a **a ", "b", "b** b*"),
    "nested strong emphasis": _mirrored("**a *a ", "", "a* a**"),
    "many rules of emphasis": _repeated("a***b**c*d__e_f_"),
    "stars": _repeated("*"),
    "stars around a word": _mirrored("*", "a", "*"),
    "underscores": _repeated("_"),
    "alternating stars": _repeated("*_"),
    "tildes": _repeated("~"),
    "struck words": _repeated("~~~a~~~"),
    "nested struck words": _mirrored("~~~a", "b", "c~~~"),
    "backtick runs": _growing_runs("`"),
    "backticks": _repeated("`"),
    "open code spans": _repeated("`a``"),
    "tilde runs": _growing_runs("~"),
    "star runs": _growing_runs("*"),
    "less-than signs": _repeated("<"),
    "unclosed tags": _repeated("<a"),
    "unclosed comments": _repeated("<!--"),
    "unclosed instructions": _repeated("<?"),
    "unclosed data": _repeated("<![CDATA["),
    "tags": _repeated("<a href='b'>"),
    "unclosed attributes": _repeated("<a b='"),
    "blocks of tags": _repeated("<div>\n\n"),
    "addresses": _repeated("<http:a> "),
    "unclosed addresses": _repeated("<http:a"),
    "mail addresses": _repeated("<a@b.c>"),
    "ampersands": _repeated("&"),
    "entities": _repeated("&quot;"),
    "long entities": _repeated("&CounterClockwiseContourIntegral;"),
    "quotation marks": _repeated('"'),
    "definitions": _definitions,
    "repeated definitions": _repeated("[a]: b\n"),
    "definitions with open titles": _repeated("[a]: b 'c\n"),
    "open definitions": _repeated("[a\n"),
    "one definition": _one_definition,
    "short definition": _repeated("[a]", "[a]: /uuuuuuuuuuuuuuuuuuuu\n\n"),
    "quotations": _repeated(">"),
    "quotations with text": _repeated("> a\n"),
    "nested quotations": _repeated(">" * 20 + "\n\n"),
    "stairs of quotations": lambda size: "\n".join(">" * n + "a" for n in range(int((2 * size) ** 0.5))),
    "quotations in lists": _repeated("> - > - > - a\n"),
    "list": _repeated("- a\n"),
    "loose list": _repeated("- a\n\n"),
    "ordered list": _repeated("1. a\n"),
    "empty items": _repeated("-\n"),
    "alternating lists": _repeated("-\n+\n"),
    "nested list": _nested_list,
    "lists on one line": _repeated("- ", after="a"),
    "list and stars": _repeated("* "),
    "task list": _repeated("- [ ] a\n"),
    "nested task list": _repeated("- [ ] a\n  - [x] b\n"),
    "wide table": _wide_table,
    "ragged table": _ragged_table,
    "long table": _repeated("|a|b|\n", "|a|b|\n|:-:|:-:|\n"),
    "many tables": _repeated("|a\n|:-:\n\n"),
    "pipes": _repeated("|"),
    "heads without tables": _repeated("a | b\n- | -\n"),
    "delimiter rows": _repeated("-|" * 100 + "\n"),
    "headings": _repeated("# a\n"),
    "empty headings": _repeated("#\n"),
    "underlined headings": _repeated("a\n=\n"),
    "levels of headings": _repeated("# a\n## b\n### c\n"),
    "long heading": lambda size: "# " + "a " * (size // 8) + "\n\n" + "b。\n\n" * (size // 8),
    "long underlined heading": lambda size: "a\n" * (size // 4) + "=\n\n" + "b。\n\n" * (size // 8),
    "rules": _repeated("***\n"),
    "open fences": _repeated("```\n~~~\n"),
    "fences": _repeated("```\n"),
    "fences in lists": _repeated("- ```\n"),
    "indented code": _repeated("    a\n\n"),
    "footnotes": _repeated("[^a]: b\n[^a]\n"),
    "zero bytes": _repeated("\x00"),
    "combining marks": _repeated("\u0301", "a"),
    "ligatures": _repeated("\ufdfa"),
    "emoji": _repeated("👩‍👩‍👧‍👦"),
    "full stops": _repeated("。"),
    "full stops and spaces": _repeated(". "),
    "carriage returns": _repeated("\r"),
    "line separators": _repeated("\u2028"),
    "long heading of braces": _repeated("{#a", "# "),
    "spaces before a block's name": _repeated(" ", "a ^ b", "b"),
    "spaces before a heading's name": _repeated(" ", "# a", "{#a"),
    "pictures as data": _repeated("![](data:a"),
    "pictures left out": _repeated("![][", "== "),
    "comments of Obsidian": _repeated("%%a%%"),
    "shrinking code spans": lambda size: " ".join(["\\", *("`" * n for n in range(int((2 * size) ** 0.5), 0, -1))]),
    "reasons of brackets": _repeated("(", "outcome:: lost\n\n## 理由\n\n- "),
    "reasons of number signs": _repeated("#", "outcome:: lost\n\n## a", "x"),
    "open JSON": _repeated("\n ", "{", "x"),
    "open front matter": _repeated("a: b\n", "---\n"),
    "front matter of aliases": _front_matter(_laughs),
    "front matter of brackets": _front_matter(lambda size: "a: " + "[" * size),
    "front matter of keys": _front_matter(lambda size: "\n".join(f"k{n}: v" for n in range(size // 10))),
    "front matter of one key": _front_matter(_repeated("a: b\n")),
    "front matter of one list": _front_matter(lambda size: "tags: [" + "a, " * (size // 3) + "a]"),
    "front matter of one value": _front_matter(lambda size: "title: " + "a" * size),
}
