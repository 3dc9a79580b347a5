"""An ID token for several audiences: which of them the site trusts (OIDC Core 3.1.3.7 (3))."""

import pytest

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.id_token import Expected, verify
from tests.protocol.material import (
    CLIENT_ID,
    ISSUER,
    NONCE,
    NOW,
    SUBJECT,
    finder,
    good_claims,
    signing_key,
)
from tests.support.provider.tokens import write_jwt

KEY = signing_key("RS256")


def verify_claims(*, trusted=(), others_refused=False, **claims):
    return verify(
        write_jwt(good_claims(**claims), KEY),
        find_key=finder(KEY),
        expected=Expected(
            issuer=ISSUER,
            client_id=CLIENT_ID,
            algorithm="RS256",
            nonce=NONCE,
            trusted_audiences=trusted,
            others_refused=others_refused,
        ),
        now=NOW,
    )


@pytest.mark.parametrize(
    "aud",
    [
        pytest.param([CLIENT_ID, "https://idcs.example"], id="Oracle IDCS"),
        pytest.param(["a", "https://idcs.example", CLIENT_ID], id="NetSuite, three of them"),
        pytest.param([CLIENT_ID, CLIENT_ID], id="us twice"),
    ],
)
def test_without_azp_each_other_audience_has_to_be_trusted(aud):
    id_token = verify_claims(aud=aud, trusted=("a", "https://idcs.example"))

    assert id_token.subject == SUBJECT


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param({"aud": [CLIENT_ID, "a", "other"]}, "azp", id="one that is not trusted"),
        pytest.param({"aud": [CLIENT_ID, "A"]}, "azp", id="one in another case"),
        pytest.param({"aud": [CLIENT_ID, ["a"]]}, "azp", id="one in a list"),
        pytest.param({"aud": [CLIENT_ID, None]}, "azp", id="null"),
        pytest.param({"aud": [CLIENT_ID, "a"], "azp": "a"}, "azp", id="azp of one that is trusted"),
        pytest.param({"aud": ["a"]}, "aud", id="not us"),
        pytest.param({"aud": "a"}, "aud", id="one that is trusted, alone"),
    ],
)
def test_a_trusted_audience_opens_nothing_else(claims, reason):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(trusted=("a",), **claims)

    assert refused.value.code == f"id_token.{reason}"


@pytest.mark.parametrize("aud", [[CLIENT_ID, "a"], [CLIENT_ID, CLIENT_ID]])
def test_where_none_is_trusted_azp_is_needed(aud):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(aud=aud)

    assert refused.value.code == "id_token.azp"


def test_with_azp_nothing_has_to_be_trusted():
    assert verify_claims(aud=[CLIENT_ID, "a"], azp=CLIENT_ID).subject == SUBJECT


def test_fusionauths_issuer_is_named_for_what_it_is():
    with pytest.raises(IDTokenError) as refused:
        verify_claims(iss="acme.com")

    assert refused.value.code == "id_token.iss"
    assert "no https URL" in str(refused.value)
    assert ISSUER in str(refused.value)


@pytest.mark.parametrize("iss", ["https://evil.example", "", None, ["acme.com"]])
def test_another_issuer_is_not_repeated(iss):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(iss=iss)

    assert str(refused.value) == (
        f"The token's iss is not {ISSUER}, to the letter. Compare ISSUER with the issuer in the"
        " provider's console."
    )


@pytest.mark.parametrize("aud", [[CLIENT_ID, "other"], [CLIENT_ID, "a", "other"]])
def test_an_unknown_audience_can_be_refused_with_azp_too(aud):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(aud=aud, azp=CLIENT_ID, trusted=("a",), others_refused=True)

    assert refused.value.code == "id_token.aud"


@pytest.mark.parametrize("aud", [CLIENT_ID, [CLIENT_ID], [CLIENT_ID, "a"]])
def test_where_others_are_refused_a_known_audience_is_not(aud):
    id_token = verify_claims(aud=aud, azp=CLIENT_ID, trusted=("a",), others_refused=True)

    assert id_token.subject == SUBJECT
