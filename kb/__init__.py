"""The knowledge base: index, search, model. Knows no web and no Markdown."""
