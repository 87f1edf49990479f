"""What a Japanese playbook says in numbers and teams, for English readers: 月180件, 2億4,000万円, 1営業日以内, 営業."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from babel.numbers import format_currency, format_decimal

from kb.choices import CHOICES
from kb.money import find_money

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
SPANS = {"日": "day", "週": "week", "月": "month", "四半期": "quarter", "年": "year"}
UNITS = {
    "営業日": "business day", "日間": "day", "日": "day", "時間": "hour", "分間": "minute", "分": "minute",
    "週間": "week", "か月": "month", "ヶ月": "month", "カ月": "month", "ヵ月": "month", "年間": "year", "年": "year",
}  # fmt: skip
BOUNDS = {"以上": "{} or more", "以下": "{} or less", "以内": "within {}", "未満": "less than {}", "": "{}"}
NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
BOUND = "(以上|以下|以内|未満|)"
BOTH_TEAMS = ("両チーム", "両部門", "営業とマーケティング", "営業・マーケティング")
_JAPANESE = re.compile("[぀-ヿ一-鿿]")
_MONEY = re.compile(rf"[\d,.]+(?:億|万|千)?[\d,.億万千]*円{BOUND}")
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(rf"受注(?:した)?商談の{NUMBER}(割|%)で{NUMBER}件以上"),
     lambda m: f"at least {m[3]} in {_percent(m[1], m[2])} of won deals"),
    (re.compile(r"(\d{4})年(\d{1,2})月"), lambda m: f"{_month(m[2])} {m[1]}"),
    (re.compile(r"(?:毎|1)?(四半期|日|週|月|年)(?:間|に)?(¥[\d,]+)"), lambda m: f"{m[2]} a {SPANS[m[1]]}"),
    (re.compile(rf"(?:毎|1)?(四半期|日|週|月|年)(?:間|に)?{NUMBER}[件社人名回本]{BOUND}"),
     lambda m: BOUNDS[m[3]].format(f"{_count(m[2])} a {SPANS[m[1]]}")),
    (re.compile(rf"{NUMBER}(割|%){BOUND}"), lambda m: BOUNDS[m[3]].format(_percent(m[1], m[2]))),
    (re.compile(rf"{NUMBER}({'|'.join(UNITS)}){BOUND}"),
     lambda m: BOUNDS[m[3]].format(f"{_count(m[1])} {UNITS[m[2]]}{'' if m[1] == '1' else 's'}")),
    (re.compile(rf"{NUMBER}[件社人名回本]{BOUND}"), lambda m: BOUNDS[m[2]].format(_count(m[1]))),
)  # fmt: skip


def in_english(text: str) -> str:
    """Return an agreed number or a team in English; the text itself if it says more."""
    if not _JAPANESE.search(text):
        return text
    if text in BOTH_TEAMS:
        return "Both teams"
    if team := CHOICES["team"].find(text):
        return team.label("en")
    said = _MONEY.sub(_money, unicodedata.normalize("NFKC", text).strip())
    for pattern, wording in _RULES:
        said = pattern.sub(wording, said)
    said = re.sub(r"\s*[〜~]\s*", " – ", said).replace("、", ", ").replace("・", ", ")
    return text if _JAPANESE.search(said) else said


def _money(found: re.Match[str]) -> str:
    amount = find_money(found[0])
    return BOUNDS[found[1]].format(_yen(amount[0])) if amount and amount[0] else found[0]


def _yen(amount: int) -> str:
    return format_currency(amount, "JPY", format="¤#,##0", currency_digits=False, locale="en")


def _month(number: str) -> str:
    return MONTHS[int(number) - 1] if 1 <= int(number) <= len(MONTHS) else f"{number}月"


def _percent(number: str, unit: str) -> str:
    return f"{float(number.replace(',', '')) * (10 if unit == '割' else 1):g}%"


def _count(number: str) -> str:
    return str(format_decimal(float(number.replace(",", "")), locale="en"))
