"""A compact JWS: what its frame and its header may be, before any key is asked for."""

import json

import pytest

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.jws import verified_claims
from tests.protocol.material import always, good_claims, refusing, signing_key, verifying_key
from tests.provider.keys import base64url, secret_key
from tests.provider.keys import signing_key as public_signing_key
from tests.provider.tokens import Forgery, write_jwt

KEY = signing_key("RS256")
FIND = always(verifying_key(KEY))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def claims_of(token, *, find_key=FIND, accepted_types=("jwt",), error=IDTokenError):
    return verified_claims(
        token, algorithms={"RS256"}, find_key=find_key, accepted_types=accepted_types, error=error
    )


def a_token(**lie):
    return write_jwt(good_claims(), KEY, lie=Forgery(**lie))


def with_header(**members):
    return a_token(header_edit=lambda header: header | members)


def with_header_text(text):
    return a_token(header_edit=lambda header: text)


def signed_segments(header, payload):
    """Sign two segments as they are, though they may be no canonical base64url."""
    return f"{header}.{payload}.{base64url(KEY.sign(f'{header}.{payload}'.encode()))}"


def with_spare_bits(segment):
    """Write the same octets with bits set that no octet uses."""
    return segment[:-1] + ALPHABET[ALPHABET.index(segment[-1]) + 1]


HEADER = '{"alg":"RS256"} '  # 16 octets, and so four spare bits
PAYLOAD = '{"iss":"joe"}'  # 13 octets, the same
HEADER_SEGMENT = base64url(HEADER.encode())
PAYLOAD_SEGMENT = base64url(PAYLOAD.encode())
JWE_HEADER_SEGMENT = base64url(b'{"alg":"RSA-OAEP","enc":"A256GCM"}')

FRAMES = [
    pytest.param("", id="nothing"),
    pytest.param(".", id="two empty segments"),
    pytest.param("..", id="three empty segments"),
    pytest.param(HEADER_SEGMENT, id="one segment"),
    pytest.param(f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}", id="no signature and no dot"),
    pytest.param(f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}.AA.AA", id="four segments"),
    pytest.param(f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}.AA.AA.AA.AA", id="six segments"),
    pytest.param(f".{PAYLOAD_SEGMENT}.AA", id="empty header"),
    pytest.param(f"{HEADER_SEGMENT}..AA", id="empty payload"),
    pytest.param(f"{HEADER_SEGMENT}==.{PAYLOAD_SEGMENT}.AA", id="padding"),
    pytest.param(f" {HEADER_SEGMENT}.{PAYLOAD_SEGMENT}.AA", id="space before"),
    pytest.param(f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}.AA\n", id="line end after"),
    pytest.param(f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}\x00.AA", id="NUL"),
    pytest.param(f"{HEADER_SEGMENT}.ab+/.AA", id="the alphabet that is not for URLs"),
    pytest.param(f"{HEADER_SEGMENT}.ábcd.AA", id="a letter beyond ASCII"),
    pytest.param(f"{HEADER_SEGMENT}.\ud800bcd.AA", id="a lone surrogate"),
    pytest.param(f"{HEADER_SEGMENT}AAA.{PAYLOAD_SEGMENT}.AA", id="a header of 25 characters"),
    pytest.param(f"A.{PAYLOAD_SEGMENT}.AA", id="six bits for a header"),
    pytest.param(json.dumps({"payload": "AA", "signatures": []}), id="JSON serialization"),
    pytest.param("a" * 100_000, id="as long as may be"),
]


@pytest.mark.parametrize("token", FRAMES)
def test_what_is_not_three_segments_of_base64url_is_refused(token):
    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.framing"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(
            signed_segments(with_spare_bits(HEADER_SEGMENT), PAYLOAD_SEGMENT), id="header"
        ),
        pytest.param(
            signed_segments(HEADER_SEGMENT, with_spare_bits(PAYLOAD_SEGMENT)), id="payload"
        ),
        pytest.param(
            with_spare_bits(signed_segments(HEADER_SEGMENT, PAYLOAD_SEGMENT)), id="signature"
        ),
    ],
)
def test_a_second_text_for_the_same_octets_is_refused(token):
    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.framing"


def test_a_signature_of_impossible_length_is_refused():
    token = f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}.AAAAA"

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.framing"


def test_segments_with_spare_bits_unset_are_read():
    claims = claims_of(signed_segments(HEADER_SEGMENT, PAYLOAD_SEGMENT))

    assert claims == {"iss": "joe"}


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("a" * 100_001, id="one character too many"),
        pytest.param("a." * 1_000_000, id="megabytes"),
        pytest.param("a" * 99_997 + "....", id="too long and of five segments"),
    ],
)
def test_a_token_of_more_than_100_000_characters_is_refused(token):
    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.too_long"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(f"{JWE_HEADER_SEGMENT}.AA.AA.AA.AA", id="JWE"),
        pytest.param("....", id="five empty segments"),
    ],
)
def test_an_encrypted_token_is_refused(token):
    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.encrypted"


@pytest.mark.parametrize(
    "alg",
    [
        pytest.param("none", id="none"),
        pytest.param("None", id="None"),
        pytest.param("NONE", id="NONE"),
        pytest.param("nOnE", id="nOnE"),
        pytest.param("", id="empty"),
        pytest.param("rs256", id="in lower case"),
        pytest.param("RS256 ", id="with a space"),
        pytest.param("RS384", id="another of its family"),
        pytest.param("PS256", id="another of its key type"),
        pytest.param("HS256", id="an HMAC"),
        pytest.param(None, id="null"),
        pytest.param(256, id="a number"),
        pytest.param(["RS256"], id="a list"),
        pytest.param({"RS256": True}, id="an object"),
    ],
)
def test_an_algorithm_other_than_the_pinned_one_is_refused(alg):
    token = with_header(alg=alg)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.alg"


def test_a_header_without_an_algorithm_is_refused():
    token = with_header_text(b'{"typ":"JWT"}')

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.alg"


def test_an_unsecured_token_is_refused():
    token = a_token(header_edit=lambda header: {"alg": "none"}, sign_with="nobody")

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.alg"


def test_an_hmac_under_the_public_key_is_refused():
    public_key = public_signing_key("RS256").public_pem
    token = a_token(sign_with=secret_key("HS256", public_key))

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.alg"


@pytest.mark.parametrize(
    "crit",
    [
        pytest.param(["exp"], id="an extension"),
        pytest.param(["b64"], id="the extension of RFC 7797"),
        pytest.param([], id="an empty list"),
        pytest.param(None, id="null"),
        pytest.param("alg", id="text"),
    ],
)
def test_a_critical_extension_is_refused(crit):
    token = with_header(crit=crit)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.crit"


@pytest.mark.parametrize(
    "typ",
    [
        pytest.param("at+jwt", id="an access token"),
        pytest.param("application/at+jwt", id="an access token, written in full"),
        pytest.param("logout+jwt", id="a logout token"),
        pytest.param("JOSE", id="any JWS"),
        pytest.param("", id="empty"),
        pytest.param("JWT ", id="with a space"),
        pytest.param("application/application/jwt", id="twice in full"),
        pytest.param("text/jwt", id="of another tree"),
        pytest.param(1, id="a number"),
        pytest.param(False, id="a boolean"),
        pytest.param(["JWT"], id="a list"),
        pytest.param({}, id="an object"),
    ],
)
def test_a_token_of_another_type_is_refused(typ):
    token = with_header(typ=typ)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.typ"


@pytest.mark.parametrize(
    "kid",
    [
        pytest.param(7, id="a number"),
        pytest.param(True, id="a boolean"),
        pytest.param(["a"], id="a list"),
        pytest.param({"a": "b"}, id="an object"),
    ],
)
def test_a_key_id_that_is_no_text_is_refused(kid):
    token = with_header(kid=kid)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.kid"
