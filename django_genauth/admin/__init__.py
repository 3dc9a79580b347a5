"""Identities, grants and sign-ins in Django's admin, where they can be viewed and ended.

What all lists have in common stands in `lists`; the actions stand in `actions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.db.models import CharField, Model, QuerySet, TextField
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_genauth.admin import actions as admin_actions
from django_genauth.admin.actions import label
from django_genauth.admin.lists import (
    MOST_COUNTED,
    AppFilter,
    ReadOnlyAdmin,
    breakable,
    moment,
)
from django_genauth.grants import leases
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.sessions import registry
from django_genauth.user_agent import browser_in_words


class GrantsRevokedAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # likewise
    """The deletion of rows that have grants: shows which grants end, and how many still have to.

    For identities, and as a first base class of a site's own admin of users.
    """

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Add the grants, which are revoked and deleted after the others."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        names = [
            _("Grant: %(grant)s, %(state)s")
            % {"grant": label(grant), "state": grant.get_state_display()}
            for grant in self._grants(objs).select_related("identity").defer("token_set")
        ]
        if names:
            deleted = [*deleted, *names]
            counts = {**counts, str(Grant._meta.verbose_name_plural): len(names)}
        return deleted, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete one row, and tell how many of its grants are still to be revoked."""
        ending = self._keys([obj])
        super().delete_model(request, obj)
        self._report_after_commit(request, ending)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        """Delete several rows, and tell how many of their grants are still to be revoked."""
        ending = self._keys(queryset)
        super().delete_queryset(request, queryset)
        self._report_after_commit(request, ending)

    def _grants(self, objs: Iterable[Model]) -> QuerySet[Grant]:
        owner = "identity" if self.model is Identity else "identity__user"
        return leases.rows().filter(**{f"{owner}__in": objs})

    def _keys(self, objs: Iterable[Model]) -> list[int]:
        return list(self._grants(objs).values_list("pk", flat=True))

    def _report_after_commit(self, request: HttpRequest, ending: list[int]) -> None:
        # Behind the receiver's own work, which revokes as many as a page can wait for.
        report = partial(self._report, request, ending)
        transaction.on_commit(report, using=router.db_for_write(self.model))

    def _report(self, request: HttpRequest, ending: list[int]) -> None:
        kept = leases.rows().filter(pk__in=ending, state=Grant.State.REVOKING).count()
        if kept:
            text = _(
                "Grants that are still to be revoked at the provider: %(kept)d. They are kept"
                " without their identity, for the site's worker or genauth_revoke --all --pending."
            )
            self.message_user(request, text % {"kept": kept}, messages.WARNING)


@admin.register(Identity)
class IdentityAdmin(GrantsRevokedAdmin, ReadOnlyAdmin):
    """The list of identities: which subject signs in as which user."""

    list_display = ("subject", "user", "issuer", moment("created_at", gettext_lazy("created")))
    list_select_related = ("user",)
    fields = ("user", "issuer", "subject", "pretty_claims", "created_at")
    actions = ("delete_selected", admin_actions.end_sessions)
    search_help_text = gettext_lazy("A whole subject, issuer, user name or e-mail address")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Do not load the claims for the list."""
        return super().get_queryset(request).defer("claims")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Add the user's name and address, where the user model has them."""
        users = get_user_model()
        names = {users.USERNAME_FIELD, users.get_email_field_name()}
        return ("subject", "issuer", *_user_lookups(names))

    def has_end_sessions_permission(self, request: HttpRequest) -> bool:
        """Return whether the administrator may sign people out."""
        return request.user.has_perm("genauth.delete_loginsession")

    @admin.display(description=gettext_lazy("claims"))
    def pretty_claims(self, identity: Identity) -> str:
        """Return the claims, a line for each."""
        text = json.dumps(identity.claims, indent=2, sort_keys=True, ensure_ascii=False)
        return format_html('<pre style="white-space: pre-wrap">{}</pre>', text)

    @admin.action(permissions=["delete"], description=delete_selected.short_description)  # type: ignore[attr-defined] # set by a decorator
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        """Delete as Django does, but not more rows than a page can wait for."""
        if admin_actions.chosen_rows(self, request, queryset):
            return delete_selected(self, request, queryset)
        return None


class _OfIdentityAdmin(ReadOnlyAdmin):
    """A list of rows that belong to an identity, by which they are searched."""

    list_select_related = ("identity__user",)
    search_help_text = gettext_lazy("A whole subject or user name")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search by the subject and the user's name."""
        lookups = _user_lookups({get_user_model().USERNAME_FIELD})
        return ("identity__subject", *(f"identity__{lookup}" for lookup in lookups))

    @admin.display(description=gettext_lazy("subject"))
    def subject(self, row: Grant | LoginSession) -> str | None:
        """Return the subject, or None where the identity was deleted."""
        return None if row.identity is None else breakable(row.identity.subject)

    @admin.display(description=gettext_lazy("user"))
    def user(self, row: Grant | LoginSession) -> Any:
        """Return the user, or None where the identity was deleted."""
        return None if row.identity is None else row.identity.user


@admin.register(Grant)
class GrantAdmin(_OfIdentityAdmin):
    """The list of grants: their states, and never their tokens."""

    list_display = (
        "subject",
        "user",
        "app",
        "state",
        moment("expires_at", gettext_lazy("expires")),
        moment("updated_at", gettext_lazy("updated")),
    )
    list_filter = ("state", AppFilter)
    fields = (
        "identity",
        "user",
        "app",
        "state",
        "expires_at",
        "retry_at",
        "introspected_at",
        "created_at",
        "updated_at",
        "ended_at",
    )
    actions = (admin_actions.introspect, admin_actions.revoke)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Do not load the sealed column."""
        return super().get_queryset(request).defer("token_set", "identity__claims")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and above it how many grants are still to be revoked."""
        pending = leases.rows().filter(state=Grant.State.REVOKING)[:MOST_COUNTED].count()
        if pending:
            text = _("Still to be revoked at the provider: %(count)d") % {"count": pending}
            extra_context = {"subtitle": text, **(extra_context or {})}
        return super().changelist_view(request, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: the tokens would live on, and nobody would know them to revoke them."""
        return False

    def has_introspect_permission(self, request: HttpRequest) -> bool:
        """Return whether the administrator may introspect grants at the provider."""
        return request.user.has_perm("genauth.introspect_grant")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether the administrator may revoke grants."""
        return request.user.has_perm("genauth.revoke_grant")


@admin.register(LoginSession)
class LoginSessionAdmin(_OfIdentityAdmin):
    """The list of sign-ins; the deletion of a row ends its session."""

    list_display = (
        "user",
        "subject",
        "app",
        "browser",
        "location",
        moment("seen_at", gettext_lazy("last seen")),
    )
    list_filter = (AppFilter,)
    fields = (
        "identity",
        "user",
        "app",
        "user_agent",
        "location",
        "sid",
        "created_at",
        "seen_at",
        "expires_at",
    )
    actions = (admin_actions.end,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Do not load the sealed column."""
        return super().get_queryset(request).defer("session_key", "identity__claims")

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Return whether the administrator may end sessions, alone or by deleting identities."""
        return super().has_delete_permission(request) or request.user.has_perm(
            "genauth.delete_identity"
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether one row may be deleted; several may not, as their sessions would live on.

        Django's action for several asks without a row, and each deletion of one asks with it.
        """
        return obj is not None and self.has_end_permission(request)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """End the session, which deletes its row."""
        registry.end(registry.rows().filter(pk=obj.pk))

    @admin.display(description=gettext_lazy("browser"))
    def browser(self, session: LoginSession) -> str:
        """Return the name of the browser."""
        return browser_in_words(session.user_agent)


def _user_lookups(names: set[str]) -> list[str]:
    """Return the lookups from an identity to those fields of the user model that hold text."""
    return [
        f"user__{field.name}"
        for field in get_user_model()._meta.concrete_fields
        if field.name in names and isinstance(field, CharField | TextField)
    ]
