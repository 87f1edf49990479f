"""Who may not read what about a deal: the rules of the playbook, applied to a viewer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from kb.entry import Entry, audience_key
from kb.owners import is_owner
from kb.playbook import MaskingRule, Playbook, Term, Vocabulary
from kb.viewer import Viewer

WHAT = Vocabulary.of((
    Term("customer", "顧客", "Customer", ("顧客名", "客先")),
    Term("amount", "金額", "Amount", ("受注金額", "契約金額")),
    Term("contact", "先方の担当者", "Contact", ("連絡先", "顧客担当者", "contacts")),
))  # fmt: skip
ROLE_NAMES = Vocabulary.of((
    Term("reader", "閲覧者", "Reader"),
    Term("author", "執筆者", "Author", ("作成者", "投稿者")),
    Term("editor", "編集者", "Editor"),
    Term("admin", "管理者", "Admin", ("administrator",)),
))  # fmt: skip


def rules_for(playbook: Playbook, viewer: Viewer) -> tuple[MaskingRule, ...]:
    """Return the rules that apply to a viewer; none to whoever sees everything."""
    if viewer.audiences is None:
        return ()
    own = frozenset(map(audience_key, viewer.audiences))
    return tuple(rule for rule in playbook.masking if _applies(rule, viewer, own))


def masks_for(rules: Iterable[MaskingRule], viewer: Viewer, deal: Entry, today: date) -> frozenset[str]:
    """Return what of a deal a viewer may not read under the rules for them; owners read their own."""
    if is_owner(viewer, deal.owner):
        return frozenset()
    return frozenset[str]().union(*(rule.what for rule in rules if not _is_over(rule, deal, today)))


def _applies(rule: MaskingRule, viewer: Viewer, own: frozenset[str]) -> bool:
    """Whether a rule is for a viewer: for their role, or for one of their groups or a group above it."""
    if not rule.teams and not rule.roles:
        return True
    return viewer.role in rule.roles or any(
        group == team or (team.startswith("/") and group.startswith(f"{team}/")) for group in own for team in rule.teams
    )


def _is_over(rule: MaskingRule, deal: Entry, today: date) -> bool:
    """Whether a rule no longer hides a deal: it ended long enough ago."""
    ended = deal.deal.closed_on if deal.deal and deal.outcome not in (None, "open") else None
    if rule.until_days_after_end is None or ended is None or ended > today:
        return False
    return today - ended > timedelta(days=rule.until_days_after_end)
