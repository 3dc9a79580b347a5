"""What the doctor finds where requests are pushed or signed, and answers are signed."""

import json

import pytest
from pytest_django import Settings

from django_genauth.conf import App, get_client
from django_genauth.doctor.provider import examine_provider
from django_genauth.doctor.sign_in import begin_trial, examine_login
from django_genauth.protocol.client_keys import generate_key
from django_genauth.testing import FakeGenAuth
from tests.support.clients import REDIRECT_URI, a_client
from tests.support.provider.keys import base64url

KEY = generate_key("ES256")[0]
KNOWN = "The provider knows the address that logins come back to."
PUSH = {"PUSHED_AUTHORIZATION": True}
SIGN = {"CLIENT_KEYS": [KEY], "REQUEST_OBJECT_SIGNING_ALG": "ES256"}


def codes(examination):
    return [finding.code for finding in examination.findings]


def refused(provider, **answer):
    """Push a request that the provider refuses with status 400."""
    provider.lie("pushed_authorization", status=400, body=json.dumps(answer).encode())
    client = a_client(provider, pushed_authorization=True)
    return examine_provider(client, redirect_uri=REDIRECT_URI)


@pytest.mark.parametrize(
    "changes",
    [PUSH, SIGN, {"RESPONSE_MODE": "jwt"}, PUSH | SIGN | {"RESPONSE_MODE": "jwt"}],
    ids=["pushed", "signed", "signed answer", "all"],
)
def test_the_doctor_asks_as_the_app_does(settings: Settings, changes):
    app = {
        "APP_ID": "the-app",
        "APP_SECRET": "a secret of 32 letters and more ones",
        "APP_HOST": "https://provider.example",
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
    }
    settings.GENAUTH = {"default": app | changes}

    with FakeGenAuth():
        examination = examine_provider(get_client(), redirect_uri=REDIRECT_URI)

    assert codes(examination) == []
    assert KNOWN in examination.good


def test_a_redirect_uri_that_is_refused_when_it_is_pushed_is_named(provider):
    examination = refused(
        provider, error="invalid_request", error_description="Invalid parameter: redirect_uri"
    )

    (finding,) = examination.findings
    assert finding.code == "redirect_uri"
    assert finding.remedy.startswith("Register that address for the app")


def test_a_demand_that_a_refusal_of_a_pushed_request_names_is_named(provider):
    examination = refused(
        provider, error="invalid_request", error_description="Request Object must be used"
    )

    (finding,) = examination.findings
    assert finding.code == "demand.request_object"
    assert "REQUEST_OBJECT_SIGNING_ALG" in finding.remedy


def test_an_address_that_nobody_registered_may_be_refused_where_it_is_pushed(provider):
    page = f"{provider.issuer}/me"
    provider.lie("userinfo", status=200, body=b"<html>", headers={"Content-Type": "text/html"})
    refusal = json.dumps({"error": "invalid_request"}).encode()
    provider.lie(
        "pushed_authorization",
        status=400,
        body=refusal,
        when=lambda request: request.form["redirect_uri"] != REDIRECT_URI,
    )
    client = a_client(
        provider, pushed_authorization=True, endpoints={"authorization_endpoint": page}
    )

    examination = examine_provider(client, redirect_uri=REDIRECT_URI)

    assert KNOWN in examination.good


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("invalid_scope", "Compare SCOPE with what the app may ask for there."),
        ("server_error", "https://django-genauth.readthedocs.io/en/stable/reference/errors.html"),
    ],
)
def test_a_refusal_of_a_pushed_request_is_told(provider, error, remedy):
    (finding,) = refused(provider, error=error).findings

    assert finding.code == f"pushed_authorization.{error}"
    assert remedy in finding.remedy


def test_an_answer_that_is_not_signed_is_found(provider):
    client = a_client(provider, response_mode="jwt")
    trial = begin_trial(client, redirect_uri=REDIRECT_URI)

    examination = examine_login(
        App(alias="default", client=client), trial, f"{REDIRECT_URI}?code=c&state={trial.state}"
    )

    assert codes(examination) == ["authorization_response.unsigned"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [{"pushed_authorization": True}, {"response_mode": "jwt"}, {"response_mode": "form_post.jwt"}],
    ids=["pushed", "signed answer", "signed answer that is posted"],
)
def test_a_trial_goes_the_way_of_the_app(provider, changes):
    client = a_client(provider, **changes)
    trial = begin_trial(client, redirect_uri=REDIRECT_URI)

    examination = examine_login(
        App(alias="default", client=client), trial, provider.authorize(trial.url)
    )

    assert codes(examination) == []


def test_an_algorithm_that_is_not_announced_is_noted(provider):
    announced = {"authorization_signing_alg_values_supported": ["ES256"]}
    provider.lie("discovery", edit=lambda it: it | announced)
    client = a_client(provider, response_mode="jwt")

    examination = examine_provider(client, redirect_uri=None)

    assert (
        "The provider does not announce RS256 for ID_TOKEN_SIGNED_RESPONSE_ALG. It may know more"
        " than it announces: ES256."
    ) in examination.notes


def test_a_token_of_the_answer_is_no_code(provider):
    client = a_client(provider)
    trial = begin_trial(client, redirect_uri=REDIRECT_URI)
    token = ".".join(base64url(each) for each in (b"{}", b"{}", b"x"))

    examination = examine_login(
        App(alias="default", client=client), trial, f"{REDIRECT_URI}?response={token}"
    )

    assert codes(examination) == ["authorization_response.state"]
