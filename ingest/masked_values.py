"""Amounts, addresses, telephone numbers and persons in a text: where they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from ingest.masked_letters import signs_of
from kb.index.analysis import is_common_word, persons
from kb.money import LARGE_UNITS

_UNIT = "|".join(LARGE_UNITS)
_SIGN = r"US\$|A\$|[$¥€£\\]|JPY|USD|EUR|GBP|AUD"
# Each text can be read as a number in one way only, and none is endless: the search tries all ways before it gives up.
_NUMBER = r"\d{1,30}(?:[,.]{1,3}\d{1,30}|[ '’]\d{3,30}){0,12}"
_KANJI = "[〇一二三四五六七八九十百千数何]{1,20}"
_COUNT = rf"(?:{_NUMBER}|{_KANJI})"
_COUNTED = (
    "人|名|件|個|回|台|社|枚|本|冊|時間|行|字|文字|語|拠点|店|ヶ所|か所|カ所|箇所|ページ|PV|ユーザ|ダウンロード|セッション|"
    "トン|キロ|k?m|㎡|坪|歩|葉"
)
_SUM = (  # with a unit or a currency; a plain number may be anything
    rf"(?:(?:{_SIGN})\s*{_NUMBER}(?:\s*(?:{_UNIT}|[MK](?![A-Z])))?"
    rf"|{_COUNT}\s*(?:{_UNIT}|まん|おく)(?:(?:\s*{_COUNT}){{1,4}}\s*(?:{_UNIT}|まん|おく))*(?:\s*{_COUNT}){{0,4}}"
    rf"|{_NUMBER}\s*[MK](?![A-Za-z\d])|{_COUNT}(?=\s*(?:円|ドル|ユーロ|ポンド|JPY|USD|EUR|GBP|AUD|€|£)))"
)
_AFTER = r"(?:\s*(?:円|ドル|ユーロ|ポンド|JPY|USD|EUR|GBP|AUD|€|£))?"
_MINUS = r"(?:[△▲▵−-]\s*)?"
_AMOUNT = re.compile(
    rf"(?:(?:約|およそ|おおよそ|about|approx\.?|ca\.)\s*)?{_MINUS}"
    rf"(?:{_NUMBER}\s*(?:[~〜–-]|から|to)\s*(?={_SUM}))?(?<![A-Za-z\d,.]){_SUM}{_AFTER}(?!\s*(?:{_COUNTED}))"
    rf"(?:也|\.?-(?!\w)|丁度)?(?:台(?!\w)|くらい|ぐらい|程度|前後|ほど|強|弱|超|余り|以上|以下|未満)?",
    re.IGNORECASE,
)
_NUMERAL = re.compile(r"\d|[〇一二三四五六七八九十百千数何]", re.ASCII)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.)[^\s<>\"'()（）「」『』【】、。\[\]]+", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w.-])(?:\+\d{1,3}[-\s.]?)?\(?0?\d{1,4}[-\s.()]{1,2}\d{1,4}[-\s.)]{1,2}\d{3,4}(?![\w-])|(?<!\w)0\d{9,10}(?!\w)",
    re.ASCII,
)
_TITLE = (
    "様|さま|氏|殿|社長|会長|専務|常務|取締役|本部長|事業部長|部長|次長|課長|係長|主任|室長|工場長|店長|所長|支店長|"
    "センター長|マネージャー"
)
_PERSON = re.compile(rf"(?P<name>[\u3005\u3400-\u9fff]{{1,6}}|[ァ-ヴー]{{2,10}})(?=\s?(?:{_TITLE}))")
_PERSON_EN = re.compile(r"\b(?:Mr|Ms|Mrs|Dr)\.? [A-Z][\w'-]+(?: [A-Z][\w'-]+)?")
_FREE = """
    gmail.com googlemail.com yahoo.co.jp yahoo.com outlook.com outlook.jp hotmail.com hotmail.co.jp live.jp icloud.com
    me.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp nifty.com ocn.ne.jp
"""
FREE = frozenset(_FREE.split())  # hosts of addresses that belong to no company
LEAST_DIGITS = 8  # of a telephone number
LONGEST_NAME = 20  # characters of a part of a person's name

Span = tuple[int, int]


def amounts(text: str) -> Iterator[Span]:
    """Yield where amounts of money stand, in every notation that `kb.money` reads, with 約 and 以上 beside them."""
    if not _NUMERAL.search(unicodedata.normalize("NFKC", text)):
        return
    signs = signs_of(text)
    for found in _AMOUNT.finditer(signs.text):
        if _NUMERAL.search(found[0]):
            yield signs.place(*found.span())


def addresses(text: str) -> Iterator[Span]:
    """Yield where e-mail addresses stand."""
    return _found(_ADDRESS, text) if "@" in unicodedata.normalize("NFKC", text) else iter(())


def urls(text: str) -> Iterator[Span]:
    """Yield where links out of the knowledge base stand."""
    return _found(_URL, text)


def phones(text: str) -> Iterator[Span]:
    """Yield where telephone numbers stand."""
    return _found(_PHONE, text) if len(digits(text)) >= LEAST_DIGITS else iter(())


def people(text: str) -> Iterator[Span]:
    """Yield where a person is named with a title or as a customer's: 田中様, 佐々木部長, Ms. Smith."""
    for found in _PERSON.finditer(text):
        names = persons(found["name"])
        if names and (start := names[0][0]) < len(found["name"]):
            yield found.start("name") + start, found.end("name")
    yield from (found.span() for found in _PERSON_EN.finditer(text))


def host_of(address: str) -> str:
    """Return the host of a URL or an e-mail address, without www; empty for one that belongs to no company."""
    text = unicodedata.normalize("NFKC", address).casefold()
    host = text.rpartition("@")[2] if "@" in text and "://" not in text else re.sub(r"^[^:]+://", "", text)
    host = re.split(r"[/?#:]", host.rpartition("@")[2])[0].removeprefix("www.").strip(".")
    return "" if host in FREE or "." not in host else host


def is_of(host: str, hosts: Collection[str]) -> bool:
    """Whether a host is one of some hosts or below one of them."""
    parts = host.split(".")
    return any(".".join(parts[at:]) in hosts for at in range(len(parts) - 1))


def digits(phone: str) -> str:
    """Return a telephone number as it is compared."""
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))


def persons_named(values: Iterable[str]) -> set[str]:
    """Return the persons in fields on contacts, whole and in parts: 田中 太郎 部長 gives 田中太郎, 田中, 太郎."""
    found: set[str] = set()
    for value in values:
        for part in re.split(r"[、,;/・\n(（)）\[\]]+", _ADDRESS.sub("", value)):
            words = [word for word in re.sub(rf"(?:{_TITLE}|さん)+", " ", part).split() if _may_be_name(word)]
            found |= {word for word in words if len(word) > 1} | ({"".join(words)} if 1 < len(words) < 4 else set())
    return found


def _may_be_name(word: str) -> bool:
    is_role = re.search(r"\d|[部課室係店]$|担当|会社|本部|統括|グループ|チーム|^[A-Z]{2,4}$", word) or is_common_word(
        word
    )
    return not is_role and len(word) <= LONGEST_NAME


def _found(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    signs = signs_of(text) if not text.isascii() else None
    for found in pattern.finditer(signs.text if signs else text):
        yield signs.place(*found.span()) if signs else found.span()
