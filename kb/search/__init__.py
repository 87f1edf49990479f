"""The search: from a question to ranked hits.

Of the wings of `kb` it may import `index` alone.
"""
