"""What identifies the masked deals of a set of viewers: customers in all spellings, contacts, links, ids."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ingest import masked_values as values
from ingest.fields import entry_id
from ingest.masked_letters import squeezed
from ingest.masked_names import LEAST_READING, Name, Names, Strength, key_of, names_of
from ingest.masked_text import NO_NUMBER, NO_PERSON, NUMBER, PERSON, Everywhere, Own, Wording
from ingest.masking import ALIAS_KEYS, CONTACT_KEYS, DIGEST, Masks
from kb.choices import FOLDER_KINDS
from kb.entry import Entry
from kb.masking import masks_for, rules_for
from kb.owners import is_owner
from kb.playbook import Playbook
from kb.viewer import Viewer


def masks_of(entries: Sequence[Entry], playbook: Playbook, viewer: Viewer, today: date, secret: bytes) -> Masks | None:
    """Return what a viewer may not read of the entries they see, all given with their bodies; None: they read all.

    `secret` makes the ids of masked entries: stable, and nobody can compute one from a name.
    """
    rules = rules_for(playbook, viewer)
    deals = [entry for entry in entries if entry.deal]
    what = {deal.path: masks_for(rules, viewer, deal, today) for deal in deals}
    if not any(what.values()):
        return None
    hides = {key_of(d.deal.customer) for d in deals if d.deal and "customer" in what[d.path]} - {""}
    for deal in deals:
        if deal.deal and key_of(deal.deal.customer) in hides and not is_owner(viewer, deal.owner):
            what[deal.path] |= {"customer"}
    readers = {deal.path: _readers(deal) for deal in deals if is_owner(viewer, deal.owner)}
    return _Making([d for d in deals if what[d.path]], what, playbook, secret).masks(entries, readers)


class _Making:
    """Collects what identifies the masked deals."""

    def __init__(
        self, deals: Sequence[Entry], what: Mapping[str, frozenset[str]], playbook: Playbook, secret: bytes
    ) -> None:
        self._deals = deals
        self._what = what
        self._playbook = playbook
        self._secret = secret
        self._by_customer: dict[str, list[Entry]] = {}
        for deal in deals:
            if deal.deal and (key := key_of(deal.deal.customer)):
                self._by_customer.setdefault(key, []).append(deal)

    def masks(self, entries: Iterable[Entry], readers: Mapping[str, Own]) -> Masks:
        names = Names([*self._customers(), *self._persons(), *self._numbers()])
        labels: dict[str, Wording] = {PERSON: NO_PERSON, NUMBER: NO_NUMBER}
        labels |= {key: self._label(deals) for key, deals in self._by_customer.items() if self._has("customer", deals)}
        paths = {
            e.path: self._renamed(e) for e in entries if e.path not in readers and self._is_renamed(e, names, labels)
        }
        ids = {e.id: entry_id(paths[e.path]) for e in entries if e.path in paths}
        ids |= {entry_id(path): entry_id(shown) for path, shown in paths.items()}
        stems = [Name(squeezed(one.rpartition("/")[2]), Strength.ANYWHERE, one) for one in ids]
        silent = frozenset(key for key, deals in self._by_customer.items() if self._has("amount", deals))
        everywhere = Everywhere(names, labels, silent, Names(stems), ids, self._hosts(), self._contacts())
        own = {deal.path: self._own(deal) for deal in self._deals}
        own |= {paths[path]: one for path, one in own.items() if path in paths}
        lost = {d.path for d in self._deals if "customer" in self._what[d.path] and not _customer(d)}
        return Masks(everywhere, {**own, **readers}, paths, frozenset(lost))

    def _has(self, what: str, deals: Iterable[Entry]) -> bool:
        return any(what in self._what[deal.path] for deal in deals)

    def _of(self, what: str) -> list[Entry]:
        return [deal for deal in self._deals if what in self._what[deal.path]]

    def _customers(self) -> Iterable[Name]:
        for deals in self._by_customer.values():
            spellings = tuple(dict.fromkeys(_customer(deal) for deal in deals))
            aliases = [
                part for deal in deals for text in _extra(deal, ALIAS_KEYS) for part in re.split("[,、;/]", text)
            ]
            known = {name.letters for one in spellings for name in names_of(one)}
            groups = (words for words in self._playbook.synonyms if known & {key_of(word) for word in words})
            others = (*spellings[1:], *aliases, *(word for words in groups for word in words))
            yield from names_of(spellings[0], tuple(word for word in others if word.strip()))

    def _persons(self) -> Iterable[Name]:
        """Yield full names, which are hidden in every text; a surname alone is only hidden in the deal's own."""
        for person in values.persons_named(text for deal in self._of("contact") for text in _extra(deal, CONTACT_KEYS)):
            if len(letters := squeezed(person)) >= (LEAST_READING + 3 if letters.isascii() else 4):
                yield Name(letters, Strength.ANYWHERE, PERSON)

    def _numbers(self) -> Iterable[Name]:
        for deal in self._of("customer"):
            letters = squeezed(deal.deal.crm_id) if deal.deal else ""
            if len(letters) >= LEAST_READING and any(map(str.isdigit, letters)):
                yield Name(letters, Strength.WORD, NUMBER)

    def _own(self, deal: Entry) -> Own:
        what = self._what[deal.path]
        persons = values.persons_named(_extra(deal, CONTACT_KEYS)) if "contact" in what else set()
        names = [Name(letters, Strength.MARKED, PERSON) for one in persons if (letters := squeezed(one))]
        if "customer" in what and deal.deal and (number := squeezed(deal.deal.crm_id)):
            names.append(Name(number, Strength.MARKED, NUMBER))
        return Own(what, key_of(_customer(deal)), names=Names(names))

    def _hosts(self) -> frozenset[str]:
        """Return the hosts of links and addresses that stand in the deals of one customer only."""
        found: dict[str, set[str]] = {}
        for deal in self._of("customer"):
            text = "\n".join((deal.body, *(value for _, value in deal.extra)))
            for start, end in (*values.addresses(text), *values.urls(text)):
                found.setdefault(values.host_of(text[start:end]), set()).add(key_of(_customer(deal)))
        return frozenset(host for host, customers in found.items() if host and len(customers) == 1)

    def _contacts(self) -> frozenset[str]:
        found: set[str] = set()
        for deal in self._of("contact"):
            text = "\n".join((deal.body, *(value for _, value in deal.extra)))
            found |= {text[start:end].casefold() for start, end in values.addresses(text)}
            found |= {values.digits(text[start:end]) for start, end in values.phones(text)}
        return frozenset(found)

    def _label(self, deals: Sequence[Entry]) -> Wording:
        """Return the situation of a customer in words, from the newest deal that says most of it."""
        newest = max(deals, key=lambda deal: (len(_facts(deal)), deal.sort_date, deal.id))
        words = self._playbook.vocabulary("industry")
        industry, size = newest.industry[:1], newest.deal.size if newest.deal else None
        ja = "・".join((*(words.label(one, "ja") for one in industry), *([f"{size:,}名"] if size else [])))
        japanese = f"{ja}の会社" if industry else f"従業員{ja}の会社" if size else "ある会社"
        english = _with_article(f"{words.label(industry[0], 'en')} company") if industry else "a company"
        return {"ja": japanese, "en": f"{english} with {size:,} employees" if size else english}

    def _is_renamed(self, entry: Entry, names: Names, labels: Mapping[str, object]) -> bool:
        if "customer" in self._what.get(entry.path, frozenset()):
            return True
        return any(one.name.of in labels for text in (entry.id, entry.path) for one in names.find(text))

    def _renamed(self, entry: Entry) -> str:
        folder = entry.path.partition("/")[0] if "/" in entry.path else ""
        digest = hmac.new(self._secret, entry.id.encode(), hashlib.sha256).hexdigest()[:DIGEST]
        return f"{folder if folder in FOLDER_KINDS else 'notes'}/masked-{digest}.md"


def _with_article(text: str) -> str:
    """Return a noun with its article; an abbreviation keeps its capitals: a food company, an IT company."""
    text = text if text[:2].isupper() else text[:1].lower() + text[1:]
    return f"{'an' if text[:1].lower() in 'aeiou' else 'a'} {text}"


def _customer(deal: Entry) -> str:
    return deal.deal.customer if deal.deal else ""


def _readers(deal: Entry) -> Own:
    return Own(frozenset(), key_of(_customer(deal)), is_readers=True)


def _facts(deal: Entry) -> tuple[object, ...]:
    return tuple(filter(None, (deal.industry, deal.deal.size if deal.deal else None)))


def _extra(deal: Entry, keys: re.Pattern[str]) -> list[str]:
    return [value for key, value in deal.extra if keys.search(key)]
