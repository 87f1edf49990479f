"""From the groups a provider or a proxy names to teams and a role, by the rules of one file."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from app.signin.errors import SignInSettingsError
from ingest.yaml_text import Place, YamlTextError, places
from kb.choices import CHOICES
from kb.errors import why_refused
from kb.people.errors import SignInRefusedError
from kb.people.person import MOST_NAME
from kb.viewer import EVERYTHING, ROLES, Role
from kb.wording import say

KEYS = ("default_role", "groups")
RULE_KEYS = ("team", "role")
NOBODY = "none"  # as default role: who is in no group of the file may not sign in
NO_GROUP = ("all", "joint", "private", EVERYTHING)  # words that no group may take: they mean something else
UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rule:
    """What membership in a group gives."""

    team: str = ""
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What groups give; without a file they are only audiences by their own names."""

    groups: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))
    default_role: Role | None = None  # None: the groups say nothing about the role
    is_closed: bool = False  # who is in no group of the file may not sign in

    def role(self, groups: Iterable[str]) -> Role | None:
        """Return the highest role of some groups. Raises SignInRefusedError."""
        rules = list(self._of(groups))
        if self.is_closed and not rules:
            raise SignInRefusedError(
                say("None of your groups may use this knowledge base. Ask whoever manages your groups to add you.")
            )
        given = [rule.role for rule in rules if rule.role]
        return max(given, key=ROLES.index) if given else self.default_role

    def teams(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the groups themselves and the teams they stand for."""
        known = frozenset(groups)
        return known | {rule.team for rule in self._of(known) if rule.team}

    def _of(self, groups: Iterable[str]) -> Iterator[Rule]:
        """Yield the rule of each group, and of the groups above it: a member of `/Sales/Tokyo` is one of `/Sales`."""
        for group in groups:
            for name in (group, *_above(group)):
                if name in self.groups:
                    yield self.groups[name]


class GroupsFile:
    """The file of the rules, read anew at each sign-in; while it has a fault, the last good reading counts."""

    def __init__(self, path: Path | None, changed: Callable[[], None] = lambda: None) -> None:
        """Read a file; `changed` hears of rules that differ from those read before."""
        self._path = path
        self._changed = changed
        self._last: Rules | None = None if path else Rules()

    def rules(self) -> Rules:
        """Return the rules. Raises SignInSettingsError if the file has never been without fault."""
        if self._path is None:
            return Rules()
        try:
            rules = read_rules(self._path)
        except SignInSettingsError as error:
            if self._last is None:
                raise
            log.error("%s (the rules read before still count)", error.sentence)
            return self._last
        before, self._last = self._last, rules
        if before not in (None, rules):
            self._changed()
        return rules


def read_rules(path: Path) -> Rules:
    """Read a file of rules. Raises SignInSettingsError."""
    try:
        text = path.read_text("utf-8")
        return _Reading(path, text).rules(places(text))
    except OSError as error:
        raise _fault(path, 1, say("the file cannot be read: {why}", why=why_refused(error))) from error
    except UnicodeDecodeError as error:
        raise _fault(path, 1, say("the file is not UTF-8 text")) from error
    except YamlTextError as error:
        raise _fault(path, error.line, error.sentence) from error


def clean_groups(names: Iterable[str]) -> list[str]:
    """Return names of groups as they are kept, without those that would be taken for a word of `visibility`."""
    kept = []
    for name in names:
        group = unicodedata.normalize("NFC", " ".join(name.split()))
        if not group or len(group) > MOST_NAME or any(unicodedata.category(sign) in UNPRINTABLE for sign in group):
            log.info("A group is left out: its name is empty, too long or not plain text.")
        elif _means(group) in NO_GROUP:
            log.info("The group '%s' is left out: the word means something else.", group)
        else:
            kept.append(group)
    return kept


def _means(group: str) -> str:
    """Return the word of `visibility` that a name would be read as."""
    term = CHOICES["visibility"].find(group)
    return term.key if term else unicodedata.normalize("NFKC", group).casefold()


def _above(group: str) -> list[str]:
    """Return the paths above a group that is a path."""
    parts = group.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts) - 1, 1, -1)] if group.startswith("/") else []


@dataclass(frozen=True, slots=True)
class _Reading:
    """The text of a file of rules; each fault in it is a sentence with its line."""

    path: Path
    text: str

    def rules(self, place: Place | None) -> Rules:
        parts = self._parts(place, KEYS) if place else {}
        default = self._word(parts["default_role"], (*ROLES, NOBODY)) if "default_role" in parts else ""
        groups = self._groups(parts["groups"]) if "groups" in parts else {}
        return Rules(groups, _role(default), default == NOBODY)

    def _groups(self, place: Place) -> Mapping[str, Rule]:
        if place.value == "":
            return {}
        if not isinstance(place.value, dict):
            raise self._fault(place, say("'groups' must list groups, each with 'team', 'role' or both"))
        parts = self._parts(place)
        return {unicodedata.normalize("NFC", group): self._rule(group, inner) for group, inner in parts.items()}

    def _rule(self, group: str, place: Place) -> Rule:
        if not isinstance(place.value, dict) or not place.value:
            raise self._fault(place, say("the group '{group}' needs 'team', 'role' or both", group=group[:MOST_NAME]))
        parts = self._parts(place, RULE_KEYS)
        role = self._word(parts["role"], ROLES) if "role" in parts else ""
        team = parts["team"].value if "team" in parts else ""
        if "team" in parts and team != EVERYTHING and (not isinstance(team, str) or clean_groups([team]) != [team]):
            raise self._fault(parts["team"], say("the team of '{group}' must be one name", group=group[:100]))
        return Rule(str(team), _role(role))

    def _word(self, place: Place, known: tuple[str, ...]) -> str:
        word = str(place.value)
        if word not in known:
            sentence = say("'{role}' is not a role; use {known}", role=word[:100], known=", ".join(known))
            raise self._fault(place, sentence)
        return word

    def _parts(self, place: Place, known: tuple[str, ...] = ()) -> dict[str, Place]:
        """Return the parts of a mapping by key; each key once, and only known ones where there are any."""
        parts: dict[str, Place] = {}
        for key, inner in place.pairs:
            if key in parts:
                raise self._fault(inner, say("duplicate key '{key}'", key=key[:100]))
            if known and key not in known:
                sentence = say("'{key}' is not a key of this file; use {known}", key=key[:100], known=", ".join(known))
                raise self._fault(inner, sentence)
            parts[key] = inner
        return parts

    def _fault(self, place: Place, sentence: str) -> SignInSettingsError:
        return _fault(self.path, self.text.count("\n", 0, place.start) + 1, sentence)


def _role(word: str) -> Role | None:
    return next((role for role in ROLES if role == word), None)


def _fault(path: Path, line: int, sentence: str) -> SignInSettingsError:
    return SignInSettingsError(say("{path}:{line}: {what}", path=str(path), line=line, what=sentence))
