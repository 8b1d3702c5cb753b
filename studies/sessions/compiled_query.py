"""Queries whose SQL is compiled once per thread and run with new parameters each time.

Django compiles a query set to SQL whenever it is evaluated, which takes about ten times as long as
the database takes to answer the small queries of a vote. The queries of a vote are therefore
compiled at their first use. Together they reduce the server's time for a vote and the trial after
it to about a third.

Django offers no public interface for this. Everything here that is not public API of Django is in
this file, and tests/studies/sessions/test_compiled_query.py fails when Django changes it.
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


class Parameter(Expression):
    """A named parameter of a query, converted to the database as a value of `field`."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Parameter]]:
        """A placeholder; the expression itself takes the place of the value until a run."""
        return "%s", [self]


def _value(param: Any, values: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
    if not isinstance(param, Parameter):
        return param
    return param.output_field.get_db_prep_value(values[param.name], connection)


class CompiledQuery(Generic[Row]):
    """A query set with parameters that gives rows of a model, or tuples or single values.

    Args:
        make: returns the query set; called once per thread, at the first use.

    """

    def __init__(self, make: Callable[[], QuerySet[Any, Row]]) -> None:
        self._make = make
        # A connection belongs to a thread, and so does the SQL compiled for it.
        self._compiled: WeakKeyDictionary[BaseDatabaseWrapper, _Compiled] = WeakKeyDictionary()

    def all(self, **values: Any) -> list[Row]:
        """All rows for the given values of the parameters."""
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._compiled.get(connection)
        if compiled is None:
            compiled = self._compiled[connection] = _Compiled(self._make(), connection)
        return compiled.rows(values)

    def first(self, **values: Any) -> Row | None:
        """The first row; None if there is none."""
        rows = self.all(**values)
        return rows[0] if rows else None


class _Compiled:
    """The SQL of a query set, and the conversion of its results to rows."""

    def __init__(self, queryset: QuerySet[Any, Any], connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.compiler = queryset.query.get_compiler(connection=connection)
        self.sql, self.params = self.compiler.as_sql()
        selected = self.compiler.select
        assert selected is not None
        self.converters = self.compiler.get_converters([column for column, *_ in selected])
        self.flat = issubclass(queryset._iterable_class, FlatValuesListIterable)
        self.model = queryset.model if queryset._iterable_class is ModelIterable else None
        if self.model is not None:  # as in ModelIterable.__iter__
            assert self.compiler.klass_info is not None
            fields = self.compiler.klass_info["select_fields"]
            self.own = slice(fields[0], fields[-1] + 1)
            self.names = [column.target.attname for column, *_ in selected[self.own]]
            # The stubs describe a later Django with one more argument.
            self.related = get_related_populators(  # type: ignore[call-arg]
                self.compiler.klass_info, selected, connection.alias
            )

    def rows(self, values: dict[str, Any]) -> list[Any]:
        params = [_value(param, values, self.connection) for param in self.params]
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


class CompiledUpdate:
    """An update of the rows of a query set; both may contain parameters.

    Args:
        make: returns the query set; called once per thread, at the first use.
        changes: the new value of each field.

    """

    def __init__(self, make: Callable[[], QuerySet[Any]], **changes: Any) -> None:
        self._make, self._changes = make, changes
        self._compiled: WeakKeyDictionary[BaseDatabaseWrapper, tuple[str, Any]] = (
            WeakKeyDictionary()
        )

    def run(self, **values: Any) -> int:
        """Update the rows for the given values of the parameters; returns their number."""
        connection = connections[DEFAULT_DB_ALIAS]
        if connection not in self._compiled:
            query: Any = self._make().query.chain(UpdateQuery)
            query.add_update_values(self._changes)
            self._compiled[connection] = query.get_compiler(connection=connection).as_sql()
        sql, params = self._compiled[connection]
        with connection.cursor() as cursor:
            cursor.execute(sql, [_value(param, values, connection) for param in params])
            return int(cursor.rowcount)
