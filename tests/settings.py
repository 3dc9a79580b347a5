"""Settings of the tests; DATABASE and CACHE in the environment choose other servers than SQLite."""

import os
from typing import Any

# For tests that run at once on one server.
_TEST = {"NAME": os.environ.get("DATABASE_TEST_NAME")}
DATABASES = {
    "default": {
        "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "TEST": _TEST},
        "postgres": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("PGDATABASE", "postgres"),
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "TEST": _TEST,
        },
        "mariadb": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": "genauth",
            "HOST": os.environ.get("MYSQL_HOST", "127.0.0.1"),
            "USER": os.environ.get("MYSQL_USER", "root"),
            "OPTIONS": {"charset": "utf8mb4"},
            "TEST": _TEST,
        },
    }[os.environ.get("DATABASE", "sqlite")]
}
# A database of its own for each worker of pytest-xdist, as tests empty theirs.
_REDIS, _, _FIRST = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9").rpartition("/")
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_CACHES: dict[str, dict[str, Any]] = {
    "locmem": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "redis": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{_REDIS}/{int(_FIRST) + _WORKER}",
        "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 5},
    },
}
CACHES: dict[str, dict[str, Any]] = {"default": _CACHES[os.environ.get("CACHE", "locmem")]}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_genauth",
    "tests.support.site",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
# The receivers of django-axes stay connected when the test that installs it has ended.
AXES_ENABLED = False
AUTHENTICATION_BACKENDS = [
    "django_genauth.backends.GenAuthBackend",
    "django.contrib.auth.backends.ModelBackend",
]
GENAUTH = {
    "default": {
        "APP_ID": "5f17a529f64fb009b794a2ff",
        "APP_SECRET": "2f5a8c1e7b9d4036a1c2e3f405162738",
        "APP_HOST": "https://acme.genauth.ai",
    }
}
if "USER_MODEL" in os.environ:
    AUTH_USER_MODEL = os.environ["USER_MODEL"]
    INSTALLED_APPS.append("tests.support.users")
# pytest-django's live server asks for it.
STATIC_URL = "static/"
ROOT_URLCONF = "tests.support.site.urls"
LOGIN_URL = "genauth:login"
LOGIN_REDIRECT_URL = "/"
SECRET_KEY = "a-secret-key-of-the-tests-that-protects-nothing"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Off, times have no zone; the tests are run once so.
USE_TZ = os.environ.get("USE_TZ") != "False"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
