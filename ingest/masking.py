"""Deals as others may read them: without customer, amount or contacts, before anything is indexed.

A masked deal is another entry: a file of its own, with its own id, made from the real one. Whatever is computed from it
(keywords, vectors, snippets, exports) can hold nothing else. Pure: nothing here reads or writes a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ingest.document import Document
from ingest.fields import as_written, entry_id
from ingest.front_matter import field_of
from ingest.masked_names import Names
from ingest.masked_text import NOBODY, Everywhere, Own, hidden
from ingest.parse import detect_language
from ingest.yaml_text import Line, Plain, written
from kb.choices import CHOICES
from kb.entry import Language
from kb.fields import BY_NAME
from kb.playbook import Playbook

DIGEST = 12  # hexadecimal digits of a masked id
_MASKED_ID = re.compile(rf"(?:[^\s/()\[\]\"']+/)?masked-([0-9a-f]{{{DIGEST}}})(?![0-9a-f])")
MASKING = "masking-1"  # part of the state of a rewritten entry
ALIAS_KEYS = re.compile(
    r"別名|略称|通称|旧社名|英語名|英文名|社名|ブランド|^alias(es)?$|^aka$|short name", re.IGNORECASE
)
_TELLING = re.compile(  # keys whose values lead to the customer
    r"住所|所在地|本社|法人番号|証券|website|web ?サイト|ホームページ|^hp$|^url$|domain|ドメイン|address", re.IGNORECASE
)
_MONEY = re.compile(
    r"金額|予算|売上|単価|価格|見積|契約額|受注額|値引|費用|年額|月額|price|budget|amount|revenue|cost|value|discount|^(arr|mrr|acv|tcv)$",
    re.IGNORECASE,
)
CONTACT_KEYS = re.compile(
    r"contact|先方|窓口|連絡先|客様担当|顧客担当|決裁|決定者|キーパーソン|キーマン|相手先|mail|メール|tel|phone|電話|携帯|mobile|fax",
    re.IGNORECASE,
)


def is_masked(entry_id: str) -> bool:
    """Whether an id is that of an entry that stands for a masked deal."""
    return _MASKED_ID.fullmatch(entry_id) is not None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An entry's file as a set of viewers reads it."""

    path: str
    document: Document

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.document.text


class Masks:
    """What one set of viewers may not read, over the entries that they see."""

    def __init__(
        self, everywhere: Everywhere, own: Mapping[str, Own], paths: Mapping[str, str], lost: frozenset[str]
    ) -> None:
        self._everywhere = everywhere
        self._own = own  # by path, the real one and the one shown
        self._paths = paths  # real → shown, where it differs
        self._lost = lost  # paths of deals that cannot be masked
        self._reals = {entry_id(shown): real for real, shown in paths.items()}
        self._real_ids = {shown.rpartition("-")[2]: real for real, shown in reversed([*everywhere.ids.items()])}

    @property
    def fingerprint(self) -> str:
        """What tells whether entries have to be rewritten again."""
        shown = self._everywhere
        names = (shown.names.spellings(), sorted(shown.labels.items(), key=lambda item: item[0]), sorted(shown.silent))
        others = (sorted(shown.ids.items()), sorted(shown.hosts), sorted(shown.contacts))
        own = sorted((path, sorted(one.what), one.is_readers, one.names.spellings()) for path, one in self._own.items())
        return hashlib.sha256(repr((MASKING, names, others, own)).encode()).hexdigest()

    def rewritten(self, document: Document, path: str) -> Rewritten | None:
        """Return the file of an entry as it is shown; None if it cannot be shown without what is hidden."""
        own = self._own.get(path, NOBODY)
        if document.fault or document.is_partial or path in self._lost:
            return None
        language = _language(document)
        shown = self._paths.get(path, path)
        text = _text(document, _Hiding(self._everywhere, own, language), is_renamed=shown != path)
        if shown != path:
            text = self._titled(document, text, path, own, language)
        new = document if text == document.text else Document.of(text)
        return Rewritten(shown, new) if new is document or not self._tells(new, shown, own) else None

    def real_path(self, shown_id: str) -> str | None:
        """Return the path of the file behind a masked id; None if the id is not a masked one."""
        return self._reals.get(shown_id)

    def real_text(self, text: str) -> str:
        """Return a text with the real ids of entries in the place of masked ones."""
        return _MASKED_ID.sub(lambda found: self._real_ids.get(found[1], found[0]), text)

    def shown_path(self, path: str) -> str:
        """Return the path under which a file is shown."""
        return self._paths.get(path, path)

    def concerns(self, path: str) -> bool:
        """Whether something of a file is hidden, whatever its text says."""
        return path in self._own or path in self._paths or path in self._lost

    def hides(self, text: str) -> bool:
        """Whether a text says what may not be read, such as a search for a customer's name."""
        return hidden(text, self._everywhere, NOBODY, "ja") != text

    def shown_text(self, text: str) -> str:
        """Return a text that belongs to no entry as it is shown."""
        return hidden(text, self._everywhere, NOBODY, detect_language(text))

    def playbook(self, playbook: Playbook) -> Playbook:
        """Return the playbook without synonyms that name a customer."""
        kept = [words for words in playbook.synonyms if not any(map(self.hides, words))]
        return replace(playbook, synonyms=tuple(kept))

    def _titled(self, document: Document, text: str, path: str, own: Own, language: Language) -> str:
        """Return the text of a renamed file with a title, where it was called by its file name."""
        if document.heading or any(field_of(line.key) == "title" for line in document.lines):
            return text
        label = self._everywhere.labels.get(own.customer, {}).get(language, "")
        stem = path.rpartition("/")[2].removesuffix(".md")
        title = label or hidden(stem, replace(self._everywhere, stems=Names(())), own, language)
        document = Document.of(text)
        return _composed([Line("title", title, 1), *document.lines], document.stored_body)

    def _tells(self, document: Document, path: str, own: Own) -> bool:
        """Whether a rewritten file still has something to hide: spelled in a way that only its parts together show."""
        language = _language(document)
        texts = [path, document.body, document.shown, *(text for line in document.lines for text in _texts(line))]
        return any(hidden(text, self._everywhere, own, language) != text for text in texts)


class _Hiding:
    """Hides what is in one file."""

    def __init__(self, everywhere: Everywhere, own: Own, language: Language) -> None:
        self.own = own
        self._everywhere = everywhere
        self._language: Language = language

    def text(self, text: str) -> str:
        return hidden(text, self._everywhere, self.own, self._language)

    def value(self, value: Plain) -> Plain:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.value(inner) for key, inner in value.items()}
        return [self.value(item) for item in value]

    def line(self, line: Line, *, is_renamed: bool) -> Line | None:
        """Return a key with what may be read of its value; None if nothing may."""
        name = field_of(line.key)
        if self._is_dropped(name, line.key) or (name == "id" and is_renamed):
            return None
        if name == "customer" and "customer" in self.own.what:
            return replace(line, value=self._everywhere.labels[self.own.customer][self._language])
        if name in BY_NAME and BY_NAME[name].shape in ("link", "links"):
            return replace(line, value=self._links(line.value))
        if name in BY_NAME and BY_NAME[name].shape == "list" and isinstance(line.value, list):
            kept = [item for item in line.value if isinstance(item, str) and self.text(item) == item]
            return replace(line, value=list(kept)) if kept else None
        return replace(line, key=self.text(line.key), value=self.value(line.value))

    def _is_dropped(self, name: str, key: str) -> bool:
        what, is_extra = self.own.what, name not in BY_NAME
        if "customer" in what and (name == "crm_id" or (is_extra and (ALIAS_KEYS.search(key) or _TELLING.search(key)))):
            return True
        if "amount" in what and (name in ("amount", "currency") or (is_extra and _MONEY.search(key))):
            return True
        return "contact" in what and is_extra and bool(CONTACT_KEYS.search(key))

    def _links(self, value: Plain) -> Plain:
        if isinstance(value, str):
            target = entry_id(value.strip().removeprefix("[[").removesuffix("]]").partition("|")[0])
            return self._everywhere.ids.get(target) or self.text(value)
        return [self._links(item) for item in value] if isinstance(value, list) else self.value(value)


def _text(document: Document, hiding: _Hiding, *, is_renamed: bool) -> str:
    """Return a file without what is hidden; the front matter is written anew where something of it is."""
    body = hiding.text(document.stored_body)
    lines = [hiding.line(line, is_renamed=is_renamed) for line in document.lines]
    front = document.text[: len(document.text) - len(document.stored_body)]
    if lines == [*document.lines] and hiding.text(front) == front:
        return front + body
    return _composed([line for line in lines if line], body)


def _composed(lines: Iterable[Line], body: str) -> str:
    first: dict[str, Line] = {}
    for line in lines:
        first.setdefault(field_of(line.key), line)
    return f"---\n{''.join(written(line.key, line.value) for line in first.values())}---\n{body}"


def _language(document: Document) -> Language:
    """Return the language of a file, in which replacements are written."""
    fields = {field_of(line.key): as_written(line.value) for line in reversed(document.lines)}
    chosen = CHOICES["language"].find(fields.get("language", ""))
    if chosen:
        return "en" if chosen.key == "en" else "ja"
    return detect_language(f"{fields.get('title', '')}\n{document.shown}")


def _texts(line: Line) -> tuple[str, str]:
    return line.key, as_written(line.value)
