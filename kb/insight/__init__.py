"""What the deals say together: rates with their uncertainty, fair comparisons, similar deals.

Of the wings of `kb` it may import `index` and `search`.
"""
