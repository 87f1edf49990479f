"""The receivers: read from the file that `KB_WEBHOOKS` names, anew when it changes."""

from __future__ import annotations

import base64
import binascii
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.settings import environment_secret
from ingest.yaml_text import YamlTextError, places
from kb.errors import KBError, why_refused
from kb.viewer import Viewer, audiences_of
from kb.wording import say

EventType = Literal["entry.published", "deal.ended", "gap.opened", "gap.closed", "review.due"]
Form = Literal["json", "text", "card"]
TYPES: tuple[EventType, ...] = get_args(EventType)
MOST_HOOKS = 20
LEAST_BYTES, MOST_BYTES = 24, 64  # of a secret, by the Standard Webhooks scheme
PREFIX = "whsec_"
log = logging.getLogger(__name__)


class WebhooksFileError(KBError):
    """The file of the webhooks has a fault."""


class WebhookNotFoundError(KBError):
    """No webhook has this name, or none was named."""

    def __init__(self, name: str, names: str) -> None:
        unknown = say("There is no webhook named '{name}'; there is: {names}.", name=name[:100], names=names)
        super().__init__(unknown if name else say("Name a webhook: {names}.", names=names))


@dataclass(frozen=True, slots=True)
class Hook:
    """A receiver, and what it is sent."""

    name: str
    url: str = field(repr=False)  # a secret where the receiver asks for no other
    secret: str = field(repr=False)  # empty: unsigned
    events: frozenset[EventType]
    teams: frozenset[str]  # whose entries it hears of, besides those for everyone
    form: Form
    language: str

    @property
    def viewer(self) -> Viewer:
        """The receiver as a reader of entries."""
        return Viewer("", "", "reader", audiences_of(self.teams))

    @property
    def host(self) -> str:
        """The host it is sent to: all of the address that is shown."""
        return urlsplit(self.url).hostname or ""


class _Written(BaseModel):
    """A receiver as it is written."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[\w.-]{1,50}$")
    url: str = ""
    url_file: Path | None = None
    url_env: str = ""
    secret_file: Path | None = None
    secret_env: str = ""
    events: list[EventType] = Field(list(TYPES), min_length=1)
    teams: list[str] = []
    format: Form = "json"
    language: Literal["ja", "en"] = "ja"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    webhooks: list[_Written] = Field(max_length=MOST_HOOKS)


class HooksFile:
    """The file of the receivers; while it has a fault, the last good reading counts."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._last: tuple[float, tuple[Hook, ...]] | None = None

    def hooks(self) -> tuple[Hook, ...]:
        """Return the receivers. Raises WebhooksFileError if the file has never been without fault."""
        if self.path is None:
            return ()
        try:
            changed_at = self.path.stat().st_mtime
            if self._last is None or self._last[0] != changed_at:
                self._last = changed_at, read_hooks(self.path)
        except OSError as error:
            self._fault(_unreadable(self.path, error))
        except WebhooksFileError as error:
            self._fault(error)
        return self._last[1] if self._last else ()

    def _fault(self, error: WebhooksFileError) -> None:
        if self._last is None:
            raise error
        log.error("%s (the webhooks read before still count)", error.sentence)


def read_hooks(path: Path) -> tuple[Hook, ...]:
    """Read the receivers. Raises WebhooksFileError."""
    try:
        place = places(path.read_text("utf-8"))
        written = _File.model_validate(place.value if place else {})
    except OSError as error:
        raise _unreadable(path, error) from error
    except (UnicodeDecodeError, YamlTextError) as error:
        why = error.sentence if isinstance(error, YamlTextError) else say("the file is not UTF-8 text")
        raise _fault(path, why) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise _fault(path, what) from error
    hooks = tuple(_hook(one, path) for one in written.webhooks)
    names = [hook.name for hook in hooks]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise _fault(path, say("duplicate key '{key}'", key=twice))
    return hooks


def hook_named(hooks: tuple[Hook, ...], name: str) -> Hook:
    """Return the receiver with a name. Raises WebhookNotFoundError."""
    found = next((hook for hook in hooks if hook.name == name), None)
    if found is None:
        raise WebhookNotFoundError(name, ", ".join(hook.name for hook in hooks) or "–")
    return found


def _hook(written: _Written, path: Path) -> Hook:
    url = written.url or _secret(written.url_file, written.url_env, path)
    secret = _secret(written.secret_file, written.secret_env, path)
    if not url:
        raise _fault(path, say("'{name}' needs 'url', 'url_file' or 'url_env'", name=written.name))
    if not is_address(url):
        raise _fault(path, say("the address of '{name}' is not valid", name=written.name))
    if written.format == "json" and not secret:
        raise _fault(path, say("'{name}' needs 'secret_file' or 'secret_env'", name=written.name))
    if secret and not _is_key(secret):
        sentence = say("the secret of '{name}' must be whsec_ and the Base64 of 24 to 64 bytes", name=written.name)
        raise _fault(path, sentence)
    events, teams = frozenset(written.events), frozenset(written.teams)
    return Hook(written.name, url, secret, events, teams, written.format, written.language)


def is_address(url: str) -> bool:
    """Whether a text is the address of something on the web."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _secret(file: Path | None, variable: str, path: Path) -> str:
    if file is None:
        return environment_secret(variable) if variable else ""
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = why_refused(error) if isinstance(error, OSError) else say("the file is not UTF-8 text")
        raise _fault(path, say("'{file}' cannot be read: {why}", file=str(file), why=why)) from error


def _is_key(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return LEAST_BYTES <= len(key) <= MOST_BYTES


def _unreadable(path: Path, error: OSError) -> WebhooksFileError:
    return _fault(path, say("the file cannot be read: {why}", why=why_refused(error)))


def _fault(path: Path, what: str) -> WebhooksFileError:
    return WebhooksFileError(say("{path}: {what}", path=str(path), what=what))
