"""An app of GENAUTH: what it decides about this site, with the defaults.

How it is made of the setting stands in the package's `__init__`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django_genauth.client import AuthenticationClient
from django_genauth.conf.api import ApiSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Hold one app of GENAUTH: what it decides about this site; its client has the rest."""

    alias: str
    client: AuthenticationClient
    create_users: bool = True
    """Whether a person who was never here before gets an account."""
    link_verified_email: bool = False
    """Whether such a person takes over the account with the same, verified e-mail address."""
    email_verified_as_text: bool = False
    """Whether the provider writes `email_verified` as the text "true", which then counts."""
    unique_email: bool = False
    """Whether a first login is refused whose e-mail address an account has already."""
    user_fields: Mapping[str, str | Sequence[str]] = field(
        default_factory=lambda: {
            "email": "email",
            "first_name": "given_name",
            "last_name": "family_name",
        }
    )
    """From user field to claim, a path to it, or the dotted path of a callable of the claims."""
    groups_claim: str | Sequence[str] | None = None
    """The claim that names the person's groups, or a path to it."""
    group_names: Mapping[str, str | None] = field(default_factory=dict)
    """From names of the claim to groups of the site; None: no group."""
    create_groups: bool = True
    """Whether groups that the claim names are made where the site does not have them."""
    groups_managed: tuple[str, ...] = ()
    """The groups that a person who is no longer named for them leaves."""
    staff_groups: tuple[str, ...] = ()
    """Groups of the claim that make `is_staff`; none: the field is left alone."""
    superuser_groups: tuple[str, ...] = ()
    """Groups of the claim that make `is_superuser`; none: the field is left alone."""
    token_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """Keys of 32 octets that seal what is kept, newest first; set as base64url."""
    login_ttl: int = 600
    """How many seconds a person may take between leaving for the provider and coming back."""
    login_params: tuple[str, ...] = ("prompt", "login_hint", "ui_locales", "acr_values")
    """Parameters that the site's own links to the login may set for one login."""
    name: str = "GenAuth"
    """What people read on buttons and pages."""
    session_policy: str = "independent"
    """What becomes of a session whose access token has run out: `independent`, `refresh` or
    `reauthenticate`."""
    logout: str = "standard"
    """Where signing out leads: `standard` (OpenID Connect), `genauth` or `local`."""
    site_logout: str = "ask"
    """What follows a sign-out by another view of the site: `ask`, `provider` or `local`."""
    revoke_on_logout: bool = False
    """Whether signing out revokes what was granted to the person, at the provider."""
    revoke_on_delete: bool = True
    """Whether grants are revoked at the provider before their user or identity is deleted."""
    prefetch: bool = False
    """Whether a process loads the provider's documents at its first request, whatever it asks."""
    health: bool = False
    """Whether the health page tells what this process sees."""
    visitor_ip_header: str | None = None
    """The header in which the site's proxy names the visitor's address; None: none does."""
    webhook_token: str | None = field(default=None, repr=False)
    """The console's static secret, which its webhook shows; None: there is no webhook."""
    webhook_password_change_ends_sessions: bool = True
    """Whether a person whose password was changed at the provider is signed out."""

    token_for_resource: str = "refresh"  # noqa: S105 # a way to get one
    """How a token for another API is got: `refresh`, `exchange` or `on_behalf_of`."""
    api: ApiSettings = field(default_factory=ApiSettings)
    """What the site accepts as an API: the keys that begin with API."""
