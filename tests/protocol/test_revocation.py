"""The end of a token: only the provider's own 200 says that it has come."""

import pytest

from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.errors import OAuthError, ProviderUnavailable, RevocationError
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.revocation import check_revocation, revocation_request


def test_the_token_travels_in_the_body():
    request = revocation_request(
        "https://server.example.com/revoke",
        ClientCredentials(client_id="s6BhdRkqt3", client_secret="x", method="client_secret_post"),
        "45ghiukldjahdnhzdauz",
    )

    assert (request.method, request.url) == ("POST", "https://server.example.com/revoke")
    assert request.body == b"client_id=s6BhdRkqt3&client_secret=x&token=45ghiukldjahdnhzdauz"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" \r\n", id="white space"),
        pytest.param(b"OK", id="a word"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b"\n <!doctype html>", id="a page after white space"),
        pytest.param(b'{"code":200,"message":"ok"}', id="the vendor's success"),
    ],
)
def test_a_status_of_200_means_that_the_token_is_no_more(body):
    assert check_revocation(HttpResponse(status=200, body=body)) is None


def test_so_does_a_success_without_content():
    assert check_revocation(HttpResponse(status=204, body=b"")) is None


@pytest.mark.parametrize("hint", ["access_token", "refresh_token"])
def test_the_kind_of_token_is_told_where_it_is_known(hint):
    request = revocation_request(
        "https://server.example.com/revoke",
        ClientCredentials(client_id="s6BhdRkqt3", client_secret="x", method="client_secret_basic"),
        "45ghiukldjahdnhzdauz",
        token_type_hint=hint,
    )

    assert request.body == b"token=45ghiukldjahdnhzdauz&token_type_hint=" + hint.encode()


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        pytest.param(
            200, b'{"error":"invalid_client"}', OAuthError, "oauth.invalid_client", id="error, 200"
        ),
        pytest.param(
            200,
            b' {"code":400,"message":"x"}',
            OAuthError,
            "oauth.unregistered",
            id="the vendor's error, 200",
        ),
        pytest.param(200, b"{", RevocationError, "revocation.json", id="cut off"),
        pytest.param(
            200,
            b'\xef\xbb\xbf{"error":"invalid_client"}',
            OAuthError,
            "oauth.invalid_client",
            id="error behind a byte order mark",
        ),
        pytest.param(
            204, b'{"error":"invalid_client"}', OAuthError, "oauth.invalid_client", id="error, 204"
        ),
        pytest.param(202, b"", RevocationError, "revocation.status_202", id="later"),
        pytest.param(302, b"", RevocationError, "revocation.status_302", id="a redirect"),
        pytest.param(404, b"", RevocationError, "revocation.status_404", id="404"),
        pytest.param(
            400,
            b'{"error":"unsupported_token_type"}',
            OAuthError,
            "oauth.unsupported_token_type",
            id="400",
        ),
        pytest.param(
            503, b"", ProviderUnavailable, "provider_unavailable.status_503", id="not now"
        ),
        pytest.param(
            429, b"{}", ProviderUnavailable, "provider_unavailable.status_429", id="throttled"
        ),
    ],
)
def test_anything_else_means_that_it_may_still_live(status, body, error, code):
    with pytest.raises(error) as refused:
        check_revocation(HttpResponse(status=status, body=body))

    assert refused.value.code == code
