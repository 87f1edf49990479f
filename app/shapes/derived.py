"""Shapes derived from the field register, so that a new entry field needs no new model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from kb.entry import Entry
from kb.fields import BY_NAME, FILTERS, LISTS

Model = TypeVar("Model", bound=BaseModel)
DIGITS = 4
Rounded = Annotated[float, AfterValidator(lambda value: round(value, DIGITS))]  # a share, a score
MAX_FILTER_VALUES = 50
Values = Annotated[
    list[Annotated[str, Field(max_length=200)]], Field(default_factory=list, max_length=MAX_FILTER_VALUES)
]
CHOSEN: Mapping[str, Any] = {name: Values for name in FILTERS}  # search filters
FOUND: Mapping[str, Any] = {  # fields an entry can be found by
    name: list[str] if name in LISTS else Annotated[str | None, Field(description=BY_NAME[name].about)]
    for name in FILTERS
}


class Shape(BaseModel):
    """Part of a response. It reads the attributes of the same names from what the library returns.

    A shape has an `of` only if something has to be computed.
    """

    model_config = ConfigDict(from_attributes=True)


def holding(fields: Mapping[str, Any]) -> Callable[[type[Model]], type[Model]]:
    """Return a decorator that adds fields (name and type) a shape does not declare itself."""

    def extended(model: type[Model]) -> type[Model]:
        new: dict[str, Any] = {name: kind for name, kind in fields.items() if name not in model.model_fields}
        return create_model(model.__name__, __base__=model, __doc__=model.__doc__, __module__=model.__module__, **new)

    return extended


def found_under(entry: Entry, names: Iterable[str] = FILTERS) -> dict[str, Any]:
    """Return the values an entry can be found by; lists stay lists."""
    values = {name: entry.value(name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value or None for name, value in values.items()}
