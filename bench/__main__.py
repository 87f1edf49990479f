"""Run the measurements: `python -m bench [--quality] [--speed] [--large]`; all of them by default."""

from __future__ import annotations

import argparse

from bench.indexes import prepare


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure quality and speed.")
    parser.add_argument("--quality", action="store_true", help="what is found, on shared sets and the judgement file")
    parser.add_argument("--speed", action="store_true", help="search at 10,000 chunks")
    parser.add_argument("--large", action="store_true", help="search at 100,000 chunks (builds them: many minutes)")
    chosen = parser.parse_args()
    everything = not any(vars(chosen).values())
    bench = prepare()
    if chosen.quality or everything:
        from bench.quality import measure_quality

        measure_quality(bench)
    if chosen.speed or everything:
        from bench.speed import SMALL, measure_speed

        measure_speed(bench, SMALL)
    if chosen.large or everything:
        from bench.speed import LARGE, measure_speed

        measure_speed(bench, LARGE)


if __name__ == "__main__":
    main()
