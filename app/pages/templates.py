"""The templates, compiled for each language: sentences without values are part of them.

A page says some three hundred sentences: looking up and escaping each of them takes a third of the time of rendering.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from app.words.catalogue import messages_of

FOLDER = Path(__file__).parent.parent / "templates"
READER = "t"  # the reader's name in every template
SAYING = ("name", "lparen", "string", "rparen")  # t("key")


class Sentences(Extension):
    """Puts the sentence in the place of `t("key")`, as a reader of the language says it."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens of a template with the sentences in place."""
        messages = messages_of(self.environment.locale)  # type: ignore[attr-defined]
        tokens, at = list(stream), 0
        while at < len(tokens):
            token, some = tokens[at], tokens[at : at + len(SAYING)]
            is_saying = token.value == READER and tuple(one.type for one in some) == SAYING
            if is_saying and tokens[at - 1].type != "dot":
                key = some[2].value
                yield Token(token.lineno, "string", messages.get(key, (key,))[0])
                at += len(SAYING)
            else:
                yield token
                at += 1


def templates_in(locale: str) -> Environment:
    """Return the templates in a language, one of LOCALES."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # templates belong to the program: looking for changes costs every page a few file accesses
    )
    environment.extend(locale=locale)
    environment.add_extension(Sentences)
    return environment
