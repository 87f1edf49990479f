"""Search results in the terminal."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.console import Console
from rich.text import Text

from app.words.reader import Reader
from kb.choices import OUTCOME_SIGNS
from kb.fields import PROMINENT_LISTS


def print_answer(answer: dict[str, Any], reader: Reader) -> None:
    """Print hits with their passages, the matched words marked."""
    console = Console(highlight=False)
    hidden = answer["hidden_by_filters"]
    count = reader.counted("hits.near", answer["total"])
    note = reader.counted("hits.hidden", hidden) if hidden else ""
    console.print(f"{reader('confidence.' + answer['confidence'])} · {count}{note}", style="dim", markup=False)
    if corrected := answer.get("corrected"):
        console.print(f"{reader('corrected', text=corrected)} (--as-typed)", style="dim", markup=False)
    elif half_typed := answer.get("half_typed"):
        console.print(f"{reader('half_typed', text=half_typed)} (--as-typed)", style="dim", markup=False)
    if compared := answer.get("compared"):
        console.print(reader("compared", end=compared[-20:]), style="dim", markup=False)
    for hit in answer["hits"]:
        snippet = Text("  " + hit["snippet"])
        for start, end in hit["highlights"]:
            snippet.stylize("bold yellow", start + 2, end + 2)
        console.print()
        console.print(Text(hit["title"], style="bold"))
        console.print(Text(f"  {' · '.join(filter(None, _facts(hit, reader)))}  [{hit['id']}]", style="dim"))
        console.print(snippet)
        if hit.get("copies"):
            copies = f"{reader.counted('hit.copies', len(hit['copies']))} {', '.join(hit['copies'])}"
            console.print(Text(f"  {copies}", style="dim"))
        if hit.get("why"):
            console.print(Text(f"  {_why(hit['why'], reader)}", style="dim"))


def print_quotes(answer: dict[str, Any], reader: Reader) -> None:
    """Print quotes, each with its entry."""
    console = Console(highlight=False)
    if corrected := answer["corrected"]:
        console.print(f"{reader('corrected', text=corrected)} (--as-typed)", style="dim", markup=False)
    made = answer.get("summary") or {"state": "off", "parts": []}
    if answer.get("summary") and made["state"] != "made":
        console.print(reader(f"summary.state.{made['state']}"), style="dim", markup=False)
    chosen = [(part["join"], part["quote"]) for part in made["parts"]] or [("", quote) for quote in answer["quotes"]]
    if not chosen:
        console.print(reader("quotes.none"), markup=False)
    for number, (join, quote) in enumerate(chosen):
        outcome = quote["outcome"]
        end = f"{OUTCOME_SIGNS.get(outcome, '')} {reader.label('outcome', outcome)}" if outcome else ""
        source = " · ".join(filter(None, (end, quote["title"], quote["heading"])))
        if number:
            console.print()
        console.print(Text((reader(f"summary.join.{join}") + " " if join else "") + quote["plain"]))
        console.print(Text(f"  {source}  [{quote['id']}:{quote['line']}]", style="dim"))
    if made.get("dropped"):
        console.print(reader.counted("summary.dropped", made["dropped"]), style="dim", markup=False)


def _facts(hit: dict[str, Any], reader: Reader) -> list[str]:
    """Return the line below a title."""
    outcome = hit["outcome"] or ""
    values = [reader.label(field, value) for field in PROMINENT_LISTS for value in hit[field]]
    return [
        reader.label("kind", hit["kind"]),
        f"{OUTCOME_SIGNS.get(outcome, '')} {reader.label('outcome', outcome)}" if outcome else "",
        reader("comma").join(values),
        reader.date(date.fromisoformat(hit["date"])) if hit["date"] else "",
        reader.label("band", hit["band"]),
    ]


def _why(why: dict[str, Any], reader: Reader) -> str:
    words, meaning = (
        reader("why.rank", rank=reader.number(rank)) if (rank := why[name]) else "–"
        for name in ("keyword_rank", "meaning_rank")
    )
    parts = [f"{reader('why.keywords')} {words} ({' '.join(why['keyword_terms'])})"]
    parts.append(f"{reader('why.meaning')} {meaning} ({why['similarity']})")
    parts += [f"{reader.label('adjustment', nudge['name'])} ×{nudge['factor']}" for nudge in why["adjustments"]]
    return " · ".join(parts)
