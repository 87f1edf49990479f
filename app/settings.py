"""The settings, and the only place that reads the environment."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.crm_settings import CrmSettings
from app.embedding_settings import EmbeddingSettings
from kb.entry import AUDIENCES, shown_to

IPNetwork = IPv4Network | IPv6Network
OF_SIGN_IN = ("auth", "session_", "public_", "oidc_", "groups_", "trusted_", "proxy_")  # beginnings of names
OF_CRM = ("pull_", "salesforce_", "hubspot_", "kintone_")
SECRET = ("secret", "password", "key")  # parts of names of settings that nobody may read
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SIGN_IN = re.compile(r"(?<=://)\S*@")  # name and password in an address, also where they are not well written


class Settings(EmbeddingSettings, CrmSettings, BaseSettings):
    """What an operator can set, each as an environment variable `KB_…`."""

    model_config = SettingsConfigDict(env_prefix="KB_", extra="ignore", frozen=True)

    entries: Path = Field(Path("entries"), description="Folder of the Markdown entries and playbook.yaml.")
    data: Path = Field(Path("var"), description="Folder for the index, the unpacked model and the activity database.")
    model: str = Field(
        "bundled", description="`bundled`, a sentence-transformers folder, or the name of a model on a hub."
    )
    host: str = Field("127.0.0.1", description="Address to listen on. Other machines reach it only if you change this.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Processes that serve; several need `KB_DATABASE_URL`.")
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names browsers may use besides loopback, separated by commas;"
        " with the port if it is not the default one.",
    )
    auth: Literal["none", "local", "oidc", "proxy"] = Field(
        "none", description="How people sign in: not at all, with accounts of this server, a provider, or a proxy."
    )
    auth_none_is_fine: bool = Field(
        False, description="Whether other machines may reach the server although nobody signs in (`KB_AUTH=none`)."
    )
    session_hours: int = Field(12, ge=1, le=720, description="After how many hours without a request a session ends.")
    session_days: int = Field(7, ge=1, le=90, description="After how many days a session ends in any case.")
    public_url: str = Field(
        "", description="Address of this server as browsers see it, for links and where a proxy does not pass it on."
    )
    oidc_issuer: str = Field("", description="Issuer of the identity provider; its addresses are found from there.")
    oidc_client_id: str = Field("", description="Client id of this server at the provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret; none for a public client.")
    oidc_client_secret_file: Path | None = Field(None, description="File that holds the client secret instead.")
    oidc_scopes: str = Field("openid profile email", description="Scopes asked for, separated by spaces.")
    oidc_name_claim: str = Field("name", description="Claim that holds a person's name; a dot leads into a claim.")
    oidc_groups_claim: str = Field(
        "", description="Claim that holds a person's groups, such as `groups` or `realm_access.roles`."
    )
    oidc_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Domains whose addresses may sign in, separated by commas; by default all."
    )
    oidc_label: str = Field("", description="Name of the provider on the button; by default that of its host.")
    groups_file: Path | None = Field(None, description="YAML file that maps groups to teams and roles.")
    trusted_proxies: Annotated[tuple[IPNetwork, ...], NoDecode] = Field(
        (), description="Addresses or networks of proxies whose headers are believed, separated by commas."
    )
    proxy_user: str = Field("X-Forwarded-User", description="Header with the name that never changes.")
    proxy_name: str = Field("X-Forwarded-Preferred-Username", description="Header with the name that is shown.")
    proxy_email: str = Field("X-Forwarded-Email", description="Header with the e-mail address.")
    proxy_groups: str = Field("X-Forwarded-Groups", description="Header with the groups, separated by commas or bars.")
    proxy_jwt_header: str = Field(
        "", description="Header with a signed assertion (JWT); where set, the four headers above count for nothing."
    )
    proxy_jwks_url: str = Field("", description="Address of the keys that sign the assertion.")
    proxy_jwt_issuer: str = Field("", description="Issuer that the assertion must name.")
    proxy_jwt_audience: str = Field("", description="Audience that the assertion must name.")
    llm_url: str = Field(
        "",
        description="Address of a language model with OpenAI's chat interface, such as `http://127.0.0.1:11434/v1`;"
        " it is sent questions and sentences of entries when somebody asks for a summary.",
    )
    llm_model: str = Field("", description="Name of the model there.")
    llm_key: SecretStr = Field(SecretStr(""), description="Key for it, if it needs one.")
    llm_key_file: Path | None = Field(None, description="File that holds the key instead.")
    llm_seconds: float = Field(30.0, gt=0, le=300, description="How long to wait for a piece of its reply.")
    slack_bot_token: SecretStr = Field(SecretStr(""), description="Bot token of the Slack app (`xoxb-…`).")
    slack_bot_token_file: Path | None = Field(None, description="File that holds the bot token instead.")
    slack_signing_secret: SecretStr = Field(
        SecretStr(""), description="Signing secret of the Slack app: Slack then sends requests to `/slack/events`."
    )
    slack_signing_secret_file: Path | None = Field(None, description="File that holds the signing secret instead.")
    slack_app_token: SecretStr = Field(
        SecretStr(""),
        description="App-level token (`xapp-…`): without a signing secret, this server connects to Slack.",
    )
    slack_app_token_file: Path | None = Field(None, description="File that holds the app-level token instead.")
    slack_everyone: bool = Field(
        False, description="Whether Slack members without an account here read the entries that are for everyone."
    )
    slack_api: str = Field("https://slack.com/api/", description="Address of Slack's Web API.")
    webhooks: Path | None = Field(None, description="YAML or JSON file of the receivers of outgoing webhooks.")
    webhooks_inside: bool = Field(False, description="Whether webhooks may go to private networks and over plain http.")
    visibility: Annotated[frozenset[str], NoDecode] = Field(
        AUDIENCES, description="Which `visibility` values this server shows, separated by commas."
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL database for index, activity and people of all servers; by default files in `KB_DATA`.",
    )
    database_password_file: Path | None = Field(None, description="File that holds the password of the database.")
    chroma_url: str = Field("", description="Address of a Chroma server that keeps the vectors; by default files do.")
    chroma_headers_file: Path | None = Field(
        None, description="File with the headers that a proxy in front of Chroma asks for, one `Name: value` per line."
    )
    chroma_tenant: str = Field("default_tenant", description="Tenant on the Chroma server.")
    chroma_database: str = Field("default_database", description="Database on the Chroma server; it must exist.")
    chroma_prefix: str = Field(
        "kachisuji",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="What the names of our collections on the Chroma server begin with.",
    )
    strength: float = Field(
        8.0,
        gt=0,
        le=1_000,
        description="By how many deals' weight win rates are pulled towards the base rate.",
    )
    waiting: int = Field(
        400,
        ge=1,
        le=10_000,
        description="How many searches, and how many saves, may wait for their turn; further ones get 503.",
    )
    activity: bool = Field(True, description="Whether searches are logged, for gaps and the meeting.")
    keep_searches: int = Field(
        180, ge=0, le=36_500, description="How many days the words of a search are kept in the activity database."
    )
    keep_audit: int = Field(
        400,
        ge=1,
        le=36_500,
        description="How many days the audit log is kept; older rows are removed from its beginning.",
    )
    rate_person: int = Field(
        600, ge=1, le=1_000_000, description="How many requests a person may send in a minute; further ones get 429."
    )
    rate_token: int = Field(
        600, ge=1, le=1_000_000, description="How many requests a program may send with a token in a minute."
    )
    rate_sign_in: int = Field(
        300,
        ge=1,
        le=1_000_000,
        description="How many requests a network address may send in a minute to sign in, and as many others without.",
    )
    readonly: bool = Field(False, description="Whether pages and API refuse to add and change entries.")
    watch: bool = Field(True, description="Whether the server indexes changed entries by itself.")
    smtp_url: str = Field("", description="Mail server, such as `smtp+starttls://user@mail.example.co.jp:587`.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of its user.")
    smtp_password_file: Path | None = Field(None, description="File that holds the password instead.")
    mail_from: str = Field("", description="Sender of mail, such as `Kachisuji <kb@example.co.jp>`.")
    mail_language: Literal["ja", "en"] = Field("ja", description="Language of mail to those who have chosen none.")
    digest: str = Field("", description="When the server mails the weekly digest, such as `mon 08:00`; never if empty.")
    digest_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses that get the digest where nobody signs in, separated by commas."
    )
    ask_reasons: bool = Field(
        False, description="Whether the owner of a deal that ended without a reason is asked for it by mail, once."
    )

    @field_validator("smtp_url", "mail_from", "digest")
    @classmethod
    def _check_mail(cls, value: str, info: ValidationInfo) -> str:
        from app.mail.server import MailServer, Weekly, sender_of  # which most commands never need

        readers = {"smtp_url": MailServer.of, "mail_from": sender_of, "digest": Weekly.of}
        if value:
            readers[str(info.field_name)](value)
        return value

    @field_validator("digest_to", mode="before")
    @classmethod
    def _split_addresses(cls, value: Any) -> Any:
        from app.mail.server import mailable

        given = value.split(",") if isinstance(value, str) else value
        return tuple(mailable(address.strip()) for address in given if address.strip())

    @field_validator("hosts", "oidc_domains", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        return (
            tuple(part.strip().lower() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("llm_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("expected an address with http:// or https://")
        return value.rstrip("/")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("visibility", mode="before")
    @classmethod
    def _split_visibility(cls, value: Any) -> Any:
        chosen = (
            frozenset(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
        )
        if not chosen or not chosen <= AUDIENCES:
            raise ValueError(f"expected one or more of {', '.join(sorted(AUDIENCES))}")
        return chosen

    @property
    def follows_groups(self) -> bool:
        """Whether whoever signs people in says which groups they belong to."""
        by_headers = self.auth == "proxy" and not self.proxy_jwt_header
        return self.auth in ("oidc", "proxy") and bool(self.proxy_groups if by_headers else self.oidc_groups_claim)

    @property
    def client_secret(self) -> str:
        """The client secret, from its file if it has one. Raises OSError."""
        kept = self.oidc_client_secret_file
        return kept.read_text("utf-8").strip() if kept else self.oidc_client_secret.get_secret_value()

    def slack_secret(self, name: str) -> str:
        """Return a secret of the Slack app, from its file if it has one. Raises OSError."""
        kept: Path | None = getattr(self, f"slack_{name}_file")
        given: SecretStr = getattr(self, f"slack_{name}")
        return kept.read_text("utf-8").strip() if kept else given.get_secret_value()

    def _has_slack(self, name: str) -> bool:
        return bool(getattr(self, f"slack_{name}_file") or getattr(self, f"slack_{name}").get_secret_value())

    @property
    def slack_over_http(self) -> bool:
        """Whether Slack sends its requests here."""
        return self._has_slack("bot_token") and self._has_slack("signing_secret")

    @property
    def slack_over_socket(self) -> bool:
        """Whether this server connects to Slack and gets its requests there."""
        return self._has_slack("bot_token") and self._has_slack("app_token") and not self.slack_over_http

    @property
    def mail_password(self) -> str:
        """The password at the mail server, from its file if it has one. Raises OSError."""
        kept = self.smtp_password_file
        return kept.read_text("utf-8").strip() if kept else self.smtp_password.get_secret_value()

    @property
    def sends_mail(self) -> bool:
        """Whether mail can be sent."""
        return bool(self.smtp_url and self.mail_from)

    @property
    def llm_secret(self) -> str:
        """The key for the language model, from its file if it has one. Raises OSError."""
        kept = self.llm_key_file
        return kept.read_text("utf-8").strip() if kept else self.llm_key.get_secret_value()

    @property
    def groups_hash(self) -> str:
        """The SHA-256 of the groups file; empty without one, or if it cannot be read."""
        with suppress(OSError):
            return hashlib.sha256(self.groups_file.read_bytes()).hexdigest() if self.groups_file else ""
        return ""

    @property
    def shown(self) -> frozenset[str]:
        """The visibilities of the entries the server shows."""
        return shown_to(self.visibility)

    @property
    def team(self) -> str:
        """The team, if the server shows one team's entries; else empty."""
        teams = self.visibility - {"all"}
        return next(iter(teams)) if len(teams) == 1 else ""

    @property
    def index_folder(self) -> Path:
        """Where the index lives; deleting it is always safe."""
        return self.data / "index"

    @property
    def activity_file(self) -> Path:
        """The activity database; it cannot be rebuilt."""
        return self.data / "activity.sqlite"

    @property
    def people_file(self) -> Path:
        """The accounts, sessions, tokens and the audit log; it cannot be rebuilt."""
        return self.data / "people.sqlite"

    @property
    def outbox_file(self) -> Path:
        """What webhooks have sent, wait to send, and know; without it they begin anew."""
        return self.data / "outbox.sqlite"

    @property
    def saving_lock(self) -> Path:
        """The lock held while saving an entry, in any process."""
        return self.data / "saving.lock"

    @property
    def models_folder(self) -> Path:
        """Where the bundled model is unpacked."""
        return self.data / "models"

    @property
    def public_address(self) -> str:
        """Where people open the pages: as set, else at the first host browsers may use, else on this machine."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"https://{self.hosts[0]}" if self.hosts else self.local_address

    @property
    def local_address(self) -> str:
        """Where this machine opens the pages."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 (a comparison, not a binding)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def refuses_others(self) -> bool:
        """Whether other machines may connect, but no host is named under which they would be answered."""
        return self.host in ("0.0.0.0", "::") and not self.hosts  # noqa: S104 (a comparison, not a binding)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK


def settings_to_log(settings: Settings) -> list[str]:
    """Return the settings that differ from their defaults, for the audit log; of a secret only that it is set."""
    chosen = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value != field.default:
            is_secret = isinstance(value, SecretStr) or any(part in SECRET for part in name.split("_"))
            shown = ",".join(sorted(map(str, value))) if isinstance(value, (tuple, frozenset)) else str(value)
            chosen.append(f"KB_{name.upper()}={'(set)' if is_secret else without_sign_in(shown)}")
    return chosen


def without_sign_in(text: str) -> str:
    """Return a text to be shown or logged, without name and password of an address in it."""
    return _SIGN_IN.sub("…@", text)


def settings_table(about: tuple[str, ...] = ("",)) -> str:
    """Return the documentation of the settings, or of those whose names begin with these, as a Markdown table."""
    rows = ["| Variable | Default | Meaning |", "| --- | --- | --- |"]
    own_first = sorted(Settings.model_fields.items(), key=lambda item: item[0] not in Settings.__annotations__)
    for name, field in own_first:
        if not name.startswith(about):
            continue
        default = "" if field.default is None else field.default
        text = (
            ",".join(sorted(default))
            if isinstance(default, (tuple, frozenset))
            else str(default).lower()
            if isinstance(default, bool)
            else str(default)
        )
        rows.append(f"| `KB_{name.upper()}` | {f'`{text}`' if text else '(none)'} | {field.description} |")
    return "\n".join(rows)


def terminal_language() -> str:
    """Return the language the terminal is set to: `ja` or `en`."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((value for name in names if (value := os.environ.get(name))), "")
    return "ja" if chosen.lower().startswith("ja") else "en"


def environment_secret(name: str) -> str:
    """Return the secret in an environment variable that a file of settings names; empty if it is not set."""
    return os.environ.get(name, "")


def editor() -> str:
    """Return the command of the user's editor; empty if none is set."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
