"""Run the measurements: `python -m bench [--quality] [--indexing] [--outcomes] …`; by default all."""

from __future__ import annotations

import argparse

from bench.indexes import prepare


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure quality and speed.")
    parser.add_argument("--quality", action="store_true", help="what is found, on shared sets and the judgement file")
    parser.add_argument("--indexing", action="store_true", help="first indexing, an unchanged sync, a rebuild")
    parser.add_argument("--handbook", action="store_true", help="a folder of plain Markdown pages, as it is")
    parser.add_argument("--outcomes", action="store_true", help="whether similar deals foretell how a deal ends")
    parser.add_argument("--insight", action="store_true", help="similar deals and scoreboards over many deals")
    parser.add_argument("--gaps", action="store_true", help="whether searches without an answer are put together")
    parser.add_argument("--saving", action="store_true", help="how soon what was saved or dropped is found")
    parser.add_argument("--meeting", action="store_true", help="the meeting over many deals and logged searches")
    parser.add_argument("--speed", action="store_true", help="search at 10,000 chunks")
    parser.add_argument("--large", action="store_true", help="search at 100,000 chunks (builds them: many minutes)")
    chosen = parser.parse_args()
    everything = not any(vars(chosen).values())
    bench = prepare()
    if chosen.quality or everything:
        from bench.quality import measure_quality

        measure_quality(bench)
    if chosen.indexing or everything:
        from bench.indexing import measure_indexing

        measure_indexing(bench)
    if chosen.handbook or everything:
        from bench.handbook import measure_handbook

        measure_handbook(bench)
    if chosen.outcomes or everything:
        from bench.outcomes import measure_outcomes

        measure_outcomes(bench)
    if chosen.insight or everything:
        from bench.insight import measure_insight

        measure_insight(bench)
    if chosen.gaps or everything:
        from bench.gaps import measure_gaps

        measure_gaps(bench)
    if chosen.saving or everything:
        from bench.saving import measure_saving

        measure_saving(bench)
    if chosen.meeting or everything:
        from bench.meeting import measure_meeting

        measure_meeting(bench)
    if chosen.speed or everything:
        from bench.speed import SMALL, measure_speed

        measure_speed(bench, SMALL)
    if chosen.large or everything:
        from bench.speed import LARGE, measure_speed

        measure_speed(bench, LARGE)


if __name__ == "__main__":
    main()
