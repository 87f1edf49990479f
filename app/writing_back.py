"""Write the address of a deal's entry and the codes of its reasons into fields of the CRM that settings name."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.connections import WriteBack, state_of, write_back
from app.playbook import playbook_in_force
from app.settings import Settings
from app.words.addresses import entry_address
from ingest.connectors.deals import Connector
from ingest.connectors.errors import CrmRefusedError
from ingest.connectors.state import State
from ingest.files import find_files, read_file
from ingest.importers.identity import key_of
from ingest.parse import parse_entry
from kb.entry import PRIVATE, Entry, Problem
from kb.errors import KBError
from kb.people.audit import Audit
from kb.viewer import OPERATOR
from kb.wording import say

BETWEEN = ";"  # codes of reasons; also what a multi-select field of a CRM takes
log = logging.getLogger(__name__)


class NoPublicAddressError(KBError):
    """Nobody outside this machine could open what would be written."""

    def __init__(self) -> None:
        super().__init__(say("Set KB_PUBLIC_URL, so that the addresses written to the CRM lead here."))


class NoFieldsError(KBError):
    """No setting names a field that may be written."""

    def __init__(self, crm: str, name: str) -> None:
        upper = name.upper()
        super().__init__(
            say(
                "Nothing is written to {crm}. Name its fields with KB_{name}_LINK_FIELD or KB_{name}_REASONS_FIELD.",
                crm=crm,
                name=upper,
            )
        )


@dataclass(frozen=True, slots=True)
class Writing:
    """What is to be written into one deal of the CRM."""

    record: str
    entry_id: str
    values: Mapping[str, str]  # field of the CRM → value


@dataclass(slots=True)
class Written:
    """What was written, or would be."""

    writings: list[Writing]
    done: int = 0
    refused: list[tuple[str, str]] | None = None  # (record, why)


def to_write(settings: Settings, state: State, fields: WriteBack) -> list[Writing]:
    """Return what differs from what was written last: of published entries that are for those who read deals.

    An empty value is never written.

    Raises NoPublicAddressError.
    """
    if fields.link and not (settings.public_url or settings.hosts):
        raise NoPublicAddressError
    records = {one.key: record for record, one in state.deals().items() if not one.gone}
    sent = state.sent()
    wanted = []
    for key, entry in _deals(settings):
        record = records.get(key)
        values = _values(entry, fields, settings.public_address)
        if record and values and sent.get(record) != values:
            wanted.append(Writing(record, entry.id, values))
    return wanted


def write_by_itself(settings: Settings, name: str, connector: Connector, audit: Audit) -> None:
    """Write what is new, for the server's schedule; nothing before somebody has looked at a first time."""
    state, fields = state_of(settings, name), write_back(settings, name)
    if not fields or not state.has_sent:
        return
    with state.held(connector.name):
        if writings := to_write(settings, state, fields):
            audit.note("exported", OPERATOR, connector.place, form="crm", count=len(writings))
            write(connector, state, writings)


def write(connector: Connector, state: State, writings: list[Writing]) -> Written:
    """Write to the CRM; a deal it refuses does not stop the others, and what was written is known if the rest fails."""
    written, sent = Written(writings, refused=[]), state.sent()
    try:
        for one in writings:
            try:
                connector.write(one.record, one.values)
            except CrmRefusedError as error:
                log.warning("%s %s was not written: %s", connector.name, one.record, error.sentence)
                (written.refused or []).append((one.record, error.sentence))
                continue
            sent[one.record] = dict(one.values)
            written.done += 1
            log.info("%s %s: wrote %s", connector.name, one.record, ", ".join(one.values))
    finally:
        connector.close()
        state.write_sent(sent)
    return written


def _values(entry: Entry, fields: WriteBack, address: str) -> dict[str, str]:
    codes = BETWEEN.join(dict.fromkeys(reason.code for reason in entry.deal.reasons)) if entry.deal else ""
    values = {fields.link: f"{address}{entry_address(entry.id)}", fields.reasons: codes}
    return {name: value for name, value in values.items() if name and value}


def _deals(settings: Settings) -> Iterator[tuple[str, Entry]]:
    """Yield by CRM number the published deals that are for everybody, or for whom the playbook says deals are.

    Where several entries have one number, whoever wrote the second would decide what the CRM says: none is meant.
    """
    playbook = playbook_in_force(settings)
    shown = {"all", playbook.visibility.get("deal", "all")} - {PRIVATE}
    found: dict[str, list[Entry]] = {}
    for file in find_files(settings.entries)[0]:
        content = read_file(file)
        if isinstance(content, Problem) or "crm" not in content.text.casefold():
            continue
        entry = parse_entry(content.text, file.path, playbook, content.content_hash).entry
        if entry.deal and entry.deal.crm_id:
            found.setdefault(key_of(entry.deal.crm_id), []).append(entry)
    for key, (entry, *others) in found.items():
        if not others and entry.status == "published" and entry.visibility in shown:
            yield key, entry
