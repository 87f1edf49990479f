"""Characters with several forms, each mapped to the usual one: old kanji, name variants, radicals, accents, dashes."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import joyokanji

# Old forms and variants of kanji that joyokanji lacks, each followed by its usual form.
_KANJI = """
    巖巌 濵浜 邉辺 嵜崎 碕崎 嶋島 嶌島 冨富 舘館 桒桑 栁柳 渕淵 龜亀 劔剣 劒剣 凉涼 峯峰 靑青 淸清 吳呉
    內内 戶戸 彥彦 產産 顏顔 說説 稅税 銳鋭 悅悦 脫脱 閱閲 敎教 吿告 淨浄 籠篭 檜桧 蘆芦 藪薮 鷗鴎 壻婿
    靱靭 頰頬 塡填 剝剥 𠮟叱 噓嘘 蠟蝋 繫繋 摑掴 屛屏 幷并 迯逃 緜綿 槇槙 曻昇 寳宝 斈学 髙高 﨑崎 眾衆
    兩両 爲為 鄰隣 裡裏 莵兎 兔兎 麪麺 昻昂 愼慎 槗橋 𣘺橋 柗松 枩松 鈬鐸
    ⻁虎 ⻄西 ⻆角 ⻑長 ⻘青 ⻝食 ⻟食 ⻣骨 ⻤鬼 ⻨麦 ⻩黄 ⻫斉 ⻭歯 ⻯竜 ⻲亀 ⺠民 ⺟母 ⺩王
"""
# One surname, several kanji. Only in whole terms and names: 一斉 is no word with 斎.
_NAMES = "斉斎"
_LATIN = "øo łl đd ıi ħh ŧt"
_LONGER = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
# British spellings and plurals no rule makes, each as pattern and usual form.
_ENGLISH = (
    (r"^(organ|real|optim|util|final|recogn|minim|maxim|summar|author|digit|standard|priorit|custom)is(?=e|ing|ation)",
     r"\1iz"),
    (r"^(cata|paral)lys(?=e|ing)|^(anal)ys(?=ed|ing|er)", r"\1\2yz"),
    (r"^((?:dis)?(?:col|fav|behavi|lab|hon|neighb|harb|flav))our", r"\1or"),
    (r"^(cent|met|lit|theat|fib|kilomet)re(?=s?$)", r"\1er"),
    (r"^(catal|dial|anal)ogu(?:e(?=s?$)|(?=ed$|ing$))", r"\1og"),
    (r"^(shel|hal|kni|yoursel|oursel)ves$", r"\1f"),
    (r"^(anal|cris|synthes|hypothes|diagnos|emphas)(y?)ses$", r"\1\2sis"),
)  # fmt: skip
_DASHES = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_QUOTES = "\u2018\u2019\u201b\u02bc\uff07`\u00b4"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_LAST_LATIN = 0x250
NAME_FORMS = str.maketrans({_NAMES[0]: _NAMES[1]})


_ENGLISH_FORMS = tuple((re.compile(pattern), usual) for pattern, usual in _ENGLISH)


@lru_cache(maxsize=20_000)
def usual_spelling(word: str) -> str:
    """Return an English word in lower case in its American spelling, and irregular plurals in the singular."""
    for pattern, usual in _ENGLISH_FORMS:
        word = pattern.sub(usual, word)
    return word


@lru_cache(maxsize=1)
def usual_forms() -> dict[int, str | None]:
    """Return the table for `str.translate` from lower-case NFKC text to the usual form of each character."""
    table: dict[int, str | None] = {}
    for code in (*range(0x2E80, 0x2FE0), *range(0x3400, 0xA000), *range(0xF900, 0xFB00), 0x20BB7):
        if (modern := joyokanji.convert(chr(code), variants=True)) != chr(code):
            table[code] = unicodedata.normalize("NFKC", modern)
    table |= {ord(pair[0]): pair[1] for pair in (_KANJI + _LATIN).split()}
    table |= {ord(letter): letters for letter, letters in _LONGER.items()}
    for code in (*range(0xC0, _LAST_LATIN), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table[code] = base.lower()
    table |= dict.fromkeys(range(0x300, 0x370), None)  # combining accents
    table |= dict.fromkeys(map(ord, _INVISIBLE), None)
    table |= dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _QUOTES), "'")
    return table
