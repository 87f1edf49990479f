"""The templates, compiled for each language: sentences without values are part of them.

A page says some three hundred sentences: looking up and escaping each of them takes a third of the time of rendering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import markupsafe
from jinja2 import Environment, FileSystemLoader, nodes, select_autoescape
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.words.catalogue import messages_of

FOLDER = Path(__file__).parent.parent / "templates"
READER = "t"  # the reader's name in every template
_escape = getattr(markupsafe, "_escape_inner", escape)  # what `escape` marks as safe afterwards
SAYING = ("name", "lparen", "string", "rparen")  # t("key")


class Sentences(Extension):
    """Puts the sentence in the place of `t("key")`, as a reader of the language says it."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens of a template with the sentences in place."""
        messages = messages_of(self.environment.language)  # type: ignore[attr-defined]
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


class Writer(CodeGenerator):
    """Writes escaped text into a page as plain text: marking each piece as safe takes longer than escaping it."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class PlainContext(Context):
    """Calls what a template calls as it is: nothing here asks for the context, and to find that out takes longer."""

    def call(self, called: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Return what is returned; Jinja adds the variables of loops and blocks, for those who ask for them."""
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return called(*args, **kwargs)


class Templates(Environment):
    """The templates in one language."""

    code_generator_class = Writer
    context_class = PlainContext

    @staticmethod
    def escaped(value: Any) -> str:
        """Return a value as it stands in a page; what is marked as safe stays as it is."""
        kind = type(value)
        plain: str = _escape(value) if kind is str else value if kind is Markup else escape(value)
        return plain


def templates_in(language: str) -> Environment:
    """Return the templates in a language, one of LOCALES."""
    environment = Templates(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # templates belong to the program: looking for changes costs every page a few file accesses
    )
    environment.extend(language=language)
    environment.add_extension(Sentences)
    return environment
