"""Mail is handed over encrypted where that is wanted, or not at all."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from app.mail.handing import MailConnection, MailServerError
from app.mail.server import MailServer
from app.settings import Settings, settings_to_log
from tests.app.mail.mailbox import mailbox


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost that signs itself, with its key."""
    place = tmp_path_factory.mktemp("tls") / "localhost.pem"
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    place.write_bytes(secret + made.public_bytes(pem))
    return place


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def _send(url: str, password: str) -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content("text\n")
    settings = Settings(smtp_url=url, smtp_password=password, mail_from="kb@example.com")  # type: ignore[arg-type]
    with MailConnection(settings) as connection:
        connection.send(message, "aoi@example.com")


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_password_goes_only_through_tls_with_a_good_certificate(
    scheme: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailbox(_context(certificate), is_tls=scheme == "smtps") as box:
        url = f"{scheme}://kb@localhost:{box.port}"
        with pytest.raises(MailServerError, match="self-signed certificate"):
            _send(url, "right password")
        assert box.users == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(MailServerError, match="535"):
            _send(url, "wrong password")
        _send(url, "right password")
        assert box.recipients == ["aoi@example.com"] and set(box.users) == {"kb"}


def test_without_starttls_nothing_is_sent() -> None:
    with mailbox() as box:
        with pytest.raises(MailServerError, match="STARTTLS"):
            _send(f"smtp+starttls://localhost:{box.port}", "")
        assert box.mail == []


def test_a_server_that_is_away_is_named_with_a_reason() -> None:
    with mailbox() as box:
        url = box.url
    with pytest.raises(MailServerError, match="refused"):
        _send(url, "")


def test_addresses_of_mail_servers_are_read() -> None:
    assert MailServer.of("smtp://mail.example.com") == MailServer("mail.example.com", 25, "none", "")
    assert MailServer.of("smtp+starttls://kb%40example.com@h") == MailServer("h", 587, "starttls", "kb@example.com")
    assert MailServer.of("smtps://kb@h:1465").port == 1465


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("smtp_url", "http://mail.example.com", "expected smtp://HOST"),
        ("smtp_url", "smtps://kb:hunter2@mail.example.com", "KB_SMTP_PASSWORD_FILE"),
        ("smtp_url", "smtp://kb@mail.example.com", "sent in clear"),
        ("mail_from", "kb@example.com\r\nBcc: mallory@example.com", "expected an address"),
        ("mail_from", "nobody", "not an address"),
        ("digest", "someday", "expected a day and a time"),
        ("digest_to", "team@example.com, nobody", "not an address"),
    ],
)
def test_settings_that_cannot_work_are_refused(name: str, value: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings(**{name: value})


def test_the_password_is_in_no_log(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    settings = Settings(smtp_url="smtps://kb@h", smtp_password="hunter2", smtp_password_file=tmp_path / "password")  # type: ignore[arg-type]
    assert settings.mail_password == "hunter2" and "hunter2" not in str(settings_to_log(settings)) + repr(settings)
