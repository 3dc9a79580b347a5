"""The authentication backend: find, make and update the user of a verified identity.

The backend's methods without an underscore are there to be overridden by a site. How a person was
verified is not known here, and no session is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest

from django_genauth.backends import addresses, rights, rows
from django_genauth.backends.claims import (
    about_the_person,
    required_sources,
    told_at,
    user_values,
    username,
)
from django_genauth.backends.saving import REFUSED, save_fields
from django_genauth.conf import App, get_app
from django_genauth.models import Identity
from django_genauth.protocol.access_token import is_machine
from django_genauth.protocol.errors import AccountRefused
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.userinfo import UserInfo
from django_genauth.signals import identity_linked, user_created, user_updated

Claims = Mapping[str, Any]
Verified = IdToken | UserInfo


class GenAuthBackend(ModelBackend):
    """Authenticate people whose ID token or userinfo was verified, by issuer and subject alone.

    Permissions are ModelBackend's; a password opens nothing here. Django makes a backend anew for
    each authentication, so `self.app` holds the settings of the app that the person came through.
    """

    app: App
    _changes: ExitStack | None = None
    _made: AbstractBaseUser | None = None

    def authenticate(  # type: ignore[override] # other credentials than ModelBackend's
        self,
        request: HttpRequest | None,
        id_token: object = None,
        user_info: object = None,
        app: App | None = None,
        changes: ExitStack | None = None,
    ) -> AbstractBaseUser | None:
        """Return the person's user, made or updated first; None for other credentials.

        `id_token` is an IdToken, `user_info` a UserInfo (OAuth 2.0 has no ID tokens); without `app`
        the default app. `changes` is given the transaction in which a user is made or changed, so
        that the caller may still refuse the person. Raises AccountRefused where the person is known
        and not let in.
        """
        verified = id_token if id_token is not None else user_info
        if not isinstance(verified, IdToken | UserInfo):
            return None
        self.app = app or get_app()
        self._changes = changes
        try:
            return self._let_in(verified, request)
        except PermissionDenied:
            # Django would ask no other backend, and say nothing of the reason.
            pass
        raise _denied()

    async def aauthenticate(  # type: ignore[override] # ModelBackend's takes a password
        self, request: HttpRequest | None, **credentials: Any
    ) -> AbstractBaseUser | None:
        """Do the same for asynchronous callers."""
        return await super(ModelBackend, self).aauthenticate(request, **credentials)

    def verify_claims(self, claims: Claims) -> bool:
        """Return whether a person with these claims may sign in. A site may override it."""
        return True

    def get_username(self, claims: Claims) -> str:
        """Return a user name that nobody has, and that people recognize. A site may override it."""
        return username(get_user_model(), claims)

    def create_user(self, claims: Claims) -> AbstractBaseUser:
        """Make and save a user, without a usable password. Raises AccountRefused without a name."""
        model = get_user_model()
        user = model(**self._values(model, claims), **rights.flags(model, self.app, claims))
        name = model.USERNAME_FIELD
        if not getattr(user, name, None):
            if isinstance(model._meta.get_field(name), models.EmailField):
                raise AccountRefused(
                    "Users of this site are named by e-mail address, and the claims have none, or"
                    " none that is verified where LINK_VERIFIED_EMAIL is on. Name email in SCOPE,"
                    " or set USERINFO.",
                    reason="no_email",
                )
            setattr(user, name, self.get_username(claims))
        user.set_unusable_password()
        user.save()
        return user

    def update_user(self, user: AbstractBaseUser, claims: Claims) -> AbstractBaseUser:
        """Update the user from the claims, and save the fields that changed.

        Flags and groups are saved before, whatever becomes of the fields.
        """
        self._tell(user, save_fields(user, self._values(type(user), claims)), claims)
        return user

    # Whether an access token is a machine's, which has no user. A site may override it.
    is_machine = staticmethod(is_machine)

    def session_location(self, request: HttpRequest) -> str:
        """Return where a login comes from, in words for the person. A site may override it."""
        return ""

    def link(
        self, user: AbstractBaseUser, verified: Verified, app: App, request: HttpRequest
    ) -> Identity:
        """Add an identity to a user who is signed in. Raises AccountRefused if it is another's."""
        self.app = app
        try:
            return self._link(user, verified, request)
        except PermissionDenied:
            pass
        raise _denied()

    def admit(self, verified: Verified, app: App) -> AbstractBaseUser:
        """Make the user of a person who came with an access token, never linked by an address.

        Nothing is written about one who is known meanwhile. Raises AccountRefused.
        """
        self.app = replace(app, link_verified_email=False)
        try:
            identity = self._admit(verified, None)
            rows.require_visible(identity)
            if identity.user is self._made:
                claims = verified.claims
                self._renew(identity, claims, about_the_person(claims), told_at(verified))
            return identity.user
        except PermissionDenied:
            pass
        raise _denied()

    def refresh(self, identity: Identity, newer: Claims, app: App, *, at: datetime | None) -> None:
        """Update a person's user outside a login, with newer claims, which were true at that time.

        `newer` holds some claims; those that it leaves out stay as they were.
        """
        self.app = app
        claims = {**identity.claims, **newer, "iss": identity.issuer, "sub": identity.subject}
        self._renew(identity, claims, about_the_person(claims), at)

    def take_back_rights(self, identity: Identity, apps: Iterable[App], *, at: datetime) -> None:
        """Take back the rights that claims gave a person at these apps, and forget those claims."""
        user, claims = identity.user, dict(identity.claims)
        for app in apps:
            claims = {name: claims[name] for name in claims.keys() - rights.claims_of_rights(app)}
            self._tell(user, rights.take_back_rights(user, app), claims)
        rows.keep(identity, claims, at=at)

    def _get_group_permissions(self, user_obj: Any) -> Any:
        return rights.group_permissions(user_obj)

    def _let_in(self, verified: Verified, request: HttpRequest | None) -> AbstractBaseUser:
        self._require_claims(verified.claims)
        identity = rows.find(verified)
        said = about_the_person(verified.claims)
        if self._changes is not None and (identity is None or identity.claims != said):
            self._changes.enter_context(rows.in_transaction())
        identity = identity or self._admit(verified, request)
        user = identity.user
        rows.require_visible(identity)
        self._require_active(user)
        self._renew(identity, verified.claims, said, told_at(verified))
        # Beside `user.backend`, which Django sets likewise: whom the grant will belong to.
        user.genauth_identity = identity  # type: ignore[attr-defined] # set on this instance alone
        return user

    def _link(self, user: AbstractBaseUser, verified: Verified, request: HttpRequest) -> Identity:
        self._require_claims(verified.claims)
        identity = rows.find(verified)
        if identity is None:
            with rows.in_transaction():
                identity = rows.make(user, verified)
                identity_linked.send(
                    sender=Identity, identity=identity, created=False, request=request
                )
        if identity.user != user:
            raise AccountRefused("The identity belongs to another user.", reason="linked_elsewhere")
        return identity

    def _admit(self, verified: Verified, request: HttpRequest | None) -> Identity:
        claims = verified.claims
        user = addresses.account_to_link(self.app, claims)
        if user is not None:
            self._require_active(user)
        elif not self.app.create_users:
            raise AccountRefused(
                "The person has no account, and CREATE_USERS is off. Make an account with this"
                " identity, or set CREATE_USERS.",
                reason="unknown",
            )
        else:
            addresses.require_free(self.app, self._values(get_user_model(), claims), claims)
        identity = self._insert(verified, user, request)
        if identity is None:
            found = rows.find(verified)
            if found is not None:
                # The same person signed in for the first time twice at once.
                return found
            if user is None:
                identity = self._insert(verified, None, request, required_alone=True)
        if identity is None:
            raise AccountRefused(
                "The database or the user model refuses the new user: another one has the name or"
                " the address, or a field that must not be empty is. See what USER_FIELDS,"
                " get_username() and create_user() make.",
                reason="conflict",
            )
        return identity

    def _insert(
        self,
        verified: Verified,
        user: AbstractBaseUser | None,
        request: HttpRequest | None,
        *,
        required_alone: bool = False,
    ) -> Identity | None:
        """Insert the identity, and its user where there is none; None where that is refused."""
        claims, created = verified.claims, user is None
        create = self._create_from_required if required_alone else self.create_user
        try:
            with rows.in_transaction(savepoint=self._changes is None):
                self._made = user = user or create(claims)
                identity = rows.make(user, verified)
                # Inside, so that a receiver that refuses the person leaves no account behind.
                if created:
                    user_created.send(sender=type(user), user=user, claims=claims, request=request)
                identity_linked.send(
                    sender=Identity, identity=identity, created=created, request=request
                )
        except REFUSED as error:
            if self._changes is not None:
                # A login does without a savepoint: its transaction is rolled back and begun anew.
                self._changes.__exit__(type(error), error, error.__traceback__)
                self._changes.enter_context(rows.in_transaction())
            return None
        return identity

    def _create_from_required(self, claims: Claims) -> AbstractBaseUser:
        """Make a user with the fields that a user must have, then fill those that are free."""
        app = self.app
        sources = required_sources(get_user_model(), app.user_fields)
        self.app = replace(app, user_fields=sources)
        user = self.create_user(claims)
        self.app = app
        save_fields(user, self._values(type(user), claims))
        return user

    def _require_claims(self, claims: Claims) -> None:
        if not self.verify_claims(claims):
            raise AccountRefused("verify_claims() refused the person.", reason="claims")

    def _require_active(self, user: AbstractBaseUser) -> None:
        if not self.user_can_authenticate(user):  # type: ignore[arg-type] # likewise
            raise AccountRefused("The user is inactive.", reason="inactive")

    def _renew(self, identity: Identity, claims: Claims, said: Any, at: datetime | None) -> None:
        user = identity.user
        self._tell(user, rights.save_rights(user, self.app, claims), claims)
        self.update_user(user, claims)
        rows.keep(identity, said, at=at)

    def _values(self, model: type[AbstractBaseUser], claims: Claims) -> dict[str, Any]:
        values = user_values(model, self.app, claims)
        return addresses.only_verified(model, self.app, values, claims)

    def _tell(self, user: AbstractBaseUser, changed: list[str], claims: Claims) -> None:
        if changed:
            user_updated.send(sender=type(user), user=user, changed=changed, claims=claims)


def _denied() -> AccountRefused:
    # Made where the other error is gone: its text is the site's, and may quote a claim.
    return AccountRefused(
        "A hook or a receiver of the site raised PermissionDenied.", reason="denied"
    )
