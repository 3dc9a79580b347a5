"""The rows of this app: who a user is at a provider, what it granted, and where they are signed in.

What is done with them stands in `backends`, `grants` and `sessions`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_genauth.fields import ExactCharField, SealedJSONField


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
        _("claims"),
        default=dict,
        help_text=_("What the provider last said of the person."),
    )
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


class Grant(models.Model):
    """What a provider granted: the token set of an identity's last login at an app, and its state.

    `lease` is another with every login and with everybody who begins to refresh, so that
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
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,  # the constraint below begins with it
        related_name="grants",
        verbose_name=_("identity"),
        help_text=_("Empty where it was deleted and the tokens are still to be revoked."),
    )
    app = models.CharField(_("app"), max_length=100, help_text=_("The alias in GENAUTH."))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
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
        constraints = (
            models.UniqueConstraint(fields=("identity", "app"), name="genauth_grant_identity_app"),
        )
        indexes = (
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
        owner = f"{self.identity_id}" if self.identity_id else f"row {self.pk}"
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
    sid = ExactCharField(
        _("session id"),
        max_length=255,
        default="",
        help_text=_("What the provider calls its own session; empty where it did not say."),
    )
    session_key = SealedJSONField(_("session key"))
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
        indexes = (models.Index(fields=("sid",), name="genauth_session_sid"),)

    def __str__(self) -> str:
        return f"{self.identity_id} @ {self.app}"

    @property
    def sealing(self) -> tuple[str, str]:
        """Return the app whose keys seal the row, and the purpose, which names the row."""
        return self.app, f"session {self.digest}"


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
