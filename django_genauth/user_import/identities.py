"""Identities for people whom another package knew: which can be made, made, and taken back.

Where such people are read from stands in `management`. Nobody is signed in here, no
user is made or changed, and the provider is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, router, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower

from django_genauth.fields import storable_text
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.id_token import subject_of

BATCH: Final = 1_000


class Naming(Enum):
    """Say by what an account names its user."""

    ID = "id"
    USERNAME = "username"
    EMAIL = "email"


class Outcome(Enum):
    """Say what came of an account, or of an identity that was to be taken back."""

    TAKEN = "It is taken over."
    THERE = "It was there already."
    SUBJECT = "An ID token cannot have such a subject."
    OTHER_CLAIM = "What was kept is another claim than the sub."
    NOT_VERIFIED = "The e-mail address is not verified."
    NO_USER = "There is no such user."
    SEVERAL_USERS = "Several users have this e-mail address."
    ANOTHERS = "The subject is another user's already."
    SECOND = "The user has another subject of this issuer already."

    TAKEN_BACK = "It is taken back."
    GONE = "It is gone, or is another one now."
    USED = "Somebody has signed in with it."


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Hold who was tied to a subject, and where that was read; `refusal` where it cannot be so."""

    place: str
    user: str
    subject: str
    refusal: Outcome | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Hold accounts, and how many there are, where that is known.

    `several` where a user may have more than one subject.
    """

    accounts: Iterator[Account]
    naming: Naming
    several: bool
    total: int | None = None


class Made(NamedTuple):
    """Name an identity that was made, so that no other can be taken for it."""

    identity: int
    issuer: str
    subject: str


def take_over(
    accounts: Sequence[Account],
    *,
    issuer: str,
    naming: Naming,
    several: bool,
    record: Callable[[list[Made]], None] | None,
) -> list[Outcome]:
    """Make the identities of so many accounts, in one transaction, and say what came of each.

    `several` lets a user have more than one subject of the issuer. `record` is told what was made
    before that is final; without it nothing is made, and what would come of it is said.
    """
    try:
        return _take_over(accounts, issuer, naming, several, record)
    except IntegrityError:
        # Somebody signed in, or a user went, since they were looked up.
        return _take_over(accounts, issuer, naming, several, record)


def take_back(made: Sequence[Made], *, dry_run: bool) -> list[Outcome]:
    """Delete identities that `take_over` made, unless somebody has signed in with them since.

    So no grant has to be revoked for it, and no session ends.
    """
    with transaction.atomic(using=identities().db):
        rows = identities().filter(pk__in=[each.identity for each in made])
        found = {row.pk: row for row in rows.select_for_update()}
        grants = Grant.objects.filter(identity=OuterRef("pk"))
        sessions = LoginSession.objects.filter(identity=OuterRef("pk"))
        used = set(rows.filter(Exists(grants) | Exists(sessions)).values_list("pk", flat=True))
        outcomes = [_outcome_of_taking_back(each, found, used) for each in made]
        if not dry_run:
            done = zip(made, outcomes, strict=True)
            keys = [each.identity for each, outcome in done if outcome is Outcome.TAKEN_BACK]
            identities().filter(pk__in=keys).delete()
    return outcomes


def identities() -> QuerySet[Identity]:
    """Return the identities as the database that is written to has them; a replica may lag."""
    return Identity.objects.using(router.db_for_write(Identity))


def _take_over(
    accounts: Sequence[Account],
    issuer: str,
    naming: Naming,
    several: bool,
    record: Callable[[list[Made]], None] | None,
) -> list[Outcome]:
    with transaction.atomic(using=identities().db):
        standing = _Standing(accounts, issuer, naming, several)
        outcomes = [standing.decide(account) for account in accounts]
        if record is not None:
            identities().bulk_create(standing.new)
            # Not every database tells the keys of the rows that it makes.
            subjects = [identity.subject for identity in standing.new]
            rows = identities().filter(issuer=issuer, subject__in=subjects)
            record([Made(row.pk, row.issuer, row.subject) for row in rows])
    return outcomes


class _Standing:
    """Know the users that a batch names, and the identities that stand in its way."""

    def __init__(
        self, accounts: Sequence[Account], issuer: str, naming: Naming, several: bool
    ) -> None:
        self.new: list[Identity] = []
        self._issuer = issuer
        self._several = several
        # Not the empty name, as many users may have an empty address.
        names = {storable_text(account.user) for account in accounts} - {""}
        self._users = _users(names, naming)
        subjects = [account.subject for account in accounts if _is_subject(account.subject)]
        known = identities().filter(issuer=issuer)
        self._owners = dict(known.filter(subject__in=subjects).values_list("subject", "user_id"))
        users = {key for keys in self._users.values() for key in keys}
        self._owning = set(known.filter(user__in=users).values_list("user_id", flat=True))

    def decide(self, account: Account) -> Outcome:
        """Return what comes of an account, and note the identity that is to be made of it."""
        if account.refusal is not None:
            return account.refusal
        if not _is_subject(account.subject):
            return Outcome.SUBJECT
        keys = self._users.get(account.user, [])
        if len(keys) != 1:
            return Outcome.SEVERAL_USERS if keys else Outcome.NO_USER
        (key,) = keys
        if account.subject in self._owners:
            return Outcome.THERE if self._owners[account.subject] == key else Outcome.ANOTHERS
        if key in self._owning and not self._several:
            return Outcome.SECOND
        self._owners[account.subject] = key
        self._owning.add(key)
        self.new.append(Identity(user_id=key, issuer=self._issuer, subject=account.subject))
        return Outcome.TAKEN


def _is_subject(subject: str) -> bool:
    try:
        return bool(subject_of({"sub": subject}, error=IDTokenError))
    except IDTokenError:
        return False


def _users(names: set[str], naming: Naming) -> dict[str, list[Any]]:
    """Return the primary keys of the users that go by each of the names."""
    model = get_user_model()
    users = model._base_manager.using(identities().db)
    if naming is Naming.EMAIL:
        return _users_by_email(users, model.get_email_field_name(), names)
    field: Any = model._meta.pk
    if naming is Naming.USERNAME:
        field = model._meta.get_field(model.USERNAME_FIELD)
    values = {name: _value(field, name) for name in names}
    rows = users.filter(**{f"{field.name}__in": set(values.values()) - {None}})
    keys = dict(rows.values_list(field.attname, "pk"))
    # A database's idea of equal names may be wider than this.
    return {name: [keys[value]] for name, value in values.items() if value in keys}


def _users_by_email(users: QuerySet[Any], field: str, names: set[str]) -> dict[str, list[Any]]:
    by_address: dict[str, list[Any]] = {}
    rows = users.annotate(genauth_address=Lower(field))
    asked = {name.lower() for name in names}
    for key, address in rows.filter(genauth_address__in=asked).values_list("pk", field):
        by_address.setdefault(address.lower(), []).append(key)
    return {name: by_address.get(name.lower(), []) for name in names}


def _value(field: models.Field[Any, Any], name: str) -> Any:
    """Return a name as the user's field has it; None where it cannot."""
    try:
        value = field.to_python(name)
        if isinstance(field, models.IntegerField):
            # No database holds all integers.
            field.run_validators(value)
    except ValidationError:
        return None
    return value


def _outcome_of_taking_back(made: Made, found: dict[int, Identity], used: set[int]) -> Outcome:
    row = found.get(made.identity)
    if row is None or (row.issuer, row.subject) != (made.issuer, made.subject):
        return Outcome.GONE
    # A login leaves claims, a grant and a session; the last two are purged some day.
    return Outcome.USED if row.claims or row.pk in used else Outcome.TAKEN_BACK
