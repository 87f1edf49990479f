"""The fixed values of an entry's fields: their keys, labels and other spellings, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from kb.playbook import Term, Vocabulary

CHOICES: Mapping[str, Vocabulary] = {
    "kind": Vocabulary.of((
        Term("talk-track", "トーク", "Talk track", ("talktrack", "営業トーク", "トークトラック")),
        Term("deal", "商談", "Deal", ("案件", "商談記録")),
        Term("campaign", "施策", "Campaign", ("キャンペーン",)),
        Term("content", "コンテンツ", "Content", ("記事", "ホワイトペーパー", "事例記事", "article", "white paper")),
        Term("note", "ノート", "Note", ("メモ",)),
    )),
    "outcome": Vocabulary.of((
        Term("won", "受注", "Won", ("win", "勝ち")),
        Term("lost", "失注", "Lost", ("loss", "負け")),
        Term("no-decision", "見送り", "No decision", ("保留",)),
        Term("open", "継続中", "Open", ("商談中",)),
    )),
    "team": Vocabulary.of((
        Term("sales", "営業", "Sales"),
        Term("marketing", "マーケティング", "Marketing", ("マーケ",)),
    )),
    "language": Vocabulary.of((
        Term("ja", "日本語", "Japanese"),
        Term("en", "英語", "English"),
    )),
    "status": Vocabulary.of((
        Term("draft", "下書き", "Draft"),
        Term("published", "公開", "Published"),
        Term("archived", "アーカイブ", "Archived", ("保管",)),
    )),
    "visibility": Vocabulary.of((
        Term("all", "全員", "Everyone"),
        Term("sales", "営業のみ", "Sales only", ("営業",)),
        Term("marketing", "マーケティングのみ", "Marketing only", ("マーケティング",)),
        Term("joint", "両チーム合同のみ", "Both teams together", ("合同",)),  # members of all teams
        Term("private", "担当者のみ", "Owner only", ("自分のみ", "非公開", "only me")),
    )),
    "source": Vocabulary.of((  # who gave the reason for a win or loss
        Term("rep", "営業の見方", "Rep", ("営業", "担当")),
        Term("buyer", "顧客の言葉", "Buyer", ("顧客", "買い手")),
        Term("manager", "上長の見方", "Manager", ("上長", "マネージャー")),
        Term("crm", "CRM", "CRM"),
    )),
    "metric": Vocabulary.of((  # in funnel order
        Term("impressions", "表示・配信", "Impressions", ("表示", "表示回数", "配信")),
        Term("clicks", "クリック", "Clicks"),
        Term("leads", "リード", "Leads", ("見込み客",)),
        Term("mql", "MQL", "MQL"),
        Term("sal", "SAL", "SAL"),
        Term("sql", "SQL", "SQL"),
        Term("won", "受注", "Won"),
        Term("cost", "費用", "Cost"),
        Term("revenue", "売上", "Revenue", ("受注金額",)),
    )),
}  # fmt: skip

KINDS = CHOICES["kind"].keys
OUTCOMES = CHOICES["outcome"].keys
METRICS = CHOICES["metric"].keys
MONEY_METRICS = ("cost", "revenue")  # the others are counts

OUTCOME_SIGNS: Mapping[str, str] = {"won": "●", "lost": "✕", "no-decision": "–", "open": "○"}

KIND_FOLDERS: Mapping[str, str] = {
    "talk-track": "talk-tracks", "deal": "deals", "campaign": "campaigns", "content": "content",
    "note": "notes",
}  # fmt: skip
FOLDER_KINDS: Mapping[str, str] = {  # folder → default kind of its entries; others hold notes
    "talk-tracks": "talk-track", "talk-track": "talk-track", "トーク": "talk-track",
    "deals": "deal", "商談": "deal",
    "campaigns": "campaign", "施策": "campaign",
    "content": "content", "コンテンツ": "content",
}  # fmt: skip
