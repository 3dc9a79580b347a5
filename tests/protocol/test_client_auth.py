"""How a client shows who it is, with the examples of the specifications."""

import base64

import pytest

from django_genauth.protocol.client_auth import METHODS, ClientCredentials, authenticated_request
from django_genauth.protocol.errors import ConfigurationError
from tests.protocol.material import all_that_shows


def request_of(method, parameters, **changes):
    values = {"client_id": "s6BhdRkqt3", "client_secret": "gX1fBat3bV", "method": method}
    credentials = ClientCredentials(**(values | changes))
    return authenticated_request("https://server.example.com/token", credentials, parameters)


def test_these_are_the_methods():
    assert set(METHODS) == {
        "client_secret_post",
        "client_secret_basic",
        "private_key_jwt",
        "client_secret_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
        "none",
    }


def test_the_token_request_of_rfc_6749_4_1_3():
    request = request_of(
        "client_secret_basic",
        [
            ("grant_type", "authorization_code"),
            ("code", "SplxlOBeZQQYbYS6WxSbIA"),
            ("redirect_uri", "https://client.example.com/cb"),
        ],
    )

    assert request.method == "POST"
    assert request.url == "https://server.example.com/token"
    assert request.headers["Authorization"] == "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.body == (
        b"grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA"
        b"&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb"
    )


def test_the_refresh_request_of_rfc_6749_2_3_1():
    request = request_of(
        "client_secret_post",
        [("grant_type", "refresh_token"), ("refresh_token", "tGzv3JOkF0XG5Qx2TlKWIA")],
        client_secret="7Fjfp0ZBr1KtDRbnfVdmIw",
    )

    assert "Authorization" not in request.headers
    assert request.body == (
        b"client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw"
        b"&grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA"
    )


def test_the_introspection_request_of_rfc_7662_2_1():
    request = request_of(
        "client_secret_basic",
        [("token", "mF_9.B5f-4.1JqM"), ("token_type_hint", "access_token")],
    )

    assert request.headers["Accept"] == "application/json"
    assert request.headers["Authorization"] == "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
    assert request.body == b"token=mF_9.B5f-4.1JqM&token_type_hint=access_token"


def test_the_revocation_request_of_rfc_7009_2_1():
    request = request_of(
        "client_secret_basic",
        [("token", "45ghiukldjahdnhzdauz"), ("token_type_hint", "refresh_token")],
    )

    assert request.headers["Authorization"] == "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
    assert request.body == b"token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token"


def test_a_public_client_names_itself_and_shows_no_secret():
    request = request_of("none", [("code", "c")], client_secret=None)

    assert "Authorization" not in request.headers
    assert request.body == b"client_id=s6BhdRkqt3&code=c"


def test_the_method_none_shows_no_secret_though_there_is_one():
    request = request_of("none", [("code", "c")])

    assert request.body == b"client_id=s6BhdRkqt3&code=c"


def test_basic_encodes_id_and_secret_before_it_joins_them():
    request = request_of("client_secret_basic", [], client_id="a:b c", client_secret=" %&+£€:~*")

    scheme, _, text = request.headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(text) == b"a%3Ab+c:+%25%26%2B%C2%A3%E2%82%AC%3A%7E*"


def test_post_encodes_id_and_secret_as_a_form():
    request = request_of("client_secret_post", [], client_id="a&b", client_secret="c=d é")

    assert request.body == b"client_id=a%26b&client_secret=c%3Dd+%C3%A9"


@pytest.mark.parametrize(
    ("method", "shown_secret"),
    [
        pytest.param("client_secret_post", b"client_id=s6BhdRkqt3&client_secret=", id="post"),
        pytest.param("client_secret_basic", b"", id="basic"),
    ],
)
def test_a_secret_that_is_not_there_is_shown_as_empty(method, shown_secret):
    assert request_of(method, [], client_secret=None).body == shown_secret


def test_an_empty_secret_leaves_basic_its_colon():
    request = request_of("client_secret_basic", [], client_secret=None)

    assert request.headers["Authorization"] == "Basic czZCaGRSa3F0Mzo="


def test_credentials_do_not_show_the_secret():
    credentials = ClientCredentials(
        client_id="us", client_secret="hidden-away", method="client_secret_post"
    )

    assert "us" in repr(credentials)
    assert "hidden-away" not in repr(credentials)


@pytest.mark.parametrize("method", METHODS[:2])
def test_a_request_does_not_show_the_secret(method):
    request = request_of(method, [], client_secret="hidden-away")

    assert "server.example.com" in repr(request)
    assert "hidden-away" not in repr(request)


@pytest.mark.parametrize("method", METHODS[:2])
def test_a_secret_that_is_no_unicode_is_the_sites_mistake(method):
    with pytest.raises(ConfigurationError) as refused:
        request_of(method, [], client_secret="\udc80")

    assert refused.value.code == "configuration.parameter"


@pytest.mark.parametrize("method", METHODS[:2])
def test_a_secret_that_is_no_unicode_is_not_shown(method):
    secret = "hidden-" + "away\udc80"

    shown = all_that_shows(lambda: request_of(method, [], client_secret=secret))

    assert "configuration.parameter" in shown
    assert "hidden-away" not in shown
