"""Examine the provider for the site as an API: whether access tokens can be verified.

What people need to sign in is examined in `provider`.
"""

from __future__ import annotations

from secrets import token_urlsafe

from django_genauth.conf import App
from django_genauth.doctor.findings import Examination, Finding
from django_genauth.protocol.jwks import KeySet, parse_key_set
from django_genauth.protocol.messages import HttpRequest


def examine_api(app: App) -> Examination:
    """Examine what an app needs that accepts access tokens; nothing where it accepts none."""
    examination = Examination()
    if not app.api.audience:
        return examination
    with examination.attempt():
        if app.api.tokens == "jwt":
            _examine_keys(app, examination)
        else:
            _examine_introspection(app, examination)
    return examination


def _examine_keys(app: App, examination: Examination) -> None:
    client, algorithm = app.client, app.api.token_signed_response_alg
    request = HttpRequest(method="GET", url=client.endpoint("jwks_uri"), headers={})
    response = client.answer_to(request)
    keys = parse_key_set(response.body) if response.status == 200 else KeySet(())
    examination.judge(
        keys.has_key_for(algorithm),
        f"There is a key for access tokens of {algorithm}.",
        Finding(
            "api.keys",
            f"The provider publishes no key for {algorithm}, with which access tokens are signed.",
            "Compare API_TOKEN_SIGNED_RESPONSE_ALG with the API at the provider.",
        ),
    )


def _examine_introspection(app: App, examination: Examination) -> None:
    # Of no token: the provider has to say that it is inactive, in the way that is set.
    state = app.client.introspections.introspect(token_urlsafe(32))
    examination.judge(
        not state["active"],
        "The provider tells what becomes of access tokens.",
        Finding(
            "api.introspection",
            "The provider calls a made-up access token active.",
            "Do not use it for an API: it would let everybody in.",
        ),
    )
