"""Make identities from the accounts of another package, and delete them again.

Where accounts are read from stands in `files` and `packages`. Nobody is signed in here, no user is
made or changed, and the provider is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower

from django_genauth.fields import fold, storable_text
from django_genauth.models import Grant, Identity, LoginSession, rows_on_primary
from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.id_token import subject_of

BATCH: Final = 1_000
_OWN_MODELS: Final[set[Any]] = {Grant, LoginSession}


class UserKey(Enum):
    """The field by which a source of accounts names users."""

    ID = "id"
    USERNAME = "username"
    EMAIL = "email"


class ImportOutcome(Enum):
    """The outcome for an account, or for an identity that was to be deleted again.

    `code` is stable, as scripts read it; `sentence` is for people.
    """

    TAKEN_OVER = ("taken", "It is taken over.")
    ALREADY_LINKED = ("there", "It was there already.")
    BAD_SUBJECT = ("subject", "An ID token cannot have such a subject.")
    OTHER_CLAIM = ("other_claim", "What was kept is another claim than the sub.")
    EMAIL_NOT_VERIFIED = ("not_verified", "The e-mail address is not verified.")
    NO_USER = ("no_user", "There is no such user.")
    SEVERAL_USERS = ("several_users", "Several users have this e-mail address.")
    TAKEN_BY_OTHER = ("anothers", "The subject is another user's already.")
    HAS_OTHER_SUBJECT = ("second", "The user has another subject of this issuer already.")

    TAKEN_BACK = ("taken_back", "It is taken back.")
    GONE = ("gone", "It is gone, or is another one now.")
    USED = ("used", "Somebody has signed in with it.")

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A user and their subject at the provider, and the place where that was read.

    `refusal` is set where the source itself rules the account out.
    """

    place: str
    user: str
    subject: str
    refusal: ImportOutcome | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountSource:
    """Accounts from a file or another package; `total` is how many, where that is known.

    With `several_subjects` a user may have more than one subject of the issuer.
    """

    accounts: Iterator[Account]
    user_key: UserKey
    several_subjects: bool
    total: int | None = None


class ImportedIdentity(NamedTuple):
    """An identity that an import made; with all three values no other is taken for it."""

    identity: int
    issuer: str
    subject: str


def take_over(
    source: AccountSource,
    accounts: Sequence[Account],
    *,
    issuer: str,
    record: Callable[[list[ImportedIdentity]], None] | None,
) -> list[ImportOutcome]:
    """Make identities of some of a source's accounts, and return the outcome of each.

    All are made in one transaction. `record` gets what was made before that is final. Without it
    nothing is made, and the outcomes are those that an import would have.
    """
    identities = rows_on_primary(Identity)

    def attempt() -> list[ImportOutcome]:
        with transaction.atomic(using=identities.db):
            batch = _Batch(source, accounts, issuer)
            outcomes = [batch.decide(account) for account in accounts]
            if record is not None:
                identities.bulk_create(batch.new)
                # Not every database tells the keys of the rows that it makes.
                subjects = [identity.subject for identity in batch.new]
                rows = identities.filter(issuer=issuer, subject__in=subjects)
                record([ImportedIdentity(row.pk, row.issuer, row.subject) for row in rows])
        return outcomes

    try:
        return attempt()
    except IntegrityError:
        # Somebody signed in, or a user went, since they were looked up.
        return attempt()


def take_back(imported: Sequence[ImportedIdentity], *, dry_run: bool) -> list[ImportOutcome]:
    """Delete identities that `take_over` made, unless somebody has signed in with them since.

    So no grant has to be revoked for it, and no session ends.
    """
    identities = rows_on_primary(Identity)
    with transaction.atomic(using=identities.db):
        rows = identities.filter(pk__in=[each.identity for each in imported])
        columns = rows.select_for_update().values_list("pk", "issuer", "subject", "claims")
        found = {key: (issuer, subject, claims) for key, issuer, subject, claims in columns}
        grants = Grant.objects.filter(identity=OuterRef("pk"))
        sessions = LoginSession.objects.filter(identity=OuterRef("pk"))
        used = set(rows.filter(Exists(grants) | Exists(sessions)).values_list("pk", flat=True))
        outcomes = [_outcome_of_taking_back(each, found, used) for each in imported]
        if not dry_run:
            done = zip(imported, outcomes, strict=True)
            keys = [each.identity for each, outcome in done if outcome is ImportOutcome.TAKEN_BACK]
            _delete_unused(identities.filter(pk__in=keys))
    return outcomes


def _delete_unused(identities: QuerySet[Identity]) -> None:
    """Delete identities to which no row of this app refers, as they were made: without signals."""
    referring = {relation.related_model for relation in Identity._meta.related_objects}
    if referring <= _OWN_MODELS:
        identities._raw_delete(identities.db)
    else:
        # A model of the site's says what becomes of its rows.
        identities.delete()


def _outcome_of_taking_back(
    imported: ImportedIdentity, found: dict[int, tuple[str, str, Any]], used: set[int]
) -> ImportOutcome:
    issuer, subject, claims = found.get(imported.identity, ("", "", None))
    if (issuer, subject) != (imported.issuer, imported.subject):
        return ImportOutcome.GONE
    # A login leaves claims, a grant and a session; the last two are purged some day.
    is_used = claims or imported.identity in used
    return ImportOutcome.USED if is_used else ImportOutcome.TAKEN_BACK


class _Batch:
    """Accounts, the users that they name, and the identities that exist already.

    `new` holds the identities to make.
    """

    def __init__(self, source: AccountSource, accounts: Sequence[Account], issuer: str) -> None:
        self.new: list[Identity] = []
        self._issuer = issuer
        self._several_subjects = source.several_subjects
        # Not the empty name, as many users may have an empty address.
        names = {storable_text(account.user) for account in accounts} - {""}
        self._users = _users(names, source.user_key)
        subjects = [account.subject for account in accounts if _is_subject(account.subject)]
        known = rows_on_primary(Identity).filter(issuer=issuer)
        self._owners = dict(known.filter(subject__in=subjects).values_list("subject", "user_id"))
        users = {key for keys in self._users.values() for key in keys}
        self._owning = set(known.filter(user__in=users).values_list("user_id", flat=True))

    def decide(self, account: Account) -> ImportOutcome:
        """Return the outcome of an account; one that is taken over is added to `new`."""
        if account.refusal is not None:
            return account.refusal
        if not _is_subject(account.subject):
            return ImportOutcome.BAD_SUBJECT
        keys = self._users.get(account.user, [])
        if len(keys) != 1:
            return ImportOutcome.SEVERAL_USERS if keys else ImportOutcome.NO_USER
        (key,) = keys
        if account.subject in self._owners:
            is_theirs = self._owners[account.subject] == key
            return ImportOutcome.ALREADY_LINKED if is_theirs else ImportOutcome.TAKEN_BY_OTHER
        if key in self._owning and not self._several_subjects:
            return ImportOutcome.HAS_OTHER_SUBJECT
        self._owners[account.subject] = key
        self._owning.add(key)
        self.new.append(Identity(user_id=key, issuer=self._issuer, subject=account.subject))
        return ImportOutcome.TAKEN_OVER


def _is_subject(subject: str) -> bool:
    try:
        return bool(subject_of({"sub": subject}, error=IDTokenError))
    except IDTokenError:
        return False


def _users(names: set[str], user_key: UserKey) -> dict[str, list[Any]]:
    """Return the primary keys of the users that have each name; an address may be several'."""
    model = get_user_model()
    users = model._base_manager.using(rows_on_primary(Identity).db)
    if user_key is UserKey.EMAIL:
        return _users_by_email(users, model.get_email_field_name(), names)
    field: Any = model._meta.pk
    if user_key is UserKey.USERNAME:
        field = model._meta.get_field(model.USERNAME_FIELD)
    values = {name: _value(field, name) for name in names}
    rows = users.filter(**{f"{field.name}__in": set(values.values()) - {None}})
    keys = dict(rows.values_list(field.attname, "pk"))
    # A database's idea of equal names may be wider than this.
    return {name: [keys[value]] for name, value in values.items() if value in keys}


def _users_by_email(users: QuerySet[Any], field: str, names: set[str]) -> dict[str, list[Any]]:
    by_address: dict[str, list[Any]] = {}
    rows = users.annotate(genauth_address=Lower(field))
    # Some databases fold ASCII alone, and others all letters.
    asked = {folded for name in names for folded in (fold(name), name.lower())}
    for key, address in rows.filter(genauth_address__in=asked).values_list("pk", field):
        by_address.setdefault(fold(address), []).append(key)
    return {name: by_address.get(fold(name), []) for name in names}


def _value(field: models.Field[Any, Any], name: str) -> Any:
    """Return a name as the value of a user's field; None where the field has no such values."""
    try:
        value = field.to_python(name)
        if isinstance(field, models.IntegerField):
            # No database holds all integers.
            field.run_validators(value)
    except ValidationError:
        return None
    return value
