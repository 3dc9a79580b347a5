"""A space in what an authorization response holds: legal in a code, and nowhere else."""

import pytest

from django_genauth.protocol.authorization import parse
from django_genauth.protocol.errors import AuthorizationResponseError
from tests.protocol.material import ISSUER

MEMBERS = {"code": "c", "id_token": "i", "access_token": "a", "token_type": "Bearer"}


def parsed(**members):
    return parse(
        MEMBERS | members,
        expected_state=None,
        issuer=ISSUER,
        iss_required=False,
        response_type="code id_token token",
    )


@pytest.mark.parametrize("code", ["c d+e<f", " a", " "])
def test_a_code_of_the_openid_foundations_suite_has_spaces(code):
    """RFC 6749 A.11: 1*VSCHAR."""
    assert parsed(code=code).code == code


@pytest.mark.parametrize("name", ["id_token", "access_token"])
@pytest.mark.parametrize("text", ["a b", " a"], ids=["inside", "before"])
def test_a_token_that_travels_in_a_header_or_is_framed_has_none(text, name):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(**{name: text})

    assert refused.value.code == f"authorization_response.{name}"
