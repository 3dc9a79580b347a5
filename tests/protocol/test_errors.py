"""What an error carries: a stable code, and never the provider's own text."""

import pickle

import pytest

from django_genauth.protocol import errors
from django_genauth.protocol.error_codes import registered
from django_genauth.protocol.errors import (
    AuthorizationResponseError,
    IDTokenError,
    OAuthError,
    ProviderError,
    ProviderUnavailable,
)

REGISTERED = [
    "access_denied", "account_selection_required", "consent_required", "insufficient_scope",
    "interaction_required", "invalid_client", "invalid_grant", "invalid_request",
    "invalid_request_object", "invalid_request_uri", "invalid_scope", "invalid_target",
    "invalid_token", "login_required", "registration_not_supported", "request_not_supported",
    "request_uri_not_supported", "server_error", "temporarily_unavailable", "unauthorized_client",
    "unsupported_grant_type", "unsupported_response_type", "unsupported_token_type",
]  # fmt: skip
UNREGISTERED = [
    pytest.param("", id="empty"),
    pytest.param("INVALID_GRANT", id="in capitals"),
    pytest.param("invalid_grant ", id="with a space"),
    pytest.param("<script>alert(1)</script>", id="markup"),
    pytest.param("the code SplxlOBeZQQYbYS6WxSbIA was used", id="a sentence with a code"),
    pytest.param("\ud800", id="half of a surrogate pair"),
    pytest.param(None, id="null"),
    pytest.param(400, id="a number"),
    pytest.param(True, id="a boolean"),
    pytest.param(["invalid_grant"], id="a list"),
    pytest.param({"code": "invalid_grant"}, id="an object"),
]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("AccessDenied", "access_denied"),
        ("AccessTokenError", "access_token"),
        ("DpopProofError", "dpop_proof"),
        ("AccountRefused", "account"),
        ("AuthorizationResponseError", "authorization_response"),
        ("ConfigurationError", "configuration"),
        ("DiscoveryError", "discovery"),
        ("GenAuthError", "genauth"),
        ("IDTokenError", "id_token"),
        ("IntrospectionError", "introspection"),
        ("KeySetError", "jwks"),
        ("OAuthError", "oauth"),
        ("ProviderError", "provider"),
        ("ProviderUnavailable", "provider_unavailable"),
        ("RevocationError", "revocation"),
        ("SealError", "seal"),
        ("TokenResponseError", "token_response"),
        ("UserInfoError", "userinfo"),
    ],
)
def test_the_codes_stay_what_they_are(error, code):
    assert getattr(errors, error).code == code


def test_an_error_has_its_classs_code_and_its_sentence():
    error = IDTokenError("A sentence.")

    assert error.code == "id_token"
    assert str(error) == "A sentence."


def test_a_reason_stands_after_a_dot():
    assert IDTokenError("A sentence.", reason="nonce").code == "id_token.nonce"


def test_a_reason_is_of_the_one_error_alone():
    IDTokenError("A sentence.", reason="nonce")

    assert IDTokenError("Another.").code == "id_token"
    assert IDTokenError.code == "id_token"


@pytest.mark.parametrize("error", REGISTERED)
def test_an_error_code_of_the_specifications_is_told(error):
    assert registered(error) == error
    assert OAuthError("A sentence.", error=error).code == f"oauth.{error}"
    assert OAuthError("A sentence.", error=error).error == error


@pytest.mark.parametrize("error", UNREGISTERED)
def test_text_of_the_providers_own_is_not_told(error):
    refused = OAuthError("A sentence.", error=error)

    assert registered(error) == "unregistered"
    assert refused.code == "oauth.unregistered"
    assert refused.error == "unregistered"


def test_an_unavailable_provider_may_name_a_time():
    error = ProviderUnavailable("A sentence.", reason="status_503", retry_after=120)

    assert error.code == "provider_unavailable.status_503"
    assert error.retry_after == 120


def test_an_unavailable_provider_may_name_none():
    error = ProviderUnavailable("A sentence.")

    assert error.code == "provider_unavailable"
    assert error.retry_after is None


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(IDTokenError("A sentence.", reason="nonce"), id="a reason"),
        pytest.param(AuthorizationResponseError("A sentence."), id="none"),
        pytest.param(OAuthError("A sentence.", error="invalid_grant"), id="the provider's word"),
        pytest.param(
            ProviderUnavailable("A sentence.", reason="status_429", retry_after=7), id="a time"
        ),
    ],
)
def test_an_error_travels_through_a_task_queue(error, protocol):
    arrived = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 # its own text

    assert type(arrived) is type(error)
    assert str(arrived) == "A sentence."
    assert vars(arrived) == vars(error)


def test_what_an_error_was_caused_by_does_not_travel():
    error = IDTokenError("A sentence.")
    error.__cause__ = ValueError("hidden-away")

    assert b"hidden-away" not in pickle.dumps(error)


def test_the_providers_faults_can_be_caught_together_and_the_browsers_are_none():
    assert issubclass(OAuthError, ProviderError)
    assert not issubclass(AuthorizationResponseError, ProviderError)
