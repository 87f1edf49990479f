"""Templates for new entries, and their questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kb.fields import BY_NAME
from kb.playbook import Playbook

FOLDER = Path(__file__).parent / "templates"
NEW = ("deal-won", "deal-lost", "deal-no-decision", "deal-open", "talk-track", "campaign", "content", "note")
LANGUAGES = ("ja", "en")
ASKED = {  # empty keys of a new file, where there is no form
    "deal": ("title", "customer", "closed_on", "amount", "industry", "product", "competitor", "used"),
    "talk-track": ("title", "objection", "industry", "product", "angle"),
    "campaign": ("title", "channel", "period", "audience", "industry", "angle"),
    "content": ("title", "tag", "industry", "angle"),
    "note": ("title", "tag"),
}
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
Answers = tuple[tuple[str, str], ...]  # (question, answer)


def template(name: str, language: str) -> str:
    """Return the template for one of NEW."""
    return (FOLDER / (language if language in LANGUAGES else LANGUAGES[0]) / f"{name}.md").read_text("utf-8")


def kind_of(name: str) -> str:
    """Return the kind of entry one of NEW creates."""
    return "deal" if name.startswith("deal-") else name


def with_keys(text: str, kind: str, playbook: Playbook) -> str:
    """Return a template with one empty line per key to fill in, and its allowed values as a comment."""
    head, fence, body = text.removeprefix("---\n").partition("---\n")
    return f"---\n{head}{''.join(_asked(kind, playbook))}{fence}{body}"


def without_empty_keys(text: str, kind: str, playbook: Playbook) -> str:
    """Return a file without the lines of `with_keys` that are still empty."""
    empty = set(_asked(kind, playbook))
    return "".join(line for line in text.splitlines(keepends=True) if line not in empty)


def _asked(kind: str, playbook: Playbook) -> list[str]:
    lines = []
    for name in ASKED[kind]:
        key, values = BY_NAME[name].key, playbook.vocabulary(name).keys
        lines.append(f"{key}:  # {', '.join(values)}\n" if values else f"{key}:\n")
    return lines


def answers_of(body: str) -> Answers:
    """Return the questions of a deal template with their answers; nothing if the body has another shape."""
    parts = _HEADING.split(body)
    questions = tuple(parts[1::2])
    if parts[0].strip() or questions not in _known():
        return ()
    return tuple((question, answer.strip()) for question, answer in zip(questions, parts[2::2], strict=True))


def body_of(questions: Sequence[str], answers: Sequence[str]) -> str:
    """Return answered questions as Markdown."""
    pairs = zip(questions, answers, strict=False)
    tidy = [(question, answer.replace("\r\n", "\n").strip()) for question, answer in pairs]
    return "\n".join(f"## {question}\n{answer}\n" for question, answer in tidy if answer)


def _known() -> set[tuple[str, ...]]:
    """Return the questions of every deal template."""
    texts = (template(name, language) for name in NEW if kind_of(name) == "deal" for language in LANGUAGES)
    return {tuple(_HEADING.findall(text)) for text in texts}
