"""EdDSA under its second name, and what is told of a claim that stands twice in a signed token."""

import pytest

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.jws import verified_claims
from tests.protocol.material import good_claims, key_set, signing_key
from tests.support.provider.tokens import Forgery, write_jwt

KEY = signing_key("EdDSA")


def verified(token, *, published=KEY.alg):
    return verified_claims(
        token,
        algorithms={"EdDSA"},
        find_key=key_set(KEY.public_jwk | {"alg": published}).find,
        accepted_types={"jwt"},
        error=IDTokenError,
    )


@pytest.mark.parametrize("published", ["EdDSA", "Ed25519", None])
@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_eddsa_and_ed25519_are_one_algorithm(alg, published):
    """RFC 9864 2.2, in the token's header and at the key."""
    forgery = Forgery(header_edit=lambda header: header | {"alg": alg})

    claims = verified(write_jwt(good_claims(), KEY, lie=forgery), published=published)

    assert claims == good_claims()


@pytest.mark.parametrize("alg", ["ed25519", "Ed448", "ES256", "none"])
def test_no_other_name_is_eddsa(alg):
    forgery = Forgery(header_edit=lambda header: header | {"alg": alg})

    with pytest.raises(IDTokenError) as refused:
        verified(write_jwt(good_claims(), KEY, lie=forgery))

    assert refused.value.code == "id_token.alg"


def test_a_claim_that_stands_twice_is_told_by_its_name():
    forgery = Forgery(claims_edit=lambda claims: b'{"sub":"a","groups":[],"groups":["x"]}')

    with pytest.raises(IDTokenError) as refused:
        verified(write_jwt(good_claims(), KEY, lie=forgery))

    assert refused.value.code == "id_token.json"
    assert "claim groups stands twice" in str(refused.value)


def test_a_member_that_stands_twice_in_the_header_is_not_told_as_it_is_read_unverified():
    forgery = Forgery(header_edit=lambda header: b'{"alg":"EdDSA","groups":1,"groups":2}')

    with pytest.raises(IDTokenError) as refused:
        verified(write_jwt(good_claims(), KEY, lie=forgery))

    assert refused.value.code == "id_token.json"
    assert "groups" not in str(refused.value)


def test_nothing_is_told_of_a_token_that_nobody_signed():
    forgery = Forgery(
        claims_edit=lambda claims: b'{"groups":[],"groups":["x"]}',
        sign_with=signing_key("EdDSA", 1),
    )

    with pytest.raises(IDTokenError) as refused:
        verified(write_jwt(good_claims(), KEY, lie=forgery))

    assert "groups" not in str(refused.value)
