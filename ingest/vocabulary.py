"""The spellings authors may use for keys and fixed values, Japanese and English alike."""

from __future__ import annotations

KEYS: dict[str, str] = {
    "id": "id",
    "title": "title", "題名": "title", "タイトル": "title", "件名": "title",
    "kind": "kind", "種別": "kind", "種類": "kind", "type": "kind",
    "team": "team", "部門": "team", "チーム": "team",
    "owner": "owner", "担当": "owner", "担当者": "owner", "author": "owner",
    "date": "date", "日付": "date",
    "tags": "tags", "タグ": "tags", "tag": "tags",
    "industry": "industry", "業種": "industry", "業界": "industry", "industries": "industry",
    "product": "product", "製品": "product", "商品": "product", "products": "product",
    "competitors": "competitors", "競合": "competitors", "competitor": "competitors",
    "language": "language", "言語": "language",
    "status": "status", "状態": "status",
    "verified_by": "verified_by", "確認者": "verified_by",
    "verified_on": "verified_on", "確認日": "verified_on",
    "review_by": "review_by", "見直し期限": "review_by", "見直し": "review_by",
    "visibility": "visibility", "公開範囲": "visibility",
    "related": "related", "関連": "related",
    "supersedes": "supersedes", "置き換え": "supersedes",
    "derived_from": "derived_from", "元": "derived_from", "もとになったもの": "derived_from",
    "angles": "angles", "切り口": "angles", "angle": "angles",
    "outcome": "outcome", "結果": "outcome",
    "customer": "customer", "顧客": "customer", "顧客名": "customer",
    "size": "size", "規模": "size", "従業員数": "size",
    "amount": "amount", "金額": "amount", "受注金額": "amount",
    "currency": "currency", "通貨": "currency",
    "closed_on": "closed_on", "成約日": "closed_on", "決着日": "closed_on", "クローズ日": "closed_on",
    "cycle_days": "cycle_days", "商談期間": "cycle_days", "商談日数": "cycle_days",
    "stage": "stage", "段階": "stage", "フェーズ": "stage",
    "lead_source": "lead_source", "流入": "lead_source", "流入元": "lead_source",
    "campaign": "campaign", "施策": "campaign",
    "reasons": "reasons", "理由": "reasons",
    "used": "used", "使った話": "used", "使った資料": "used",
    "crm_id": "crm_id", "CRM番号": "crm_id",
    "persona": "persona", "相手": "persona", "ペルソナ": "persona",
    "objection": "objection", "反論": "objection", "断り文句": "objection",
    "channel": "channel", "媒体": "channel", "チャネル": "channel",
    "period": "period", "期間": "period",
    "audience": "audience", "対象": "audience",
    "metrics": "metrics", "数値": "metrics", "指標": "metrics",
    "variants": "variants", "比較": "variants",
}  # fmt: skip

KIND_SPELLINGS = {
    "talk-track": "talk-track", "talk track": "talk-track", "talktrack": "talk-track", "トーク": "talk-track",
    "営業トーク": "talk-track", "トークトラック": "talk-track",
    "deal": "deal", "商談": "deal", "案件": "deal", "商談記録": "deal",
    "campaign": "campaign", "施策": "campaign", "キャンペーン": "campaign",
    "note": "note", "メモ": "note", "ノート": "note",
}  # fmt: skip
OUTCOME_SPELLINGS = {
    "won": "won", "受注": "won", "win": "won", "勝ち": "won",
    "lost": "lost", "失注": "lost", "loss": "lost", "負け": "lost",
    "no-decision": "no-decision", "見送り": "no-decision", "no decision": "no-decision", "保留": "no-decision",
    "open": "open", "継続中": "open", "商談中": "open",
}  # fmt: skip
TEAM_SPELLINGS = {
    "sales": "sales",
    "営業": "sales",
    "marketing": "marketing",
    "マーケティング": "marketing",
    "マーケ": "marketing",
}
LANGUAGE_SPELLINGS = {"ja": "ja", "日本語": "ja", "japanese": "ja", "en": "en", "英語": "en", "english": "en"}
STATUS_SPELLINGS = {
    "draft": "draft", "下書き": "draft",
    "published": "published", "公開": "published",
    "archived": "archived", "保管": "archived", "アーカイブ": "archived",
}  # fmt: skip
VISIBILITY_SPELLINGS = {
    "all": "all", "全員": "all",
    "sales": "sales", "営業": "sales", "営業のみ": "sales",
    "marketing": "marketing", "マーケティング": "marketing", "マーケティングのみ": "marketing",
}  # fmt: skip
SOURCE_SPELLINGS = {
    "rep": "rep", "営業": "rep", "担当": "rep",
    "buyer": "buyer", "顧客": "buyer", "買い手": "buyer",
    "manager": "manager", "上長": "manager", "マネージャー": "manager",
    "crm": "crm",
}  # fmt: skip
METRIC_SPELLINGS = {
    "impressions": "impressions", "表示": "impressions", "表示回数": "impressions", "配信": "impressions",
    "clicks": "clicks", "クリック": "clicks",
    "leads": "leads", "リード": "leads", "見込み客": "leads",
    "mql": "mql", "sal": "sal", "sql": "sql",
    "won": "won", "受注": "won",
    "cost": "cost", "費用": "cost",
    "revenue": "revenue", "売上": "revenue", "受注金額": "revenue",
}  # fmt: skip
FOLDER_KINDS = {
    "talk-tracks": "talk-track", "talk-track": "talk-track", "トーク": "talk-track",
    "deals": "deal", "商談": "deal",
    "campaigns": "campaign", "施策": "campaign",
}  # fmt: skip
KIND_FOLDERS = {"talk-track": "talk-tracks", "deal": "deals", "campaign": "campaigns", "note": "notes"}
