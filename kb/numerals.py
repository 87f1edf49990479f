"""Japanese numerals as digits: 一千二百 is 1200, 二〇二六 is 2026. Standard library only."""

from __future__ import annotations

import re

_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "元": 1}
_TENS = {"十": 10, "百": 100, "千": 1000}
_RUN = re.compile(r"(?<![0-9.,〇零一二三四五六七八九十百千])[〇零一二三四五六七八九十百千]+")


def with_digits(text: str) -> str:
    """Return a text whose numerals below 万 are digits; 12百万 and other units after digits stay as they are."""
    return _RUN.sub(lambda run: str(_value(run[0])), text)


def _value(run: str) -> int:
    if not any(sign in _TENS for sign in run):
        return int("".join(str(_DIGITS[sign]) for sign in run))
    total, digits = 0, ""
    for sign in run:
        if sign in _TENS:
            total += int(digits or "1") * _TENS[sign]
            digits = ""
        else:
            digits += str(_DIGITS[sign])
    return total + int(digits or "0")
