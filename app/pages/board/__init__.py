"""The scoreboard: its address, rows, tables and charts."""
