"""Statements whose text Django makes once, for what every login or API request asks.

Django makes the text of a statement anew each time, which takes more CPU than everything else that
is done with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

Found = TypeVar("Found", bound=Model)


class PreparedGet(Generic[Found]):
    """Find one row by its values, as a queryset does that `make` returns.

    `make` is called with the name of a database and with marks that stand for the values; its
    queryset may have `select_related`. It is called once for each connection, so nothing of it may
    depend on the request. The row has to be the only one, as of a unique constraint.
    """

    def __init__(self, make: Callable[..., QuerySet[Found]], *, marks: tuple[str, ...]) -> None:
        self._make = make
        self._marks = marks
        # A connection belongs to one thread, and what converts its values to that connection.
        self._statements: WeakKeyDictionary[BaseDatabaseWrapper, _Statement] = WeakKeyDictionary()

    def first(self, using: str, *values: str) -> Found | None:
        """Return the object of the row with these values, or None."""
        connection = connections[using]
        statement = self._statements.get(connection)
        if statement is None:
            rows = self._make(using, *self._marks).order_by()
            statement = self._statements[connection] = _Statement(rows, self._marks)
        if statement.is_other:
            return self._make(using, *values).first()
        return cast("Found | None", statement.first(connection, values))


class _Statement:
    """The text of a queryset's statement, and how its row becomes an object.

    `is_other` says that it has other parameters than the marks, as a lookup of the site's brings.
    """

    def __init__(self, rows: QuerySet[Any], marks: tuple[str, ...]) -> None:
        compiler = rows.query.get_compiler(using=rows.db)
        self._text, parameters = compiler.as_sql()
        self.is_other = tuple(parameters) != marks
        columns = [column for column, *_ in compiler.select]
        self._converters = compiler.get_converters(columns)
        self._own = _Part(compiler.klass_info, columns)
        self._related = [
            (each["field"], _Part(each, columns))
            for each in compiler.klass_info.get("related_klass_infos", ())
        ]

    def first(self, connection: BaseDatabaseWrapper, values: tuple[str, ...]) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(self._text, values)
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for place, (converters, expression) in self._converters.items():
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        made = self._own.made_of(row, connection)
        for field, part in self._related:
            field.set_cached_value(made, part.made_of(row, connection))
        return made


class _Part:
    """The columns of a statement that make up one object."""

    def __init__(self, info: dict[str, Any], columns: list[Any]) -> None:
        self._model = info["model"]
        places = {columns[place].target.attname: place for place in info["select_fields"]}
        names = [field.attname for field in self._model._meta.concrete_fields]
        self._names = [name for name in names if name in places]
        self._places = [places[name] for name in self._names]

    def made_of(self, row: list[Any], connection: BaseDatabaseWrapper) -> Any:
        values = [row[place] for place in self._places]
        return self._model.from_db(connection.alias, self._names, values)
