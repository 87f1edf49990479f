"""Benchmarks of quality and speed against baselines: `python -m bench`."""
