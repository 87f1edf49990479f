"""SVG drawn by hand: elements with attributes, written as markup."""

from __future__ import annotations

from xml.etree import ElementTree

from markupsafe import Markup

from app.charts.drawings import NAMESPACE


def part(parent: ElementTree.Element | None, name: str, **attributes: object) -> ElementTree.Element:
    """Add an element to another one; None makes a root."""
    tag, said = f"{{{NAMESPACE}}}{name}", {key: str(value) for key, value in attributes.items()}
    return ElementTree.Element(tag, said) if parent is None else ElementTree.SubElement(parent, tag, said)


def picture(width: int, height: int, described: str, kind: str) -> ElementTree.Element:
    """Return an empty picture with its name for screen readers and its class."""
    size = {"viewBox": f"0 0 {width} {height}", "width": width, "height": height}
    return part(None, "svg", **size, role="img", **{"aria-label": described, "class": kind})


def markup(root: ElementTree.Element) -> Markup:
    """Return a picture as it stands in a page."""
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 a tree of elements, written as such
