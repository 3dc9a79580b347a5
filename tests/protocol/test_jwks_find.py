"""One key of a set is chosen for a token: by algorithm and kid, or not at all."""

import pytest

from django_genauth.protocol.errors import KeySetError
from tests.protocol.material import all_that_shows, key_set, signing_key, without

ONE = signing_key("RS256").public_jwk | {"kid": "one"}
TWO = signing_key("RS256", 1).public_jwk | {"kid": "two"}
ELLIPTIC = signing_key("ES256").public_jwk | {"kid": "elliptic"}
UNKNOWN = {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "one"}


def modulus(jwk):
    return jwk.export_public(as_dict=True)["n"]


def test_the_kid_chooses_among_several():
    found = key_set(ONE, TWO, ELLIPTIC).find("RS256", "two")

    assert modulus(found) == TWO["n"]


def test_without_a_kid_the_one_fitting_key_is_chosen():
    found = key_set(ELLIPTIC, ONE).find("RS256", None)

    assert modulus(found) == ONE["n"]


def test_without_a_kid_a_key_that_has_none_is_chosen():
    found = key_set(without(ONE, "kid")).find("RS256", None)

    assert modulus(found) == ONE["n"]


def test_without_a_kid_keys_that_nobody_knows_do_not_count():
    found = key_set(UNKNOWN, ONE, UNKNOWN).find("RS256", None)

    assert modulus(found) == ONE["n"]


def test_without_a_kid_several_fitting_keys_are_refused():
    with pytest.raises(KeySetError) as refused:
        key_set(ONE, TWO).find("RS256", None)

    assert refused.value.code == "jwks.ambiguous"


def test_two_keys_of_one_kid_are_refused():
    with pytest.raises(KeySetError) as refused:
        key_set(ONE, TWO | {"kid": "one"}).find("RS256", "one")

    assert refused.value.code == "jwks.ambiguous"


def test_two_keys_of_one_kid_are_told_apart_by_their_algorithm():
    found = key_set(ONE | {"alg": "PS256"}, TWO | {"kid": "one"}).find("RS256", "one")

    assert modulus(found) == TWO["n"]


def test_a_key_of_one_kid_for_encryption_does_not_count():
    found = key_set(ONE | {"use": "enc"}, TWO | {"kid": "one"}).find("RS256", "one")

    assert modulus(found) == TWO["n"]


@pytest.mark.parametrize(
    ("algorithm", "kid"),
    [
        pytest.param("RS256", "three", id="unknown"),
        pytest.param("RS256", "ONE", id="in another case"),
        pytest.param("RS256", "", id="empty"),
        pytest.param("RS256", "one ", id="with a space"),
        pytest.param("RS256", "\ud800", id="half of a surrogate pair"),
        pytest.param("RS256", "elliptic", id="of another key type"),
        pytest.param("RS384", "one", id="of another hash"),
        pytest.param("PS256", "one", id="of another padding"),
        pytest.param("ES384", "elliptic", id="of another curve"),
        pytest.param("HS256", "one", id="HMAC under a public key"),
        pytest.param("none", "one", id="none"),
        pytest.param("ES512", None, id="no kid, and no key fits"),
    ],
)
def test_no_key_is_found(algorithm, kid):
    assert key_set(ONE, TWO, ELLIPTIC).find(algorithm, kid) is None


def test_a_kid_finds_the_one_fitting_key_that_has_none():
    """As a set of one key without kid has it, for tokens that name one (jwt_verify_lib 65)."""
    found = key_set(without(ONE, "kid"), TWO, without(ELLIPTIC, "kid")).find("RS256", "new")

    assert modulus(found) == ONE["n"]


def test_a_key_of_that_kid_goes_before_one_that_has_none():
    found = key_set(without(ONE, "kid"), TWO).find("RS256", "two")

    assert modulus(found) == TWO["n"]


def test_a_kid_finds_none_of_several_fitting_keys_that_have_none():
    assert key_set(without(ONE, "kid"), without(TWO, "kid")).find("RS256", "new") is None


def test_a_kid_does_not_find_a_key_without_one_that_does_not_fit():
    assert key_set(without(ELLIPTIC, "kid")).find("RS256", "one") is None


@pytest.mark.parametrize("kid", ["one", None])
def test_one_key_that_is_listed_twice_is_one_key(kid):
    """As authlib 785 and jose 392 have met it."""
    found = key_set(ONE, ONE | {"use": "sig", "x5t": "AA"}).find("RS256", kid)

    assert modulus(found) == ONE["n"]


def test_one_key_of_two_kids_is_one_key_for_a_token_without_kid():
    found = key_set(ONE, ONE | {"kid": "again"}).find("RS256", None)

    assert modulus(found) == ONE["n"]


def test_spring_authorization_servers_keys_without_alg_and_use_are_found():
    found = key_set(without(without(ONE, "alg"), "use")).find("RS256", "one")

    assert modulus(found) == ONE["n"]


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_an_rsa_key_that_names_no_algorithm_serves_every_one_of_its_type(algorithm):
    found = key_set(without(ONE, "alg")).find(algorithm, "one")

    assert modulus(found) == ONE["n"]


def test_a_key_that_names_its_algorithm_serves_that_one_alone():
    found = key_set(ONE | {"alg": "PS512"}).find("PS512", "one")

    assert modulus(found) == ONE["n"]


def test_an_elliptic_key_that_names_no_algorithm_serves_its_curves_alone():
    keys = key_set(without(ELLIPTIC, "alg"))

    assert keys.find("ES256", "elliptic") is not None
    assert keys.find("ES384", "elliptic") is None


def test_a_key_set_shows_no_key_material():
    shown = all_that_shows(lambda: key_set(ONE))

    assert "one" in shown
    assert ONE["n"][:20] not in shown
