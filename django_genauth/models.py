"""The rows of this app: who a user is at a provider, and what the provider granted.

What is done with them stands in `backends` and `grants`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from django_genauth.fields import ExactCharField, SealedJSONField


class Identity(models.Model):
    """Tie a subject of an issuer to a user; nothing else identifies a person (OIDC Core 5.7)."""

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

    def __str__(self) -> str:
        return f"{self.subject} @ {self.issuer}"


class Grant(models.Model):
    """Keep the token set of an identity's last login at an app, sealed."""

    identity = models.ForeignKey(
        Identity, on_delete=models.CASCADE, related_name="grants", verbose_name=_("identity")
    )
    app = models.CharField(_("app"), max_length=100, help_text=_("The alias in GENAUTH."))
    token_set = SealedJSONField(_("token set"))
    expires_at = models.DateTimeField(
        _("access token expires"), null=True, help_text=_("Empty where the provider named no time.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = (
            models.UniqueConstraint(fields=("identity", "app"), name="genauth_grant_identity_app"),
        )

    def __str__(self) -> str:
        return f"{self.identity_id} @ {self.app}"

    @property
    def sealing(self) -> tuple[str, str]:
        """Return the app whose keys seal the row, and the purpose, which names the row."""
        return self.app, f"grant {self.identity_id} {self.app}"
