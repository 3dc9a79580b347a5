"""What a value shows of itself, in a log or a debugger: that it is there, and nothing secret."""

import time

import pytest

from django_genauth import conf
from django_genauth.fields import Sealed
from django_genauth.login.pending import PendingLogin
from django_genauth.models import Grant, Identity
from django_genauth.protocol.authorization import AuthorizationRequest, AuthorizationResponse
from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.id_token import Expected, IdToken
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.tokens import TokenSet
from django_genauth.protocol.userinfo import UserInfo
from tests.support.clients import a_client

SECRET = "hidden-away-0123456789"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(
            TokenSet(
                access_token=SECRET,
                token_type="Bearer",
                refresh_token=SECRET,
                id_token=SECRET,
                id_token_payload={"nonce": SECRET},
                code=SECRET,
                state=SECRET,
                extra={"more": SECRET},
            ),
            id="token set",
        ),
        pytest.param(
            PendingLogin(
                alias="default",
                state=SECRET,
                nonce=SECRET,
                code_verifier=SECRET,
                redirect_uri="https://site.example/",
                next_url="/",
                path="/",
                expires_at=time.time(),
            ),
            id="pending login",
        ),
        pytest.param(
            AuthorizationResponse(code=SECRET, id_token=SECRET, access_token=SECRET),
            id="authorization response",
        ),
        pytest.param(
            AuthorizationRequest(
                authorization_endpoint="https://a.example/",
                client_id="a",
                redirect_uri="https://site.example/",
                scope="openid",
                state=SECRET,
                nonce=SECRET,
            ),
            id="authorization request",
        ),
        pytest.param(
            IdToken(issuer="a", subject="b", claims={"nonce": SECRET}, encoded=SECRET),
            id="ID token",
        ),
        pytest.param(UserInfo(issuer="a", subject="b", claims={"c": SECRET}), id="userinfo"),
        pytest.param(
            Expected(
                issuer="a",
                client_id="b",
                algorithm="RS256",
                nonce=SECRET,
                access_token=SECRET,
                code=SECRET,
                state=SECRET,
            ),
            id="what an ID token has to agree with",
        ),
        pytest.param(
            ClientCredentials(client_id="a", client_secret=SECRET, method="none"),
            id="credentials",
        ),
        pytest.param(
            HttpRequest(
                method="POST",
                url="https://a.example/",
                headers={"Authorization": SECRET},
                body=SECRET.encode(),
            ),
            id="request",
        ),
        pytest.param(
            HttpResponse(status=200, headers={"Location": SECRET}, body=SECRET.encode()),
            id="response",
        ),
        pytest.param(Grant(app="default", token_set=Sealed(SECRET)), id="grant"),
        pytest.param(Identity(issuer="a", subject="b", claims={"c": SECRET}), id="identity"),
    ],
)
def test_a_value_does_not_show_what_it_keeps(value):
    assert SECRET not in f"{value!r} {value}"


def test_a_client_does_not_show_its_secret(provider):
    client = a_client(provider, secret=SECRET * 2)

    assert SECRET not in f"{client!r} {client} {client.authentication.credentials('token')!r}"


def test_the_settings_of_an_app_do_not_show_its_secrets(app):
    app |= {"APP_SECRET": SECRET * 2, "TOKEN_KEYS": [SECRET[:21] + SECRET[:22]]}

    assert SECRET not in f"{conf.get_app('default')!r} {conf.get_client('default')!r}"
