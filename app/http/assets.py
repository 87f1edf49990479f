"""Style sheet, scripts and icon: read, compressed and fingerprinted once, then cached by browsers for good."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parents[1] / "static"
LASTING = "public, max-age=31536000, immutable"  # for an address with the fingerprint
SHORT = "public, max-age=300"  # without it: external links, pages of an older version
WORTH_PACKING = 0.9  # of the size; an already compressed image stays as it is
_AROUND = re.compile(rb"\s*([{};])\s*")  # blanks that say nothing to a browser, a twelfth of the style sheet


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, ready to send."""

    content: bytes
    packed: bytes  # gzip; empty if it saves nothing
    version: str
    media_type: str

    @classmethod
    def read(cls, path: Path) -> Asset:
        """Read a file."""
        content = path.read_bytes()
        if path.suffix == ".css":
            content = _AROUND.sub(rb"\1", content)
        packed = gzip.compress(content, 9, mtime=0)
        is_smaller = len(packed) < len(content) * WORTH_PACKING
        version = hashlib.sha256(content).hexdigest()[:12]
        media_type = guess_type(path.name)[0] or "application/octet-stream"
        return cls(content, packed if is_smaller else b"", version, media_type)


class Assets(StaticFiles):
    """Serves the files of a folder. They are the same for everybody, so compressing them leaks nothing."""

    def __init__(self, folder: Path, at: str) -> None:
        """Read the folder; `at` is the path it is served under."""
        super().__init__(directory=folder)
        self._at = at
        self._assets: Mapping[str, Asset] = {path.name: Asset.read(path) for path in sorted(folder.iterdir())}

    def address(self, name: str) -> str:
        """Return the address of a file that changes with its content."""
        return f"{self._at}/{name}?v={self._assets[name].version}"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer a request for a file."""
        asset = self._assets.get(path)
        if asset is None or scope["method"] not in ("GET", "HEAD"):
            return await super().get_response(path, scope)
        sent = Headers(scope=scope)
        is_packed = bool(asset.packed) and "gzip" in sent.get("accept-encoding", "")
        is_named = scope["query_string"] == f"v={asset.version}".encode()
        headers = {"etag": f'"{asset.version}{"-gzip" if is_packed else ""}"', "vary": "Accept-Encoding"}
        headers |= {"cache-control": LASTING if is_named else SHORT}
        if is_packed:
            headers["content-encoding"] = "gzip"
        response = Response(asset.packed if is_packed else asset.content, 200, headers, asset.media_type)
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, sent) else response
