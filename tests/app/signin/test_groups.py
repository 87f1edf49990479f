"""Groups give teams and a role by the rules of one file; what cannot be read is never taken for "no groups"."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.signin.claims import ClaimNames, claim, identity_of
from app.signin.errors import SignInSettingsError
from app.signin.groups import GroupsFile, Rule, Rules, clean_groups, read_rules
from app.words.reader import Reader
from kb.people.errors import SignInRefusedError
from kb.viewer import EVERYTHING

FILE = """\
# who may do what
default_role: reader
groups:
  /Sales: {team: sales, role: author}
  /Sales/Leads:
    role: editor
  "8f7a0e2c-1111-4222-8333-444455556666": {team: marketing}
"""
CLAIMS = {"iss": "https://id.example", "sub": "7", "email": "Aoi@Example.jp", "name": "青井 葵"}
NAMES = ClaimNames(groups="groups")


def _read(tmp_path: Path, text: str) -> Rules:
    path = tmp_path / "groups.yaml"
    path.write_text(text, "utf-8")
    return read_rules(path)


def test_a_group_gives_a_team_a_role_or_both(tmp_path: Path) -> None:
    rules = _read(tmp_path, FILE)
    assert rules.groups["/Sales"] == Rule("sales", "author")
    assert rules.role(["/Sales"]) == "author"
    assert rules.teams(["8f7a0e2c-1111-4222-8333-444455556666"]) >= {"marketing"}


def test_only_the_file_lets_somebody_see_everything(tmp_path: Path) -> None:
    rules = _read(tmp_path, "groups:\n  kb-all: {team: '*'}\n")
    assert rules.teams(["kb-all"]) == {"kb-all", EVERYTHING}
    assert rules.teams(clean_groups(["*", "kb-none"])) == {"kb-none"}


def test_the_highest_role_of_all_groups_counts(tmp_path: Path) -> None:
    rules = _read(tmp_path, FILE)
    assert rules.role(["/Sales/Leads", "/Sales"]) == "editor"
    assert rules.role(["/Sales", "/Sales/Leads"]) == "editor"


def test_a_member_of_a_group_is_one_of_the_groups_above(tmp_path: Path) -> None:
    rules = _read(tmp_path, FILE)
    assert rules.role(["/Sales/Tokyo/East"]) == "author"
    assert rules.teams(["/Sales/Tokyo"]) == {"/Sales/Tokyo", "sales"}
    assert rules.role(["/Salesmen"]) == "reader"


def test_groups_stay_audiences_by_their_own_name(tmp_path: Path) -> None:
    rules = _read(tmp_path, FILE)
    assert rules.teams(["/Sales", "経理"]) == {"/Sales", "sales", "経理"}


def test_without_a_file_groups_are_audiences_and_say_nothing_about_the_role() -> None:
    rules = GroupsFile(None).rules()
    assert rules.role(["/Sales"]) is None
    assert rules.teams(["/Sales"]) == {"/Sales"}


def test_where_the_default_role_is_none_only_members_of_known_groups_sign_in(tmp_path: Path) -> None:
    rules = _read(tmp_path, FILE.replace("default_role: reader", "default_role: none"))
    assert rules.role(["/Sales"]) == "author"
    with pytest.raises(SignInRefusedError, match="None of your groups"):
        rules.role(["Others"])


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("default_rôle: reader", 1, "is not a key of this file"),
        ("default_role: boss", 1, "'boss' is not a role"),
        ("groups: [a, b]", 1, "must list groups"),
        ("groups:\n  a: sales", 2, "needs 'team', 'role' or both"),
        ("groups:\n  a:\n  b: {role: author}", 2, "needs 'team', 'role' or both"),
        ("groups:\n  a: {}", 2, "needs 'team', 'role' or both"),
        ("groups:\n  a: {role: author}\n  b:\n    rolle: author", 4, "is not a key of this file"),
        ("groups:\n  a: {role: Admin}", 2, "'Admin' is not a role"),
        ("groups:\n  a: {role: none}", 2, "'none' is not a role"),
        ("groups:\n  a: {role: reader}\n  a: {role: admin}", 3, "duplicate key"),
        ("groups:\n  a: {role: reader, role: admin}", 2, "duplicate key"),
        ("default_role: reader\ngroups: {}\ndefault_role: admin", 3, "duplicate key"),
        ("groups:\n  a: {team: [x, y]}", 2, "must be one name"),
        ("groups:\n  a: {team: joint}", 2, "must be one name"),
        ("groups:\n  a: {team: 全員}", 2, "must be one name"),
        ("groups:\n  a: &x {role: admin}\n  b: *x", 3, "aliases"),
        ("groups:\n\ta: {role: admin}", 2, "tabs"),
        ("- a\n- b", 1, "key: value"),
    ],
)
def test_a_fault_of_the_file_is_a_sentence_with_its_line(tmp_path: Path, text: str, line: int, fault: str) -> None:
    with pytest.raises(SignInSettingsError) as caught:
        _read(tmp_path, text)
    assert f"groups.yaml:{line}: " in caught.value.sentence
    assert re.search("[ぁ-ん]", Reader.of("ja").say(caught.value.sentence)), "said in English to a Japanese reader"
    assert fault in caught.value.sentence


def test_a_file_that_is_missing_or_no_text_is_a_fault_too(tmp_path: Path) -> None:
    with pytest.raises(SignInSettingsError, match="does not exist"):
        read_rules(tmp_path / "none.yaml")
    (tmp_path / "x.yaml").write_bytes(b"groups: \xff")
    with pytest.raises(SignInSettingsError, match="UTF-8"):
        read_rules(tmp_path / "x.yaml")


def test_an_edit_counts_at_the_next_sign_in_and_a_faulty_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text(FILE, "utf-8")
    file = GroupsFile(path)
    assert file.rules().role(["/Sales"]) == "author"
    path.write_text(FILE.replace("author", "editor"), "utf-8")
    assert file.rules().role(["/Sales"]) == "editor"
    path.write_text("groups: nonsense", "utf-8")
    assert file.rules().role(["/Sales"]) == "editor"


def test_a_file_that_never_was_good_lets_nobody_in(tmp_path: Path) -> None:
    with pytest.raises(SignInSettingsError):
        GroupsFile(tmp_path / "none.yaml").rules()


@pytest.mark.parametrize(
    "name",
    [
        "*",
        "＊",
        "all",
        "ALL",
        "全員",
        "Everyone",
        "joint",
        "合同",
        "private",
        "ｐｒｉｖａｔｅ",
        " ",
        "a\x00b",
        "x" * 101,
    ],
)
def test_a_group_cannot_take_a_word_of_visibility_or_an_unreadable_name(name: str) -> None:
    assert clean_groups([name, "/Sales"]) == ["/Sales"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("groups", ["a"]),
        ("realm_access.roles", ["b"]),
        ("https://example.com/groups", ["c"]),
        ("resource_access.my.client.roles", ["d"]),
        ("realm_access.none", None),
        ("groups.roles", None),
        ("none", None),
        ("", None),
    ],
)
def test_a_dot_leads_into_a_claim(path: str, found: object) -> None:
    claims = {
        "groups": ["a"],
        "realm_access": {"roles": ["b"]},
        "https://example.com/groups": ["c"],
        "resource_access": {"my.client": {"roles": ["d"]}},
    }
    assert claim(claims, path) == found


@pytest.mark.parametrize(
    ("groups", "teams"),
    [(["/Sales", "x"], {"/Sales", "x"}), ("/Sales/Tokyo", {"/Sales/Tokyo"}), ([], set()), (None, set())],
)
def test_groups_are_a_list_a_text_or_missing(groups: object, teams: set[str]) -> None:
    claims = CLAIMS if groups is None else {**CLAIMS, "groups": groups}
    assert identity_of(claims, "oidc", NAMES, Rules()).teams == teams


@pytest.mark.parametrize(
    "claims",
    [
        {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.example/x"}}},
        {"hasgroups": True},
        {"hasgroups": "true"},
        {"groups": ["a"], "_claim_names": {"groups": "src1"}},
    ],
)
def test_groups_kept_elsewhere_are_never_read_as_no_group(claims: dict[str, object]) -> None:
    with pytest.raises(SignInRefusedError, match="more groups than"):
        identity_of({**CLAIMS, **claims}, "oidc", NAMES, Rules())


def test_groups_kept_elsewhere_do_not_matter_where_roles_are_read() -> None:
    claims = {**CLAIMS, "_claim_names": {"groups": "src1"}, "roles": ["kb.author"]}
    assert identity_of(claims, "oidc", ClaimNames(groups="roles"), Rules()).teams == {"kb.author"}


@pytest.mark.parametrize("groups", [{"roles": ["a"]}, 7, [["a"]], [{"name": "a"}], [None], True])
def test_a_claim_that_is_no_list_of_groups_is_refused(groups: object) -> None:
    with pytest.raises(SignInRefusedError, match="KB_OIDC_GROUPS_CLAIM"):
        identity_of({**CLAIMS, "groups": groups}, "oidc", NAMES, Rules())


def test_without_a_claim_for_groups_nothing_is_said_about_teams() -> None:
    identity = identity_of({**CLAIMS, "groups": ["/Sales"]}, "oidc", ClaimNames(), Rules())
    assert (identity.role, identity.teams) == (None, None)
    assert identity_of(CLAIMS, "oidc", ClaimNames(), Rules(default_role="author")).role == "author"


def test_a_person_is_known_by_issuer_and_subject_and_has_an_address_and_a_name() -> None:
    identity = identity_of(CLAIMS, "oidc", NAMES, Rules())
    assert (identity.subject, identity.address, identity.name) == ("https://id.example 7", "aoi@example.jp", "青井 葵")


@pytest.mark.parametrize(
    ("claims", "address"),
    [
        ({"email_verified": True}, "aoi@example.jp"),
        ({"email_verified": "true"}, "aoi@example.jp"),
        ({"email_verified": False}, ""),
        ({"email_verified": "false"}, ""),
        ({"email_verified": None}, ""),
        ({"email": "two@at@example.jp"}, ""),
        ({"email": "a\nb@example.jp"}, ""),
        ({"email": ["aoi@example.jp"]}, ""),
        ({"email": "nothing"}, ""),
        ({"email": " AOI@example.JP "}, "aoi@example.jp"),
        ({"email": "ａoi@example.jp"}, ""),
        ({"email": "aoi@example．jp"}, ""),
        ({"email": "ao\u2170@example.jp"}, ""),
        ({"email": "ao\u017f@example.jp"}, ""),
    ],
)
def test_an_address_counts_unless_nobody_has_checked_it(claims: dict[str, object], address: str) -> None:
    assert identity_of({**CLAIMS, **claims}, "oidc", NAMES, Rules()).address == address


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "  青井\u3000葵 "}, "青井 葵"),
        ({"name": "", "preferred_username": "aoi"}, "aoi"),
        ({"name": 7}, "aoi"),
        ({"name": "\u202eadmin\x07"}, "admin"),
        ({"name": "あ" * 300}, "あ" * 100),
    ],
)
def test_a_name_can_always_be_shown(claims: dict[str, object], name: str) -> None:
    assert identity_of({**CLAIMS, **claims}, "oidc", NAMES, Rules()).name == name


def test_only_addresses_of_the_named_domains_sign_in() -> None:
    names = ClaimNames(domains=("example.jp",))
    assert identity_of(CLAIMS, "oidc", names, Rules()).address == "aoi@example.jp"
    for other in ({"email": "aoi@evil.example"}, {"email": "aoi@sub.example.jp"}, {"email_verified": False}):
        with pytest.raises(SignInRefusedError, match=r"example\.jp"):
            identity_of({**CLAIMS, **other}, "oidc", names, Rules())


def test_at_google_the_workspace_counts_and_not_the_address() -> None:
    names = ClaimNames(domains=("example.jp",))
    claims = {**CLAIMS, "iss": "https://accounts.google.com"}
    assert identity_of({**claims, "hd": "example.jp"}, "oidc", names, Rules()).name == "青井 葵"
    with pytest.raises(SignInRefusedError):
        identity_of(claims, "oidc", names, Rules())
