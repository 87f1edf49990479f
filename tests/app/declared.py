"""Whether OpenAPI declares the statuses that are met."""

from __future__ import annotations

import re
from typing import Any

ALWAYS = (405, 500)  # of any address: the wrong method, and a fault of ours
_PARAMETER = re.compile(r"\\\{[^}]*\\\}")


def undeclared(openapi: dict[str, Any], method: str, path: str, status: int) -> str:
    """Return what OpenAPI lacks, empty if it declares the answer or does not know the address."""
    method = "get" if method == "HEAD" else method.lower()
    found = [
        operations[method]["responses"]
        for pattern, operations in openapi["paths"].items()
        if method in operations and re.fullmatch(_PARAMETER.sub(".*", re.escape(pattern)), path)
    ]
    if not found or status in ALWAYS or any(str(status) in responses for responses in found):
        return ""
    return f"{method} {path} answers {status}, which OpenAPI does not declare"
