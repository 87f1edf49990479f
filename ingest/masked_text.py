"""Replace what a set of viewers may not read in a text; everything else stays as it is, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from ingest import masked_values as values
from ingest.fields import entry_id
from ingest.masked_names import Found, Names, merged
from kb.entry import Language

Wording: TypeAlias = Mapping[Language, str]
NO_AMOUNT: Wording = {"ja": "（金額は非公開）", "en": "(amount not shown)"}
NO_CONTACT: Wording = {"ja": "（連絡先は非公開）", "en": "(contact not shown)"}
NO_PERSON: Wording = {"ja": "（先方の担当者）", "en": "(customer contact)"}
NO_NUMBER: Wording = {"ja": "（番号は非公開）", "en": "(number not shown)"}
NO_LINK: Wording = {"ja": "（リンクは非公開）", "en": "(link not shown)"}
_PARAGRAPH = re.compile(r"(?:(?!\r?\n[ \t]*\r?\n).)+", re.DOTALL)
_FOLDERS = re.compile(r"(?:/[^\s/()（）\[\]<>\"'|、。「」]+)+")  # backwards: forwards each letter would begin some
MOST_FOLDERS = 1_000  # characters before a file name
_BARE = re.compile(r"[\w-]", re.ASCII)
LEAST_STEM = 6  # letters of a file name that is recognised outside links; shorter ones are words

Replacement = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Own:
    """What is hidden in the notes of one deal, besides what is hidden everywhere."""

    what: frozenset[str]
    customer: str = ""  # key
    is_readers: bool = False  # the deal of the reader, where the customer's name stays
    names: Names = field(default_factory=lambda: Names(()))  # of persons at the customer, and the CRM number


@dataclass(frozen=True, slots=True)
class Everywhere:
    """What is hidden in every text."""

    names: Names  # of customers, of persons and CRM numbers
    labels: Mapping[str, Wording]  # of whom → what stands in the place of the name; none: it stays
    silent: frozenset[str]  # customers beside whose names amounts are hidden
    stems: Names  # of files
    ids: Mapping[str, str]  # id → the one shown instead
    hosts: frozenset[str]
    contacts: frozenset[str]  # e-mail addresses, folded, and telephone numbers in digits


PERSON, NUMBER = "person", "number"
NOBODY = Own(frozenset())


def hidden(text: str, everywhere: Everywhere, own: Own, language: Language) -> str:
    """Return a text without what may not be read."""
    near = frozenset((own.customer, PERSON, NUMBER))
    found = [*everywhere.names.find(text, near - {PERSON, NUMBER}), *own.names.find(text, near)]
    if own.is_readers:
        found = [one for one in found if one.name.of not in near]
    spans = [*_ids(text, everywhere), *_names(found, everywhere, language), *_links(text, everywhere, own, language)]
    if "contact" in own.what:
        spans += [(*span, NO_CONTACT[language]) for span in values.phones(text)]
        spans += [(*span, NO_PERSON[language]) for span in values.people(text)]
    elif everywhere.contacts and not own.is_readers:
        spans += _phones(text, everywhere, language)
    if "amount" in own.what:
        spans += [(*span, NO_AMOUNT[language]) for span in values.amounts(text)]
    elif any(one.name.of in everywhere.silent for one in found):
        spans += _amounts_beside(text, found, everywhere, language)
    return _replaced(text, merged(spans))


def _replaced(text: str, spans: Iterable[Replacement]) -> str:
    parts, at = [], 0
    for start, end, new in spans:
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def _names(found: Iterable[Found], everywhere: Everywhere, language: Language) -> Iterator[Replacement]:
    for one in found:
        if one.name.of in everywhere.labels:
            yield one.start, one.end, everywhere.labels[one.name.of][language]


def _links(text: str, everywhere: Everywhere, own: Own, language: Language) -> Iterator[Replacement]:
    """Yield links and e-mail addresses: all of a masked deal, elsewhere those of its customer and its contacts."""
    if "://" not in text and "@" not in text and "＠" not in text and "www." not in text:
        return
    hides_links = "customer" in own.what
    hosts = frozenset[str]() if own.is_readers else everywhere.hosts
    for start, end in values.urls(text):
        if hides_links or values.is_of(values.host_of(text[start:end]), hosts):
            yield start, end, "#" if text[:start].endswith("](") else NO_LINK[language]
    for start, end in values.addresses(text):
        address = text[start:end]
        is_known = address.casefold() in everywhere.contacts or values.is_of(values.host_of(address), hosts)
        if hides_links or "contact" in own.what or is_known:
            yield start, end, NO_CONTACT[language]


def _phones(text: str, everywhere: Everywhere, language: Language) -> Iterator[Replacement]:
    for start, end in values.phones(text):
        if values.digits(text[start:end]) in everywhere.contacts:
            yield start, end, NO_CONTACT[language]


def _amounts_beside(
    text: str, found: Iterable[Found], everywhere: Everywhere, language: Language
) -> Iterator[Replacement]:
    """Yield the amounts in paragraphs that name a customer whose amounts are hidden."""
    places = [one.start for one in found if one.name.of in everywhere.silent]
    for paragraph in _PARAGRAPH.finditer(text):
        if any(paragraph.start() <= place < paragraph.end() for place in places):
            for start, end in values.amounts(paragraph[0]):
                yield start + paragraph.start(), end + paragraph.start(), NO_AMOUNT[language]


def _ids(text: str, everywhere: Everywhere) -> Iterator[Replacement]:
    """Yield ids and file names of entries that are shown under another id."""
    for one in everywhere.stems.find(text):
        start, end = one.start, one.end
        if _BARE.match(text[end : end + 1]):
            continue  # a longer name
        folders = _FOLDERS.match(text[max(0, start - MOST_FOLDERS) : start][::-1])
        begin = start - folders.end() if folders else start
        real = one.name.of
        new = everywhere.ids[real]
        written = entry_id(unquote(text[begin:end]))
        if written == real or written.endswith(f"/{real}"):
            yield end - _length_of(text[begin:end], real), end, new
        elif _stands_alone(text, start, end, one):
            yield start, end, new.rpartition("/")[2]


def _length_of(written: str, real: str) -> int:
    """Return how many characters of a written path are the id, which may be encoded for a URL."""
    length = next((n for n in range(len(real), len(written) + 1) if entry_id(unquote(written[-n:])) == real), 0)
    return length or len(written)


def _stands_alone(text: str, start: int, end: int, one: Found) -> bool:
    """Whether a file name without folders means the file: in a link, with .md, or because nothing else is called so."""
    before, after = text[max(0, start - 2) : start], text[end : end + 3]
    if before.endswith(("[[", "](", "/")) or after == ".md" or not (before + after).strip():
        return True
    return (
        not _BARE.match(before[-1:])
        and len(one.name.letters) >= LEAST_STEM
        and bool(re.search(r"\d|[^\x00-\x7f]", one.name.letters))
    )
