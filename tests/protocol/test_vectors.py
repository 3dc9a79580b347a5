"""The examples that the specifications print are read as they say."""

import pytest
from jwcrypto.jwk import JWK

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.id_token import Expected, verify
from django_genauth.protocol.jws import verified_claims
from tests.protocol.material import always, refusing
from tests.protocol.vectors import (
    OIDC_CORE_A3,
    RFC7515_A1,
    RFC7515_A2,
    RFC7515_A3,
    RFC7515_A4,
    RFC7515_A5_TOKEN,
    RFC7520_4_2,
    RFC8037_A4,
)

OF_CLAIMS = [
    pytest.param(RFC7515_A1, id="RFC 7515 A.1, HS256"),
    pytest.param(RFC7515_A2, id="RFC 7515 A.2, RS256"),
    pytest.param(RFC7515_A3, id="RFC 7515 A.3, ES256"),
]
OF_OTHER_TEXT = [
    pytest.param(RFC7515_A4, id="RFC 7515 A.4, ES512"),
    pytest.param(RFC7520_4_2, id="RFC 7520 4.2, PS384"),
    pytest.param(RFC8037_A4, id="RFC 8037 A.4, EdDSA"),
]


def claims_of(token, vector):
    return verified_claims(
        token,
        algorithms={vector.algorithm},
        find_key=always(JWK(**vector.key)),
        accepted_types={"jwt"},
        error=IDTokenError,
    )


def with_another_signature(token):
    """Change a character that carries six whole bits of the signature."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def verify_the_id_token(*, access_token):
    return verify(
        OIDC_CORE_A3.token,
        find_key=always(JWK(**OIDC_CORE_A3.key)),
        expected=Expected(
            issuer="https://server.example.com",
            client_id="s6BhdRkqt3",
            algorithm="RS256",
            nonce="n-0S6_WzA2Mj",
            access_token=access_token,
        ),
        now=1_311_281_000,
    )


@pytest.mark.parametrize("vector", OF_CLAIMS)
def test_the_claims_are_read(vector):
    claims = claims_of(vector.token, vector)

    assert claims == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}


@pytest.mark.parametrize("vector", OF_OTHER_TEXT)
def test_the_signature_is_good_and_what_it_signs_is_no_claims(vector):
    with pytest.raises(IDTokenError) as refused:
        claims_of(vector.token, vector)

    assert refused.value.code == "id_token.json"


@pytest.mark.parametrize("vector", OF_CLAIMS + OF_OTHER_TEXT)
def test_another_signature_is_refused(vector):
    token = with_another_signature(vector.token)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, vector)

    assert refused.value.code == "id_token.signature"


def test_the_unsecured_token_of_rfc_7515_a_5_is_refused():
    with pytest.raises(IDTokenError) as refused:
        verified_claims(
            RFC7515_A5_TOKEN,
            algorithms={"HS256"},
            find_key=refusing,
            accepted_types={"jwt"},
            error=IDTokenError,
        )

    assert refused.value.code == "id_token.alg"


def test_the_id_token_of_openid_connect_core_is_accepted():
    id_token = verify_the_id_token(access_token="jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")

    assert id_token.subject == "248289761001"


def test_the_id_token_of_openid_connect_core_is_refused_with_another_access_token():
    with pytest.raises(IDTokenError) as refused:
        verify_the_id_token(access_token="jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Z")

    assert refused.value.code == "id_token.at_hash"
