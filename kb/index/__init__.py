"""The index: analysis, embedding, catalogue and vectors. It imports the domain model and `kb.model` only."""
