"""What the provider says of itself, before anybody leaves for it (OIDC Discovery 4.3)."""

import pytest

from tests.provider import faults

pytestmark = pytest.mark.django_db


def edit(**changes):
    return {"edit": lambda document: document | changes}


@pytest.mark.parametrize(
    ("lie", "status", "code"),
    [
        pytest.param(
            edit(issuer="https://evil.example"), 502, "discovery.issuer", id="wrong issuer"
        ),
        pytest.param(
            {"edit": lambda d: d | {"issuer": d["issuer"] + "/"}},
            502,
            "discovery.issuer",
            id="a slash more",
        ),
        pytest.param(edit(issuer=None), 502, "discovery.issuer", id="no issuer"),
        pytest.param(
            edit(authorization_endpoint=None),
            502,
            "discovery.missing_authorization_endpoint",
            id="no authorization endpoint",
        ),
        pytest.param(
            edit(token_endpoint=None),
            502,
            "discovery.missing_token_endpoint",
            id="no token endpoint",
        ),
        pytest.param(edit(jwks_uri=None), 502, "discovery.missing_jwks_uri", id="no keys"),
        pytest.param(
            edit(authorization_endpoint="javascript:alert(1)"),
            502,
            "discovery.bad_authorization_endpoint",
            id="a script for an address",
        ),
        pytest.param(
            edit(token_endpoint="ftp://a.example/"),
            502,
            "discovery.bad_token_endpoint",
            id="neither http nor https",
        ),
        pytest.param(
            edit(token_endpoint=["https://a.example"]),
            502,
            "discovery.bad_token_endpoint",
            id="an address in a list",
        ),
        pytest.param(
            edit(jwks_uri="https://a@b.example/"),
            502,
            "discovery.bad_jwks_uri",
            id="a user name in an address",
        ),
        pytest.param({"status": 404}, 502, "discovery.status_404", id="404"),
        pytest.param({"status": 500}, 503, "provider_unavailable.status_500", id="500"),
        pytest.param({"body": b"<html>"}, 502, "discovery.json", id="HTML"),
        pytest.param({"fault": faults.hang}, 503, "provider_unavailable.timeout", id="hang"),
        pytest.param(
            {"status": 301, "headers": {"Location": "https://evil.example"}},
            502,
            "discovery.status_301",
            id="a redirect",
        ),
    ],
)
def test_a_configuration_that_does_not_hold_lets_nobody_leave(
    visitor, provider, is_refused, lie, status, code
):
    provider.lie("discovery", **lie)

    response = visitor.client.get("/genauth/login/")

    is_refused(response, status, code)


def test_a_provider_that_mends_itself_is_asked_again(visitor, provider):
    provider.lie("discovery", status=500)
    visitor.client.get("/genauth/login/")
    provider.tell_the_truth()

    assert visitor.sign_in().status_code == 302


@pytest.mark.parametrize(
    ("lie", "status", "code"),
    [
        pytest.param({"status": 404}, 502, "jwks.status_404", id="404"),
        pytest.param({"body": b"{}"}, 502, "jwks.keys", id="no list"),
        pytest.param({"body": b'{"keys":[]}'}, 502, "id_token.key_unknown", id="no key"),
        pytest.param({"body": b'{"keys":' + b"[1]" + b"}"}, 502, "id_token.key_unknown", id="junk"),
        pytest.param(
            {"fault": faults.drip(bytes_per_second=20)},
            503,
            "provider_unavailable.timeout",
            id="a drip",
        ),
    ],
)
def test_keys_that_cannot_be_had_are_a_refusal(visitor, provider, is_refused, lie, status, code):
    provider.lie("jwks", **lie)

    response = visitor.sign_in()

    is_refused(response, status, code)


def test_a_key_set_that_fails_later_does_not_stop_those_whose_key_is_known(visitor, provider):
    visitor.sign_in()
    provider.lie("jwks", status=500)

    visitor.sign_in()

    assert visitor.is_signed_in
