"""The scoreboard: its address, rows, tables and pictures."""
