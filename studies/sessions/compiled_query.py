"""Queries that Django writes once.

Django writes the SQL of a query anew whenever it is asked, which takes ten times as long as the
database takes to answer it. What every vote asks is therefore prepared: it is written at its first
use, with places that each run fills, and only what comes back is turned into rows each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression
from django.db.models.query import FlatValuesListIterable, ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field, QuerySet
    from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")


class Given(Expression):
    """A place in a query, for a value that a field like `field` may hold."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Given]]:
        """A placeholder; the expression itself stands in for the value."""
        return "%s", [self]


def _value(param: Any, given: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
    if not isinstance(param, Given):
        return param
    return param.output_field.get_db_prep_value(given[param.name], connection)


class Prepared(Generic[Row]):
    """A query with places: rows of a model, with what it selects besides, or lists of values.

    `make` gives the query set. It is asked once in each thread, at the first use.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Row]]) -> None:
        self._make = make
        # A connection belongs to a thread, and so does what was written for it.
        self._written: WeakKeyDictionary[BaseDatabaseWrapper, _Written] = WeakKeyDictionary()

    def all(self, **given: Any) -> list[Row]:
        """The rows, with every place filled."""
        connection = connections[DEFAULT_DB_ALIAS]
        written = self._written.get(connection)
        if written is None:
            written = self._written[connection] = _Written(self._make(), connection)
        return written.rows(given)

    def first(self, **given: Any) -> Row | None:
        """The first row, or nothing."""
        rows = self.all(**given)
        return rows[0] if rows else None


class _Written:
    """The SQL of a query set, and what turns its answers into rows."""

    def __init__(self, queryset: QuerySet[Any, Any], connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.compiler = queryset.query.get_compiler(connection=connection)
        self.sql, self.params = self.compiler.as_sql()
        selected = self.compiler.select
        assert selected is not None
        self.converters = self.compiler.get_converters([column for column, *_ in selected])
        self.flat = issubclass(queryset._iterable_class, FlatValuesListIterable)
        self.model = queryset.model if queryset._iterable_class is ModelIterable else None
        if self.model is not None:  # as ModelIterable does it
            assert self.compiler.klass_info is not None
            fields = self.compiler.klass_info["select_fields"]
            self.own = slice(fields[0], fields[-1] + 1)
            self.names = [column.target.attname for column, *_ in selected[self.own]]
            # The stubs are ahead of our Django by one argument.
            self.related = get_related_populators(  # type: ignore[call-arg]
                self.compiler.klass_info, selected, connection.alias
            )

    def rows(self, given: dict[str, Any]) -> list[Any]:
        params = [_value(param, given, self.connection) for param in self.params]
        with self.connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            found = cursor.fetchall()
        if self.converters:
            found = self.compiler.apply_converters(found, self.converters)
        if self.model is not None:
            return [self._instance(row) for row in found]
        return [row[0] for row in found] if self.flat else [tuple(row) for row in found]

    def _instance(self, row: Any) -> Any:
        assert self.model is not None
        found = self.model.from_db(self.connection.alias, self.names, row[self.own])
        for populator in self.related:
            populator.populate(row, found)
        return found


class PreparedUpdate:
    """A change of the rows of a query set; places may stand in both."""

    def __init__(self, make: Callable[[], QuerySet[Any]], **values: Any) -> None:
        self._make, self._values = make, values
        self._written: WeakKeyDictionary[BaseDatabaseWrapper, tuple[str, Any]] = WeakKeyDictionary()

    def run(self, **given: Any) -> int:
        """Change the rows, and give their number."""
        connection = connections[DEFAULT_DB_ALIAS]
        if connection not in self._written:
            query: Any = self._make().query.chain(UpdateQuery)
            query.add_update_values(self._values)
            self._written[connection] = query.get_compiler(connection=connection).as_sql()
        sql, params = self._written[connection]
        with connection.cursor() as cursor:
            cursor.execute(sql, [_value(param, given, connection) for param in params])
            return int(cursor.rowcount)
