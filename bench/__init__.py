"""Measures what the product finds and how fast, against what one would use instead: `python -m bench`."""
