"""Sounds of Japanese words: kana from a mistyped input method, and one key for all ways to write a sound."""

from __future__ import annotations

import re

import romkan2

_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶヂヅヲヴ", "アイウエオツヤユヨワカケジズオブ")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_KANA = re.compile(r"[\u30a1-\u30faー]+")
_HANGING = re.compile(r"(?<=[\u30a1-\u30faー])[b-df-hj-np-tv-z]{1,2}$")  # a syllable not finished
# A long vowel is often left out or doubled: セミナ, tokyo, サーバ.
_LONG = re.compile(r"(?<=[オコソトノホモヨロゴゾドボポウクスツヌフムユルグズブプ])ウ|ー")


def to_katakana(text: str) -> str:
    """Return kana, also in Latin letters or half in them (`かかkう`), as katakana; empty if it is none.

    The last syllable may be unfinished, unless all letters are Latin: `index` is no kana.
    """
    letters = romkan2.to_roma(text) if re.search(r"[a-z]", text) and not text.isascii() else text
    kana = romkan2.to_katakana(letters.rstrip("'")).translate(_TO_KATAKANA).replace("-", "ー")
    kana = kana if text.isascii() else _HANGING.sub(lambda last: "ン" if last[0] == "n" else "", kana)
    kana = kana.removeprefix("ッ")
    return kana if _KANA.fullmatch(kana) else ""


def to_letters(katakana: str) -> set[str]:
    """Return a reading in Latin letters as people spell it: aobashouji, aobashoji, aobasyouzi."""
    spelt = {romkan2.to_hepburn(katakana), romkan2.to_kunrei(katakana)}
    short = {re.sub(r"ou|oo|uu|-", lambda long: long[0][0].strip("-"), text) for text in spelt}
    return {text.replace("'", "").replace("-", "") for text in spelt | short}


def sound(katakana: str) -> str:
    """Return the key of a reading: without long vowels and small letters, which are often mistyped."""
    return _LONG.sub("", katakana.translate(_TO_KATAKANA).translate(_LARGE))


def is_same_but_for_length(one: str, other: str) -> bool:
    """Whether two readings differ in ー and small letters at most."""
    return _spelt(one) == _spelt(other)


def _spelt(katakana: str) -> str:
    return katakana.translate(_TO_KATAKANA).translate(_LARGE).replace("ー", "")
