"""The frame of a compact JWS: three segments, each of them canonical base64url."""

import json

import pytest

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.jws import verified_claims
from tests.protocol.material import always, refusing, signing_key, verifying_key
from tests.support.provider.keys import base64url

KEY = signing_key("RS256")
FIND = always(verifying_key(KEY))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def claims_of(token, *, find_key=FIND):
    return verified_claims(
        token,
        algorithms={"RS256"},
        find_key=find_key,
        accepted_types={"jwt"},
        error=IDTokenError,
    )


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


def with_inside(segment, foreign):
    """Put foreign characters into a segment, and leave its ends as they are."""
    return segment[:4] + foreign + segment[4:]


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param("++++", id="plus"),
        pytest.param("////", id="slashes"),
        pytest.param("====", id="padding"),
        pytest.param("    ", id="spaces"),
        pytest.param("\r\n\r\n", id="line ends"),
        pytest.param("\x00\x00\x00\x00", id="NUL"),
        pytest.param("éé", id="beyond ASCII"),
    ],
)
@pytest.mark.parametrize(
    "a_token_with",
    [
        pytest.param(
            lambda foreign: signed_segments(with_inside(HEADER_SEGMENT, foreign), PAYLOAD_SEGMENT),
            id="in the header",
        ),
        pytest.param(
            lambda foreign: signed_segments(HEADER_SEGMENT, with_inside(PAYLOAD_SEGMENT, foreign)),
            id="in the payload",
        ),
        pytest.param(
            lambda foreign: with_inside(
                signed_segments(HEADER_SEGMENT, PAYLOAD_SEGMENT)[::-1], foreign[::-1]
            )[::-1],
            id="in the signature",
        ),
    ],
)
def test_characters_that_a_lenient_decoder_leaves_out_are_refused(a_token_with, foreign):
    """The signature is over them as they stand, so that nothing but the frame is wrong."""
    with pytest.raises(IDTokenError) as refused:
        claims_of(a_token_with(foreign))

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
