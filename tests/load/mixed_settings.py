"""Settings of the site under mixed traffic: PostgreSQL, Redis, and sessions that are renewed."""

import os
from typing import Any

from tests.settings import *  # noqa: F403 # the tests', all but what follows
from tests.settings import MIDDLEWARE

DATABASES: dict[str, dict[str, Any]] = {  # type: ignore[no-redef] # in place of the tests'
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "HOST": "127.0.0.1",
        "PORT": os.environ["SITE_POSTGRES"],
        "USER": "postgres",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["SITE_REDIS"],
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
SESSION_ENGINE = os.environ["SITE_SESSIONS"]
MIDDLEWARE = [*MIDDLEWARE, "django_genauth.middleware.GenAuthSessionMiddleware"]
# What the site's own pages fail with stands in the log.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR"}},
}
ROOT_URLCONF = "tests.load.mixed_urls"
GENAUTH: dict[str, dict[str, Any]] = {  # type: ignore[no-redef] # likewise
    "default": {
        "APP_ID": os.environ["GENAUTH_APP_ID"],
        "APP_SECRET": os.environ["GENAUTH_APP_SECRET"],
        "APP_HOST": os.environ["GENAUTH_APP_HOST"],
        "ALLOW_INSECURE_HTTP": True,
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
        "SCOPE": "openid profile email offline_access",
        "SESSION_POLICY": "refresh",
        "REVOKE_ON_LOGOUT": True,
        # Silence has to show in a short run too.
        "TIMEOUT": 5,
    }
}
