"""The honest provider's sign-in page takes no request that breaks a specification."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from django_genauth.testing.provider.grants import Refused
from django_genauth.testing.provider.honest import HonestProvider

PAGE = "https://acme.invalid/oidc/auth"
# RFC 7636, appendix B.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REQUEST = {
    "client_id": "the-client",
    "redirect_uri": "https://site.example/callback/",
    "response_type": "code",
    "scope": "openid",
    "state": "the-state",
    "nonce": "the-nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def provider():
    honest = HonestProvider("the-client", "s" * 32, "HS256", "oidc")
    honest.base_url = "https://acme.invalid"
    return honest


def url_with(**changes):
    """Return an authorization request's address, without the parameters that are None."""
    changed = {name: value for name, value in (REQUEST | changes).items() if value is not None}
    return f"{PAGE}?{urlencode(changed)}"


def test_a_good_request_is_answered(provider):
    answer = provider.respond(url_with())

    assert set(parse_qs(urlsplit(answer.url).query)) == {"code", "state"}


def test_the_issuer_is_named_where_it_is_announced(provider):
    provider.iss_in_response = True

    assert dict(provider.respond(url_with()).pairs)["iss"] == "https://acme.invalid/oidc"


def test_a_query_of_the_redirect_uri_is_kept(provider):
    answer = provider.decline(url_with(redirect_uri="https://site.example/?app=1"))

    assert answer.url == "https://site.example/?app=1&error=access_denied&state=the-state"


def test_an_answer_with_tokens_comes_behind_the_hash(provider):
    answer = provider.respond(url_with(response_type="id_token"))

    assert answer.url.startswith("https://site.example/callback/#id_token=")


def test_a_request_without_pkce_is_taken_where_it_may_be(provider):
    provider.require_pkce = False

    answer = provider.respond(url_with(code_challenge=None, code_challenge_method=None))

    assert "code" in dict(answer.pairs)


def test_a_request_for_nothing_is_answered_with_the_state(provider):
    assert provider.respond(url_with(response_type="none")).pairs == [("state", "the-state")]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"client_id": "a-stranger"}, "invalid_client", id="another client"),
        pytest.param({"redirect_uri": None}, "invalid_request", id="no redirect URI"),
        pytest.param({"redirect_uri": "/callback/"}, "invalid_request", id="a path"),
        pytest.param({"redirect_uri": "https://a.example/#b"}, "invalid_request", id="a fragment"),
        pytest.param({"response_type": None}, "unsupported_response_type", id="no type"),
        pytest.param({"response_type": "ticket"}, "unsupported_response_type", id="odd type"),
        pytest.param({"state": None}, "invalid_request", id="no state"),
        pytest.param({"scope": "profile"}, "invalid_scope", id="no openid"),
        pytest.param({"nonce": ""}, "invalid_request", id="an empty nonce"),
        pytest.param({"code_challenge": None}, "invalid_request", id="no challenge"),
        pytest.param({"code_challenge": "short"}, "invalid_request", id="a short challenge"),
        pytest.param({"code_challenge_method": None}, "invalid_request", id="no method"),
        pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="plain"),
        pytest.param({"response_mode": "pigeon"}, "invalid_request", id="an odd mode"),
        pytest.param(
            {"response_type": "id_token", "response_mode": "query"},
            "invalid_request",
            id="tokens in the query",
        ),
    ],
)
def test_a_bad_request_is_refused(provider, changes, error):
    with pytest.raises(Refused) as caught:
        provider.respond(url_with(**changes))

    assert caught.value.error == error


@pytest.mark.parametrize(
    ("url", "description"),
    [
        pytest.param(f"{url_with()}&state=another", "stands twice", id="two states"),
        pytest.param(
            url_with().replace("/auth", "/authorize"),
            "not the authorization endpoint",
            id="another address",
        ),
    ],
)
def test_a_bad_address_is_refused(provider, url, description):
    with pytest.raises(Refused, match=description):
        provider.respond(url)


def test_an_algorithm_of_a_shared_secret_needs_one():
    with pytest.raises(ValueError, match="HS256 needs a client secret"):
        HonestProvider("the-client", None, "HS256", "oidc")
