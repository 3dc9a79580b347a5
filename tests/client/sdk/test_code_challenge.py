"""generateCodeChallenge and getCodeChallengeDigest: PKCE, under the names of GenAuth's library."""

import pytest

from tests.client.sdk.material import offline


def test_what_the_library_calls_a_challenge_is_a_verifier():
    made = {offline().generate_code_challenge() for _ in range(20)}

    assert len(made) == 20
    assert {len(each) for each in made} == {43}


def test_the_digest_is_that_of_the_specification():
    digest = offline().get_code_challenge_digest(
        code_challenge="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )

    assert digest == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_plain_digest_is_the_verifier_and_gives_a_warning():
    with pytest.warns(UserWarning, match="plain"):
        digest = offline().get_code_challenge_digest(code_challenge="v" * 43, method="plain")

    assert digest == "v" * 43
