"""Columns of this app's own: sealed JSON, exactly compared text, and what a column can hold."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from django_genauth.conf import App, get_app
from django_genauth.sealing import seal, unseal

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


class Sealed:
    """The sealed text of a column, as it stands in the database."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class _Open:
    """A value that is not sealed yet, where neither repr nor pickle reach it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __reduce__(self) -> NoReturn:
        raise TypeError("Save the object first: what is not sealed yet is not pickled.")


class SealedJSONField(models.TextField):  # type: ignore[type-arg] # generic in the stubs alone
    """A JSON column, sealed in the database and in the object; reading the attribute opens it.

    A property of the model, `sealing` or the one named by that argument, gives the app's alias and
    the purpose, which has to name the row, so that a text which is moved to another row stays shut.
    Reading loads the app of that alias; `opened` takes one that is at hand. Raises SealError on
    reading.
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

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal what was assigned, now that the row is known."""
        held = model_instance.__dict__.get(self.attname)
        if isinstance(held, _Open):
            alias, purpose = getattr(model_instance, self.sealing)
            held = Sealed(seal(held.value, purpose=purpose, app=get_app(alias)))
            model_instance.__dict__[self.attname] = held
        return held

    def get_prep_value(self, value: Any) -> Any:
        """Give the database the sealed text, and refuse to give it any other."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError("Only a sealed text is written; save an object instead.")
        return value.text


class _SealedAttribute:
    def __init__(self, field: SealedJSONField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            # Not by refresh_from_db, which would leave the value open in the object.
            rows = owner._base_manager.using(instance._state.db)
            instance.__dict__[name] = rows.values_list(name, flat=True).get(pk=instance.pk)
        held = instance.__dict__[name]
        if isinstance(held, Sealed):
            alias, purpose = getattr(instance, self.field.sealing)
            return unseal(held.text, purpose=purpose, app=get_app(alias))
        return held.value if isinstance(held, _Open) else held

    def __set__(self, instance: models.Model, value: Any) -> None:
        held = value if value is None or isinstance(value, Sealed) else _Open(value)
        instance.__dict__[self.field.attname] = held


def opened(row: models.Model, name: str, app: App) -> Any:
    """Open a row's sealed column with the keys of its app, and return the value.

    Raises SealError, as reading the attribute does, and loads no app.
    """
    held = vars(row).get(name)
    if isinstance(held, Sealed):
        field = row._meta.get_field(name)
        _, purpose = getattr(row, field.sealing)  # type: ignore[union-attr] # a sealed column
        return unseal(held.text, purpose=purpose, app=app)
    return getattr(row, name)


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
    if text.isprintable():
        return text
    return "".join(each for each in text if each != "\0" and not "\ud800" <= each <= "\udfff")
