"""A compact JWS whose frame is good: which key is asked for, and what comes out."""

import pytest

from django_genauth.protocol.errors import IDTokenError, KeySetError, UserInfoError
from django_genauth.protocol.jws import verified_claims
from tests.protocol.material import always, good_claims, refusing, signing_key, verifying_key
from tests.support.provider.tokens import Forgery, write_jwt

KEY = signing_key("RS256")
STRANGER = signing_key("RS256", 1)
FIND = always(verifying_key(KEY))


def claims_of(token, *, find_key=FIND, accepted_types=("jwt",), error=IDTokenError):
    return verified_claims(
        token, algorithms={"RS256"}, find_key=find_key, accepted_types=accepted_types, error=error
    )


def a_token(**lie):
    return write_jwt(good_claims(), KEY, lie=Forgery(**lie))


def with_header(**members):
    return a_token(header_edit=lambda header: header | members)


def with_another_payload(token):
    """Put another token's claims under this token's signature."""
    header, _, signature = token.split(".")
    _, payload, _ = write_jwt(good_claims(sub="somebody else"), KEY).split(".")
    return f"{header}.{payload}.{signature}"


NOT_AN_OBJECT = [
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"RS256"', id="text"),
    pytest.param(b"{", id="unfinished"),
    pytest.param(b'{"alg":"RS256"}}', id="one bracket too many"),
    pytest.param(b'{"alg":"RS256","alg":"RS256"}', id="a member twice"),
    pytest.param(b'{"alg":"RS256","jwk":{"kid":"a","kid":"b"}}', id="a member twice, deep"),
    pytest.param(b'{"alg":"RS256","x":NaN}', id="NaN"),
    pytest.param(b'{"alg":"RS256","x":"\xff"}', id="no UTF-8"),
    pytest.param(b'\xef\xbb\xbf{"alg":"RS256"}', id="a byte order mark"),
]


@pytest.mark.parametrize("text", NOT_AN_OBJECT)
def test_a_header_that_is_no_strict_json_object_is_refused(text):
    token = a_token(header_edit=lambda header: text)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, find_key=refusing)

    assert refused.value.code == "id_token.json"


@pytest.mark.parametrize("text", NOT_AN_OBJECT)
def test_signed_claims_that_are_no_strict_json_object_are_refused(text):
    token = a_token(claims_edit=lambda claims: text)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.json"


def test_signed_claims_that_would_exhaust_the_stack_are_refused():
    token = a_token(claims_edit=lambda claims: b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}")

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.nesting"


def test_claims_are_not_read_before_their_signature_is_good():
    token = a_token(claims_edit=lambda claims: b"no claims", sign_with=STRANGER)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.signature"


def test_claims_under_another_tokens_signature_are_refused():
    token = with_another_payload(a_token())

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize(
    "typ",
    [
        pytest.param("JWT", id="JWT"),
        pytest.param("jwt", id="jwt"),
        pytest.param("Jwt", id="Jwt"),
        pytest.param("application/jwt", id="in full"),
        pytest.param("APPLICATION/JWT", id="in full, in capitals"),
        pytest.param(None, id="null"),
    ],
)
def test_the_type_of_a_jwt_is_accepted(typ):
    claims = claims_of(with_header(typ=typ))

    assert claims == good_claims()


def test_a_token_without_a_type_is_accepted():
    token = write_jwt(good_claims(), KEY, typ=None)

    claims = claims_of(token)

    assert claims == good_claims()


def test_the_caller_says_which_types_are_good():
    claims = claims_of(with_header(typ="Logout+JWT"), accepted_types=("logout+jwt",))

    assert claims == good_claims()


def test_the_type_of_a_jwt_is_not_good_everywhere():
    with pytest.raises(IDTokenError) as refused:
        claims_of(with_header(typ="JWT"), find_key=refusing, accepted_types=("logout+jwt",))

    assert refused.value.code == "id_token.typ"


def test_unknown_header_members_are_ignored():
    claims = claims_of(with_header(cty="x", b64=False, zip="DEF", extension={"deep": [1]}))

    assert claims == good_claims()


def test_a_key_in_the_header_is_not_looked_at():
    token = a_token(
        sign_with=STRANGER,
        header_edit=lambda header: (
            header
            | {
                "kid": KEY.kid,
                "jwk": STRANGER.public_jwk,
                "jku": "https://attacker.example/keys",
                "x5u": "https://attacker.example/certificate",
                "x5c": ["MIIB"],
            }
        ),
    )

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize(
    "kid",
    [
        pytest.param("a key", id="text"),
        pytest.param("", id="empty text"),
        pytest.param("\ud800", id="a lone surrogate"),
        pytest.param(None, id="null"),
    ],
)
def test_the_key_is_asked_for_by_the_pinned_algorithm_and_the_kid(kid):
    asked = []

    def find(algorithm, kid):
        asked.append((algorithm, kid))
        return verifying_key(KEY)

    claims_of(with_header(kid=kid), find_key=find)

    assert asked == [("RS256", kid)]


def test_a_token_without_a_key_id_asks_for_a_key_without_one():
    asked = []

    def find(algorithm, kid):
        asked.append(kid)
        return verifying_key(KEY)

    claims_of(a_token(header_edit=lambda header: {"alg": "RS256"}), find_key=find)

    assert asked == [None]


def test_the_error_of_who_finds_the_key_goes_through():
    def find(algorithm, kid):
        raise KeySetError("There is none.", reason="there_is_none")

    with pytest.raises(KeySetError) as refused:
        claims_of(a_token(), find_key=find)

    assert refused.value.code == "jwks.there_is_none"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param("", "userinfo.framing", id="framing"),
        pytest.param("....", "userinfo.encrypted", id="encrypted"),
        pytest.param("a" * 100_001, "userinfo.too_long", id="too long"),
        pytest.param("a.a.a", "userinfo.framing", id="base64url"),
        pytest.param("AA.AA.AA", "userinfo.json", id="JSON"),
        pytest.param(with_header(alg="none"), "userinfo.alg", id="algorithm"),
        pytest.param(with_header(crit=[]), "userinfo.crit", id="critical extension"),
        pytest.param(with_header(typ="x"), "userinfo.typ", id="type"),
        pytest.param(with_header(kid=1), "userinfo.kid", id="key id"),
        pytest.param(a_token(sign_with="nobody"), "userinfo.signature", id="signature"),
    ],
)
def test_refusals_are_of_the_class_that_the_caller_names(token, code):
    with pytest.raises(UserInfoError) as refused:
        claims_of(token, error=UserInfoError)

    assert refused.value.code == code
