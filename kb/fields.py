"""The register: every key an entry's front matter may have, with everything derived from it.

Parsing, writing, the index, filters, forms, exports and the reference all use it. Standard library only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from kb.choices import CHOICES, KINDS

Shape = Literal[
    "text",  # one line
    "list",  # of strings
    "day",
    "span",  # first and last day
    "count",
    "money",
    "currency",
    "choice",  # one of CHOICES
    "link",  # the id of another entry
    "links",
    "reasons",
    "metrics",
    "variants",
]
_ALL = KINDS
_DEAL, _TRACK, _CAMPAIGN = ("deal",), ("talk-track",), ("campaign",)


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an entry."""

    name: str  # of the attribute, the API, URLs, forms and table columns
    ja: str  # label
    en: str
    spellings: tuple[str, ...]  # of the key in a file; new files use the first
    about: str  # description for the reference, Markdown
    shape: Shape = "text"
    kinds: tuple[str, ...] = ()  # kinds that have it among their details; empty: every entry
    words: str = ""  # its vocabulary in playbook.yaml
    is_strict: bool = False  # drop values the playbook does not list
    facet: int = 0  # position among the facets, from 1; 0: not a facet
    is_filter: bool = False  # a search can be narrowed by it
    is_keyword: bool = False  # indexed for keyword search
    is_name: bool = False  # a name of the entry: searching for it ranks the entry first
    is_prominent: bool = False  # visible at a glance: its facet starts open, and hits show its values
    is_open: bool = False  # forms accept values beside those of the playbook
    form: tuple[str, ...] = ()  # kinds whose form has it

    @property
    def key(self) -> str:
        """The spelling used in new files."""
        return self.spellings[0]

    def label(self, locale: str) -> str:
        """Return the label in a language, `ja` or `en`."""
        return self.en if locale == "en" else self.ja


FIELDS: tuple[Field, ...] = (
    Field("id", "ID", "ID", ("id",), "a path such as `deals/acme`, when it should not be the file's own", is_name=True),
    Field("title", "題名", "Title", ("title", "題名", "タイトル", "件名"), "one line", is_name=True, form=_ALL),
    Field(
        "kind", "種別", "Kind", ("kind", "種別", "種類", "type"),
        "`talk-track`, `deal`, `campaign`, `content` (articles, white papers, cases, slides) or `note`", "choice",
        facet=1, is_filter=True, is_prominent=True,
    ),
    Field(
        "industry", "業種", "Industry", ("industry", "業種", "業界", "industries"),
        "a list; values of the playbook's `industries` where it has them", "list",
        words="industries", facet=4, is_filter=True, is_keyword=True, is_prominent=True, form=_ALL,
    ),
    Field(
        "product", "製品", "Product", ("product", "製品", "商品", "products"),
        "a list; values of the playbook's `products` where it has them", "list",
        words="products", facet=5, is_filter=True, is_keyword=True, form=_ALL,
    ),
    Field(
        "competitor", "競合", "Competitor", ("competitors", "競合", "competitor"),
        "a list; values of the playbook's `competitors` where it has them", "list",
        words="competitors", facet=6, is_filter=True, is_keyword=True, is_open=True, is_prominent=True, form=_ALL,
    ),
    Field(
        "angle", "切り口", "Angle", ("angles", "切り口", "angle"),
        "a list of angles of `playbook.yaml`, by key, label or alias", "list",
        words="angles", is_strict=True, facet=7, is_filter=True, is_prominent=True, form=_ALL,
    ),
    Field(
        "tag", "タグ", "Tag", ("tags", "タグ", "tag"), "a list: `[価格, ROI]` or `価格、ROI`", "list",
        facet=8, is_filter=True, is_keyword=True, form=_ALL,
    ),
    Field(
        "team", "部門", "Team", ("team", "部門", "チーム"), "`sales` or `marketing`", "choice",
        facet=3, is_filter=True, form=_ALL,
    ),
    Field(
        "owner", "担当", "Owner", ("owner", "担当", "担当者", "author"), "who keeps it up to date",
        is_keyword=True, form=_ALL,
    ),
    Field(
        "date", "日付", "Date", ("date", "日付"), "the day it is about; deals are listed under `closed_on` first",
        "day", form=("talk-track", "campaign", "content", "note"),
    ),
    Field(
        "language", "言語", "Language", ("language", "言語"), "`ja` or `en`; detected when missing", "choice",
        facet=9, is_filter=True,
    ),
    Field(
        "visibility", "公開範囲", "Visible to", ("visibility", "公開範囲"),
        "`all`, `sales`, `marketing`, `joint` (who is in both teams), `private` (its owner, and who sees "
        "everything) or groups of your identity provider, one or a list: `[sales, /Sales/Tokyo]`; "
        "see [who sees an entry](#who-sees-an-entry)", "choice",
        form=_ALL,
    ),
    Field(
        "status", "状態", "Status", ("status", "状態"),
        "`published`; `draft` and `archived` entries keep their page but appear in no search", "choice", form=_ALL,
    ),
    Field("verified_by", "確認者", "Verified by", ("verified_by", "確認者"), "who checked it"),
    Field(
        "verified_on", "確認日", "Verified on", ("verified_on", "確認日"),
        "when it was checked; a verified entry ranks a little higher", "day",
    ),
    Field(
        "review_by", "見直し期限", "Review by", ("review_by", "見直し期限", "見直し"),
        "the day it should be looked at again; after it the entry ranks a little lower", "day",
    ),
    Field("related", "関連する記録", "Related entries", ("related", "関連"), "a list of entry ids", "links", form=_ALL),
    Field(
        "supersedes", "置き換え", "Replaces", ("supersedes", "置き換え"),
        "a list of entry ids; a superseded entry ranks lower", "links",
    ),
    Field(
        "derived_from", "元になったもの", "Made from", ("derived_from", "元", "もとになったもの"),
        "a list of entry ids", "links",
    ),
    Field(
        "outcome", "結果", "Outcome", ("outcome", "結果"), "`won`, `lost`, `no-decision` or `open`", "choice", _DEAL,
        facet=2, is_filter=True, is_prominent=True, form=_DEAL,
    ),
    Field(
        "customer", "顧客名", "Customer", ("customer", "顧客", "顧客名"), "the customer", kinds=_DEAL,
        is_keyword=True, is_name=True, form=_DEAL,
    ),
    Field(
        "started_on", "開始日", "Started on", ("started_on", "開始日", "商談開始日", "案件発生日"),
        "the day the deal began; open deals count in the cycle length by it", "day", _DEAL, form=_DEAL,
    ),
    Field(
        "closed_on", "決着日", "Closed on", ("closed_on", "成約日", "決着日", "クローズ日"), "the day it was decided",
        "day", _DEAL, form=_DEAL,
    ),
    Field(
        "reasons", "理由", "Reason",
        ("reasons", "理由", "失注理由", "受注理由", "見送り理由", "loss_reason", "win_reason", "lost reason"),
        "a list of `{code, source, note}`: a reason code of the playbook for this outcome, who says so, and a remark;"
        " a bare code will do", "reasons", _DEAL, form=_DEAL,
    ),
    Field(
        "used", "使ったトーク・資料", "Talk or content used", ("used", "使った話", "使った資料"),
        "ids of the talk tracks and content used", "links", _DEAL, form=_DEAL,
    ),
    Field(
        "amount", "金額", "Amount", ("amount", "金額", "受注金額"), "an amount such as `1,200万円`", "money", _DEAL,
        form=_DEAL,
    ),
    Field(
        "currency", "通貨", "Currency", ("currency", "通貨"), "three letters such as `JPY`, which is the default",
        "currency", _DEAL,
    ),
    Field(
        "size", "従業員数", "Employees", ("size", "規模", "従業員数"), "the customer's number of employees",
        "count", _DEAL, form=_DEAL,
    ),
    Field(
        "cycle_days", "商談期間", "Cycle", ("cycle_days", "商談期間", "商談日数"), "how many days it took",
        "count", _DEAL,
    ),
    Field(
        "lead_source", "流入元", "Lead source", ("lead_source", "流入", "流入元"),
        "one line; a value of the playbook's `lead_sources` where it has them", kinds=_DEAL,
        words="lead_sources", is_keyword=True, form=_DEAL,
    ),
    Field(
        "campaign", "きっかけの施策", "Source campaign", ("campaign", "施策"),
        "the id of the campaign it came from", "link", _DEAL, form=_DEAL,
    ),
    Field(
        "objection", "お客様の言葉", "Objection", ("objection", "反論", "断り文句"),
        "what the customer says; found by keyword as well", kinds=_TRACK, is_keyword=True, form=_TRACK,
    ),
    Field(
        "persona", "相手", "Persona", ("persona", "相手", "ペルソナ"), "who hears it", kinds=_TRACK,
        is_keyword=True, form=_TRACK,
    ),
    Field(
        "stage", "段階", "Stage", ("stage", "段階", "フェーズ"), "when in the deal, or where it stands; one line",
        kinds=("deal", "talk-track"), form=("deal", "talk-track"),
    ),
    Field(
        "crm_id", "CRM番号", "CRM number", ("crm_id", "CRM番号"),
        "the number in your CRM; searching for it puts the deal first", kinds=_DEAL,
        is_keyword=True, is_name=True, form=_DEAL,
    ),
    Field(
        "channel", "媒体", "Channel", ("channel", "媒体", "チャネル"), "one line", kinds=_CAMPAIGN,
        is_keyword=True, form=_CAMPAIGN,
    ),
    Field(
        "period", "期間", "Period", ("period", "期間"),
        "first and last day: `2026-04-13/2026-04-27`, `2026年4月13日〜27日`",
        "span", _CAMPAIGN,
        form=_CAMPAIGN,
    ),
    Field(
        "audience", "対象", "Audience", ("audience", "対象"), "one line", kinds=_CAMPAIGN,
        is_keyword=True, form=_CAMPAIGN,
    ),
    Field(
        "metrics", "数値", "Numbers", ("metrics", "数値", "指標"),
        "a mapping of counts; `cost` and `revenue` are amounts in yen; your own names are kept", "metrics", _CAMPAIGN,
        form=_CAMPAIGN,
    ),
    Field(
        "variants", "比較", "Variants", ("variants", "比較"),
        "a list of `{angle, shown, responded}`, one an arm of a test", "variants", _CAMPAIGN,
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
FACETS: tuple[str, ...] = tuple(f.name for f in sorted(FIELDS, key=lambda f: f.facet) if f.facet)
FILTERS: tuple[str, ...] = tuple(dict.fromkeys((*FACETS, *(f.name for f in FIELDS if f.is_filter))))
LISTS: tuple[str, ...] = tuple(name for name in FILTERS if BY_NAME[name].shape == "list")
PROMINENT_LISTS: tuple[str, ...] = tuple(name for name in LISTS if BY_NAME[name].is_prominent)
# What a deal or its market is, in agreed words; an angle is what we say ourselves.
SEGMENTS: tuple[str, ...] = tuple(n for n in LISTS if BY_NAME[n].words and not BY_NAME[n].is_strict)
AGREED: Mapping[str, str] = {f.name: f.words for f in FIELDS if f.words}  # field → list of playbook.yaml
_BY_SPELLING: Mapping[str, Field] = {spelling: field for field in FIELDS for spelling in field.spellings}
_BY_FOLDED: Mapping[str, Field] = {spelling.casefold(): field for spelling, field in _BY_SPELLING.items()}


def named(spelling: str) -> Field | None:
    """Return the field of a key in any spelling; None for a custom key."""
    return _BY_SPELLING.get(spelling) or _BY_FOLDED.get(unicodedata.normalize("NFKC", spelling).strip().casefold())


def own_fields(kind: str) -> tuple[Field, ...]:
    """Return the fields of a kind's details; the fields every entry has for an empty kind."""
    return tuple(field for field in FIELDS if (kind in field.kinds if kind else not field.kinds))


def asked_of(kind: str) -> tuple[Field, ...]:
    """Return the form fields of a kind: the title, its own fields, then the common ones."""
    asked = [field for field in FIELDS if kind in field.form]
    return tuple(sorted(asked, key=lambda field: (field.name != "title", not field.kinds)))


def stored_shape(fields: Iterable[Field] = FIELDS) -> str:
    """Return the part of the register the index depends on: if it changes, the index is rebuilt."""
    return repr([(f.name, f.shape, f.kinds, f.facet > 0, f.is_filter, f.is_keyword, f.is_name) for f in fields])


def understood(fields: Iterable[Field] = FIELDS) -> str:
    """Return the part of the register that parsing depends on: if it changes, every file is parsed again."""
    keys = [(f.name, f.spellings, f.shape, f.kinds, f.words, f.is_strict) for f in fields]
    choices = [(name, [(s, term.key) for s, term in words.spellings.items()]) for name, words in CHOICES.items()]
    return repr((keys, choices))
