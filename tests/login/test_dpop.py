"""A login with DPOP: the key is made before the person leaves, and the tokens are bound to it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.dpop import DpopKey

PRIVATE_KEY, _ = generate_key("ES256")


@pytest.fixture(autouse=True)
def _dpop(app):
    app["DPOP"] = True


def asked(visitor):
    """Return the parameters of the authorization request of a new login."""
    return parse_qs(urlsplit(visitor.begin()).query)


def test_the_request_names_the_key_that_the_code_will_be_bound_to(visitor):
    visitor.sign_in()

    key = DpopKey.load(Grant.objects.get().token_set["dpop_key"])
    (issued,) = visitor.provider.grants._codes.values()
    assert issued.dpop_jkt == key.thumbprint


def test_each_login_has_a_key_of_its_own(visitor):
    assert asked(visitor)["dpop_jkt"] != asked(visitor)["dpop_jkt"]


def test_without_the_setting_no_key_is_named(visitor, app):
    del app["DPOP"]

    assert "dpop_jkt" not in asked(visitor)


def test_the_cookie_of_a_login_grows_by_little(visitor, app):
    with_key = length_of_cookie(visitor)
    del app["DPOP"]
    without = length_of_cookie(visitor)

    assert with_key - without < 100


def length_of_cookie(visitor):
    visitor.client.cookies.clear()
    visitor.begin()
    return sum(
        len(each.value) for name, each in visitor.client.cookies.items() if "genauth_" in name
    )


def test_userinfo_at_login_is_proven_too(visitor, app):
    app["USERINFO"] = True

    visitor.sign_in()

    (request,) = visitor.provider.requests_to("userinfo")
    assert request.headers["Authorization"].startswith("DPoP ")


def test_a_provider_that_gives_bearer_tokens_signs_nobody_in(visitor, refusals):
    visitor.provider.lie("token", edit=lambda answer: answer | {"token_type": "Bearer"})

    visitor.sign_in()

    assert refusals.codes == ["token_response.token_type"]
    assert not Grant.objects.exists()


def test_a_login_that_began_before_the_setting_gets_a_key_all_the_same(visitor, app):
    del app["DPOP"]
    url = visitor.begin()
    app["DPOP"] = True

    visitor.come_back(visitor.provider.authorize(url))

    assert Grant.objects.get().token_set["token_type"] == "DPoP"


@pytest.mark.parametrize("changes", [{}, {"REQUEST_OBJECT_SIGNING_ALG": "ES256"}])
def test_a_request_that_is_pushed_names_the_key_too(visitor, app, changes):
    app |= {"PUSHED_AUTHORIZATION": True, "CLIENT_KEYS": [PRIVATE_KEY], **changes}
    visitor.provider.client_keys = get_client().authentication.public_keys()["keys"]

    visitor.sign_in()

    key = DpopKey.load(Grant.objects.get().token_set["dpop_key"])
    (issued,) = visitor.provider.grants._codes.values()
    assert issued.dpop_jkt == key.thumbprint
