"""Run the benchmarks: `python -m bench [--quality] [--indexing] [--outcomes] …`; by default all."""

from __future__ import annotations

import argparse
from importlib import import_module

from bench.indexes import prepare

# Option → its function, imported when needed, and its help.
PARTS = {
    "quality": ("bench.quality", "measure_quality", "search quality on the shared sets and the judgement file"),
    "embedding": ("bench.embedding", "measure_embedding", "ONNX Runtime against PyTorch, one question and passages"),
    "typed": ("bench.typed", "measure_typed", "search quality on questions as people type them"),
    "mistyped": ("bench.typed", "measure_mistyped", "search quality on slips of the keyboard and other spellings"),
    "confidence": ("bench.confidence", "measure_confidence", "what is said once the right entries are gone"),
    "ask": ("bench.ask", "measure_ask", "answers in quotes: from the right entries, and none where nothing answers"),
    "indexing": ("bench.indexing", "measure_indexing", "first indexing, an unchanged sync, a rebuild"),
    "handbook": ("bench.handbook", "measure_handbook", "a folder of plain Markdown pages, as is"),
    "outcomes": ("bench.outcomes", "measure_outcomes", "whether similar deals predict how a deal ends"),
    "insight": ("bench.insight", "measure_insight", "similar deals and scoreboards over many deals"),
    "honesty": ("bench.honesty", "measure_honesty", "what boards say in simulated bases whose truth is known"),
    "gaps": ("bench.gaps", "measure_gaps", "clustering of failed searches"),
    "saving": ("bench.saving", "measure_saving", "how soon saved or dropped files are found"),
    "meeting": ("bench.meeting", "measure_meeting", "the meeting over many deals and logged searches"),
    "hostile": ("bench.limits", "measure_limits", "texts that exhaust careless Markdown implementations"),
    "searches": ("bench.hostile_searches", "measure_searches", "searches made up to be costly, at 10,000 chunks"),
    "speed": ("bench.speed", "measure_speed", "search at 10,000 chunks"),
    "database": ("bench.database", "measure_database", "search in PostgreSQL against files, at 100,000 chunks"),
    "viewers": ("bench.viewers", "measure_viewers", "search for those who see a part, at 10,000 chunks and 50 groups"),
    "vectors": ("bench.vectors", "measure_vectors", "memory and comparison of a million passages (minutes to build)"),
    "large": ("bench.speed", "measure_large", "search at 100,000 chunks (building them takes many minutes)"),
}


def main() -> None:
    """Run the selected benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure quality and speed.")
    for option, (_, _, text) in PARTS.items():
        parser.add_argument(f"--{option}", action="store_true", help=text)
    chosen = vars(parser.parse_args())
    bench = prepare()
    for option, (module, function, _) in PARTS.items():
        if chosen[option] or not any(chosen.values()):
            getattr(import_module(module), function)(bench)


if __name__ == "__main__":
    main()
