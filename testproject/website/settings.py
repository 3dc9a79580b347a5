"""Settings of the example site: what Django needs, and below it what django_genauth needs.

Values that differ from one machine to another come from the environment.
"""

import os

from django.core.management.utils import get_random_secret_key

# Without the variable everybody is signed out at each start.
SECRET_KEY = os.environ.get("WEBSITE_SECRET_KEY") or get_random_secret_key()
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "website",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
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
]
ROOT_URLCONF = "website.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("WEBSITE_DATABASE", "website.sqlite3"),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}

# Cookies do not see ports: a provider on the same host has cookies of its own names.
SESSION_COOKIE_NAME = "website_session"
CSRF_COOKIE_NAME = "website_csrftoken"

# The address of the callback holds the authorization code, so requests are not logged at all;
# failures are, without it, by django.request.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "level": "WARNING"}},
    "root": {"handlers": ["stderr"]},
    "loggers": {"django.server": {"level": "CRITICAL"}},
}

# What django_genauth needs

# One process, so memory will do; the marks of finished logins must not be dropped early.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

INSTALLED_APPS += ["django_genauth"]
AUTHENTICATION_BACKENDS = [
    "django_genauth.backends.GenAuthBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "genauth:login"
LOGIN_REDIRECT_URL = "profile"

_app_host = os.environ.get("GENAUTH_APP_HOST", "")
GENAUTH = {
    "default": {
        "APP_ID": os.environ.get("GENAUTH_APP_ID", ""),
        "APP_SECRET": os.environ.get("GENAUTH_APP_SECRET") or None,
        "APP_HOST": _app_host,
        # Only a provider on this machine, such as the demo's, may do without https.
        "ALLOW_INSECURE_HTTP": _app_host.startswith(("http://127.0.0.1:", "http://localhost:")),
        # What access tokens for the site's API name as their audience.
        "API_AUDIENCE": "https://reading-room.example/api",
    }
}
