"""The index: keywords, vectors and the catalogue of entries.

Of the wings of `kb` it may import `model` and `shared`.
"""
