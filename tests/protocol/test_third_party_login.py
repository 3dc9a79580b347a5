"""What another site may say when it begins a login (OIDC Core 4)."""

import pytest

from django_genauth.protocol.errors import LoginRequestError
from django_genauth.protocol.third_party_login import PARAMETERS, login_hint_of
from tests.protocol.material import ISSUER


def test_the_names_are_those_of_the_specification():
    assert set(PARAMETERS) == {"iss", "login_hint", "target_link_uri"}


@pytest.mark.parametrize(
    ("pairs", "hint"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([("next", "/"), ("next", "/")], None, id="parameters of the site's own"),
        pytest.param([("login_hint", "ada")], None, id="no issuer"),
        pytest.param([("iss", ISSUER)], None, id="no hint"),
        pytest.param([("iss", ISSUER), ("login_hint", "")], None, id="an empty hint"),
        pytest.param([("iss", ISSUER), ("login_hint", "ada")], "ada", id="a hint"),
        pytest.param([("login_hint", "a b"), ("iss", ISSUER)], "a b", id="in another order"),
    ],
)
def test_a_request_that_holds_gives_its_hint(pairs, hint):
    assert login_hint_of(pairs, issuer=ISSUER) == hint


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        pytest.param([("iss", "https://evil.example")], "iss", id="another issuer"),
        pytest.param([("iss", "")], "iss", id="an empty issuer"),
        pytest.param([("iss", ISSUER), ("iss", ISSUER)], "repeated", id="two issuers"),
        pytest.param([("login_hint", "a"), ("login_hint", "b")], "repeated", id="two hints"),
        pytest.param([("iss", ISSUER), ("login_hint", "a" * 256)], "login_hint", id="a long hint"),
        pytest.param([("iss", ISSUER), ("login_hint", "a\n")], "login_hint", id="a line end"),
        pytest.param([("iss", ISSUER), ("login_hint", "\ud800")], "login_hint", id="half a pair"),
    ],
)
def test_a_request_that_does_not_hold_is_refused(pairs, reason):
    with pytest.raises(LoginRequestError) as caught:
        login_hint_of(pairs, issuer=ISSUER)

    assert caught.value.code == f"login_request.{reason}"
