"""Compact JWE: opened with the algorithms and keys of the settings, and with nothing else.

Each pair of algorithms is tried with oidc-provider, too, in `tests/client/sdk/providers`.
"""

import hashlib
import json
import pickle
from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import product

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from django_genauth.protocol.client_keys import load_keys
from django_genauth.protocol.encryption import (
    CONTENT_ALGORITHMS,
    KEY_MANAGEMENT_ALGORITHMS,
    decrypted,
    decryption_for,
)
from django_genauth.protocol.errors import ConfigurationError, IDTokenError, UserInfoError
from tests.support.provider.encrypting import Encryption, write_jwe

SECRET = "a client secret of more than 32 octets"
TOKEN = "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl"
RSA = JWK.generate(kty="RSA", size=2048)
EC = JWK.generate(kty="EC", crv="P-256")
KEYS = load_keys([RSA.export_private(), EC.export_private()])
PAIRS = list(product(KEY_MANAGEMENT_ALGORITHMS, CONTENT_ALGORITHMS))


def opens(alg="RSA-OAEP", enc="A256GCM", keys=KEYS, secret=SECRET):
    return decryption_for("ID_TOKEN_ENCRYPTED_RESPONSE_ALG", alg, enc, keys=keys, secret=secret)


def how(alg="RSA-OAEP", enc="A256GCM", key=None):
    kind = {"RSA": RSA, "ECDH": EC}.get(alg.partition("-")[0])
    of_alg = SECRET if kind is None else kind.export_public(as_dict=True)
    return Encryption(alg=alg, enc=enc, key=key or of_alg)


def jwe(alg="RSA-OAEP", enc="A256GCM", inside=TOKEN, **header):
    return write_jwe(inside.encode(), how(alg, enc), header)


def with_segment(token, number, change):
    segments = token.split(".")
    segments[number] = change(segments[number])
    return ".".join(segments)


def base64url(octets):
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def flipped(segment):
    octets = bytearray(urlsafe_b64decode(segment + "=="))
    octets[0] ^= 1
    return base64url(bytes(octets))


def code_of(text, decryption=None):
    with pytest.raises(IDTokenError) as caught:
        decrypted(text, decryption or opens(), error=IDTokenError)
    return caught.value.code


@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_the_token_inside_is_returned(alg, enc):
    assert decrypted(jwe(alg, enc), opens(alg, enc), error=IDTokenError) == TOKEN


@pytest.mark.parametrize("curve", ["P-384", "P-521", "X25519"])
def test_other_curves_agree_too(curve):
    key = JWK.generate(kty="OKP" if curve == "X25519" else "EC", crv=curve)
    text = write_jwe(TOKEN.encode(), how("ECDH-ES", key=key.export_public(as_dict=True)))

    found = decrypted(
        text, opens("ECDH-ES", keys=load_keys([key.export_private()])), error=IDTokenError
    )

    assert found == TOKEN


def test_parties_that_are_named_go_into_the_key():
    # RFC 7518 4.6.1.2: apu and apv.
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "apu": "QWxpY2U", "apv": "Qm9i"}
    written = JWE(TOKEN, json.dumps(header), recipient=JWK(**EC.export_public(as_dict=True)))

    found = decrypted(written.serialize(compact=True), opens("ECDH-ES"), error=IDTokenError)

    assert found == TOKEN


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"cty": None}, id="no cty"),
        pytest.param({"cty": "json"}, id="another cty"),
        pytest.param({"typ": "JWT"}, id="typ"),
        pytest.param({"iss": "https://op.example"}, id="a claim"),
        pytest.param({"kid": "of the provider's own"}, id="another name for the key"),
        pytest.param({"jku": "https://evil.example/", "jwk": {}, "x5u": "x"}, id="other keys"),
    ],
)
def test_what_a_header_may_say_besides_changes_nothing(header):
    assert decrypted(jwe(**header), opens(), error=IDTokenError) == TOKEN


def test_without_a_setting_the_text_stays_as_it_is():
    text = jwe()

    assert decrypted(text, None, error=IDTokenError) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(lambda: TOKEN, "not_encrypted", id="a signed token"),
        pytest.param(lambda: "a.b", "framing", id="two segments"),
        pytest.param(lambda: jwe() + ".x", "framing", id="six segments"),
        pytest.param(lambda: "", "framing", id="nothing"),
        pytest.param(lambda: '{"ciphertext":"x","recipients":[]}', "framing", id="JSON"),
        pytest.param(lambda: "a.b.c.d.e", "framing", id="five segments of other text"),
        pytest.param(lambda: "e30.....", "framing", id="dots"),
        pytest.param(lambda: "e30....", "encryption_alg", id="an empty header"),
        pytest.param(lambda: jwe() + "=", "framing", id="padding"),
        pytest.param(lambda: jwe().replace(".", ".!", 1), "framing", id="another alphabet"),
        pytest.param(lambda: "x" * 1_000_000, "too_long", id="1 MB"),
        pytest.param(
            lambda: with_segment(jwe(), 0, lambda _: base64url(b"[]")), "json", id="a list"
        ),
        pytest.param(
            lambda: with_segment(jwe(), 0, lambda _: base64url(b'{"alg":"dir","alg":"dir"}')),
            "json",
            id="alg twice",
        ),
        pytest.param(
            lambda: with_segment(jwe(), 0, lambda _: base64url(b'{"a":' * 1_000)),
            "nesting",
            id="a header without ground",
        ),
        pytest.param(lambda: jwe(alg="RSA-OAEP-256"), "encryption_alg", id="another alg"),
        pytest.param(lambda: jwe(alg="dir"), "encryption_alg", id="the secret's alg"),
        pytest.param(
            lambda: write_jwe(TOKEN.encode(), how(), {"alg": "RSA1_5"}),
            "encryption_alg",
            id="RSA1_5",
        ),
        pytest.param(
            lambda: write_jwe(
                TOKEN.encode(), how(), {"alg": "PBES2-HS256+A128KW", "p2s": "x", "p2c": 10**9}
            ),
            "encryption_alg",
            id="a password",
        ),
        pytest.param(
            lambda: write_jwe(TOKEN.encode(), how(), {"alg": "none"}), "encryption_alg", id="none"
        ),
        pytest.param(
            lambda: write_jwe(TOKEN.encode(), how(), {"alg": ["RSA-OAEP"]}),
            "encryption_alg",
            id="alg in a list",
        ),
        pytest.param(lambda: jwe(p2c=10**9), "encryption_alg", id="p2c"),
        pytest.param(lambda: jwe(enc="A128GCM"), "encryption_enc", id="another enc"),
        pytest.param(
            lambda: write_jwe(TOKEN.encode(), how(), {"enc": None}), "encryption_enc", id="no enc"
        ),
        pytest.param(lambda: jwe(zip="DEF"), "zip", id="compressed"),
        pytest.param(lambda: jwe(zip=False), "zip", id="a boolean for zip"),
        pytest.param(lambda: jwe(crit=["exp"], exp=1), "crit", id="a critical extension"),
        pytest.param(lambda: jwe(crit=[]), "crit", id="an empty crit"),
        pytest.param(lambda: jwe(kid=7), "kid", id="a number for a key id"),
        pytest.param(lambda: jwe(inside='{"sub":"x"}'), "unsigned", id="claims alone"),
        pytest.param(lambda: jwe(inside=' {"sub":"a.b.c"}'), "unsigned", id="claims with dots"),
        pytest.param(lambda: jwe(inside=jwe()), "unsigned", id="JWE in JWE"),
        pytest.param(lambda: jwe(inside=""), "unsigned", id="nothing inside"),
    ],
)
def test_what_does_not_hold_is_refused(text, code):
    assert code_of(text()) == f"id_token.{code}"


POINT_NOT_ON_THE_CURVE = {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}
OTHER_CURVE = JWK.generate(kty="EC", crv="P-384").export_public(as_dict=True)
OTHER_RSA = JWK.generate(kty="RSA", size=2048).export_public(as_dict=True)
LOW_ORDER = {"kty": "OKP", "crv": "X25519", "x": base64url(bytes(32))}


def cut(segment):
    return base64url(urlsafe_b64decode(segment + "==")[:12])


def emptied(segment):
    return ""


def longer(segment):
    return segment + "AAAA"


@pytest.mark.parametrize(
    ("alg", "enc", "number", "change"),
    [
        *(
            pytest.param(alg, enc, number, flipped, id=f"{alg}, another {which}")
            for alg, enc in [("RSA-OAEP", "A256GCM"), ("ECDH-ES+A128KW", "A128CBC-HS256")]
            for number, which in enumerate(("key", "vector", "ciphertext", "tag"), start=1)
        ),
        *(pytest.param("dir", enc, 4, cut, id=f"{enc}, half a tag") for enc in CONTENT_ALGORITHMS),
        pytest.param("dir", "A256GCM", 4, emptied, id="no tag"),
        pytest.param("dir", "A256GCM", 3, emptied, id="no ciphertext"),
        pytest.param("dir", "A256GCM", 2, longer, id="a longer vector"),
        pytest.param("dir", "A128CBC-HS256", 2, emptied, id="no vector"),
        pytest.param("dir", "A256GCM", 1, longer, id="a key beside the secret"),
        pytest.param("ECDH-ES", "A256GCM", 1, longer, id="a key beside the agreed one"),
        pytest.param("RSA-OAEP", "A256GCM", 1, emptied, id="no key"),
        pytest.param("A256KW", "A256GCM", 1, emptied, id="no wrapped key"),
    ],
)
def test_whatever_fails_in_decrypting_there_is_one_code_for_it(alg, enc, number, change):
    text = with_segment(jwe(alg, enc), number, change)

    assert code_of(text, opens(alg, enc)) == "id_token.decryption"


def test_a_vector_of_another_length_opens_nothing_though_it_was_used():
    # RFC 7518 5.3: 96 bits. The primitive would take any length.
    key = hashlib.sha256(SECRET.encode()).digest()
    protected = base64url(b'{"alg":"dir","enc":"A256GCM"}')
    sealed = AESGCM(key).encrypt(bytes(16), TOKEN.encode(), protected.encode())
    parts = (b"", bytes(16), sealed[:-16], sealed[-16:])

    text = ".".join([protected, *map(base64url, parts)])

    assert code_of(text, opens("dir")) == "id_token.decryption"


@pytest.mark.parametrize(
    "epk",
    [
        pytest.param(None, id="missing"),
        pytest.param("x", id="text"),
        pytest.param({}, id="empty"),
        pytest.param(POINT_NOT_ON_THE_CURVE, id="not on the curve"),
        pytest.param(OTHER_CURVE, id="another curve"),
        pytest.param(OTHER_RSA, id="RSA"),
        pytest.param(LOW_ORDER, id="another kind of curve"),
        pytest.param({"kty": "oct", "k": "AAAA"}, id="a secret"),
    ],
)
def test_a_public_key_of_the_sender_that_is_none_is_the_same(epk):
    text = write_jwe(TOKEN.encode(), how("ECDH-ES"), {"epk": epk})

    assert code_of(text, opens("ECDH-ES")) == "id_token.decryption"


def test_a_point_of_low_order_agrees_on_nothing():
    key = JWK.generate(kty="OKP", crv="X25519")
    public = key.export_public(as_dict=True)
    text = write_jwe(TOKEN.encode(), how("ECDH-ES", key=public), {"epk": LOW_ORDER})

    code = code_of(text, opens("ECDH-ES", keys=load_keys([key.export_private()])))

    assert code == "id_token.decryption"


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        pytest.param("RSA-OAEP", OTHER_RSA, id="RSA"),
        pytest.param("RSA-OAEP", {**OTHER_RSA, "kid": KEYS[0].kid}, id="RSA, under our key id"),
        pytest.param("dir", SECRET + "!", id="secret"),
    ],
)
def test_what_is_encrypted_to_somebody_else_is_the_same(alg, key):
    text = write_jwe(TOKEN.encode(), how(alg, key=key))

    assert code_of(text, opens(alg)) == "id_token.decryption"


def said_of(number):
    with pytest.raises(IDTokenError) as caught:
        decrypted(with_segment(jwe(), number, flipped), opens(), error=IDTokenError)
    return str(caught.value), caught.value.__cause__, caught.value.__context__


def test_failures_say_one_thing():
    # The key, the ciphertext, the tag: which one it was would help those who try (RFC 7516 11.5).
    assert len({said_of(number) for number in (1, 3, 4)}) == 1


def test_the_key_that_is_named_is_used_and_no_other():
    second = JWK.generate(kty="RSA", size=2048)
    keys = load_keys([RSA.export_private(), second.export_private()])
    text = write_jwe(
        TOKEN.encode(), how(key=second.export_public(as_dict=True)), {"kid": keys[0].kid}
    )

    assert code_of(text, opens(keys=keys)) == "id_token.decryption"


def test_without_a_name_each_key_is_tried():
    keys = load_keys([JWK.generate(kty="RSA", size=2048).export_private(), RSA.export_private()])

    assert decrypted(jwe(kid=None), opens(keys=keys), error=IDTokenError) == TOKEN


def test_the_error_is_that_of_the_answer():
    with pytest.raises(UserInfoError):
        decrypted(TOKEN, opens(), error=UserInfoError)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"keys": ()}, "client_keys", id="no key"),
        pytest.param({"keys": KEYS[1:]}, "client_keys", id="a key of another kind"),
        pytest.param(
            {"keys": load_keys([{**RSA.export_private(as_dict=True), "use": "sig"}])},
            "client_keys",
            id="a key that signs",
        ),
        pytest.param(
            {"keys": load_keys([{**RSA.export_private(as_dict=True), "alg": "RSA-OAEP-256"}])},
            "client_keys",
            id="a key for another algorithm",
        ),
        pytest.param(
            {"alg": "A128KW", "secret": None}, "id_token_encrypted_response_alg", id="no secret"
        ),
        pytest.param({"alg": "dir", "secret": "short"}, "secret_too_short", id="a short secret"),
        pytest.param({"alg": "dir", "secret": "\ud800" * 20}, "secret", id="half a pair"),
    ],
)
def test_without_a_key_nothing_can_be_opened(changes, reason):
    with pytest.raises(ConfigurationError) as caught:
        opens(**changes)

    assert caught.value.code == f"configuration.{reason}"


def test_keys_do_not_show_themselves():
    decryption = opens("dir")

    assert "jwk" not in repr(decryption).lower()
    with pytest.raises(TypeError):
        pickle.dumps(decryption)
