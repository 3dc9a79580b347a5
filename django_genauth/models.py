"""The rows of this app: who a user is at a provider, what it granted, and where they are signed in.

How rows are read, on which database and so many at a time, stands here too. What is done with them
stands in `backends`, `grants` and `sessions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import models, router
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_genauth.fields import ExactCharField, SealedJSONField
from django_genauth.user_agent import sign_in_in_words

Row = TypeVar("Row", bound=models.Model)

# So many rows go into one statement; some databases take no more.
ROWS_AT_ONCE: Final = 500
# The claims by which people know their accounts, the best first.
_KNOWN_BY: Final = ("email", "phone_number", "preferred_username")
# In a thread of this app: the database that its opener writes to. A router may know only the
# opener's own thread.
database_of_opener: ContextVar[str | None] = ContextVar("genauth_database", default=None)


def rows_on_primary(model: type[Row]) -> models.QuerySet[Row]:
    """Return a model's rows on the database that is written to; a replica may lag behind."""
    database = database_of_opener.get() or router.db_for_write(model)
    return model._default_manager.using(database)


def pages(rows: models.QuerySet[Row], *, size: int) -> Iterator[list[Row]]:
    """Yield rows in the order of their keys, so many at a time."""
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:size]):
        yield page
        last = page[-1].pk


class Identity(models.Model):
    """A user's identity at a provider: issuer and subject, nothing else (OIDC Core 5.7)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="genauth_identities",
        verbose_name=_("user"),
    )
    issuer = ExactCharField(_("issuer"), max_length=255)
    subject = ExactCharField(_("subject"), max_length=255)
    claims: models.JSONField[Any, Any] = models.JSONField(
        _("claims"), default=dict, help_text=_("What the provider last said of the person.")
    )
    # When the provider said it, by its own clock.
    claims_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "subject"), name="genauth_identity_issuer_subject"
            ),
        )
        # An administrator who looks for a subject seldom knows the issuer's address.
        indexes = (models.Index(fields=("subject",), name="genauth_identity_subject"),)

    def __str__(self) -> str:
        return f"{self.subject} @ {self.issuer}"

    @property
    def person(self) -> str:
        """Return what the person knows the identity by: an address or a name, or the subject."""
        told = (self.claims.get(name) for name in _KNOWN_BY)
        return next((each for each in told if isinstance(each, str) and each), str(self.subject))


def SET_ASIDE(  # named as Django's own
    collector: Collector, field: Any, sub_objs: models.QuerySet[Grant], using: str
) -> None:
    """Detach the grants of identities that are deleted, and mark them as to be revoked.

    An `on_delete`, so that a few statements do it for any number of users in one deletion.
    """
    columns: dict[str, Any] = {
        # Its tokens stay sealed under this number: to seal them anew would take a second for each
        # thousand, in the middle of somebody's transaction.
        "former_identity": models.F("identity_id"),
        # Each deletion is another, and whoever refreshes it now must not write into it any more.
        "lease": "",
        "state": models.Case(
            models.When(state=Grant.State.ENDED, then=models.Value(Grant.State.ENDED.value)),
            default=models.Value(Grant.State.REVOKING.value),
        ),
    }
    fields = {each.name: each for each in Grant._meta.concrete_fields}
    for name, value in columns.items():
        collector.add_field_update(fields[name], value, sub_objs)
    # Last, as the rows are found by it.
    models.SET_NULL(collector, field, sub_objs, using)


# The rows are not loaded, as with SET_NULL.
SET_ASIDE.lazy_sub_objs = True  # type: ignore[attr-defined] # what Django looks for


class Grant(models.Model):
    """What a provider granted to one sign-in: its token set, sealed, and its state.

    There is one row for each refresh token; sign-ins that came without one share the row of the
    newest. `lease` is another with everybody who begins to refresh or to revoke, so that
    compare-and-swap on it never takes an old row for the present one. `updated_at` tells when the
    token set changed.
    """

    class State(models.TextChoices):
        """Whether the tokens may be used."""

        ACTIVE = "active", _("active")
        REVOKING = "revoking", _("to be revoked")
        ENDED = "ended", _("ended")

    identity = models.ForeignKey(
        Identity,
        on_delete=SET_ASIDE,
        null=True,
        db_index=False,  # the index below begins with it
        related_name="grants",
        verbose_name=_("identity"),
        help_text=_("Empty where it was deleted and the tokens are still to be revoked."),
    )
    # The number of an identity that was deleted, under which the tokens are sealed.
    former_identity = models.BigIntegerField(null=True, editable=False)
    app = models.CharField(_("app"), max_length=100, help_text=_("The alias in GENAUTH."))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    sid = ExactCharField(max_length=255, default="", editable=False)
    successor = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="predecessors",
        verbose_name=_("successor"),
        help_text=_("The grant of a later sign-in in the same browser, with which it is revoked."),
    )
    token_set = SealedJSONField(
        _("token set"), null=True, help_text=_("Empty once the grant has ended.")
    )
    access_fingerprint = models.CharField(max_length=32, default="", editable=False)
    refresh_fingerprint = models.CharField(max_length=32, default="", editable=False)
    expires_at = models.DateTimeField(
        _("access token expires"), null=True, help_text=_("Empty where the provider named no time.")
    )
    lease = models.CharField(max_length=16, default="", editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    retry_at = models.DateTimeField(
        _("not refreshed before"),
        null=True,
        help_text=_("Set where the provider could not answer."),
    )
    claim = models.CharField(max_length=16, default="", editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    refused_count = models.PositiveSmallIntegerField(default=0, editable=False)
    introspected_at = models.DateTimeField(_("last introspected"), null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        permissions = (
            ("introspect_grant", "Can introspect grants at the provider"),
            ("revoke_grant", "Can revoke grants at the provider"),
        )
        indexes = (
            models.Index(fields=("identity", "app", "id"), name="genauth_grant_sign_ins"),
            models.Index(fields=("state", "id"), name="genauth_grant_state"),
            models.Index(fields=("app", "id"), name="genauth_grant_app"),
            models.Index(fields=("access_fingerprint",), name="genauth_grant_access"),
            models.Index(fields=("refresh_fingerprint",), name="genauth_grant_refresh"),
        )

    def __str__(self) -> str:
        return f"{self.identity_id} @ {self.app}"

    @property
    def sealing(self) -> tuple[str, str]:
        """Return the alias of the app whose keys seal the row, and a purpose that names the row."""
        owner = self.identity_id or self.former_identity or f"row {self.pk}"
        return self.app, f"grant {owner} {self.app}"


class LoginSession(models.Model):
    """A sign-in: a session of this site, which an identity began at an app.

    The row goes with the session. Its `pk` stands in the session, so that who has a session finds
    its row; by the session's key, which is sealed, whoever ends it from afar finds the session.
    """

    identity = models.ForeignKey(
        Identity,
        on_delete=models.CASCADE,
        related_name="login_sessions",
        verbose_name=_("identity"),
    )
    app = models.CharField(_("app"), max_length=100, help_text=_("The alias in GENAUTH."))
    grant = models.ForeignKey(
        Grant,
        on_delete=models.SET_NULL,
        null=True,
        related_name="login_sessions",
        verbose_name=_("grant"),
        help_text=_("What the provider granted to this sign-in; empty where it was nothing."),
    )
    sid = ExactCharField(
        _("session id"),
        max_length=255,
        default="",
        help_text=_("What the provider calls its own session; empty where it did not say."),
    )
    session_key = SealedJSONField(_("session key"))
    id_token = SealedJSONField(
        _("ID token"),
        null=True,
        help_text=_("Shown to the provider at the sign-out."),
        sealing="id_token_sealing",
    )
    digest = models.CharField(max_length=32, editable=False)
    user_agent = models.CharField(
        _("browser"), max_length=255, default="", help_text=_("As it named itself at the login.")
    )
    location = models.CharField(
        _("location"), max_length=255, default="", help_text=_("In the words of the site.")
    )
    created_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    expires_at = models.DateTimeField(
        _("expires"), help_text=_("A session that is used may live longer.")
    )

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        constraints = (models.UniqueConstraint(fields=("digest",), name="genauth_session_digest"),)
        indexes = (
            models.Index(fields=("sid",), name="genauth_session_sid"),
            models.Index(fields=("app", "id"), name="genauth_session_app"),
        )

    def __str__(self) -> str:
        return sign_in_in_words(self.user_agent, self.seen_at)

    @property
    def sealing(self) -> tuple[str, str]:
        """Return the app whose keys seal the row, and the purpose, which names the row."""
        return self.app, f"session {self.digest}"

    @property
    def id_token_sealing(self) -> tuple[str, str]:
        """Return the same for the ID token, which stays when the session is given another key."""
        return self.app, f"id token {self.identity_id} {self.app}"


class Sweep(models.Model):
    """A run of a command through all grants that has not come to its end.

    Which grants it has done is told by their own rows, so it may be run again and go on.
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    started_at = models.DateTimeField(_("started"))

    class Meta:
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")

    def __str__(self) -> str:
        return self.name


class UsedState(models.Model):
    """The state of a login that has come back without a code, so that it comes back once.

    A code is refused by the provider the second time, and its state is marked in the cache alone.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest
