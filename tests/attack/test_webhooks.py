"""Webhooks where they could do harm: addresses inside the network, answers that point elsewhere, files with faults."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.webhooks.hooks import TYPES, Hook, HooksFile, WebhooksFileError, read_hooks
from app.webhooks.noticing import Event
from app.webhooks.sending import AddressRefusedError, address_of
from app.webhooks.work import send_test
from app.webhooks.writing import Writer
from app.words.reader import Reader
from tests.app.webhooks.receiving import hooks_file, receiver

NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.8/", "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/", "https://[::ffff:10.0.0.8]/",
     "https://0.0.0.0/", "https://192.168.1.1:8443/", "http://93.184.215.14/", "ftp://93.184.215.14/", "https:///x",
     "https://2130706433.example.invalid/", "https://224.0.0.1/", "file:///etc/passwd", "https://127.1:99999/",
     "https://[::1%25lo", "https://100.64.0.1/", "https://[64:ff9b::a00:8]/", "https://[2002:a00:8::]/", "https://0x7f.1/"],
)  # fmt: skip
def test_no_webhook_goes_inside_the_network_or_unencrypted(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        address_of(url, may_stay_inside=False)


def test_this_machine_and_what_the_operator_allows_are_reached() -> None:
    assert address_of("http://127.0.0.1:9/a?b=c", may_stay_inside=False) == "http://127.0.0.1:9/a?b=c"
    assert address_of("http://10.0.0.8/a", may_stay_inside=True) == "http://10.0.0.8:80/a"
    assert address_of("https://93.184.215.14/a", may_stay_inside=False) == "https://93.184.215.14:443/a"


def test_no_redirect_is_followed(tmp_path: Path) -> None:
    with receiver() as inside, receiver() as there:
        there.status, there.headers = 307, {"location": inside.url}
        place = hooks_file(tmp_path, {"url": there.url})
        result = send_test(Settings(data=tmp_path / "var", webhooks=place), read_hooks(place)[0])
        assert (result.is_sent, result.why, inside.got) == (False, "HTTP 307", [])


@pytest.mark.parametrize(
    "hook",
    [{"url": ""}, {"url": "https://[::1"}, {"url": "ftp://a.example/"}, {"secret_file": "/nothing"}, {"events": []},
     {"secret_file": None}, {"events": ["all"]}, {"secret": "in the file"}, {"name": "../x"}, {"format": "xml"},
     {"teams": {"a": "b"}}, {"secret_env": "KB_NOT_SET", "secret_file": None}],
)  # fmt: skip
def test_a_file_with_a_fault_is_refused_in_a_sentence(tmp_path: Path, hook: dict[str, Any]) -> None:
    place = hooks_file(tmp_path, {"url": "https://93.184.215.14/", **hook})
    with pytest.raises(WebhooksFileError, match=r"webhooks\.yaml"):
        read_hooks(place)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "webhooks: 5", "webhooks: !!python/object:os.system [ls]", "\x00", "é"]
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    place = tmp_path / "webhooks.yaml"
    place.write_text(text, "latin-1")
    with pytest.raises(WebhooksFileError):
        read_hooks(place)


def test_a_fault_that_comes_later_leaves_the_receivers_as_they_were(tmp_path: Path) -> None:
    place = hooks_file(tmp_path, {"url": "https://93.184.215.14/"})
    file = HooksFile(place)
    assert [hook.name for hook in file.hooks()] == ["hook0"]
    place.write_text("webhooks: 5", "utf-8")
    assert [hook.name for hook in file.hooks()] == ["hook0"]


def test_a_secret_and_an_address_are_shown_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with receiver() as there:
        place = hooks_file(tmp_path, {"url": there.url})
        hook = read_hooks(place)[0]
        send_test(Settings(data=tmp_path / "var", webhooks=place), hook)
        assert len(there.got) == 1
        for text in (repr(hook), json.dumps(there.bodies), caplog.text):
            assert hook.secret not in text and "hidden" not in text


def test_what_people_wrote_mentions_nobody_in_a_chat() -> None:
    hook = Hook("a", "https://chat.example.com", "", frozenset(TYPES), frozenset(), "text", "en")
    for said in ("@channel", "@all buy", "<!channel>", "<@U1>", "<users/all>"):
        body = Writer(hook, Reader.of("en"), "https://kb.example.com").body(Event("gap.opened", "x", said), None, NOW)
        text = json.loads(body)["text"]
        assert not re.search(r"<|@\w", text) and said.strip("<>!@")[:3] in text
