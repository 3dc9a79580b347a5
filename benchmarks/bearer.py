"""The CPU of one API request with an access token, beside three packages that take such tokens.

`python -m benchmarks.bearer [--rounds N]`, from the root of the repository. Each round measures all
of them in turn, each with what it keeps already in place and a user who is known: this app's plain
view and its class for DRF, drf-oidc-auth with the claims in its cache, the class of
mozilla-django-oidc for DRF, which asks the provider each time, and that of django-oauth-toolkit
with the token in its table. The time is that of this thread, without the provider's.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from statistics import median
from time import thread_time
from typing import Any

import django
from django.conf import settings

from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.tables import Verdict, show

_TIMES = 200
_PLAIN, _DRF = "django_genauth, a plain view", "django_genauth, DRF"
_BOUNDS = {_PLAIN: 0.75, _DRF: 0.9}

Call = Callable[[], object]


def configure(provider: ScriptedProvider) -> None:
    """Set up one site that has all four packages, with an SQLite database in memory."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
            "rest_framework",
            "django_genauth",
        ],
        AUTHENTICATION_BACKENDS=[
            "django_genauth.backends.GenAuthBackend",
            "mozilla_django_oidc.auth.OIDCAuthenticationBackend",
        ],
        ALLOWED_HOSTS=["testserver"],
        USE_TZ=True,
        SECRET_KEY="of-a-benchmark-that-protects-nothing",  # noqa: S106 # nobody's
        GENAUTH={
            "default": {
                "APP_ID": CLIENT_ID,
                "APP_SECRET": CLIENT_SECRET,
                "APP_HOST": provider.base_url,
                "ALLOW_INSECURE_HTTP": True,
                "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
                "API_AUDIENCE": "https://api.example/reports",
            }
        },
        OIDC_AUTH={"OIDC_ENDPOINT": provider.issuer},
        OIDC_RP_CLIENT_ID=CLIENT_ID,
        OIDC_RP_CLIENT_SECRET=CLIENT_SECRET,
        OIDC_OP_TOKEN_ENDPOINT=provider.addresses["token"],
        OIDC_OP_USER_ENDPOINT=provider.addresses["userinfo"],
        OIDC_OP_JWKS_ENDPOINT=provider.addresses["jwks"],
        OIDC_RP_SIGN_ALGO="RS256",
        OIDC_OP_AUTHORIZATION_ENDPOINT=provider.addresses["token"],
    )
    django.setup()


def calls(provider: ScriptedProvider) -> dict[str, Call]:
    """Return one request to each, by name; the token and the user are the same."""
    from datetime import timedelta

    from django.core.management import call_command
    from django.http import HttpRequest, HttpResponse
    from django.test import RequestFactory
    from django.utils import timezone
    from mozilla_django_oidc.contrib.drf import OIDCAuthentication
    from oauth2_provider.contrib.rest_framework import OAuth2Authentication
    from oauth2_provider.models import AccessToken
    from oidc_auth.authentication import BearerTokenAuthentication
    from rest_framework.permissions import IsAuthenticated
    from rest_framework.views import APIView

    from django_genauth.api.rest_framework import GenAuthBearerAuthentication
    from django_genauth.decorators import genauth_bearer
    from tests.support.bearers import a_person, a_token, an_opaque_token

    call_command("migrate", verbosity=0)
    token = a_token(provider)
    # Known to userinfo as well, which two of them ask.
    an_opaque_token(provider, token, claims={})
    user = a_person(provider, email="user-1@example.org")
    # The one finds people by user name, another one by address.
    type(user).objects.filter(pk=user.pk).update(username="user-1")
    provider.grants.find_token(token).grant.claims = {"email": "user-1@example.org"}  # type: ignore[union-attr] # it is there
    AccessToken.objects.create(
        user_id=user.pk,
        token=token,
        scope="reports:read",
        expires=timezone.now() + timedelta(hours=1),
    )

    @genauth_bearer()
    def plain(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.user.pk))

    def view_of(authentication: Any) -> Any:
        class View(APIView):
            authentication_classes = [authentication]
            permission_classes = [IsAuthenticated]

            def get(self, request: Any) -> HttpResponse:
                return HttpResponse(str(request.user.pk))

        return View.as_view()

    views = {
        _PLAIN: plain,
        _DRF: view_of(GenAuthBearerAuthentication),
        "drf-oidc-auth, cached": view_of(BearerTokenAuthentication),
        "mozilla-django-oidc, DRF": view_of(OIDCAuthentication),
        "django-oauth-toolkit, DRF": view_of(OAuth2Authentication),
    }
    factory = RequestFactory(headers={"Authorization": f"Bearer {token}"})

    def call_to(view: Any) -> Call:
        def call() -> object:
            response = view(factory.get("/reports/"))
            if response.content != str(user.pk).encode():
                raise AssertionError(f"{response.status_code}: {response.content!r}")
            return response

        return call

    return {name: call_to(view) for name, view in views.items()}


def microseconds(call: Call) -> float:
    """Return what one call takes of this thread's CPU."""
    started = thread_time()
    for _ in range(_TIMES):
        call()
    return (thread_time() - started) / _TIMES * 1e6


def compare(*, rounds: int) -> list[Verdict]:
    """Measure in turn, print the table, and judge the two ratios."""
    with ScriptedProvider() as provider:
        configure(provider)
        named = calls(provider)
        for call in named.values():
            call()
        times: dict[str, list[float]] = {name: [] for name in named}
        for _ in range(rounds):
            for name in random.sample(list(named), len(named)):
                times[name].append(microseconds(named[name]))
        provider.forget_requests()
        named[_PLAIN]()
        named[_DRF]()
        asked = len(provider.requests)
    others = [name for name in named if name not in _BOUNDS]
    fastest = [
        min(of_a_round) for of_a_round in zip(*(times[name] for name in others), strict=True)
    ]
    ratios = {
        name: median(mine / best for mine, best in zip(times[name], fastest, strict=True))
        for name in named
    }
    show(
        f"One API request with a known user, {rounds} rounds of {_TIMES}",
        ("", "CPU µs", "to the fastest of the others"),
        [(name, f"{median(times[name]):.0f}", f"{ratios[name]:.2f}") for name in named],
        name="api-request",
    )
    verdicts = [Verdict(f"{name} to the fastest", ratios[name], _BOUNDS[name]) for name in _BOUNDS]
    return [*verdicts, Verdict("requests to the provider", asked, 0)]


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bearer", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="more are steadier (default: 20)")
    verdicts = compare(rounds=parser.parse_args().rounds)
    sys.stdout.write("\n" + "".join(f"{verdict}\n" for verdict in verdicts))
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
