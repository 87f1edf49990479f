"""From an Altair chart to SVG inside a page: no script, no inline style, colours from the style sheet."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import altair as alt
import vl_convert
from markupsafe import Markup

WIDE, NARROW = 800, 342  # pixels of a chart on a screen, and on a phone
TEXT, MUTED, HAIRLINE = "var(--text)", "var(--muted)", "var(--hairline)"
SIZE = 13  # font size in pixels
VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
UNUSED = ("role", "class", "font-family", "pointer-events")
UNSAID = {"opacity": "1", "stroke-width": "1", "font-weight": "normal"}  # SVG defaults

LONG_NUMBER = re.compile(r"\d+\.\d{2,}")
# No XML holds these, and no expression line separators: measuring a text with one aborts the whole process.
UNDRAWN = re.compile(r"[^\t\n\r\u0020-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Layers = alt.LayerChart | alt.FacetChart  # the types Altair gives layers


def drawn(chart: alt.TopLevelMixin, described: str, kind: str) -> Markup:
    """Draw a chart.

    `described` is its accessible name, `kind` ("wide" or "narrow") says on which screens it stands.
    """
    spec = chart.to_dict() | {"config": _config(), "background": "transparent", "padding": 4}
    svg = vl_convert.vegalite_to_svg(json.dumps(_drawable(spec)), vl_version=VERSION, allowed_base_urls=[])
    root = ElementTree.fromstring(svg)  # noqa: S314 what was drawn here is not from elsewhere
    width = root.get("width", "0")
    root.attrib = {"viewBox": root.get("viewBox", ""), "role": "img", "aria-label": described}
    root.attrib |= {"class": f"chart chart-{kind}", "width": width}
    _tidy(root)
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 a tree of elements, written as such


def _drawable(part: Any) -> Any:
    """Return a part of a chart without characters that abort the process when they are measured."""
    if isinstance(part, str):
        return UNDRAWN.sub("", part)
    if isinstance(part, dict):
        return {_drawable(name): _drawable(value) for name, value in part.items()}
    return [_drawable(value) for value in part] if isinstance(part, list | tuple) else part


def _tidy(parent: ElementTree.Element) -> None:
    """Remove what paints nothing, and labels for screen readers, since the chart has a name already."""
    kept: list[ElementTree.Element] = []
    for part in parent:
        _tidy(part)
        part.attrib = {
            name: LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", value)
            for name, value in part.attrib.items()
            if not (name in UNUSED or name.startswith("aria-") or UNSAID.get(name) == value)
        }
        if part.tag.endswith("}g") and not part.attrib:
            kept += part
        elif len(part) or part.text or {"fill", "stroke"} & part.attrib.keys():
            kept.append(part)
    parent[:] = kept


def _config() -> dict[str, Any]:
    letters = {"labelColor": TEXT, "labelFontSize": SIZE, "labelLimit": 0, "titleColor": TEXT, "titleFontSize": SIZE}
    return {
        "font": "sans-serif",  # for measuring; the page sets its own
        "view": {"stroke": None},
        "axis": letters | {"domain": False, "ticks": False, "gridColor": HAIRLINE, "labelPadding": 8},
        "header": letters | {"labelAnchor": "start", "labelFontWeight": "bold", "title": None},
        "text": {"color": TEXT, "fontSize": SIZE},
    }
