"""Settings of the stand-in provider: one throwaway process on loopback.

Keys are made when the process starts and end with it, so this module is only for `python -m
provider`. Nothing in it suits a real provider.
"""

import os

from django.core.management.utils import get_random_secret_key
from jwcrypto.jwk import JWK

SECRET_KEY = get_random_secret_key()
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
    "provider",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # It sets Content-Length, without which no connection is kept alive.
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "provider.status.StatusMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
ROOT_URLCONF = "provider.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("PROVIDER_DATABASE", ":memory:"),
        "OPTIONS": {
            # Many sign-ins at once: a writer waits its turn rather than fails halfway.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
        },
    }
}

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
# Cookies do not see ports: a site on the same host has cookies of its own names.
SESSION_COOKIE_NAME = "provider_session"
CSRF_COOKIE_NAME = "provider_csrftoken"
CSRF_FAILURE_VIEW = "provider.views.csrf_failure"
# The passwords live as long as the process; a slow hash would only slow the tests down.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Addresses hold authorization codes and ID tokens, so requests are not logged at all; failures
# are, without them, by django.request.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "level": "ERROR"}},
    "root": {"handlers": ["stderr"]},
    "loggers": {"django.server": {"level": "CRITICAL"}},
}

OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_RSA_PRIVATE_KEY": JWK.generate(kty="RSA", size=2048)
    .export_to_pem(private_key=True, password=None)
    .decode("ascii"),
    "OAUTH2_VALIDATOR_CLASS": "provider.validators.Validator",
    "ACCESS_TOKEN_GENERATOR": "provider.tokens.new_access_token",
    "REFRESH_TOKEN_GENERATOR": "provider.tokens.new_refresh_token",
    # The words are for the consent page: "... wants to:".
    "SCOPES": {
        "openid": "know that it is you",
        "profile": "see your name and profile",
        "email": "see your e-mail address",
        "phone": "see your phone number",
        "address": "see your postal address",
        "offline_access": "stay connected while you are away",
        "user": "see your whole profile",
        "reports:read": "read your reports",
    },
    "OIDC_RESPONSE_TYPES_SUPPORTED": ["code", "code id_token"],
    "OIDC_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": [
        "client_secret_post",
        "client_secret_basic",
        "none",
    ],
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 600,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ID_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 14 * 86400,
    # A rotated refresh token that comes back means that somebody copied it: the grant ends.
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    # GenAuth demands no PKCE, and takes plain challenges; a challenge that was sent is checked.
    "PKCE_REQUIRED": False,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": False,
    "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
    # With a good id_token_hint GenAuth asks nothing.
    "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
    # django-oauth-toolkit would delete the ID tokens of the person's other browsers too, and
    # refuse them as hints when those sign out.
    "OIDC_RP_INITIATED_LOGOUT_DELETE_TOKENS": False,
}
