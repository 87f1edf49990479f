"""Live connections to a CRM: its deals come in by themselves, through the importers that read its exports."""
