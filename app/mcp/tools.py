"""The tools: one table of what an assistant may call, and how a call is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from app.mcp.caller import Caller
from app.mcp.figures import gaps, scoreboard, similar_deals
from app.mcp.proposing import propose
from app.mcp.reading import read, search
from app.shapes import assistants as shapes
from kb.errors import KBError
from kb.wording import say

MOST_NAMED = 5  # faults of a call in one answer
Run = Callable[[Caller, Any], BaseModel]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what it takes, what it returns, and how."""

    title: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    run: Run
    is_read: bool = True

    @property
    def about(self) -> str:
        """What it does, for the assistant."""
        return getdoc(self.run) or ""


TOOLS: Mapping[str, Tool] = {
    "search": Tool("Search the knowledge base", shapes.SearchIn, shapes.SearchOut, search),
    "read_entry": Tool("Read an entry", shapes.ReadIn, shapes.ReadOut, read),
    "similar_deals": Tool("Similar deals", shapes.SimilarIn, shapes.CasesOut, similar_deals),
    "scoreboard": Tool("Win rates", shapes.BoardIn, shapes.BoardOut, scoreboard),
    "gaps": Tool("Knowledge gaps", shapes.GapsIn, shapes.GapsOut, gaps),
    "propose_entry": Tool("Propose an entry", shapes.ProposeIn, shapes.ProposedOut, propose, is_read=False),
}


class BadCallError(KBError):
    """A tool was called with arguments it does not take."""

    def __init__(self, faults: str) -> None:
        super().__init__(say("These arguments cannot be used: {faults}", faults=faults))


def call(tool: Tool, caller: Caller, arguments: Mapping[str, Any]) -> BaseModel:
    """Answer a call. Raises KBError."""
    try:
        asked = tool.takes.model_validate(_lenient(tool.takes, arguments))
    except ValidationError as error:
        raise BadCallError(_faults(error)) from error
    return tool.run(caller, asked)


def _lenient(model: type[BaseModel], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as models send them: null for nothing, and one value where a list is meant."""
    lists = {name for name, field in model.model_fields.items() if _is_list(field.annotation)}
    return {
        name: [value] if name in lists and isinstance(value, str) else value
        for name, value in arguments.items()
        if value is not None
    }


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(one) is list for one in get_args(annotation))


def _faults(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_NAMED]
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {_advice(one)}" for one in found)


def _advice(fault: Any) -> str:
    return "Unknown parameter." if fault["type"] == "extra_forbidden" else str(fault["msg"])
