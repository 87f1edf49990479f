"""The loop of both teams: look at what came of the last weeks, decide, and look again."""
