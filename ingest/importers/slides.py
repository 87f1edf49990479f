"""Convert slides to Markdown, one section per slide: title, lines, tables, charts, diagrams, notes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import pptx
from pptx.enum.shapes import MSO_SHAPE_TYPE

from ingest.importers.archive import refuse_unsafe, xml_of
from ingest.importers.converted import Converted
from ingest.importers.sheets import cell_text, to_table
from ingest.parse import detect_language
from kb.wording import say

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_KEPT = re.compile(r"\||#{2,6} |[-*+] |\d+[.)] ")  # tables, charts and lists are not changed
Block = tuple[str, int]  # a line with its level, or a table with level -1
TABLE = -1


def slides_to_markdown(raw: bytes, with_hidden: bool, described: re.Pattern[str]) -> Converted:
    """Return one section per slide, under its title or its number; `described` are names no author gave a picture."""
    refuse_unsafe(raw)
    deck = pptx.Presentation(io.BytesIO(raw))
    read = [(slide, _title(slide), list(_blocks(slide.shapes, slide, described))) for slide in deck.slides]
    everything = "\n".join("\n".join([title, *(text for text, _ in blocks)]) for _, title, blocks in read)
    is_japanese = detect_language(everything) == "ja"
    parts: list[str] = []
    hidden = 0
    for number, (slide, title, blocks) in enumerate(read, start=1):
        is_hidden = slide.element.get("show") in ("0", "false")
        hidden += is_hidden
        if not is_hidden or with_hidden:
            mark = ("（非表示）" if is_japanese else " (hidden)") if is_hidden else ""
            parts += _section(slide, number, title, blocks, mark, is_japanese)
    notes = [say("Hidden slides left out: {count}.", count=hidden)] if hidden and not with_hidden else []
    comments = sum(_comments(part) for part in deck.part.package.iter_parts())
    notes += [say("Comments left out: {count}.", count=comments)] if comments else []
    return Converted("\n\n".join(parts), tuple(notes))


def _section(slide: Any, number: int, title: str, blocks: list[Block], mark: str, is_japanese: bool) -> Iterator[str]:
    """Yield the heading and the paragraphs of a slide; nothing for an empty one."""
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    notes = [line.strip() for line in _one_line(frame.text).split("\n") if line.strip()] if frame is not None else []
    if not (title or blocks or notes):
        return
    word = "スライド" if is_japanese else "Slide"
    yield f"## {title or f'{word} {number}'}{mark}"
    for is_table, run in groupby(blocks, lambda block: block[1] == TABLE or bool(_KEPT.match(block[0]))):
        lines = list(run)
        if is_table:
            yield from (text for text, _ in lines)
        elif len(lines) == 1:
            yield lines[0][0]
        else:
            top = min(level for _, level in lines)
            yield "\n".join(f"{'  ' * (level - top)}- {text}" for text, level in lines)
    if notes:
        yield from ("### ノート" if is_japanese else "### Notes", *notes)


def _title(slide: Any) -> str:
    title = slide.shapes.title
    return " ".join(title.text_frame.text.split()) if title is not None else ""


def _blocks(shapes: Iterable[Any], slide: Any, described: re.Pattern[str]) -> Iterator[Block]:
    """Yield what the shapes show, from top to bottom and left to right."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if shape == slide.shapes.title:
            continue
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _blocks(shape.shapes, slide, described)
        elif getattr(shape, "has_table", False):
            yield _table(shape.table), TABLE
        elif getattr(shape, "has_chart", False):
            yield from _chart(shape.chart)
        elif getattr(shape, "has_text_frame", False):
            for paragraph in shape.text_frame.paragraphs:
                if line := _one_line(paragraph.text):
                    yield line, paragraph.level
        yield from ((line, 0) for line in _diagram(shape, slide))
        about = " ".join(str(shape.element.xpath("string(.//p:cNvPr/@descr)")).split())
        if about and not described.fullmatch(about):
            yield about, 0


def _table(table: Any) -> str:
    """Return a table; a cell merged downwards stands in each of its rows."""
    texts = [[cell_text(_one_line(cell.text)) for cell in row.cells] for row in table.rows]
    for number, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            for below in range(1, cell.span_height if cell.is_merge_origin else 1):
                texts[number + below][column] = texts[number][column]
    return to_table(texts)


def _chart(chart: Any) -> Iterator[Block]:
    """Yield the title and the values of a chart; none for the few kinds without categories."""
    title = (
        " ".join(chart.chart_title.text_frame.text.split())
        if chart.has_title and chart.chart_title.has_text_frame
        else ""
    )
    if title:
        yield title, 0
    for plot in chart.plots:
        series = list(plot.series)
        rows = [["", *(str(one.name) for one in series)]]
        names = [" ".join(str(name).split()) for name in plot.categories]
        for number, name in enumerate(names):
            rows.append([name, *(cell_text(one.values[number]) if number < len(one.values) else "" for one in series)])
        yield to_table(rows), TABLE


def _diagram(shape: Any, slide: Any) -> Iterator[str]:
    """Yield the lines of SmartArt, which stand in a part of their own."""
    for ids in shape.element.iter(f"{_DIAGRAM}relIds"):
        name = ids.get(f"{_RELATION}dm")
        if name not in slide.part.rels:
            continue
        for point in xml_of(slide.part.related_part(name).blob).iter(f"{_DIAGRAM}pt"):
            if point.get("type", "node") not in ("node", "asst"):
                continue
            for paragraph in point.iter(f"{_A}p"):
                line = _one_line("".join(word.text or "" for word in paragraph.iter(f"{_A}t")))
                if line:
                    yield line


def _comments(part: Any) -> int:
    is_comments = str(part.partname).startswith("/ppt/comments/")
    return sum(1 for node in xml_of(part.blob).iter("{*}cm") if node) if is_comments else 0


def _one_line(text: str) -> str:
    return text.replace("\x0b", " ").strip()
