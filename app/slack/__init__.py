"""Slack: a slash command, buttons, a message action and links to entries; loaded when the first request comes."""
