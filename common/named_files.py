"""The names of files that rows hold in their FileFields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import models


def file_fields(
    tables: Iterable[type[models.Model]],
) -> Iterator[tuple[type[models.Model], models.FileField]]:
    """The FileFields of tables, each with its table."""
    for model in tables:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                yield model, field


def named_files(tables: Iterable[type[models.Model]]) -> Iterator[str]:
    """The names of the files of all rows; a name comes once for each row that holds it."""
    for model, field in file_fields(tables):
        rows = model._base_manager.exclude(**{field.name: ""})
        yield from rows.values_list(field.name, flat=True).iterator(chunk_size=1000)
