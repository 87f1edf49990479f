"""Sentences stand in the templates of their language as a reader would say them."""

from __future__ import annotations

import pytest

from app.pages.templates import templates_in
from app.words.catalogue import LOCALES
from app.words.reader import Reader

KEYS = ("nav.search", "product.name", "copy", "there is no such sentence <")


@pytest.mark.parametrize("locale", LOCALES)
def test_a_sentence_is_that_of_the_reader(locale: str) -> None:
    templates, reader = templates_in(locale), Reader.of(locale)
    for key in KEYS:
        said = templates.from_string('{{ t("' + key + '") }}|{{ f(t("' + key + '")) }}').render(f=str.upper)
        assert said == templates.from_string("{{ a }}|{{ b }}").render(a=reader(key), b=reader(key).upper())


@pytest.mark.parametrize("locale", LOCALES)
def test_what_needs_values_or_a_key_made_up_is_said_by_the_reader(locale: str) -> None:
    reader = Reader.of(locale)
    templates = templates_in(locale)
    assert templates.from_string('{{ t("more", count=3) }}').render(t=reader) == reader("more", count=3)
    assert templates.from_string('{{ t("nav." ~ name) }}').render(t=reader, name="gaps") == reader("nav.gaps")
    assert templates.from_string('{{ other.t("copy") }}').render(other={"t": str.upper}) == "COPY"


def test_what_a_template_calls_gets_its_own_arguments_and_is_escaped_once() -> None:
    page = (
        "{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}{% for x in some %}{{ f(x, more=1) }}{{ bold(x) }}{% endfor %}"
    )
    said = templates_in("ja").from_string(page).render(some=["<"], f=lambda *own, **named: f"{own} {named} ")
    assert said == "(&#39;&lt;&#39;,) {&#39;more&#39;: 1} <b>&lt;</b>"
