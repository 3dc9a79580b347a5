"""What the provider's key set holds (RFC 7517, RFC 8725 3.5)."""

import json
from dataclasses import replace

import pytest

from tests.support.provider import faults
from tests.support.provider.keys import base64url, secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

UNKNOWN = "id_token.key_unknown"


def body(octets, code, id):
    return pytest.param({"body": octets}, code, id=id)


def document(lie, code, id):
    return pytest.param(lie, code, id=id)


def key(id, **changes):
    """Return a row: the one key is not as it should be, a member of None is left out."""

    def edit(answer):
        (honest,) = answer["keys"]
        kept = {name: value for name, value in {**honest, **changes}.items() if value is not None}
        return {"keys": [kept]}

    return pytest.param({"edit": edit}, id=id)


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        body(b"", "jwks.json", "nothing"),
        body(b"<html>", "jwks.json", "HTML"),
        body(b"[]", "jwks.json", "a list"),
        body(b"{}", "jwks.keys", "no list of keys"),
        body(b'{"keys":{}}', "jwks.keys", "an object of keys"),
        body(b'{"keys":"a"}', "jwks.keys", "a text for keys"),
        body(b'{"keys":null}', "jwks.keys", "null for keys"),
        body(b'{"keys":[' + b"{}," * 100 + b"{}]}", "jwks.keys", "101 keys"),
        body(b'{"keys":[],"keys":[]}', "jwks.json", "two lists of keys"),
        body(b"[" * 60_000, "jwks.nesting", "60,000 arrays"),
        body(b'{"keys":[' + b"[" * 60_000, "jwks.nesting", "60,000 arrays for a key"),
        body(b'{"keys":[{"n":' + b"1" * 6_000 + b"}]}", "jwks.json", "6,000 digits"),
        document({"status": 403}, "jwks.status_403", "403"),
        document({"status": 204}, "jwks.status_204", "204"),
        document(
            {"status": 302, "headers": {"Location": "https://evil.example/keys"}},
            "jwks.status_302",
            "a redirect",
        ),
        document({"fault": faults.oversize(megabytes=2)}, "provider.too_large", "2 MB"),
    ],
)
def test_a_key_set_that_does_not_hold_is_a_refusal(visitor, provider, is_refused, lie, code):
    provider.lie("jwks", **lie)

    response = visitor.sign_in()

    is_refused(response, 502, code, asked="discovery token jwks")


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"body": b'{"keys":[]}'}, id="no key"),
        pytest.param({"body": b'{"keys":[1,null,"a",[],{}]}'}, id="junk for keys"),
        key("another kind of key", kty="EC"),
        key("an unknown kind of key", kty="XYZ"),
        key("a list for a kind", kty=["RSA"]),
        key("a shared secret for a public key", kty="oct", k=base64url(CLIENT_SECRET.encode())),
        key("for encryption", use="enc"),
        key("a use in a list", use=["sig"]),
        key("for signing alone", key_ops=["sign"]),
        key("operations in a text", key_ops="verify"),
        key("for another algorithm", alg="RS512"),
        key("for another padding", alg="PS256"),
        key("a number for an algorithm", alg=7),
        key("another key id", kid="other"),
        key("a number for a key id", kid=7),
        key("no modulus", n=None),
        key("an empty modulus", n=""),
        key("a modulus that is no base64", n="!"),
        key("a number for a modulus", n=7),
        key("a modulus of nothing but zeros", n=base64url(bytes(256))),
        key("no exponent", e=None),
        key("an exponent of one", e="AQ"),
        key("an even exponent", e="AA"),
        key("an exponent that never ends", e=base64url(b"\xff" * 65_536)),
    ],
)
def test_a_key_that_does_not_hold_is_no_key(visitor, provider, is_refused, lie):
    provider.lie("jwks", **lie)

    response = visitor.sign_in()

    is_refused(response, 502, UNKNOWN, asked="discovery token jwks jwks")


@pytest.mark.parametrize(
    "lie",
    [
        key("an even modulus", n=base64url(b"\xff" * 255 + b"\xfe")),
        key("a megabit of modulus", n=base64url(b"\xff" * 131_072)),
        key("the modulus of a stranger", n=signing_key("RS256", 9).public_jwk["n"]),
        key("another exponent", e="Aw"),
    ],
)
def test_a_key_of_other_numbers_verifies_nothing(visitor, provider, is_refused, lie):
    provider.lie("jwks", **lie)

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.signature", asked="discovery token jwks")


def test_a_key_that_is_too_short_is_no_key(visitor, provider, is_refused):
    short = signing_key("RS256", 77, bits=1024)
    provider.lie("jwks", edit=lambda answer: {"keys": [short.public_jwk]})
    provider.forge("id_token", sign_with=short)

    response = visitor.sign_in()

    is_refused(response, 502, UNKNOWN, asked="discovery token jwks jwks")


def test_a_published_secret_verifies_no_mac(visitor, provider, is_refused, app):
    """RFC 8725 2.1: else whoever reads the key set signs in as anybody."""
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "HS256"
    known = {"kty": "oct", "k": base64url(b"k" * 32), "kid": "k", "alg": "HS256", "use": "sig"}
    provider.lie("jwks", edit=lambda answer: {"keys": [known]})
    provider.forge("id_token", sign_with=secret_key("HS256", b"k" * 32, kid="k"))

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.signature", asked="discovery token")


def test_two_keys_of_one_id_are_one_too_many(visitor, provider, is_refused):
    twin = replace(signing_key("RS256", 9), kid=provider.id_token_key.kid)
    provider.lie("jwks", edit=lambda answer: {"keys": [*answer["keys"], twin.public_jwk]})

    response = visitor.sign_in()

    is_refused(response, 502, "jwks.ambiguous", asked="discovery token jwks")


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 500}, "status_500", id="500"),
        pytest.param({"fault": faults.reset_in_body}, "connection", id="reset"),
        pytest.param({"fault": faults.drip(bytes_per_second=20)}, "timeout", id="a drip"),
    ],
)
def test_no_keys_are_a_provider_that_is_out_of_order(visitor, provider, is_refused, lie, code):
    provider.lie("jwks", **lie)

    response = visitor.sign_in()

    is_refused(response, 503, f"provider_unavailable.{code}", asked="discovery token jwks")


def test_a_key_set_that_fails_later_does_not_stop_those_whose_key_is_known(visitor, provider):
    visitor.sign_in()
    provider.lie("jwks", status=500)

    visitor.sign_in()

    assert visitor.is_signed_in


def test_keys_that_nobody_knows_are_passed_over(visitor, provider):
    strange = [{"kty": "XYZ"}, {"kty": "RSA", "n": "!"}, 7, {"kty": "oct", "k": "AAAA"}, {}]
    provider.lie("jwks", edit=lambda answer: {"keys": [*strange, *answer["keys"]]})

    visitor.sign_in()

    assert visitor.is_signed_in


def test_one_key_that_is_listed_twice_is_one_key(visitor, provider):
    provider.lie("jwks", edit=lambda answer: {"keys": answer["keys"] * 2})

    visitor.sign_in()

    assert visitor.is_signed_in


def test_the_one_fitting_key_may_have_no_id_though_the_token_names_one(visitor, provider):
    provider.lie("jwks", edit=lambda answer: {"keys": [answer["keys"][0] | {"kid": None}]})

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_byte_order_mark_before_the_keys_does_nothing(visitor, provider):
    provider.lie("jwks", edit=lambda answer: b"\xef\xbb\xbf" + json.dumps(answer).encode())

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_private_key_that_is_published_serves_as_its_public_one(visitor, provider):
    provider.lie("jwks", edit=lambda answer: {"keys": [answer["keys"][0] | {"d": "AQAB"}]})

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize("keep_old", [True, False])
def test_a_key_rotated_between_two_logins_is_found(visitor, provider, keep_old):
    visitor.sign_in()
    provider.rotate_key(keep_old=keep_old)
    again = Visitor(provider)

    again.sign_in()

    assert again.is_signed_in


def test_a_key_rotated_just_before_signing_is_found(visitor, provider):
    visitor.sign_in()
    url = visitor.begin()
    provider.rotate_key(keep_old=False)

    response = visitor.come_back(provider.authorize(url))

    assert response.status_code == 302
