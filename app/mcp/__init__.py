"""Assistants: the tools, resources and prompts of the Model Context Protocol."""
