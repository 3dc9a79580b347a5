"""The authentication backend: find, make and update the user of a verified identity.

The backend's methods without an underscore are there to be overridden by a site. How a person was
verified is not known here, and no session is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, models, router, transaction
from django.http import HttpRequest

from django_genauth.backends.claims import flags, group_names, mirror_groups, user_values, username
from django_genauth.conf import App, get_app
from django_genauth.fields import storable
from django_genauth.models import Identity
from django_genauth.protocol.errors import AccountRefused
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS, IdToken
from django_genauth.protocol.userinfo import UserInfo
from django_genauth.signals import identity_linked, user_created, user_updated

logger = logging.getLogger("django_genauth")

Claims = Mapping[str, Any]
Verified = IdToken | UserInfo


class GenAuthBackend(ModelBackend):
    """Authenticate people whose ID token or userinfo was verified, by issuer and subject alone.

    Permissions are ModelBackend's; a password opens nothing here. Django makes a backend anew for
    each authentication, so `self.app` holds the settings of the app that the person came through.
    """

    app: App

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
        self._require_claims(verified.claims)
        identity = self._find(verified)
        said = _about_the_person(verified.claims)
        if changes is not None and (identity is None or identity.claims != said):
            changes.enter_context(transaction.atomic(using=router.db_for_write(Identity)))
        identity = identity or self._admit(verified, request)
        user = identity.user
        self._require_active(user)
        self._bring_up_to_date(user, identity, verified.claims)
        # Beside `user.backend`, which Django sets likewise: whom the grant will belong to.
        user.genauth_identity = identity  # type: ignore[attr-defined] # set on this instance alone
        return user

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
        user = model(**user_values(model, self.app, claims), **flags(model, self.app, claims))
        name = model.USERNAME_FIELD
        if not getattr(user, name, None):
            if isinstance(model._meta.get_field(name), models.EmailField):
                raise AccountRefused(
                    "Users of this site are named by e-mail address, and the claims have none. Name"
                    " email in SCOPE, or set USERINFO.",
                    reason="no_email",
                )
            setattr(user, name, self.get_username(claims))
        user.set_unusable_password()
        user.save()
        return user

    def update_user(self, user: AbstractBaseUser, claims: Claims) -> AbstractBaseUser:
        """Update the user from the claims, and save the fields that changed."""
        model = type(user)
        values = user_values(model, self.app, claims) | flags(model, self.app, claims)
        # Under another primary key it would be another user.
        keys = {field.name for field in model._meta.concrete_fields if field.primary_key}
        changed = {
            name: value
            for name, value in values.items()
            if name not in keys and getattr(user, name) != value
        }
        if not changed:
            return user
        before = {name: getattr(user, name) for name in changed}
        for name, value in changed.items():
            setattr(user, name, value)
        try:
            with transaction.atomic():
                user.save(update_fields=list(changed))
        except IntegrityError:
            # Somebody else has the address already: the person is who they are all the same.
            logger.warning("A claim is taken by another user; fields kept: %s", ", ".join(changed))
            for name, value in before.items():
                setattr(user, name, value)
            return user
        user_updated.send(sender=model, user=user, changed=list(changed), claims=claims)
        return user

    def session_location(self, request: HttpRequest) -> str:
        """Return where a login comes from, in words for the person. A site may override it."""
        return ""

    def link(
        self, user: AbstractBaseUser, verified: Verified, app: App, request: HttpRequest
    ) -> Identity:
        """Add an identity to a user who is signed in. Raises AccountRefused if it is another's."""
        self.app = app
        self._require_claims(verified.claims)
        identity = self._find(verified)
        if identity is None:
            with transaction.atomic(using=router.db_for_write(Identity)):
                identity = self._save_identity(user, verified)
                identity_linked.send(
                    sender=Identity, identity=identity, created=False, request=request
                )
        if identity.user != user:
            raise AccountRefused("The identity belongs to another user.", reason="linked_elsewhere")
        return identity

    def refresh(self, identity: Identity, newer: Claims, app: App) -> None:
        """Update a person's user outside a login, with newer claims.

        `newer` holds some claims; those that it leaves out stay as they were.
        """
        self.app = app
        whose = {"iss": identity.issuer, "sub": identity.subject}
        self._bring_up_to_date(identity.user, identity, {**identity.claims, **newer, **whose})

    def _find(self, verified: Verified) -> Identity | None:
        try:
            return Identity.objects.select_related("user").get(
                issuer=verified.issuer, subject=verified.subject
            )
        except Identity.DoesNotExist:
            return None

    def _admit(self, verified: Verified, request: HttpRequest | None) -> Identity:
        claims = verified.claims
        user = self._user_by_email(claims) if self.app.link_verified_email else None
        created = user is None
        if user is not None:
            self._require_active(user)
        elif not self.app.create_users:
            raise AccountRefused(
                "The person has no account, and CREATE_USERS is off. Make an account with this"
                " identity, or set CREATE_USERS.",
                reason="unknown",
            )
        try:
            with transaction.atomic(using=router.db_for_write(Identity)):
                user = user or self.create_user(claims)
                identity = self._save_identity(user, verified)
                # Inside, so that a receiver that refuses the person leaves no account behind.
                if created:
                    user_created.send(sender=type(user), user=user, claims=claims, request=request)
                identity_linked.send(
                    sender=Identity, identity=identity, created=created, request=request
                )
        except IntegrityError:
            found = self._find(verified)
            if found is not None:
                # The same person signed in for the first time twice at once.
                return found
            raise AccountRefused(
                "The database refuses the new user: another one has the name or the address, or a"
                " field that must not be empty is. See what USER_FIELDS, get_username() and"
                " create_user() make.",
                reason="conflict",
            ) from None
        return identity

    def _save_identity(self, user: AbstractBaseUser, verified: Verified) -> Identity:
        return Identity.objects.create(
            user=user,  # type: ignore[misc] # whatever AUTH_USER_MODEL is
            issuer=verified.issuer,
            subject=verified.subject,
            claims=_about_the_person(verified.claims),
        )

    def _require_claims(self, claims: Claims) -> None:
        if not self.verify_claims(claims):
            raise AccountRefused("verify_claims() refused the person.", reason="claims")

    def _require_active(self, user: AbstractBaseUser) -> None:
        if not self.user_can_authenticate(user):  # type: ignore[arg-type] # likewise
            raise AccountRefused("The user is inactive.", reason="inactive")

    def _bring_up_to_date(self, user: AbstractBaseUser, identity: Identity, claims: Claims) -> None:
        user = self.update_user(user, claims)
        if self.app.groups_claim is not None and hasattr(user, "groups"):
            mirror_groups(user, group_names(self.app, claims), managed=self.app.groups_managed)
        said = _about_the_person(claims)
        if identity.claims != said:
            identity.claims = said
            identity.save(update_fields=["claims"])

    def _user_by_email(self, claims: Claims) -> AbstractBaseUser | None:
        email = claims.get("email")
        # The boolean alone: "false" is a true text in Python.
        if claims.get("email_verified") is not True or not isinstance(email, str) or not email:
            return None
        model = get_user_model()
        field = model.get_email_field_name()
        found = [
            user
            for user in model._default_manager.filter(**{f"{field}__iexact": storable(email)})
            # A database's idea of equal letters may be wider than mail's.
            if getattr(user, field).casefold() == email.casefold()
        ]
        return found[0] if len(found) == 1 else None


def _about_the_person(claims: Claims) -> Any:
    return storable({name: value for name, value in claims.items() if name not in PROTOCOL_CLAIMS})
