"""The bundled model: locating, unpacking, counting tokens.

Independent of entries: of `kb` it may import only `errors` and `wording`.
"""
