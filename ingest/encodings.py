"""The encoding of bytes that are not UTF-8: what Japanese and Windows programs write, recognised by what it says."""

from __future__ import annotations

import re
import unicodedata

_NUL = b"\x00"
_ESCAPES = (b"\x1b$B", b"\x1b$@")
_KANA = re.compile(r"[\u3041-\u30ff]")
_NO_TEXT = {"Cc", "Cn", "Co", "Cs"}
_NAMES = {"cp932": "Shift_JIS (CP932)", "euc_jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP"}
_LEAST_FREQUENT = 0.2  # of a text are letters and kana; pairs of other bytes give kanji


def has_escapes(raw: bytes) -> bool:
    """Whether bytes switch to Japanese by escape sequences, as ISO-2022-JP does: to UTF-8 they are plain letters."""
    return raw.isascii() and any(escape in raw for escape in _ESCAPES)


def decoded_japanese(raw: bytes) -> tuple[str, str]:
    """Return a text in a Japanese encoding and the name of that, the one with most kana; empty if there is none."""
    found = [(text, _NAMES[name]) for name in _NAMES if (text := _decoded(raw, name)) and _KANA.search(text)]
    return max(found, key=lambda one: len(_KANA.findall(one[0])), default=("", ""))


def decoded_wide(raw: bytes) -> str:
    """Return a text in UTF-16 without a mark at its beginning; empty if the bytes are none."""
    if len(raw) % 2 or _NUL not in raw:
        return ""
    return next((text for name in ("utf-16-le", "utf-16-be") if _is_legible(text := _decoded(raw, name))), "")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _is_legible(text: str) -> bool:
    """Whether a text has no control characters, and letters or kana as Japanese and English have."""
    plain = [sign for sign in text if sign not in "\t\r\n"]
    frequent = sum(sign.isascii() or "\u3000" <= sign <= "\u30ff" for sign in plain)
    return frequent > _LEAST_FREQUENT * len(plain) and not any(unicodedata.category(sign) in _NO_TEXT for sign in plain)
