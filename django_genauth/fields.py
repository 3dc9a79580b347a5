"""Columns of this app's own: sealed JSON, exactly compared text, and what a column can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final, NoReturn

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from django_genauth.conf import App, get_app
from django_genauth.sealing import key_id, seal, unseal

# Between the segments of a sealed text (RFC 7516 3.1).
_DOTS: Final = 4
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
# MariaDB's JSON ends at 32 levels and SQLite's at 1,000.
_MAX_DEPTH: Final = 16


class ExactCharField(models.CharField):  # type: ignore[type-arg] # generic in the stubs alone
    """A text column that every database compares octet by octet.

    PostgreSQL and SQLite do so by themselves. MariaDB and MySQL fold case and drop spaces at the
    end unless told otherwise, which would make one person of `AbC` and `abc`.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """Add the collation that the database needs."""
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "mysql":
            is_mariadb = connection.mysql_is_mariadb  # type: ignore[attr-defined] # of this vendor
            parameters["collation"] = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
        return parameters


class Sealed(str):
    """The sealed text of a column, as it stands in the database."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """Return the sealed text."""
        return str(self)


class _Open:
    """A value that is not sealed yet, where neither repr nor pickle reach it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __deepcopy__(self, memo: dict[int, Any]) -> _Open:
        return _Open(deepcopy(self.value, memo))

    def __reduce__(self) -> NoReturn:
        raise TypeError("Save the object first: what is not sealed yet is not pickled.")


class SealedValue:
    """The attribute of a sealed column: it reads like the value, and prints sealed.

    Exports, forms and error reports take `str()` or `repr()` of it, which is the sealed text. It is
    opened by whoever asks for a member, compares it, or goes through it; `dict()` makes a copy.
    Opening raises SealError.
    """

    __slots__ = ("_field", "_held", "_row")
    __hash__ = None  # type: ignore[assignment] # as a dictionary has none

    def __init__(self, row: models.Model, field: SealedJSONField, held: Sealed | _Open) -> None:
        self._row = row
        self._field = field
        self._held = held

    def __str__(self) -> str:
        return str(self._field.sealed(self._row, self._held))

    def __repr__(self) -> str:
        return f"<SealedValue: {self._held if isinstance(self._held, Sealed) else 'not saved'}>"

    def __reduce__(self) -> Any:
        return self._held.__reduce__() if isinstance(self._held, _Open) else (Sealed, (self._held,))

    def __getitem__(self, key: Any) -> Any:
        return self.open()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.open())

    def __len__(self) -> int:
        return len(self.open())

    def __contains__(self, member: object) -> bool:
        return member in self.open()

    def __bool__(self) -> bool:
        return bool(self.open())

    def __eq__(self, other: object) -> bool:
        return bool(self.open() == (other.open() if isinstance(other, SealedValue) else other))

    def get(self, key: str, default: Any = None) -> Any:
        """Return a member of a dictionary, as `dict.get` does."""
        return self.open().get(key, default)

    def keys(self) -> Any:
        """Return the names of a dictionary's members."""
        return self.open().keys()

    def items(self) -> Any:
        """Return the members of a dictionary."""
        return self.open().items()

    def open(self) -> Any:
        """Return the value itself. Raises SealError."""
        if isinstance(self._held, _Open):
            return self._held.value
        alias, purpose = getattr(self._row, self._field.sealing)
        return unseal(self._held, purpose=purpose, app=get_app(alias))

    @property
    def held(self) -> Sealed | _Open:
        """Return what the row holds: the sealed text, or what was assigned since."""
        return self._held


class SealedJSONField(models.TextField):  # type: ignore[type-arg] # generic in the stubs alone
    """A JSON column, sealed in the database, in the object, and in whatever is made of the object.

    Reading the attribute gives a SealedValue, which is opened when it is used. Fixtures, forms'
    initial values and exports show the sealed text; a fixture's text is taken back as it is. A
    property of the model, `sealing` or the one named by that argument, gives the app's alias and
    the purpose, which has to name the row, so that a text which is moved to another row stays shut.
    Opening loads the app of that alias; `opened` takes one that is at hand.
    """

    def __init__(self, *args: Any, sealing: str = "sealing", **kwargs: Any) -> None:
        self.sealing = sealing
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Name the property in migrations where it is not the usual one."""
        name, path, args, kwargs = super().deconstruct()
        if self.sealing != "sealing":
            kwargs["sealing"] = self.sealing
        return name, path, args, kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Put the attribute that seals and opens on the model."""
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, name, _SealedAttribute(self))

    def from_db_value(self, value: str | None, *_: object) -> Sealed | None:
        """Leave the text sealed."""
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Any:
        """Return what a fixture has as what the attribute takes; a sealed text stays sealed."""
        held = _held(value)
        return held.value if isinstance(held, _Open) else held

    def formfield(self, *_: Any, **__: Any) -> None:
        """Return None: nobody edits a sealed text."""

    def value_from_object(self, obj: models.Model) -> Sealed | None:
        """Return the sealed text, for fixtures, forms and exports."""
        value = getattr(obj, self.attname)
        return None if value is None else self.sealed(obj, value.held)

    def value_to_string(self, obj: models.Model) -> str:
        """Return the sealed text, for formats that know texts alone."""
        return str(self.value_from_object(obj))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal what was assigned, now that the row is known."""
        held = model_instance.__dict__.get(self.attname)
        if isinstance(held, _Open):
            held = model_instance.__dict__[self.attname] = self.sealed(model_instance, held)
        return held

    def get_prep_value(self, value: Any) -> Any:
        """Give the database the sealed text, and refuse to give it any other."""
        if value is None:
            return None
        if not isinstance(value, Sealed | SealedValue):
            raise TypeError("Only a sealed text is written; save an object instead.")
        return str(value)

    def sealed(self, row: models.Model, held: Sealed | _Open) -> Sealed:
        """Return the sealed text of what a row holds."""
        if isinstance(held, Sealed):
            return held
        alias, purpose = getattr(row, self.sealing)
        return Sealed(seal(held.value, purpose=purpose, app=get_app(alias)))


class _SealedAttribute:
    def __init__(self, field: SealedJSONField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            # Not by refresh_from_db, which would read all that is deferred.
            rows = owner._base_manager.using(instance._state.db)
            instance.__dict__[name] = rows.values_list(name, flat=True).get(pk=instance.pk)
        held = instance.__dict__[name]
        return None if held is None else SealedValue(instance, self.field, held)

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = _held(value)


def _held(value: Any) -> Sealed | _Open | None:
    """Return a value as a row holds it."""
    if value is None or isinstance(value, Sealed):
        return value
    if isinstance(value, SealedValue):
        # Of the same row as a rule, as refresh_from_db has it; that of another row stays shut.
        return value.held
    # What an import reads back; it opens in its own row alone, whoever wrote it.
    # A signed token has other segments, and may name a key alike.
    is_sealed = isinstance(value, str) and value.count(".") == _DOTS and key_id(value)
    return Sealed(value) if is_sealed else _Open(value)


def opened(row: models.Model, name: str, app: App) -> Any:
    """Open a row's sealed column with the keys of its app, and return the value.

    Raises SealError, and loads no app.
    """
    value = getattr(row, name)
    if value is None or not isinstance(value.held, Sealed):
        return None if value is None else value.open()
    field = row._meta.get_field(name)
    _, purpose = getattr(row, field.sealing)  # type: ignore[union-attr] # a sealed column
    return unseal(value.held, purpose=purpose, app=app)


def storable(value: Any, depth: int = 0) -> Any:
    """Return a JSON value as every database can hold it.

    PostgreSQL refuses NUL, no encoding carries half a surrogate pair, and databases count levels:
    the first two are taken out, what stands too deep becomes None.
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        if depth == _MAX_DEPTH:
            return None
        return {storable_text(name): storable(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        if depth == _MAX_DEPTH:
            return None
        return [storable(each, depth + 1) for each in value]
    return value


def storable_text(text: str) -> str:
    """Return a text without NUL and halves of surrogate pairs."""
    return text if text.isprintable() else _UNSTORABLE.sub("", text)


def fold(address: str) -> str:
    """Fold the case of an e-mail address, in ASCII alone.

    Unicode's folding makes one address of two: `straße.example` and `strasse.example` are domains
    of two owners (IDNA 2008), and a name with a long s is another mailbox than one with an s.
    """
    return address.translate(_LOWER)
