"""The code verifier and its challenge."""

import base64
import re

import pytest

from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.pkce import challenge_s256, check_code_verifier, generate_code_verifier
from tests.protocol.material import all_that_shows


def test_the_example_of_rfc_7636_appendix_b():
    challenge = challenge_s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_octets_of_rfc_7636_appendix_b_make_its_verifier():
    octets = bytes(
        [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37,
            77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]
    )  # fmt: skip

    def randomness(count):
        return base64.urlsafe_b64encode(octets[:count]).rstrip(b"=").decode()

    assert generate_code_verifier(randomness) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def test_a_verifier_is_43_characters_of_base64url():
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", generate_code_verifier())


def test_two_verifiers_are_two():
    assert generate_code_verifier() != generate_code_verifier()


@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param("a" * 43, id="the shortest"),
        pytest.param("a" * 128, id="the longest"),
        pytest.param("-._~" * 11, id="all that is not a letter or a digit"),
        pytest.param("AZaz09" * 8, id="letters and digits"),
    ],
)
def test_a_verifier_of_the_specification_has_a_challenge(verifier):
    check_code_verifier(verifier)

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge_s256(verifier))


@pytest.mark.parametrize("make", [challenge_s256, check_code_verifier])
@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param("", id="none"),
        pytest.param("a" * 42, id="too short"),
        pytest.param("a" * 129, id="too long"),
        pytest.param("a" * 43 + "\n", id="a line end"),
        pytest.param("a" * 43 + " ", id="a space"),
        pytest.param("a" * 43 + "=", id="padding"),
        pytest.param("a" * 43 + "+", id="the alphabet that is not for URLs"),
        pytest.param("a" * 43 + "é", id="a letter beyond ASCII"),
        pytest.param("a" * 43 + "\u0663", id="a digit beyond ASCII"),
        pytest.param("a" * 43 + "\ud800", id="half of a surrogate pair"),
        pytest.param(None, id="null"),
        pytest.param(b"a" * 43, id="octets"),
    ],
)
def test_another_verifier_is_refused(make, verifier):
    with pytest.raises(ConfigurationError) as refused:
        make(verifier)

    assert refused.value.code == "configuration.code_verifier"


def test_a_refused_verifier_is_not_shown():
    verifier = "a secret verifier"

    shown = all_that_shows(lambda: challenge_s256(verifier))

    assert "code_verifier" in shown
    assert verifier not in shown
