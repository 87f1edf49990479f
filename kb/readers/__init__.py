"""The four readers of a library: search, entries, deals and the loop. Only `kb.library` imports them."""
