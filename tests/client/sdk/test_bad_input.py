"""Arguments that cannot work: one clear exception each, and nothing sent."""

import warnings

import pytest

from django_genauth.protocol.errors import ConfigurationError
from tests.client.sdk.material import offline


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda c: c.build_authorize_url(response_type="token"), id="kind"),
        pytest.param(lambda c: c.build_authorize_url(response_mode="post"), id="mode"),
        pytest.param(lambda c: c.build_authorize_url(code_challenge_method="S256"), id="method"),
        pytest.param(
            lambda c: c.build_authorize_url(code_challenge="c", code_challenge_method="SHA-256"),
            id="the walk-through's method",
        ),
        pytest.param(lambda c: c.build_authorize_url(scope="a" * 1_000_000), id="scope of 1 MB"),
        pytest.param(lambda c: c.build_authorize_url(client_id="x"), id="a parameter of our own"),
        pytest.param(lambda c: c.get_access_token_by_code(""), id="empty code"),
        pytest.param(lambda c: c.get_access_token_by_code(b"code"), id="code in bytes"),
        pytest.param(
            lambda c: c.get_access_token_by_code("code", code_verifier="v" * 42),
            id="verifier of 42",
        ),
        pytest.param(
            lambda c: c.exchange_authorization_code_with_pkce(
                code="c", redirect_uri="https://a.example", code_verifier=None
            ),
            id="no verifier",
        ),
        pytest.param(lambda c: c.get_user_info_by_access_token(""), id="empty access token"),
        pytest.param(lambda c: c.get_user_info_by_access_token("a\r\nb"), id="a header"),
        pytest.param(lambda c: c.get_new_access_token_by_refresh_token(None), id="no token"),
        pytest.param(lambda c: c.introspect_token(b"token"), id="a token in bytes"),
        pytest.param(lambda c: c.revoke_token(7), id="a number"),
        pytest.param(lambda c: c.validate_token(), id="no token to validate"),
        pytest.param(lambda c: c.validate_token(id_token="a", access_token="b"), id="both tokens"),
        pytest.param(lambda c: c.validate_token(id_token=""), id="an empty token to validate"),
        pytest.param(lambda c: c.build_logout_url(expert=True), id="expert without anything"),
        pytest.param(
            lambda c: c.build_logout_url(expert=True, redirect_uri="https://a.example"),
            id="expert without a token",
        ),
        pytest.param(
            lambda c: c.build_logout_url(expert=True, id_token="a.b.c"),
            id="expert without a way back",
        ),
        pytest.param(
            lambda c: c.get_access_token_by_client_credentials("s", access_key="", secret_key="x"),
            id="no access key",
        ),
        pytest.param(lambda c: c.get_code_challenge_digest(code_challenge="v" * 42), id="digest"),
        pytest.param(
            lambda c: c.get_code_challenge_digest(code_challenge="v" * 43, method="SHA-256"),
            id="digest's method",
        ),
        pytest.param(lambda c: c.build_authorize_url(scope=5), id="scope that is a number"),
        pytest.param(lambda c: c.build_authorize_url(scope=[5]), id="scope of numbers"),
        pytest.param(lambda c: c.build_authorize_url(response_type=b"code"), id="kind in bytes"),
        pytest.param(lambda c: c.build_authorize_url(state=5), id="state that is a number"),
        pytest.param(lambda c: c.build_authorize_url(resource=[b"x"]), id="bytes in a list"),
        pytest.param(lambda c: c.build_authorize_url(code_challenge=""), id="empty challenge"),
        pytest.param(
            lambda c: c.build_authorize_url(redirect_uri="javascript:alert(1)"), id="a script"
        ),
        pytest.param(lambda c: c.build_authorize_url(redirect_uri=b"https://x"), id="URI in bytes"),
        pytest.param(
            lambda c: c.build_authorize_url(response_type="id_token", response_mode="query"),
            id="a token in a query",
        ),
        pytest.param(lambda c: c.authorization_code_grant("http://[x?code=a"), id="no address"),
        pytest.param(lambda c: c.authorization_code_grant(None), id="neither address nor request"),
        pytest.param(
            lambda c: c.authorization_code_grant("https://a.example", expected_state=b"s"),
            id="state in bytes",
        ),
        pytest.param(
            lambda c: c.authorization_code_grant("https://a.example", max_age="x"),
            id="max_age that is no number",
        ),
        pytest.param(
            lambda c: c.authorization_code_grant(
                "https://a.example?code=a", pkce_code_verifier="short"
            ),
            id="a verifier that is none",
        ),
        pytest.param(
            lambda c: c.get_access_token_by_client_credentials(
                None, access_key="a", secret_key="b"
            ),
            id="no scope for a machine",
        ),
        pytest.param(
            lambda c: c.build_logout_url(redirect_uri=b"https://x"), id="way back in bytes"
        ),
    ],
)
def test_bad_input_is_one_clear_error_and_nothing_is_sent(call):
    with pytest.raises(ConfigurationError):
        call(offline())


def test_without_a_redirect_uri_nobody_is_sent_away():
    with pytest.raises(ConfigurationError, match="redirect_uri"):
        offline(redirect_uri=None).build_authorize_url()


def test_oauth_has_no_standard_page_that_signs_out():
    with pytest.raises(ConfigurationError, match="expert is for oidc"):
        offline(protocol="oauth").build_logout_url(
            expert=True, id_token="a.b.c", redirect_uri="https://a.example"
        )


def test_an_unknown_protocol_is_refused():
    with pytest.raises(ConfigurationError, match="PROTOCOL"):
        offline(protocol="saml")


def test_nothing_of_this_gives_a_warning_that_a_script_would_meet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert offline().build_authorize_url()


def test_a_parameter_that_is_none_is_left_out():
    assert "prompt" not in offline().build_authorize_url(prompt=None)
