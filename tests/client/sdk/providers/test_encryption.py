"""ID tokens, userinfo and introspection answers that oidc-provider 9 encrypts, with all algorithms.

What is refused stands in `tests/misbehaviour`, and encrypted logout tokens in `tests/interop`.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from itertools import product

import pytest
from jwcrypto.jwk import JWK

from django_genauth.protocol.client_keys import load_keys, public_key_set
from django_genauth.protocol.encryption import CONTENT_ALGORITHMS, KEY_MANAGEMENT_ALGORITHMS
from tests.client.sdk.providers.material import ASKED, CALLBACK, EXPECTED, app_of, sign_in
from tests.support.provider.node_provider import NodeProvider, client

pytestmark = pytest.mark.providers

PAIRS = list(product(KEY_MANAGEMENT_ALGORITHMS, CONTENT_ALGORITHMS))
KEYS = {
    name: {**JWK.generate(**kind, use="enc").export_private(as_dict=True)}
    for name, kind in {
        "RSA": {"kty": "RSA", "size": 2048},
        "P-256": {"kty": "EC", "crv": "P-256"},
        "P-384": {"kty": "EC", "crv": "P-384"},
        "P-521": {"kty": "EC", "crv": "P-521"},
        "X25519": {"kty": "OKP", "crv": "X25519"},
    }.items()
}
BOTH = [KEYS["P-256"], KEYS["RSA"]]
# It does not say what it is for.
PEM = JWK.generate(kty="RSA", size=2048).export_to_pem(private_key=True, password=None).decode()


def registered(name, alg, enc, keys=BOTH, **further):
    """Describe a client for which all answers are encrypted."""
    return client(
        name,
        CALLBACK,
        post_logout_redirect_uris=[CALLBACK],
        id_token_signed_response_alg="ES256",
        userinfo_signed_response_alg="RS256",
        introspection_signed_response_alg="RS256",
        jwks=public_key_set(load_keys(keys), decrypting=[alg]),
        **{
            f"{kind}_encrypted_response_{member}": value
            for kind in ("id_token", "userinfo", "introspection")
            for member, value in (("alg", alg), ("enc", enc))
        },
        **further,
    )


@pytest.fixture(scope="module")
def provider() -> Iterator[NodeProvider]:
    """Run a provider that encrypts in a way of its own for each app."""
    pairs = [registered(f"{alg} {enc}", alg, enc) for alg, enc in PAIRS]
    curves = [
        registered(curve, "ECDH-ES+A256KW", "A256GCM", [KEYS[curve]])
        for curve in ("P-384", "P-521", "X25519")
    ]
    both = registered("both uses", "RSA-OAEP", "A256GCM", [PEM])
    with NodeProvider(9, [*pairs, *curves, both]) as running:
        yield running


def site(provider, kind, alg, enc, keys=BOTH, **changes):
    """Make the client of an app whose answers are encrypted."""
    return app_of(
        provider,
        kind,
        **{
            "client_keys": keys,
            "userinfo_signed_response_alg": "RS256",
            "introspection_signed_response_alg": "RS256",
            **{
                f"{each}_encrypted_response_{member}": value
                for each in ("id_token", "userinfo", "introspection")
                for member, value in (("alg", alg), ("enc", enc))
            },
            **changes,
        },
    )


def tokens_of(provider, app, session):
    arrival, verifier = sign_in(provider, app, session)
    return app.authorization_code_grant(arrival.url, pkce_code_verifier=verifier, **EXPECTED)


def header_of(token):
    first = token.split(".")[0]
    return json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))


@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_all_answers_are_decrypted_and_verified(provider, session, alg, enc):
    app = site(provider, f"{alg} {enc}", alg, enc)

    tokens = tokens_of(provider, app, session)
    userinfo = app.get_user_info_by_access_token(tokens.access_token)
    state = app.introspect(tokens.access_token)

    header = header_of(tokens.id_token)
    assert (header["alg"], header["enc"]) == (alg, enc)
    assert tokens.claims()["nonce"] == ASKED["nonce"]
    assert userinfo["sub"] == tokens.claims()["sub"]
    assert (state["active"], state["client_id"]) == (True, app.registration.app_id)


@pytest.mark.parametrize("curve", ["P-384", "P-521", "X25519"])
def test_other_curves_decrypt_too(provider, session, curve):
    app = site(provider, curve, "ECDH-ES+A256KW", "A256GCM", [KEYS[curve]])

    assert tokens_of(provider, app, session).claims()["nonce"] == ASKED["nonce"]


def test_a_key_for_both_uses_decrypts(provider, session):
    app = site(provider, "both uses", "RSA-OAEP", "A256GCM", [PEM])

    assert tokens_of(provider, app, session).claims()["nonce"] == ASKED["nonce"]


def test_without_enc_it_is_the_default_of_the_registration(provider, session):
    app = site(provider, "RSA-OAEP A128CBC-HS256", "RSA-OAEP", None)

    assert tokens_of(provider, app, session).claims()["nonce"] == ASKED["nonce"]


def test_an_old_key_decrypts_on_behind_a_new_one(provider, session):
    new = JWK.generate(kty="RSA", size=2048, use="enc").export_private()
    app = site(provider, "RSA-OAEP A256GCM", "RSA-OAEP", "A256GCM", [new, KEYS["RSA"]])

    assert tokens_of(provider, app, session).claims()["nonce"] == ASKED["nonce"]
