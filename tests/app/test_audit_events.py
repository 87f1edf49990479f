"""Everything that is done leaves an event, and the documentation names each."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from app.forgetting import forget
from app.services import PeopleServices
from app.signin.groups import GroupsFile
from app.signin.met import met
from kb.people.audit import Wanted
from kb.people.events import EVENTS
from kb.people.person import Identity
from tests.app.conftest import MakeClient
from tests.app.signed_in import browser_of, services_behind, signed_in

ROOT = Path(__file__).parents[2]
NOTING = ("note", "noted", "_noted", "deed", "log_event", "_row")
WHERE = {  # the modules that log each event
    "sign-in": "app/signin/pages",
    "sign-in-failed": "app/signin/pages app/signin/passkeys app/signin/provider",
    "sign-out": "app/signin/me app/signin/pages",
    "entry-saved": "ingest/store",
    "entry-archived": "ingest/store",
    "entry-restored": "ingest/store",
    "entry-verified": "ingest/verifying",
    "playbook-saved": "app/cli/init ingest/playbook_store",
    "mapping-saved": "app/cli/connecting app/cli/imports app/pages/writing/exports",
    "imported": "app/cli/connecting app/cli/imports app/cli/init app/pages/writing/beginning"
    " app/pages/writing/files app/pulling",
    "import-undone": "app/cli/init app/pages/writing/beginning app/pages/writing/undoing",
    "exported": "app/cli/auditing app/cli/connecting app/cli/export app/http/exported app/pages/people/auditing"
    " app/writing_back",
    "backed-up": "app/cli/backup",
    "backup-restored": "app/cli/backup",
    "person-added": "app/cli/people app/pages/people/page app/signin/met",
    "person-changed": "app/cli/people app/pages/people/page app/signin/me app/signin/met app/signin/pages",
    "person-forgotten": "app/forgetting",
    "searches-deleted": "app/pages/mine/kept",
    "name-linked": "app/cli/people_names app/pages/people/page",
    "name-unlinked": "app/cli/people_names app/pages/people/page",
    "groups-changed": "app/services",
    "link-made": "app/cli/people app/pages/people/page",
    "passkey-added": "app/signin/passkeys",
    "passkey-removed": "app/signin/passkeys",
    "token-made": "app/cli/tokens app/pages/mail/own app/pages/people/tokens",
    "token-revoked": "app/cli/tokens app/pages/mail/own app/pages/people/tokens app/signin/pages",
    "server-started": "app/cli/worker",
    "denied": "kb/people/audit",
    "audit-trimmed": "kb/people/audit",
    "audit-lost": "kb/people/audit",
}


def _noted_in(path: Path) -> set[str]:
    """Return the events that a module logs."""
    said: list[ast.AST | None] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in NOTING:
            said += node.args
        named = node.arg if isinstance(node, ast.keyword) else getattr(getattr(node, "target", None), "id", "")
        if named == "change":  # what a save was
            said.append(getattr(node, "value", None))
    words = (word for one in filter(None, said) for word in ast.walk(one) if isinstance(word, ast.Constant))
    return {str(word.value) for word in words if word.value in EVENTS}


def test_each_event_is_logged_where_the_table_says_and_nowhere_else() -> None:
    found = defaultdict(set)
    for room in ("app", "ingest", "kb"):
        for path in (ROOT / room).rglob("*.py"):
            for event in _noted_in(path):
                found[event].add(str(path.relative_to(ROOT).with_suffix("")))
    assert set(WHERE) == set(EVENTS)
    assert {event: sorted(found[event]) for event in EVENTS} == {event: WHERE[event].split() for event in EVENTS}


def test_the_documentation_names_each_event() -> None:
    text = (ROOT / "docs/audit.md").read_text("utf-8")
    table = text[text.index("| Events |") : text.index("**When it cannot")]
    assert set(re.findall(r"`([a-z-]+)`", table)) >= set(EVENTS)


def _logged(people: PeopleServices, event: str) -> list[dict[str, object]]:
    return [row.known for row in people.audit.rows(Wanted(event=event))]


def test_the_sample_company_is_logged_when_it_comes_and_goes(make_client: MakeClient) -> None:
    client = make_client({}, auth="local")
    services = services_behind(client)
    browser = browser_of(client, services.people.people.add("aoi@example.jp", "Aoi", "admin", ["*"]))
    for do in ("add", "remove"):
        assert browser.post("/sample", data={"do": do}, follow_redirects=False).status_code in (200, 303)
    (added,), (removed,) = (_logged(services.people, event) for event in ("imported", "import-undone"))
    assert added == removed and added["source"] == "sample" and added["entries"] > 20  # type: ignore[operator]


def test_what_somebody_takes_along_or_deletes_of_themselves_is_logged(make_client: MakeClient) -> None:
    client = make_client(auth="local")
    people = services_behind(client).people
    signed_in(client, "boss@example.jp", "Boss", "admin")
    person, browser = signed_in(client, "aoi@example.jp", "Aoi", "reader")
    browser.get("/", params={"q": "価格"})
    assert browser.get("/me/data.json").status_code == 200
    browser.post("/me/data/delete", follow_redirects=False)
    assert _logged(people, "exported") == [{"form": "json", "count": 1, "filters": []}]
    assert _logged(people, "searches-deleted") == [{}]
    forget(people, services_behind(client).activity, person)
    assert [row.about for row in people.audit.rows(Wanted(event="person-forgotten"))] == [person.id]


def test_what_a_provider_changes_of_somebody_is_logged(make_client: MakeClient) -> None:
    people = services_behind(make_client({}, auth="local")).people
    for teams, role in ((["sales"], "author"), (["sales"], "author"), (["marketing"], "editor")):
        identity = Identity("oidc", "s1", "aoi@example.jp", "Aoi", role, frozenset(teams))  # type: ignore[arg-type]
        met(people.people, people.audit, identity)
    assert _logged(people, "person-added") == [{"role": "author", "source": "oidc", "teams": ["sales"]}]
    assert _logged(people, "person-changed") == [
        {"role": "author → editor", "source": "oidc", "teams": ["marketing"]},
    ]


def test_other_rules_in_the_groups_file_are_noticed_once(tmp_path: Path) -> None:
    place, heard = tmp_path / "groups.yaml", []
    file = GroupsFile(place, lambda: heard.append(1))
    for role, times in (("author", 0), ("author", 0), ("editor", 1), ("editor", 1)):
        place.write_text(f"groups:\n  /Sales: {{team: sales, role: {role}}}\n", "utf-8")
        file.rules()
        assert len(heard) == times
