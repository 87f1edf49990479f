"""The loop between the teams: use of the knowledge, gaps, trust, lineage, KPIs and the meeting.

Of the wings of `kb` it may import `index`, `search` and `insight`.
"""
