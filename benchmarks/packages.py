"""The sites that are compared: the same Django site each time, with another package to sign in by.

Every package is set up as its documentation says, with RS256 ID tokens, PKCE on (where that is a
setting), client_secret_post, and defaults for the rest. What each does in a warm login then:

`django_genauth`  Checks state, nonce, PKCE, iss of the response, the ID token's signature with a
    key that it keeps, pinned algorithm, typ, iss, aud, azp, exp, iat, nbf and at_hash; the state is
    taken once. Finds the user by issuer and subject. Stores the sealed token set. Asks the provider
    for the tokens alone, over a connection that it keeps. With `+userinfo`, its setting USERINFO
    is on, and it asks for the claims too, as the other three do.
`mozilla_django_oidc`  Checks state, nonce, PKCE, the ID token's signature, pinned algorithm, exp,
    iat and nbf; not iss, aud, azp, at_hash, nor that userinfo is of the same person. Finds the user
    by e-mail address. Stores no token. Fetches the key set and userinfo at each login, each request
    over a connection of its own.
`allauth`  Checks state, PKCE, iss, aud and exp; sends no nonce; does not verify the signature of
    an ID token that came straight from the token endpoint, nor that userinfo is of the same person.
    Finds the user by subject. Stores the claims and, by default, no token. Fetches the
    configuration at both views, and userinfo, each request over a connection of its own.
`social_django`  Checks state, nonce (both also in the database), PKCE, the signature (twice),
    algorithm, iss, aud, azp, exp, iat, nbf, at_hash and userinfo's sub. Finds the user by subject.
    Stores the tokens as they are. Keeps configuration and key set for a day; fetches userinfo; each
    request over a connection of its own.

The provider is spoken to without TLS, which spares the other three a handshake for each request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

CLIENT_ID = "5f17a529f64fb009b794a2ff"

_MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, kw_only=True)
class Package:
    """Say how a package is installed; `method` is how a browser asks its login view."""

    apps: tuple[str, ...] = ()
    backends: tuple[str, ...] = (_MODEL_BACKEND,)
    middleware: tuple[str, ...] = ()
    urls: tuple[tuple[str, str], ...] = ()
    login: str = ""
    method: Literal["GET", "POST"] = "GET"
    settings: dict[str, Any] = field(default_factory=dict)


def package(name: str, *, host: str, client_secret: str) -> Package:
    """Return a package's installation at a provider of GenAuth's shape, by its name."""
    issuer = f"{host}/oidc"
    match name:
        case "django_genauth" | "django_genauth+userinfo":
            app = {
                "APP_ID": CLIENT_ID,
                "APP_SECRET": client_secret,
                "APP_HOST": host,
                "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
                "USERINFO": name.endswith("+userinfo"),
                "ALLOW_INSECURE_HTTP": True,
            }
            return Package(
                apps=("django_genauth",),
                backends=("django_genauth.backends.GenAuthBackend", _MODEL_BACKEND),
                urls=(("genauth/", "django_genauth.urls"),),
                login="/genauth/login/",
                settings={"GENAUTH": {"default": app}},
            )
        case "mozilla_django_oidc":
            return Package(
                apps=("mozilla_django_oidc",),
                backends=("mozilla_django_oidc.auth.OIDCAuthenticationBackend", _MODEL_BACKEND),
                urls=(("oidc/", "mozilla_django_oidc.urls"),),
                login="/oidc/authenticate/",
                settings={
                    "OIDC_RP_CLIENT_ID": CLIENT_ID,
                    "OIDC_RP_CLIENT_SECRET": client_secret,
                    "OIDC_RP_SIGN_ALGO": "RS256",
                    "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{issuer}/auth",
                    "OIDC_OP_TOKEN_ENDPOINT": f"{issuer}/token",
                    "OIDC_OP_USER_ENDPOINT": f"{issuer}/me",
                    "OIDC_OP_JWKS_ENDPOINT": f"{issuer}/.well-known/jwks.json",
                    "OIDC_USE_PKCE": True,
                },
            )
        case "allauth":
            app = {
                "provider_id": "bench",
                "name": "Provider",
                "client_id": CLIENT_ID,
                "secret": client_secret,
                "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
            }
            return Package(
                apps=(
                    "allauth",
                    "allauth.account",
                    "allauth.socialaccount",
                    "allauth.socialaccount.providers.openid_connect",
                ),
                backends=(_MODEL_BACKEND, "allauth.account.auth_backends.AuthenticationBackend"),
                middleware=("allauth.account.middleware.AccountMiddleware",),
                urls=(("accounts/", "allauth.urls"),),
                login="/accounts/oidc/bench/login/",
                method="POST",
                settings={"SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [app]}}},
            )
        case "social_django":
            return Package(
                apps=("social_django",),
                backends=("social_core.backends.open_id_connect.OpenIdConnectAuth", _MODEL_BACKEND),
                urls=(("social/", "social_django.urls"),),
                login="/social/login/oidc/",
                method="POST",
                settings={
                    "SOCIAL_AUTH_OIDC_OIDC_ENDPOINT": issuer,
                    "SOCIAL_AUTH_OIDC_KEY": CLIENT_ID,
                    "SOCIAL_AUTH_OIDC_SECRET": client_secret,
                    "SOCIAL_AUTH_OIDC_USE_PKCE": True,
                    "SOCIAL_AUTH_OIDC_TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_post",
                },
            )
        case "django":
            return Package()
    raise ValueError(f"no package {name}")


def settings_of(package: Package) -> dict[str, Any]:
    """Return the settings of the site with a package in it: startproject's, and the package's."""
    return {
        "SECRET_KEY": "of a site that lives for a minute and that nobody else can reach",
        "ALLOWED_HOSTS": ["testserver"],
        "ROOT_URLCONF": "benchmarks.urls",
        "PACKAGE_URLS": package.urls,
        "LOGIN_REDIRECT_URL": "/",
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "AUTHENTICATION_BACKENDS": package.backends,
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            *package.apps,
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            *package.middleware,
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        **package.settings,
    }
