"""Why a mail was not sent is a sentence in the reader's language, with the words of the mail server behind it."""

from __future__ import annotations

import pytest

from app.words.mail_replies import UNMAILABLE, UNWRITTEN, explained
from app.words.reader import Reader
from kb.errors import why_refused


@pytest.mark.parametrize(
    ("why", "english", "japanese"),
    [
        ("", "", ""),
        (UNWRITTEN, "log of the server", "サーバーのログ"),
        (UNMAILABLE, "No mail can be sent", "送信できません"),
        ("550 5.1.1 no such user", "does not know this address", "メールアドレスを確認"),
        ("452 4.2.2 over quota", "mailbox is full", "いっぱい"),
        ("550 5.7.26 unauthenticated", "rules of the mail server", "規則"),
        ("450 greylisted, 5.1.1 is no reason", "for now", "一時的に"),
        ("554 no", "for good", "拒否"),
        (why_refused(PermissionError(13, "")), "access is denied", "アクセス権がありません"),
        ("Connection unexpectedly closed {0}", "could not be used", "利用できませんでした"),
    ],
)
def test_each_reason_is_said_in_both_languages(why: str, english: str, japanese: str) -> None:
    assert english in explained(why, Reader.of("en"))
    assert japanese in explained(why, Reader.of("ja"))
