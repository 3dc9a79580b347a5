"""Map claims to what a user model holds: fields and a name. Flags and groups stand in `rights`.

Claims are text of strangers: what does not fit a column is left out, and never stops a login.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from django_genauth.backends.claim_paths import (
    MISSING,
    Source,
    callable_of,
    find,
    shown_source,
    value_of,
)
from django_genauth.conf import App
from django_genauth.fields import storable, storable_text
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS, IdToken
from django_genauth.protocol.userinfo import UserInfo
from django_genauth.protocol.webhook_event import point_in_time
from django_genauth.times import as_stored

logger = logging.getLogger("django_genauth")

Claims = Mapping[str, Any]

_NOT_IN_A_NAME: Final = re.compile(r"[^\w.@+-]+")
# Unicode's category Cc, without NUL.
_CONTROLS: Final = re.compile("[\x01-\x1f\x7f-\x9f]")
_DIGEST_CHARACTERS: Final = 16
# More than any column of names has room for; to normalize a megabyte takes minutes.
_LONGEST_NAME: Final = 1_000

# Fields that are rights. They are saved by themselves.
FLAGS: Final = ("is_active", "is_staff", "is_superuser")


def user_values(model: type[models.Model], app: App, claims: Claims) -> dict[str, Any]:
    """Return the user fields that the claims fill, but for flags."""
    sources = {name: source for name, source in app.user_fields.items() if name not in FLAGS}
    return field_values(model, sources, claims)


def field_values(
    model: type[models.Model], sources: Mapping[str, Source], claims: Claims
) -> dict[str, Any]:
    """Return the fields that the claims fill, each value as its column can hold it.

    `sources` maps fields to claims, as USER_FIELDS does.
    """
    values: dict[str, Any] = {}
    if not sources:
        return values
    fields = columns(model)
    for name, source in sources.items():
        field = fields.get(name)
        if field is None:
            # The default names fields that not every user model has.
            continue
        value = value_of(source, claims)
        # A null is not an empty text: GenAuth sends null for whatever it does not know.
        if value is not None and value is not MISSING:
            fitted = _fitted(field, value)
            if fitted is not None:
                values[name] = fitted
    return values


def columns(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """Return the fields that a claim can fill, by name; a foreign key by its column.

    Not those that the database counts, or that hold what is no claim: a password's hash.
    """
    return {
        field.attname: field
        for field in model._meta.concrete_fields
        if not (isinstance(field, models.AutoField) or field.name == "password")
    }


def unsent(model: type[models.Model], app: App, claims: Claims) -> dict[str, list[str]]:
    """Return the claims that a setting names and that are missing, by the setting's key.

    A null did come: it says that of this person there is nothing to say.
    """
    fields = columns(model)
    wanted: dict[str, list[Source]] = {
        "USER_FIELDS": [
            source
            for name, source in app.user_fields.items()
            # A callable takes what there is.
            if name in fields and callable_of(source) is None
        ],
        "GROUPS_CLAIM": [] if app.groups_claim is None else [app.groups_claim],
        "LINK_VERIFIED_EMAIL": ["email", "email_verified"] if app.link_verified_email else [],
    }
    missing = {
        key: [shown_source(name) for name in names if find(name, claims) is MISSING]
        for key, names in wanted.items()
    }
    return {key: names for key, names in missing.items() if names}


def required_sources(model: Any, sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return those of USER_FIELDS without which no user can be made."""
    fields = columns(model)
    return {
        name: source
        for name, source in sources.items()
        if name in {*FLAGS, model.USERNAME_FIELD}
        or (name in fields and not _may_be_empty(fields[name]))
    }


def username(model: Any, claims: Claims) -> str:
    """Make a user name of the person's name in the claims and a digest of issuer and subject.

    The digest keeps two people apart who call themselves the same, and a person from taking a
    name that means something on the site, such as `admin`. Raises ConfigurationError where users
    are named by a row of another table, which no claim is.
    """
    field = model._meta.get_field(model.USERNAME_FIELD)
    if field.is_relation:
        raise ConfigurationError(
            f"USERNAME_FIELD is {field.name}, a relation: override get_username() in a backend of"
            " yours, and return an object.",
            reason="username",
        )
    longest = field.max_length or 150
    digest = sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()
    # A column that is shorter still has what fits: a name that is taken is refused, and not shared.
    digest = digest[: min(longest, _DIGEST_CHARACTERS)]
    room = longest - len(digest) - 1
    email = claims.get("email")
    for called in (
        claims.get("preferred_username"),
        claims.get("username"),
        email.partition("@")[0] if isinstance(email, str) else None,
    ):
        if isinstance(called, str):
            called = storable_text(called[:_LONGEST_NAME])
            plain = _NOT_IN_A_NAME.sub("", unicodedata.normalize("NFKC", called))
            if plain and room > 0:
                return f"{plain[:room]}-{digest}"
    return digest


def about_the_person(claims: Mapping[str, Any]) -> Any:
    """Return the claims that an identity keeps, as every database can hold them."""
    return storable({name: value for name, value in claims.items() if name not in PROTOCOL_CLAIMS})


def told_at(verified: IdToken | UserInfo) -> datetime:
    """Return when the provider said the claims: by its own clock, as its events are (`iat`)."""
    issued = verified.claims.get("iat") if isinstance(verified, IdToken) else None
    point = point_in_time(issued)
    return timezone.now() if point is None else as_stored(point)


def is_one_line(text: str) -> bool:
    """Return whether a text can be stored on one line as it is."""
    return _one_line(text) == text


def _may_be_empty(field: models.Field[Any, Any]) -> bool:
    return field.null or field.blank or field.has_default()


def _fitted(field: Any, value: Any) -> Any:
    """Return the value as the field can hold it, or None."""
    is_text = isinstance(field, models.CharField | models.TextField)
    if is_text and not isinstance(value, str):
        return None
    try:
        return field.clean(_one_line(_cut(field, value)) if is_text else value, None)
    except (ValidationError, TypeError, ValueError, OverflowError):
        logger.info("A claim does not fit the user's field %s and was left out.", field.name)
        return None


def _cut(field: Any, text: str) -> str:
    """Cut a text to the field's length, before anything is done that takes time by its length."""
    text = text.strip()
    # A TextField's is the length of a form's field, not of the column.
    longest = None if isinstance(field, models.TextField) else field.max_length
    if longest is None or len(text) <= longest:
        return text
    # Half a name is still a name; half an address is somebody else's, and so is half of what names
    # one person alone.
    if type(field) is not models.CharField or _is_unique(field):
        raise ValueError("The text is too long.")
    return text[:longest]


def _is_unique(field: Any) -> bool:
    """Return whether a field names one user alone, by itself or with others."""
    options = field.model._meta
    together: list[Iterable[str]] = list(options.unique_together)
    for each in options.constraints:
        if isinstance(each, models.UniqueConstraint):
            together += [each.fields, map(_column_of, each.expressions)]
    name = getattr(field.model, "USERNAME_FIELD", None)
    return field.unique or field.name == name or any(field.name in names for names in together)


def _column_of(expression: Any) -> str:
    """Return the field in an expression of a constraint, such as Lower("nickname")."""
    parts: Iterable[Any] = expression.flatten()
    return next((str(vars(each)["name"]) for each in parts if isinstance(each, models.F)), "")


def _one_line(text: str) -> str:
    if not text.isprintable():
        text = _CONTROLS.sub(" ", storable_text(text))
    return text.strip()
