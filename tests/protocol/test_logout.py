"""The address of the end-session page."""

import pytest

from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.logout import end_session_url

ENDPOINT = "https://acme.genauth.ai/oidc/session/end"


def url(**changes):
    values = {
        "client_id": "our client",
        "id_token_hint": "header.claims.signature",
        "post_logout_redirect_uri": "https://site.example/bye?a=1&b=2",
    }
    return end_session_url(changes.pop("endpoint", ENDPOINT), **(values | changes))


def test_the_id_token_says_whose_session_ends_and_the_client_names_itself():
    assert url() == (
        f"{ENDPOINT}?id_token_hint=header.claims.signature&client_id=our+client"
        "&post_logout_redirect_uri=https%3A%2F%2Fsite.example%2Fbye%3Fa%3D1%26b%3D2"
    )


def test_the_id_token_may_be_enough():
    assert url(is_hint_enough=True) == (
        f"{ENDPOINT}?id_token_hint=header.claims.signature"
        "&post_logout_redirect_uri=https%3A%2F%2Fsite.example%2Fbye%3Fa%3D1%26b%3D2"
    )


@pytest.mark.parametrize("is_hint_enough", [False, True])
def test_without_an_id_token_the_client_alone_names_itself(is_hint_enough):
    assert url(id_token_hint=None, is_hint_enough=is_hint_enough) == (
        f"{ENDPOINT}?client_id=our+client"
        "&post_logout_redirect_uri=https%3A%2F%2Fsite.example%2Fbye%3Fa%3D1%26b%3D2"
    )


def test_the_longest_id_token_that_an_address_takes_is_sent():
    assert f"id_token_hint={'a' * 7000}&" in url(id_token_hint="a" * 7000)


def test_an_id_token_too_long_for_an_address_is_left_out():
    address = url(id_token_hint="a" * 7001)

    assert "client_id=our+client" in address
    assert "aaa" not in address


def test_a_state_travels_along():
    assert url(state="a b&c").endswith("Fbye%3Fa%3D1%26b%3D2&state=a+b%26c")


@pytest.mark.parametrize("state", [None, ""], ids=["none", "empty"])
def test_without_a_state_there_is_none(state):
    assert "state=" not in url(state=state)


def test_a_query_that_the_endpoint_has_is_kept():
    address = url(endpoint=f"{ENDPOINT}?tenant=acme")

    assert address.startswith(f"{ENDPOINT}?tenant=acme&id_token_hint=")


def test_text_that_no_address_can_carry_is_refused():
    with pytest.raises(ConfigurationError) as refused:
        url(post_logout_redirect_uri="https://site.example/\ud800")

    assert refused.value.code == "configuration.parameter"
