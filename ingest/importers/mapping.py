"""Write what was detected and answered as a mapping file."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.importers.columns import Columns
from ingest.importers.profiles import FIELDS
from ingest.yaml_text import written


def written_mapping(columns: Columns, stages: Mapping[str, str]) -> str:
    """Return the detected columns and stage outcomes as a mapping file to edit."""
    profile = columns.profile
    text = written("name", profile.name) + written("kind", profile.kind)
    text += "".join(
        written(name, value) for name, value in (("currency", profile.currency), ("dates", profile.dates)) if value
    )
    text += written("id_from", list(profile.id_from)) if profile.id_from else ""
    text += f"# Fields: {', '.join(FIELDS[profile.kind])}\nfields:\n"
    text += "".join("  " + written(name, [header]) for name, header in columns.used.items())
    if columns.ignored:
        text += "".join(f"# without a field: {header}\n" for header in columns.ignored)
    if stages:
        text += "outcomes:\n"
        for outcome in dict.fromkeys(stages.values()):
            text += "  " + written(outcome, [stage for stage, meant in stages.items() if meant == outcome])
    return text
