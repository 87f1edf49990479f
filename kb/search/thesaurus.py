"""The thesaurus of a base: which spellings its playbook treats as one, and the spellings of a code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kb.index import analysis
from kb.playbook import Playbook, Term
from kb.search.query import Query, Synonyms

_PARTS_OF_CODE = re.compile(r"[a-z]+|\d+")

Spelling = tuple[str, ...]  # index terms in order


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Groups of spellings, looked up by the first term of each."""

    groups: Mapping[str, Sequence[tuple[Spelling, tuple[Spelling, ...]]]]  # first term → (spelling, its group)

    @classmethod
    def of(cls, playbook: Playbook) -> Thesaurus:
        """Collect the labels, aliases and codes of the playbook in both languages, its reasons and its synonyms."""
        terms = [t for words in (*playbook.vocabularies.values(), *playbook.reasons.values()) for t in words.terms]
        spelt = [*((*_code_of(term), term.ja, term.en, *term.aliases) for term in terms), *playbook.synonyms]
        groups: dict[str, dict[Spelling, tuple[Spelling, ...]]] = {}
        for spellings in map(_analysed, _merged(spelt)):
            for spelling in spellings:
                known = groups.setdefault(spelling[0], {})
                known[spelling] = tuple(dict.fromkeys((*known.get(spelling, ()), *spellings)))
        return cls({first: sorted(some.items(), key=lambda pair: -len(pair[0])) for first, some in groups.items()})

    def expand(self, query: Query) -> Query:
        """Return a query with the other spellings of its words."""
        return replace(query, synonyms=(*query.synonyms, *self._synonyms(query.terms)))

    def treats_as_one(self, one: str, other: str) -> bool:
        """Whether two words are spellings of each other."""
        wanted = tuple(analysis.terms(other))
        return any(wanted in some.spellings for some in self._synonyms(analysis.terms(one)))

    def _synonyms(self, terms: Sequence[str]) -> Iterator[Synonyms]:
        at = 0
        while at < len(terms):
            found = next((s for s in self.groups.get(terms[at], ()) if tuple(terms[at : at + len(s[0])]) == s[0]), None)
            if found and len(found[1]) > 1:
                yield Synonyms(found[0], tuple(s for s in found[1] if s != found[0]))
            elif len(parts := _PARTS_OF_CODE.findall(terms[at])) > 1 and terms[at].isascii():
                yield Synonyms((terms[at],), (tuple(parts),))  # TR-88 is also written TR 88
            at += len(found[0]) if found else 1


def _code_of(term: Term) -> tuple[str, ...]:
    """Return the key of a term if people would type it as a code only: `field-adoption`, not `price`."""
    return (term.key,) if "-" in term.key and term.key.isascii() else ()


def _merged(groups: Iterable[Sequence[str]]) -> list[list[str]]:
    """Merge the synonyms a customer adds to a label with the spellings of that label."""
    merged: list[list[str]] = []
    for group in groups:
        folded = {analysis.fold(spelling) for spelling in group}
        same = next((some for some in merged if folded & {analysis.fold(spelling) for spelling in some}), None)
        if same is None:
            merged.append(list(group))
        else:
            same.extend(group)
    return merged


def _analysed(spellings: Sequence[str]) -> tuple[Spelling, ...]:
    return tuple(dict.fromkeys(terms for spelling in spellings if (terms := tuple(analysis.terms(spelling)))))
