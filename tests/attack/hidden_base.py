"""A base with 40 hidden entries that carry unique words in every field, and the people who look at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kb.choices import KINDS
from kb.fields import Field, own_fields
from kb.viewer import Role
from tests.app.conftest import PLAYBOOK
from tests.words import note

WORD = re.compile(r"zq\d\d[a-z_]*", re.IGNORECASE)
SALES, MARKETING, ABOVE, TOKYO = "sales", "marketing", "/Sales", "/Sales/Tokyo"
MORI, KATO, JOINT, DRAFT = "private by Mori", "private by Kato", "joint", "draft of Kato"
GROUPS = (SALES,) * 9 + (MARKETING,) * 7 + (ABOVE,) * 5 + (TOKYO,) * 5 + (MORI,) * 3 + (KATO,) * 4 + (JOINT,) * 4
GROUPS += (DRAFT,) * 3
FOLDERS = {"talk-track": "talk-tracks", "deal": "deals", "campaign": "campaigns", "content": "content", "note": "notes"}
CHOSEN = {"outcome": ("won", "lost", "no-decision", "open"), "team": ("sales", "marketing"), "language": ("ja", "en")}
LINKED = (0, 10, 17)  # hidden entries that visible ones link to: their ids are known from there


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Somebody who asks, and which of the hidden entries they may see."""

    name: str
    role: Role | None = None  # None: has not signed in
    teams: tuple[str, ...] = ()
    sees: tuple[str, ...] = ()
    token_teams: tuple[str, ...] | None = None  # of the program that asks for them


ONLOOKERS = (
    Onlooker("Nobody"),
    Onlooker("Sato", "reader", ("sales",), (SALES,)),
    Onlooker("Mori", "author", ("marketing",), (MARKETING, MORI)),
    Onlooker("Abe", "editor", ("/Sales/Tokyo",), (ABOVE, TOKYO)),
    Onlooker("Root", "admin"),
    Onlooker("Robo", "editor", ("sales", "marketing"), (MARKETING,), ("marketing",)),
    Onlooker("Guest", "reader", ("partners",)),  # for whom customers, amounts and contacts are masked
)
MASKING = "masking:\n  - {what: [customer, amount, contact], teams: [partners]}\n"


def _visible(number: int) -> str:
    linked = [hidden_id(at) for at in LINKED]
    fields = {
        "kind": ("deal", "talk-track", "note")[number % 3], "tags": "[価格]", "competitors": "[タスキナ]",
        "industry": ("製造", "食品")[number % 2], "related": f"[{linked[number % 3]}]",
        "date": f"2026-09-{number + 1:02}",
    }  # fmt: skip
    if fields["kind"] == "deal":
        fields |= {
            "outcome": ("won", "lost", "open")[number // 3 % 3], "customer": f"顧客{number}社",
            "amount": f"{number + 1}00万円",
            "closed_on": f"2026-09-{number + 1:02}", "started_on": f"2026-08-{number + 1:02}",
            "used": "[talk-tracks/seen-1]",
        }  # fmt: skip
    return note(f"見える記録{number}", f"価格が高いと言われた{number}回目。[先](../{linked[0]}.md) も読む。", **fields)


def visible_id(number: int) -> str:
    """Return the id of an entry that everybody sees."""
    return f"{('deals', 'talk-tracks', 'notes')[number % 3]}/seen-{number}"


def kind_of(number: int) -> str:
    """Return the kind of a hidden entry."""
    return "deal" if number % 2 else KINDS[number // 2 % len(KINDS)]


def hidden_id(number: int) -> str:
    """Return the id of a hidden entry."""
    return f"{FOLDERS[kind_of(number)]}/zq{number:02}name"


def hidden_text(number: int) -> str:
    """Return the text of a hidden entry."""
    kind, group = kind_of(number), GROUPS[number]
    fields = {field.key: _value(field, number) for field in (*own_fields(""), *own_fields(kind)) if field.name != "id"}
    del fields["title"]
    fields |= {"kind": kind, "visibility": group, "status": "published", "owner": f"zq{number:02}owner"}
    if group.startswith(("private", "draft")):
        fields |= {"visibility": "private", "owner": group.split()[-1]}
    if group == DRAFT:
        fields["status"] = "draft"
    if group == ABOVE:
        fields["visibility"] = "[/Sales]"
    word = f"zq{number:02}"
    body = (
        f"{word}body の値引き。価格が高いと言われた。\n\n> {word}quote と言った。\n\n### {word}heading\n{word}section\n"
    )
    return note(f"{word}title 価格の商談", body, **fields, **{f"{word}custom": f"{word}other"})


def _value(field: Field, number: int) -> str:
    """Return a value of a field that stands nowhere else."""
    word = f"zq{number:02}{field.name}"
    day = f"2026-{number % 9 + 1:02}-{number % 28 + 1:02}"
    links = f"[{visible_id(number % 12)}, {visible_id(1)}, {hidden_id((number + 7) % 40)}]"
    return {
        "text": word,
        "list": f"[{word}]",
        "day": day,
        "span": f"{day}/{day}",
        "count": f"{7_131_000 + number}",
        "money": f"{918_273_000 + number}円",
        "currency": "JPY",
        "choice": _choice(field, number),
        "link": visible_id(number % 12),
        "links": links,
        "reasons": f"[{{code: price, source: buyer, note: {word}}}]",
        "metrics": f"{{sent: {7_131_000 + number}, {word}: 3}}",
        "variants": f"[{{angle: TCO, shown: {7_131_000 + number}, responded: 4}}]",
    }[field.shape]


def _choice(field: Field, number: int) -> str:
    known = CHOSEN.get(field.name, ("",))
    return known[number // 2 % len(known)]


SHOWN: Mapping[str, str] = {
    "playbook.yaml": PLAYBOOK + MASKING,
    **{f"{visible_id(number)}.md": _visible(number) for number in range(12)},
}


def files(seen: tuple[str, ...] | None = None) -> dict[str, str]:
    """Return the files of the base; only those of the groups `seen`, if given."""
    chosen = [at for at, group in enumerate(GROUPS) if seen is None or group in seen]
    return {**SHOWN, **{f"{hidden_id(at)}.md": hidden_text(at) for at in chosen}}


def hidden_from(who: Onlooker) -> list[int]:
    """Return the entries that somebody may not see."""
    return [at for at, group in enumerate(GROUPS) if group not in who.sees]


def words_of(number: int) -> Iterator[str]:
    """Yield the unique words of a hidden entry."""
    yield from sorted(set(re.findall(rf"zq{number:02}[a-z_]+", hidden_text(number))))
