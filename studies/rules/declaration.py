"""Settings that a study declares as JSON: checked, immutable, with errors of one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from common.errors import InputError
from common.lookup import unknown


class Declaration(BaseModel):
    """A set of named values. Unknown names and values of another type are refused.

    The JSON name of a field is its alias where it has one.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_by_name=True
    )
    noun: ClassVar[str]
    """The noun for one of the values in error messages."""

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Self:
        """Read a declaration.

        Raises:
            InputError: a name is unknown, or a value is not of its field's type and range.

        """
        try:
            return cls.model_validate(dict(declared), by_name=False)
        except ValidationError as error:
            raise InputError(cls._message(error)) from None

    @classmethod
    def json_names(cls) -> dict[str, str]:
        """The JSON name of every field, by the field's name."""
        return {name: field.alias or name for name, field in cls.model_fields.items()}

    def declared(self) -> dict[str, Any]:
        """The values that differ from "off" (0, false or empty), as JSON."""
        return {name: value for name, value in self.model_dump(by_alias=True).items() if value}

    @classmethod
    def _message(cls, error: ValidationError) -> str:
        first = error.errors()[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            return unknown(cls.noun, name, sorted(cls.json_names().values()))
        field = next(f for key, f in cls.model_fields.items() if name in (key, f.alias))
        assert isinstance(field.json_schema_extra, dict)
        return f"{cls.noun} {name}={first['input']!r}: use {field.json_schema_extra['use']}"

    @classmethod
    def choices(cls, key: str) -> tuple[str, ...]:
        """The words that a field accepts; empty if it accepts other values."""
        annotation = cls.model_fields[key].annotation
        return get_args(annotation) if get_origin(annotation) is Literal else ()

    @classmethod
    def type_of(cls, key: str) -> type:
        """The Python type of a field's values."""
        annotation = cls.model_fields[key].annotation
        return annotation if isinstance(annotation, type) else str
