"""The private parts of Django that compiled queries use.

A failure here means that a new version of Django changed them: look at what it changed, and adapt
studies/sessions/compiled_query.py. The names and signatures are those of Django 5.2's source.
"""

from __future__ import annotations

import inspect

import pytest
from django.db import connection
from django.db.models import query
from django.db.models.query import QuerySet
from django.db.models.sql import Query, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from studies.models import Participant, Trial


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (query.get_related_populators, ["klass_info", "select", "db"]),
        (query.RelatedPopulator.populate, ["self", "row", "from_obj"]),
        (Query.get_compiler, ["self", "using", "connection", "elide_empty"]),
        (Query.chain, ["self", "klass"]),
        (UpdateQuery.add_update_values, ["self", "values"]),
        (SQLCompiler.as_sql, ["self", "with_limits", "with_col_aliases"]),
        (SQLCompiler.get_converters, ["self", "expressions"]),
        (SQLCompiler.apply_converters, ["self", "rows", "converters"]),
        (Participant.from_db, ["db", "field_names", "values"]),
    ],
)
def test_it_finds_the_functions_that_compiled_queries_call(function, names):
    assert parameters(function) == names


def test_it_finds_how_query_sets_name_the_form_of_their_results():
    rows = Participant.objects.order_by()
    assert rows._iterable_class is query.ModelIterable
    flat = rows.values_list("pk", flat=True)._iterable_class
    assert issubclass(flat, query.FlatValuesListIterable)
    assert not issubclass(rows.values_list("pk")._iterable_class, query.FlatValuesListIterable)
    assert "_iterable_class" in inspect.getsource(QuerySet.values_list)


def test_it_finds_where_a_compiled_model_query_has_its_columns(db):
    rows = Trial.objects.select_related("participant").order_by()
    compiler = rows.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    assert sql.startswith("SELECT") and params == ()
    own = compiler.klass_info["select_fields"]
    assert own == list(range(len(Trial._meta.concrete_fields)))
    names = [column.target.attname for column, *_ in compiler.select[own[0] : own[-1] + 1]]
    assert names == [field.attname for field in Trial._meta.concrete_fields]
    [related] = compiler.klass_info["related_klass_infos"]
    assert related["model"] is Participant
