"""The settings: read from the environment, refused when they make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, settings_table, settings_to_log, without_sign_in


def test_the_defaults_serve_this_machine_alone() -> None:
    settings = Settings()
    assert settings.is_loopback
    assert settings.entries == Path("entries")
    assert settings.index_folder == Path("var/index")


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ENTRIES": "/srv/kb",
        "PORT": "9000",
        "HOSTS": "A.example, b.example,",
        "WATCH": "false",
    }.items():
        monkeypatch.setenv(f"KB_{name}", value)
    settings = Settings()
    assert settings.entries == Path("/srv/kb")
    assert settings.port == 9000
    assert settings.hosts == ("a.example", "b.example")
    assert not settings.watch


def test_visibility_is_a_choice_of_known_values() -> None:
    assert Settings(visibility="all, sales").visibility == {"all", "sales"}  # type: ignore[arg-type]
    for wrong in ("", "everyone", "all,everyone"):
        with pytest.raises(ValidationError, match="expected one or more of all, marketing, sales"):
            Settings(visibility=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("port", [0, 65536, "web"])
def test_a_port_out_of_range_is_refused(port: object) -> None:
    with pytest.raises(ValidationError):
        Settings(port=port)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "kb.example"])
def test_only_loopback_counts_as_this_machine(host: str) -> None:
    assert Settings(host=host).is_loopback is (host in ("127.0.0.1", "localhost", "::1"))


def test_every_setting_has_a_row_and_a_meaning() -> None:
    rows = settings_table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    assert {row.split("`")[1] for row in rows} == {f"KB_{name.upper()}" for name in Settings.model_fields}
    assert [row for row in rows if row.endswith("| None |")] == []


@pytest.mark.parametrize(
    ("host", "hosts", "expected"),
    [("127.0.0.1", "", False), ("10.0.0.5", "", False), ("0.0.0.0", "", True), ("::", "kb.example.jp", False)],
)
def test_a_server_that_answers_no_other_machine_is_known(host: str, hosts: str, expected: bool) -> None:
    assert Settings(host=host, hosts=hosts).refuses_others is expected  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["llm_url", "kintone_url", "salesforce_url", "hubspot_url", "public_url"])
def test_the_audit_log_gets_no_password_of_an_address(name: str) -> None:
    logged = str(settings_to_log(Settings(**{name: "https://kb:hun/ter@2@host.example/v1"})))  # type: ignore[arg-type]
    assert "https://…@host.example/v1" in logged and "hun" not in logged and "ter" not in logged


def test_what_is_no_sign_in_is_shown() -> None:
    for text in ("https://host.example/v1", "kb@mail.example", "smtps://mail.example:465", "", "8000"):
        assert without_sign_in(text) == text
