"""A JWT access token, verified without asking anybody."""

import pytest

from django_genauth.protocol.access_token import scopes_of, verify_access_token
from django_genauth.protocol.errors import AccessTokenError, KeySetError
from tests.protocol.material import (
    CLIENT_ID,
    ISSUER,
    NOW,
    SUBJECT,
    finder,
    good_claims,
    signing_key,
    without,
)
from tests.support.provider.keys import secret_key
from tests.support.provider.tokens import Forgery, write_jwt

KEY = signing_key("RS256")
CLAIMS = {
    "jti": "a",
    "sub": SUBJECT,
    "iat": NOW,
    "exp": NOW + 3600,
    "scope": "openid",
    "iss": ISSUER,
    "aud": CLIENT_ID,
}


def verify(token, *, algorithms=("RS256",), find_key=None, leeway=30, audience=None):
    return verify_access_token(
        token,
        algorithms=algorithms,
        find_key=find_key or finder(KEY),
        issuer=ISSUER,
        client_id=CLIENT_ID,
        now=NOW,
        leeway=leeway,
        audience=audience,
    )


def verify_claims(claims, **lie):
    return verify(write_jwt(claims, KEY, lie=Forgery(**lie)))


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(CLAIMS, id="a person's"),
        pytest.param(without(CLAIMS, "sub"), id="a machine's"),
        pytest.param(CLAIMS | {"aud": [CLIENT_ID]}, id="aud a list of one"),
        pytest.param(CLAIMS | {"aud": ["other", CLIENT_ID]}, id="aud of several"),
        pytest.param(CLAIMS | {"exp": NOW - 30}, id="expired 30 seconds ago"),
        pytest.param(CLAIMS | {"nbf": NOW + 30}, id="valid in 30 seconds"),
        pytest.param(without(CLAIMS, "iat") | {"x": {"deep": [None]}}, id="other members"),
        pytest.param(without(CLAIMS, "scope") | {"client_id": CLIENT_ID}, id="client_id, no scope"),
        pytest.param(without(CLAIMS, "scope") | {"scp": ["a"]}, id="scp for scope"),
        pytest.param(CLAIMS | {"iat": NOW + 30}, id="issued in 30 seconds"),
    ],
)
def test_the_claims_of_a_good_token_are_read(claims):
    assert verify_claims(claims) == claims


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "AT+JWT", "application/at+jwt", None])
def test_the_types_of_access_tokens_are_accepted(typ):
    assert verify(write_jwt(CLAIMS, KEY, typ=typ)) == CLAIMS


def test_one_of_several_algorithms_is_accepted():
    key = signing_key("ES256")

    claims = verify(
        write_jwt(CLAIMS, key), algorithms=("RS256", "ES256"), find_key=finder(KEY, key)
    )

    assert claims == CLAIMS


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param(without(CLAIMS, "iss"), "iss", id="iss missing"),
        pytest.param(CLAIMS | {"iss": ISSUER + "/"}, "iss", id="iss with a slash more"),
        pytest.param(CLAIMS | {"iss": None}, "iss", id="iss null"),
        pytest.param(CLAIMS | {"nonce": "n"}, "id_token", id="an ID token's nonce"),
        pytest.param(CLAIMS | {"nonce": None}, "id_token", id="an ID token's nonce, null"),
        pytest.param(CLAIMS | {"at_hash": "h"}, "id_token", id="an ID token's at_hash"),
        pytest.param(CLAIMS | {"c_hash": "h"}, "id_token", id="an ID token's c_hash"),
        pytest.param(CLAIMS | {"s_hash": "h"}, "id_token", id="an ID token's s_hash"),
        pytest.param(
            good_claims(auth_time=NOW, nonce="n"), "id_token", id="an ID token of a login"
        ),
        pytest.param(
            without(good_claims(azp=CLIENT_ID, sid="s", jti="j"), "nonce"),
            "id_token",
            id="an ID token with neither nonce nor hashes",
        ),
        pytest.param(without(CLAIMS, "aud"), "aud", id="aud missing"),
        pytest.param(CLAIMS | {"aud": "other"}, "aud", id="aud of another client"),
        pytest.param(CLAIMS | {"aud": []}, "aud", id="aud an empty list"),
        pytest.param(CLAIMS | {"aud": {CLIENT_ID: 1}}, "aud", id="aud an object"),
        pytest.param(without(CLAIMS, "exp"), "exp", id="exp missing"),
        pytest.param(CLAIMS | {"exp": NOW - 31}, "exp", id="expired 31 seconds ago"),
        pytest.param(CLAIMS | {"exp": str(NOW + 9)}, "exp", id="exp text"),
        pytest.param(CLAIMS | {"nbf": NOW + 31}, "nbf", id="valid in 31 seconds"),
        pytest.param(CLAIMS | {"nbf": None}, "nbf", id="nbf null"),
        pytest.param(CLAIMS | {"iat": NOW + 31}, "iat", id="issued in 31 seconds"),
    ],
)
def test_a_token_that_breaks_one_rule_is_refused_for_that_rule(claims, reason):
    with pytest.raises(AccessTokenError) as refused:
        verify_claims(claims)

    assert refused.value.code == f"access_token.{reason}"


@pytest.mark.parametrize(
    "cnf",
    [{"jkt": "a"}, {"x5t#S256": "a"}, {}, None],
    ids=["DPoP", "mutual TLS", "empty", "null"],
)
def test_a_token_that_is_bound_to_a_key_is_refused_as_no_proof_is_checked(cnf):
    with pytest.raises(AccessTokenError) as refused:
        verify_claims(CLAIMS | {"cnf": cnf})

    assert refused.value.code == "access_token.cnf"


@pytest.mark.parametrize(
    "aud",
    [
        pytest.param([], id="Ory Hydra 2.3.0"),
        pytest.param("account", id="Keycloak 26.7.3"),
        pytest.param(["openid", "profile"], id="Glewlwyd 2.7.5"),
    ],
)
def test_what_to_set_at_the_provider_is_said_where_aud_is_not_us(aud):
    with pytest.raises(AccessTokenError) as refused:
        verify_claims(CLAIMS | {"aud": aud})

    assert refused.value.code == "access_token.aud"
    assert f"does not name {CLIENT_ID}" in str(refused.value)
    assert "Audience mapper" in str(refused.value)


@pytest.mark.parametrize("audience", ["account", ["https://api.example", "account"]])
@pytest.mark.parametrize("aud", ["account", ["other", "account"]])
def test_another_audience_may_be_asked_for(audience, aud):
    token = write_jwt(CLAIMS | {"aud": aud}, KEY)

    assert verify(token, audience=audience)["aud"] == aud


@pytest.mark.parametrize("audience", ["account", ["https://api.example", "account"], []])
@pytest.mark.parametrize("aud", [CLIENT_ID, [], "accoun", ["ACCOUNT"], [["account"]], None])
def test_where_another_audience_is_asked_for_it_has_to_be_named(audience, aud):
    with pytest.raises(AccessTokenError) as refused:
        verify(write_jwt(CLAIMS | {"aud": aud}, KEY), audience=audience)

    assert refused.value.code == "access_token.aud"


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        pytest.param({"sign_with": "nobody"}, "signature", id="no signature"),
        pytest.param({"sign_with": signing_key("ES256")}, "alg", id="another algorithm"),
        pytest.param({"sign_with": secret_key("HS256", KEY.public_pem)}, "alg", id="HS256"),
        pytest.param({"header_edit": lambda header: {"alg": "none"}}, "alg", id="alg none"),
        pytest.param(
            {"header_edit": lambda header: {**header, "typ": "logout+jwt"}},
            "typ",
            id="logout token",
        ),
        pytest.param(
            {"token_edit": lambda token: "of-40-hexadecimal-digits"}, "framing", id="no JWT"
        ),
    ],
)
def test_a_token_that_is_no_signed_access_token_is_refused(lie, reason):
    with pytest.raises(AccessTokenError) as refused:
        verify_claims(CLAIMS, **lie)

    assert refused.value.code == f"access_token.{reason}"


def test_without_leeway_every_second_counts():
    with pytest.raises(AccessTokenError) as refused:
        verify(write_jwt(CLAIMS | {"exp": NOW - 1}, KEY), leeway=0)

    assert refused.value.code == "access_token.exp"


def test_without_a_kid_several_keys_are_refused():
    token = write_jwt(CLAIMS, KEY, lie=Forgery(header_edit=lambda header: {"alg": "RS256"}))

    with pytest.raises(KeySetError) as refused:
        verify(token, find_key=finder(KEY, signing_key("RS256", 1)))

    assert refused.value.code == "jwks.ambiguous"


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"scope": None, "scp": ["a", "b"]}, id="null beside a list"),
        pytest.param({"scope": None, "scp": "a b"}, id="null beside a text"),
        pytest.param({"scope": None, "idtyp": "app", "roles": ["a", "b"]}, id="null beside roles"),
    ],
)
def test_scopes_that_are_null_are_as_if_missing(claims):
    assert scopes_of(claims) == {"a", "b"}
