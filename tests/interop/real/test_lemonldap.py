"""What LemonLDAP::NG does otherwise than others, and what its page says of it."""

import pytest

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.protocol.errors import GrantError
from tests.interop.real.conftest import LONG_SECRET, ODD_SECRET

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("alg", "secret"), [("RS512", "the-client-secret"), ("HS256", LONG_SECRET)], ids=str
)
def test_a_person_signs_in_with_another_algorithm(lemonldap, use, browser, alg, secret):
    use(lemonldap.app(alg, APP_SECRET=secret, ID_TOKEN_SIGNED_RESPONSE_ALG=alg))

    response = lemonldap.enter(browser)

    assert response.status_code == 302


def test_a_secret_that_forms_encode_is_taken_in_the_body(lemonldap, use, browser):
    use(lemonldap.app("odd-secret", APP_SECRET=ODD_SECRET))

    response = lemonldap.enter(browser)

    assert response.status_code == 302


def test_a_secret_that_forms_encode_is_not_understood_in_the_header(
    lemonldap, use, browser, refusals
):
    method = "client_secret_basic"
    use(lemonldap.app("odd-secret", APP_SECRET=ODD_SECRET, TOKEN_ENDPOINT_AUTH_METHOD=method))

    response = lemonldap.enter(browser)

    assert (response.status_code, refusals.codes) == (502, ["oauth.invalid_client"])


def test_a_grant_that_is_revoked_ends_here_without_being_revoked_there(lemonldap, use, browser):
    use(lemonldap.app())
    lemonldap.enter(browser)

    grants.revoke(Grant.objects.get())

    assert Grant.objects.get().state == "ended"


def test_after_signing_out_there_the_session_here_goes_on_until_a_refresh(lemonldap, use, browser):
    use(lemonldap.app())
    lemonldap.enter(browser)
    grant = Grant.objects.get()

    with pytest.raises(RuntimeError, match="asks for the password"):
        lemonldap.leave(browser, grant.token_set["id_token"])

    assert browser.open("/members/").status_code == 200
    with pytest.raises(GrantError):
        grants.refresh(grant)
