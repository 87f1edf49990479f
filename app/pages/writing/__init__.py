"""The editor: forms, drafts, files and entries made from others."""
