"""Map claims to what a user model holds: fields, flags, groups and a name.

Claims are text of strangers: what does not fit a column is left out, and never stops a login.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.module_loading import import_string

from django_genauth.conf import App
from django_genauth.fields import storable_text

logger = logging.getLogger("django_genauth")

Claims = Mapping[str, Any]

_DOTTED_PATH: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_NOT_IN_A_NAME: Final = re.compile(r"[^\w.@+-]+")
# The category Cc of Unicode.
_CONTROL: Final = re.compile("[\0-\x1f\x7f-\x9f]")
# In characters; much longer than what is left of one.
_LONGEST_NAME: Final = 1_000
_ROOM: Final = 4
_MAX_GROUPS: Final = 1_000
_DIGEST_CHARACTERS: Final = 16


def user_values(model: type[models.Model], app: App, claims: Claims) -> dict[str, Any]:
    """Return the user fields that the claims fill, each value as its column can hold it."""
    values = {}
    fields = columns(model)
    for name, source in app.user_fields.items():
        field = fields.get(name)
        if field is None:
            # The default names fields that not every user model has.
            continue
        value = _claim(source, claims)
        # A null is not an empty text: GenAuth sends null for whatever it does not know.
        if value is not None:
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
    wanted = {
        "USER_FIELDS": [
            source
            for name, source in app.user_fields.items()
            # A callable takes what there is.
            if name in fields and not _DOTTED_PATH.fullmatch(source)
        ],
        "GROUPS_CLAIM": [] if app.groups_claim is None else [app.groups_claim],
        "LINK_VERIFIED_EMAIL": ["email", "email_verified"] if app.link_verified_email else [],
    }
    missing = {key: [name for name in names if name not in claims] for key, names in wanted.items()}
    return {key: names for key, names in missing.items() if names}


def flags(model: type[models.Model], app: App, claims: Claims) -> dict[str, bool]:
    """Return is_staff and is_superuser where groups decide them."""
    deciding = {"is_staff": app.staff_groups, "is_superuser": app.superuser_groups}
    named = group_names(app, claims)
    return {
        name: not named.isdisjoint(groups)
        for name, groups in deciding.items()
        if groups and hasattr(model, name)
    }


def group_names(app: App, claims: Claims) -> frozenset[str]:
    """Return the groups that the claims name: texts, or objects with a `code` or a `name`.

    A missing claim names none, so that a right which is no longer told is no longer had.
    """
    listed = None if app.groups_claim is None else claims.get(app.groups_claim)
    members = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
    names = [
        each.get("code") or each.get("name") if isinstance(each, dict) else each
        for each in members[:_MAX_GROUPS]
    ]
    longest = Group._meta.get_field("name").max_length or 0
    return frozenset(
        text
        for name in names
        if isinstance(name, str) and 0 < len(text := _one_line(name)) <= longest
    )


def mirror_groups(user: AbstractBaseUser, named: frozenset[str], *, managed: Iterable[str]) -> None:
    """Add the user to the named groups, and remove them from managed ones that are not named."""
    groups: models.Manager[Group] = user.groups  # type: ignore[attr-defined] # PermissionsMixin's
    current = {group.name: group for group in groups.all()}
    joining = named - current.keys()
    if joining:
        known = set(Group.objects.filter(name__in=joining).values_list("name", flat=True))
        # Another login may make the same group at this moment.
        Group.objects.bulk_create(
            (Group(name=name) for name in joining - known), ignore_conflicts=True
        )
        groups.add(*Group.objects.filter(name__in=joining))  # type: ignore[attr-defined] # related
    leaving = [group for name, group in current.items() if name in set(managed) - named]
    if leaving:
        groups.remove(*leaving)  # type: ignore[attr-defined] # related


def username(model: Any, claims: Claims) -> str:
    """Make a user name of the person's name in the claims and a digest of issuer and subject.

    The digest keeps two people apart who call themselves the same, and a person from taking a
    name that means something on the site, such as `admin`.
    """
    digest = sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()[:_DIGEST_CHARACTERS]
    room = (model._meta.get_field(model.USERNAME_FIELD).max_length or 150) - len(digest) - 1
    email = claims.get("email")
    for called in (
        claims.get("preferred_username"),
        claims.get("username"),
        email.partition("@")[0] if isinstance(email, str) else None,
    ):
        if isinstance(called, str):
            # Cut first: to normalize a text of nothing but accents takes the square of its length.
            begin = storable_text(called[:_LONGEST_NAME])
            plain = _NOT_IN_A_NAME.sub("", unicodedata.normalize("NFKC", begin))
            if plain and room > 0:
                return f"{plain[:room]}-{digest}"
    return digest


def _claim(source: str, claims: Claims) -> Any:
    if source not in claims and _DOTTED_PATH.fullmatch(source):
        return import_string(source)(claims)
    return claims.get(source)


def _fitted(field: Any, value: Any) -> Any:
    """Return the value as the field can hold it, or None."""
    if isinstance(field, models.CharField | models.TextField):
        if not isinstance(value, str):
            return None
        if field.max_length is not None:
            # Before any work, and with room for the blanks around it, and for what is taken out.
            value = value[: _ROOM * field.max_length]
        value = _one_line(value)
        # Half a name is still a name; half an address is somebody else's.
        if type(field) is models.CharField and field.max_length is not None:
            value = value[: field.max_length]
    try:
        return field.clean(value, None)
    except (ValidationError, TypeError, ValueError, OverflowError):
        logger.info("A claim does not fit the user's field %s and was left out.", field.name)
        return None


def _one_line(text: str) -> str:
    if text.isprintable():
        return text.strip()
    return _CONTROL.sub(" ", storable_text(text)).strip()
