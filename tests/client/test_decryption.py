"""A client's encrypted answers: which are decrypted, with which settings, and what is kept."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.protocol.client_keys import generate_key, load_keys
from django_genauth.protocol.errors import ConfigurationError, ProviderError
from tests.support.clients import (
    REDIRECT_URI,
    a_client,
    encrypt,
    id_token_of,
    sign_in,
    tokens_of,
)
from tests.support.provider.encrypting import FalseEncryption
from tests.support.provider.tokens import write_jwt

RSA, _ = generate_key("RSA-OAEP")
ECDH, _ = generate_key("ECDH-ES+A256KW")
SIGNING, _ = generate_key("ES256")
BY_KEY = {"client_keys": [RSA, ECDH, SIGNING], "id_token_encrypted_response_alg": "RSA-OAEP"}


def encrypting(provider, **settings):
    """Make a client, and let the provider encrypt as it expects."""
    client = a_client(provider, **settings)
    encrypt(provider, client)
    return client


def code_of(call, *arguments, **keywords):
    with pytest.raises(ProviderError) as caught:
        call(*arguments, **keywords)
    return caught.value.code


@pytest.fixture
def client(provider):
    return encrypting(provider, **BY_KEY)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="RSA"),
        pytest.param({"id_token_encrypted_response_enc": "A256GCM"}, id="another enc"),
        pytest.param({"id_token_encrypted_response_alg": "ECDH-ES+A256KW"}, id="agreement"),
        pytest.param({"id_token_encrypted_response_alg": "dir", "client_keys": ()}, id="dir"),
        pytest.param({"id_token_encrypted_response_alg": "A128KW", "client_keys": ()}, id="A128KW"),
    ],
)
def test_an_encrypted_id_token_signs_somebody_in(provider, settings):
    client = encrypting(provider, **(BY_KEY | settings))

    assert sign_in(client, provider, sub="ada").subject == "ada"


def test_what_is_verified_is_the_signed_token_inside(client, provider):
    tokens = tokens_of(client, provider)

    id_token = id_token_of(client, tokens)

    assert (tokens.id_token or "").count(".") == 4
    assert id_token.encoded in provider.issued_id_tokens


def test_a_token_is_validated_by_hand(client, provider):
    tokens = tokens_of(client, provider, sub="ada")

    assert client.validate_token(id_token=tokens.id_token)["sub"] == "ada"


def test_the_id_token_beside_a_code_is_decrypted_too(provider):
    client = encrypting(provider, **BY_KEY, response_type="code id_token")
    verifier = client.generate_code_challenge()
    challenge = client.get_code_challenge_digest(code_challenge=verifier)
    client.metadata()
    url = client.build_authorize_url(
        state="s", nonce="n", code_challenge=challenge, redirect_uri=REDIRECT_URI
    )

    tokens = client.authorization_code_grant(
        provider.respond(url).url,
        pkce_code_verifier=verifier,
        expected_state="s",
        expected_nonce="n",
    )

    assert tokens.claims()["sub"] == "user-1"


def test_a_token_that_is_not_encrypted_is_refused(client, provider):
    provider.encryptions.clear()
    tokens = tokens_of(client, provider)

    assert code_of(client.validate_token, id_token=tokens.id_token) == "id_token.not_encrypted"


def test_a_token_that_nobody_expects_encrypted_is_refused(client, provider):
    tokens = tokens_of(client, provider)

    code = code_of(a_client(provider).validate_token, id_token=tokens.id_token)

    assert code == "id_token.encrypted"


def test_an_access_token_is_not_decrypted(client, provider):
    tokens = tokens_of(client, provider)

    code = code_of(client.validate_token, access_token=tokens.id_token)

    assert code == "access_token.encrypted"


def test_the_provider_is_shown_what_it_can_read(client, provider):
    # RP-Initiated Logout 1.0 2: the client MUST decrypt it for a hint.
    tokens = tokens_of(client, provider)

    url = client.build_logout_url(
        expert=True, redirect_uri="https://site.example/", id_token=tokens.id_token
    )

    (hint,) = parse_qs(urlsplit(url).query)["id_token_hint"]
    assert hint in provider.issued_id_tokens


def test_a_hint_that_was_decrypted_before_stays_as_it_is(client, provider):
    hint = sign_in(client, provider).encoded

    url = client.build_logout_url(expert=True, redirect_uri="https://site.example/", id_token=hint)

    assert parse_qs(urlsplit(url).query)["id_token_hint"] == [hint]


def test_a_logout_token_is_encrypted_as_an_id_token_is(client, provider):
    # Back-Channel Logout 1.0 2.6 (1).
    token = provider.logout_token(sub="ada", sid="the-session")

    assert token.count(".") == 4
    assert client.verify_logout_token(token).subject == "ada"


def test_a_logout_token_that_is_not_encrypted_is_refused(client, provider):
    provider.encryptions.clear()

    code = code_of(client.verify_logout_token, provider.logout_token(sub="ada"))

    assert code == "logout_token.not_encrypted"


USERINFO = {"client_keys": [RSA], "userinfo_encrypted_response_alg": "RSA-OAEP"}


def test_encrypted_userinfo_is_verified_and_read(provider):
    client = encrypting(provider, **USERINFO)

    claims = client.userinfo_claims(tokens_of(client, provider, sub="ada").access_token)

    assert claims["sub"] == "ada"


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"body": b'{"sub":"x"}'}, "userinfo.framing", id="JSON called a token"),
        pytest.param(
            {"body": b'{"sub":"x"}', "headers": {"Content-Type": "application/json"}},
            "userinfo.not_encrypted",
            id="JSON",
        ),
        pytest.param({"body": b"a.b.c"}, "userinfo.not_encrypted", id="signed alone"),
        pytest.param(
            {"status": 401, "body": b'{"error":"invalid_token"}'},
            "oauth.invalid_token",
            id="a refusal",
        ),
    ],
)
def test_userinfo_that_is_not_encrypted_is_refused(provider, lie, code):
    client = encrypting(provider, **USERINFO)
    tokens = tokens_of(client, provider)
    provider.lie("userinfo", **lie)

    assert code_of(client.userinfo_claims, tokens.access_token) == code


def test_userinfo_that_is_encrypted_and_not_signed_is_refused(provider):
    # OIDC Core 5.3.2 allows it. But anybody can encrypt to a public key.
    client = encrypting(provider, **USERINFO)
    tokens = tokens_of(client, provider)
    provider.false_encryptions["userinfo"] = FalseEncryption(inside=lambda _: '{"sub":"user-1"}')

    assert code_of(client.userinfo_claims, tokens.access_token) == "userinfo.unsigned"


def test_the_signature_of_userinfo_has_an_algorithm_of_its_own(provider):
    client = encrypting(provider, **USERINFO, userinfo_signed_response_alg="ES256")
    tokens = tokens_of(client, provider)

    assert code_of(client.userinfo_claims, tokens.access_token) == "userinfo.alg"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        pytest.param(
            {"id_token_encrypted_response_alg": "RSA1_5"},
            "id_token_encrypted_response_alg",
            id="1_5",
        ),
        pytest.param(
            {"userinfo_encrypted_response_alg": "PBES2-HS256+A128KW"},
            "userinfo_encrypted_response_alg",
            id="a password",
        ),
        pytest.param(
            {"id_token_encrypted_response_enc": "A512GCM"},
            "id_token_encrypted_response_enc",
            id="an unknown enc",
        ),
        pytest.param(
            {"userinfo_encrypted_response_enc": "A256GCM"},
            "userinfo_encrypted_response_enc",
            id="enc without alg",
        ),
        pytest.param(
            {"id_token_encrypted_response_alg": "RSA-OAEP"}, "client_keys", id="alg without key"
        ),
        pytest.param(
            {"id_token_encrypted_response_alg": "RSA-OAEP", "client_keys": [ECDH]},
            "client_keys",
            id="a key of another kind",
        ),
        pytest.param(
            {"id_token_encrypted_response_alg": "dir", "secret": None},
            "id_token_encrypted_response_alg",
            id="dir without secret",
        ),
        pytest.param(
            {"id_token_encrypted_response_alg": "A128KW", "secret": "short"},
            "secret_too_short",
            id="a short secret",
        ),
        pytest.param(
            {"id_token_encrypted_response_alg": "dir", "protocol": "oauth"},
            "id_token_encrypted_response_alg",
            id="oauth",
        ),
        pytest.param(
            {"userinfo_encrypted_response_alg": "dir", "protocol": "oauth"},
            "userinfo_encrypted_response_alg",
            id="userinfo over oauth without a signature",
        ),
        pytest.param(
            {"introspection_encrypted_response_alg": "dir"},
            "introspection_encrypted_response_alg",
            id="introspection that is not signed",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_once(provider, settings, reason):
    with pytest.raises(ConfigurationError) as caught:
        a_client(provider, **settings)

    assert caught.value.code == f"configuration.{reason}"


def test_the_first_message_says_what_to_make(provider):
    with pytest.raises(ConfigurationError, match="genauth_keys --alg RSA-OAEP"):
        a_client(provider, id_token_encrypted_response_alg="RSA-OAEP")


def test_a_key_for_both_uses_is_published_for_both(provider):
    pem = load_keys([RSA])[0].jwk.export_to_pem(private_key=True, password=None).decode()

    client = a_client(provider, client_keys=[pem], id_token_encrypted_response_alg="RSA-OAEP")

    (published,) = client.authentication.public_keys()["keys"]
    assert "use" not in published


INTROSPECTION = {
    "client_keys": [RSA],
    "introspection_signed_response_alg": "RS256",
    "introspection_encrypted_response_alg": "RSA-OAEP",
}
ANSWERED = {"Content-Type": "application/token-introspection+jwt"}


def answer_of(provider, *, encrypted=True, **how):
    """Return an introspection answer that is signed, and encrypted as the client expects."""
    claims = {
        "iss": provider.issuer,
        "aud": provider.client_id,
        "iat": int(time.time()),
        "token_introspection": {"active": True},
    }
    signed = write_jwt(claims, provider.id_token_key, typ="token-introspection+jwt")
    lie = FalseEncryption(**how)
    text = lie.write(signed, provider.encryptions["introspection"]) if encrypted else signed
    return {"headers": ANSWERED, "body": text.encode()}


def test_an_introspection_answer_is_decrypted_and_verified(provider):
    client = encrypting(provider, **INTROSPECTION)
    provider.lie("introspection", **answer_of(provider))

    assert client.introspect_token("a-token") == {"active": True}


@pytest.mark.parametrize(
    ("how", "code"),
    [
        pytest.param({"encrypted": False}, "not_encrypted", id="signed alone"),
        pytest.param({"inside": lambda _: '{"active":true}'}, "unsigned", id="encrypted alone"),
        pytest.param({"header": {"zip": "DEF"}}, "zip", id="compressed"),
        pytest.param({"header": {"alg": "RSA1_5"}}, "encryption_alg", id="another alg"),
        pytest.param({"outside": lambda token: token[:-8] + "AAAAAAAA"}, "decryption", id="tag"),
    ],
)
def test_an_introspection_answer_that_does_not_hold_is_refused(provider, how, code):
    client = encrypting(provider, **INTROSPECTION)
    provider.lie("introspection", **answer_of(provider, **how))

    assert code_of(client.introspect_token, "a-token") == f"introspection.{code}"


def test_an_introspection_answer_that_nobody_expects_encrypted_is_refused(provider):
    encrypting(provider, **INTROSPECTION)
    client = a_client(provider, introspection_signed_response_alg="RS256")
    provider.lie("introspection", **answer_of(provider))

    assert code_of(client.introspect_token, "a-token") == "introspection.encrypted"
