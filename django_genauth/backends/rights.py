"""The rights that claims give and take: groups, and the flags that let people in or up.

Rights are saved before the other fields of a user and apart from them. Names of groups are compared
here, octet by octet, and never by the database: MariaDB folds case and drops blanks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import FieldDoesNotExist
from django.db import models, router, transaction

from django_genauth.backends.claim_paths import MISSING, find, outermost_names
from django_genauth.backends.claims import FLAGS, columns, field_values, is_one_line
from django_genauth.backends.saving import REFUSED, save_flags
from django_genauth.conf import App

logger = logging.getLogger("django_genauth")

Claims = Mapping[str, Any]

_MAX_GROUPS: Final = 1_000
# In characters, where the column of names has no limit.
_LONGEST_NAME: Final = 1_000


def save_rights(user: AbstractBaseUser, app: App, claims: Claims) -> list[str]:
    """Save the flags and groups that the claims give, and return the names of changed flags."""
    named = group_names(app, claims)
    if named is None:
        logger.warning(
            "The provider left out the groups of a person who is in too many; groups and flags were"
            " left as they are: app=%s. Let it send fewer (at Microsoft Entra those that are"
            " assigned to the application), or name app roles in GROUPS_CLAIM.",
            app.alias,
        )
    changed = save_flags(user, flags(type(user), app, claims))
    if named is not None and app.groups_claim is not None and group_model(type(user)):
        mirror_groups(user, named, managed=app.groups_managed, create=app.create_groups)
    return changed


def take_back_rights(user: AbstractBaseUser, app: App) -> list[str]:
    """Take back the flags and managed groups that claims give; return names of changed flags."""
    changed = save_flags(user, dict.fromkeys(_claimed_flags(type(user), app), False))
    if app.groups_claim is not None and group_model(type(user)):
        mirror_groups(user, frozenset(), managed=app.groups_managed, create=False)
    return changed


def claims_of_rights(app: App) -> set[str]:
    """Return the names of the claims that give rights, or hold what does."""
    return _outermost(app, [name for name in app.user_fields if name in FLAGS])


def named_claims(app: App) -> set[str]:
    """Return the names of the claims that the settings name, or that hold what they name."""
    return _outermost(app, app.user_fields)


def _outermost(app: App, fields: Iterable[str]) -> set[str]:
    sources = [app.user_fields[name] for name in fields]
    if app.groups_claim is not None:
        sources.append(app.groups_claim)
    return {name for source in sources for name in outermost_names(source)}


def flags(model: type[models.Model], app: App, claims: Claims) -> dict[str, Any]:
    """Return the flags of a user that USER_FIELDS or groups decide."""
    sources = {name: source for name, source in app.user_fields.items() if name in FLAGS}
    values = field_values(model, sources, claims)
    deciding = {name: groups for name, groups in _deciding_groups(app).items() if groups}
    named = group_names(app, claims) if deciding else None
    if named is not None:
        fields = columns(model)
        values |= {
            name: not named.isdisjoint(groups)
            for name, groups in deciding.items()
            if name in fields
        }
    return values


def group_model(model: type[models.Model]) -> Any:
    """Return the model of a user's groups, Django's or the site's own; None without named groups.

    NetBox and others have a model of their own.
    """
    try:
        field = model._meta.get_field("groups")
        found: Any = field.related_model if field.many_to_many else None
        return None if found is None or found._meta.get_field("name") is None else found
    except FieldDoesNotExist:
        return None


def group_names(app: App, claims: Claims) -> frozenset[str] | None:
    """Return the groups that the claims name, under the names that GROUP_NAMES gives them.

    They are texts, objects with a `code` or a `name`, or an object of roles. A missing claim names
    none, so that a right which is no longer told is no longer had. None where the provider says
    that it left the groups out.
    """
    if _left_out(app, claims):
        return None
    listed = None if app.groups_claim is None else find(app.groups_claim, claims)
    members = listed if isinstance(listed, list) else [listed]
    names = [name for member in members[:_MAX_GROUPS] for name in _names_in(member)]
    groups = group_model(get_user_model()) or Group
    longest = groups._meta.get_field("name").max_length or _LONGEST_NAME
    # A name that had to be changed to be stored would be the name of another group.
    return frozenset(
        name
        for name in (app.group_names.get(each, each) for each in names[:_MAX_GROUPS])
        if name is not None and 0 < len(name) <= longest and is_one_line(name)
    )


def _names_in(member: object) -> list[str]:
    """Return the groups that a member of the claim names.

    Zitadel writes roles as `{"editor": {"ORG": "domain"}}`. Of another shape nothing is guessed:
    the keys of Keycloak's `resource_access` are clients.
    """
    if not isinstance(member, dict):
        return [member] if isinstance(member, str) else []
    name = member.get("code") or member.get("name")
    return (
        [name]
        if isinstance(name, str)
        else [role for role, granted in member.items() if _is_granted(granted)]
    )


def _is_granted(by: object) -> bool:
    return isinstance(by, dict) and bool(by) and all(isinstance(each, str) for each in by.values())


def _left_out(app: App, claims: Claims) -> bool:
    """Return whether the provider has groups of the person that it did not send.

    They are a distributed claim then (OIDC Core 5.6.2). Microsoft Entra does so above 200 groups,
    and says `hasgroups` where the token comes through the browser.
    """
    if app.groups_claim is None or find(app.groups_claim, claims) not in (None, MISSING):
        return False
    elsewhere, names = claims.get("_claim_names"), outermost_names(app.groups_claim)
    return (isinstance(elsewhere, dict) and not names.isdisjoint(elsewhere)) or (
        "groups" in names and claims.get("hasgroups") in (True, "true")
    )


def group_permissions(user: Any) -> Any:
    """Return the permissions of a user's groups: Django's, where the groups are Django's.

    What groups of another model permit, the site's own backend knows.
    """
    if group_model(type(user)) is not Group:
        return Permission.objects.none()
    return Permission.objects.filter(group__in=user.groups.all())


def mirror_groups(
    user: AbstractBaseUser, named: frozenset[str], *, managed: Iterable[str], create: bool
) -> None:
    """Add the user to the named groups, and remove them from managed ones that are not named.

    `create` makes the groups that the site does not have.
    """
    model = group_model(type(user))
    # A replica may lag behind.
    database = router.db_for_write(type(user), instance=user)
    groups: Any = user.groups.db_manager(database)  # type: ignore[attr-defined] # PermissionsMixin's
    current = {group.name: group for group in groups.all()}
    joining = named - current.keys()
    if joining:
        known = model._default_manager.using(router.db_for_write(model))
        found = _named(known, joining)
        missing = joining - {group.name for group in found}
        if missing and create:
            found += _made(known, missing)
        groups.add(*found)
    leaving = [group for name, group in current.items() if name in set(managed) - named]
    if leaving:
        groups.remove(*leaving)


def _made(known: models.QuerySet[Any], names: Iterable[str]) -> list[Any]:
    """Make groups, and return those that there are then."""
    missing = set(names)
    try:
        with transaction.atomic(using=known.db):
            # Another login may make the same group at this moment.
            known.bulk_create((known.model(name=name) for name in missing), ignore_conflicts=True)
    except REFUSED:
        # A site's own groups may need more than a name.
        logger.warning("Groups were not made, as their model refuses them.")
        return []
    made = _named(known, missing)
    if len(made) < len(missing):
        logger.info("A group was not made: the database takes its name for that of another group.")
    return made


def _deciding_groups(app: App) -> dict[str, tuple[str, ...]]:
    return {"is_staff": app.staff_groups, "is_superuser": app.superuser_groups}


def _claimed_flags(model: type[models.Model], app: App) -> list[str]:
    """Return the flags that claims give. Whether a user is active is no right that they give."""
    fields = columns(model)
    return [
        name
        for name, groups in _deciding_groups(app).items()
        if (groups or name in app.user_fields) and name in fields
    ]


def _named(known: models.QuerySet[Any], names: Iterable[str]) -> list[Any]:
    wanted = set(names)
    return [group for group in known.filter(name__in=wanted) if group.name in wanted]
