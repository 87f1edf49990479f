"""The bundled model: found, unpacked, its tokens counted.

Knows nothing of knowledge: of `kb` it may import only `errors` and `wording`, for what it says when a file is damaged.
"""
