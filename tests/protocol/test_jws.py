"""The header of a compact JWS: what it may be, before any key is asked for."""

import pytest

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.jws import canonical_algorithm, named_algorithm, verified_claims
from tests.protocol.material import good_claims, refusing, signing_key
from tests.support.provider.keys import secret_key
from tests.support.provider.tokens import Forgery, write_jwt

KEY = signing_key("RS256")


def claims_of(token):
    return verified_claims(
        token,
        algorithms={"RS256"},
        find_key=refusing,
        accepted_types={"jwt"},
        error=IDTokenError,
    )


def a_token(**lie):
    return write_jwt(good_claims(), KEY, lie=Forgery(**lie))


def with_header(**members):
    return a_token(header_edit=lambda header: header | members)


def with_header_text(text):
    return a_token(header_edit=lambda header: text)


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
        claims_of(token)

    assert refused.value.code == "id_token.alg"


def test_a_header_without_an_algorithm_is_refused():
    token = with_header_text(b'{"typ":"JWT"}')

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.alg"


def test_an_unsecured_token_is_refused():
    token = a_token(header_edit=lambda header: {"alg": "none"}, sign_with="nobody")

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.alg"


def test_an_hmac_under_the_public_key_is_refused():
    token = a_token(sign_with=secret_key("HS256", KEY.public_pem))

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

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
        claims_of(token)

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
        claims_of(token)

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
        claims_of(token)

    assert refused.value.code == "id_token.kid"


@pytest.mark.parametrize("alg", ["ES256K", "Ed448"])
def test_an_algorithm_that_is_left_out_on_purpose_is_named(alg):
    token = with_header(alg=alg)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert refused.value.code == "id_token.alg"
    assert f"signed with {alg}, which is not supported" in str(refused.value)


@pytest.mark.parametrize("alg", ["hidden", "Ed25519", ["Ed448"]])
def test_any_other_algorithm_is_not_repeated(alg):
    token = with_header(alg=alg)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token)

    assert "is not signed with RS256, which" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [("Ed25519", "EdDSA"), ("EdDSA", "EdDSA"), ("ed25519", "ed25519"), (["Ed25519"], ["Ed25519"])],
)
def test_eddsa_has_a_second_name(name, canonical):
    """RFC 9864 2.2."""
    assert canonical_algorithm(name) == canonical


def test_the_algorithm_of_a_header_is_told_by_its_first_name():
    token = write_jwt(
        good_claims(),
        signing_key("EdDSA"),
        lie=Forgery(header_edit=lambda header: header | {"alg": "Ed25519"}),
    )

    assert named_algorithm(token) == "EdDSA"


@pytest.mark.parametrize("alg", ["HS256", "RS512", "PS256", "ES384", "EdDSA"])
def test_the_algorithm_that_a_header_names_can_be_told(alg):
    token = write_jwt(good_claims(), signing_key(alg))

    assert named_algorithm(token) == alg


@pytest.mark.parametrize(
    "alg", ["none", "HS1", "rs256", "RS256 ", "\x1b[31m", "", 5, None, ["RS256"]]
)
def test_another_word_for_an_algorithm_is_not_told(alg):
    forgery = Forgery(header_edit=lambda header: header | {"alg": alg})

    assert named_algorithm(write_jwt(good_claims(), signing_key("RS256"), lie=forgery)) is None


@pytest.mark.parametrize(
    "token", ["", "x", ".", "é.x.x", "\ud800", "W10.e30.", "bnVsbA.e30.", "eyJhbGciOjE.x.x"]
)
def test_what_has_no_header_names_no_algorithm(token):
    assert named_algorithm(token) is None
