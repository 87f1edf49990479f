"""Analyses over all deals: rates with their uncertainty, fair comparisons, similar deals.

Of the wings of `kb` it may import `index` and `search`.
"""
