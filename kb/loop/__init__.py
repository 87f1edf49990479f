"""What people did with the knowledge, and what both teams do next because of it.

Of the wings of `kb` it may import `index`, `search` and `insight`.
"""
