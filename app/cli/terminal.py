"""An answer in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from kb.choices import CHOICES, OUTCOME_SIGNS

MARKS = {key: f"{sign} {CHOICES['outcome'].label(key, 'ja')}" for key, sign in OUTCOME_SIGNS.items()}
CONFIDENCE = {"strong": "強い", "partial": "部分的", "none": "該当なし"}


def print_answer(answer: dict[str, Any]) -> None:
    """Print hits with their passages, the matched words marked."""
    console = Console(highlight=False)
    hidden = answer["hidden_by_filters"]
    note = f"(フィルタで{hidden}件が隠れています)" if hidden else ""
    console.print(f"確度 {CONFIDENCE[answer['confidence']]} · {answer['total']}件{note}", style="dim")
    for hit in answer["hits"]:
        title = Text(hit["title"], style="bold")
        facts = [
            hit["kind"],
            MARKS.get(hit["outcome"] or "", ""),
            hit["industry"] or "",
            hit["date"] or "",
            hit["band"],
        ]
        snippet = Text("  " + hit["snippet"])
        for start, end in hit["highlights"]:
            snippet.stylize("bold yellow", start + 2, end + 2)
        console.print()
        console.print(title)
        console.print(Text("  " + " · ".join(fact for fact in facts if fact) + f"  [{hit['id']}]", style="dim"))
        console.print(snippet)
        if hit.get("why"):
            console.print(Text(f"  {_why(hit['why'])}", style="dim"))


def _why(why: dict[str, Any]) -> str:
    terms = " ".join(why["keyword_terms"])
    nudges = " ".join(f"{a['name']} ×{a['factor']}" for a in why["adjustments"])
    keyword = f"keyword {why['keyword_rank'] or '–'} ({terms})"
    return f"{keyword} · meaning {why['meaning_rank'] or '–'} ({why['similarity']}) {nudges}"
