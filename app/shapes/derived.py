"""Shapes derived from the field register, so that a new entry field needs no new shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, create_model

from kb.entry import Entry
from kb.fields import BY_NAME, FILTERS, LISTS

Shape = TypeVar("Shape", bound=BaseModel)
MAX_FILTER_VALUES = 50
Values = Annotated[
    list[Annotated[str, Field(max_length=200)]], Field(default_factory=list, max_length=MAX_FILTER_VALUES)
]
CHOSEN: Mapping[str, Any] = {name: Values for name in FILTERS}  # search filters
FOUND: Mapping[str, Any] = {  # fields an entry can be found by
    name: list[str] if name in LISTS else Annotated[str | None, Field(description=BY_NAME[name].about)]
    for name in FILTERS
}


def holding(fields: Mapping[str, Any]) -> Callable[[type[Shape]], type[Shape]]:
    """Return a decorator that adds fields (name and type) a shape does not declare itself."""

    def extended(shape: type[Shape]) -> type[Shape]:
        new: dict[str, Any] = {name: kind for name, kind in fields.items() if name not in shape.model_fields}
        return create_model(shape.__name__, __base__=shape, __doc__=shape.__doc__, __module__=shape.__module__, **new)

    return extended


def found_under(entry: Entry, names: Iterable[str] = FILTERS) -> dict[str, Any]:
    """Return the values an entry can be found by; lists stay lists."""
    values = {name: entry.value(name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value or None for name, value in values.items()}
