"""What the userinfo endpoint answers (OIDC Core 5.3)."""

import time

import pytest

from tests.provider import faults
from tests.provider.keys import signing_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(app):
    app["USERINFO"] = True
    return app


@pytest.mark.parametrize(
    ("lie", "status", "code"),
    [
        pytest.param({"edit": lambda a: a | {"sub": "other"}}, 502, "userinfo.sub", id="other sub"),
        pytest.param({"edit": lambda a: a | {"sub": None}}, 502, "userinfo.sub", id="null sub"),
        pytest.param({"edit": lambda a: {"name": "x"}}, 502, "userinfo.sub", id="no sub"),
        pytest.param({"body": b"<html>"}, 502, "userinfo.json", id="HTML"),
        pytest.param({"status": 401}, 502, "userinfo.status_401", id="401"),
        pytest.param({"status": 500}, 503, "provider_unavailable.status_500", id="500"),
        pytest.param({"fault": faults.hang}, 503, "provider_unavailable.timeout", id="hang"),
        pytest.param(
            {"status": 302, "headers": {"Location": "https://evil.example"}},
            502,
            "userinfo.status_302",
            id="a redirect",
        ),
    ],
)
def test_an_answer_that_does_not_hold_is_refused(visitor, provider, is_refused, lie, status, code):
    provider.lie("userinfo", **lie)

    response = visitor.sign_in()

    is_refused(response, status, code)


def test_a_signed_answer_is_accepted(visitor, provider):
    provider.userinfo_signed = True

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        pytest.param({"sign_with": "nobody"}, "userinfo.signature", id="no signature"),
        pytest.param(
            {"sign_with": signing_key("RS256", 9)}, "id_token.key_unknown", id="other key"
        ),
        pytest.param(
            {"claims_edit": lambda c: c | {"aud": "other"}}, "userinfo.aud", id="for somebody else"
        ),
        pytest.param(
            {"claims_edit": lambda c: c | {"iss": "https://evil.example"}},
            "userinfo.iss",
            id="by somebody else",
        ),
        pytest.param(
            {"claims_edit": lambda c: c | {"sub": "other"}},
            "userinfo.sub",
            id="about somebody else",
        ),
        pytest.param(
            {"claims_edit": lambda c: c | {"exp": time.time() - 60}}, "userinfo.exp", id="expired"
        ),
        pytest.param(
            {"claims_edit": lambda c: c | {"iat": time.time() + 60}}, "userinfo.iat", id="too early"
        ),
    ],
)
def test_a_signed_answer_that_does_not_hold_is_refused(
    visitor, provider, is_refused, forgery, code
):
    provider.userinfo_signed = True
    provider.forge("userinfo", **forgery)

    response = visitor.sign_in()

    is_refused(response, 502, code)
