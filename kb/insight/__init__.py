"""What deals show together: rates, scoreboard, similar deals. It imports search and index."""
