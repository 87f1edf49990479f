"""Shapes derived from the field register, so that a new entry field needs no new model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from kb.choices import CHOICES
from kb.entry import Entry
from kb.fields import BY_NAME, FILTERS, LISTS

Model = TypeVar("Model", bound=BaseModel)
DIGITS = 4
Rounded = Annotated[float, AfterValidator(lambda value: round(value, DIGITS))]  # a share, a score
MAX_FILTER_VALUES = 50
CONTROL = r"\x00-\x1f\x7f-\x9f"
LINE = f"^[^{CONTROL}]*$"  # the pattern of a text in one line
ONE: JsonDict = {"pattern": LINE}
_CONTROL, _DIGITS = re.compile(f"[{CONTROL}]"), re.compile(r"-?\d{1,18}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: object) -> date | None:
    """Read a day as people and programs write it; a bare number is not the seconds since 1970."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("day", "Use a date in the form YYYY-MM-DD, for example 2026-04-01.")


Day = Annotated[
    date | None,
    BeforeValidator(_day),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "maxLength": 0}, {"type": "null"}]}
    ),
]


def _line(value: str) -> str:
    """Refuse what no single line of text has; databases and terminals choke on it."""
    if _CONTROL.search(value):
        raise PydanticCustomError("control", "Control characters are not allowed.")
    return value


def _whole(value: object) -> object:
    """Let digits through, not 1_000; in JSON, 1.0 is a whole number as well."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("whole", "Use a whole number, for example 10.")
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Both stand after the bounds of a type: pydantic leaves what follows a validator out of the schema.
ONE_LINE = AfterValidator(_line)
WHOLE = BeforeValidator(_whole)


def _values(name: str) -> Any:
    """Return the type of a filter: a list of values, which are known where the field has fixed ones."""
    if name in CHOICES:
        value: Any = Annotated[str, Field(max_length=200, json_schema_extra={"enum": [*CHOICES[name].keys, ""]})]
    else:
        value = Annotated[str, Field(max_length=200, json_schema_extra=ONE), ONE_LINE]
    return Annotated[list[value], Field(default_factory=list, max_length=MAX_FILTER_VALUES)]


CHOSEN: Mapping[str, Any] = {name: _values(name) for name in FILTERS}  # search filters
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
