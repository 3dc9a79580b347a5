"""What Glewlwyd does otherwise than others, and what its page says of it."""

import pytest

from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.errors import AccessTokenError
from tests.interop.real.conftest import ODD_SECRET

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def test_a_person_signs_in_with_another_algorithm(glewlwyd, use, browser):
    glewlwyd.register("by-ES256", sign_kid="ES256")
    use(glewlwyd.app("by-ES256", ID_TOKEN_SIGNED_RESPONSE_ALG="ES256"))

    response = glewlwyd.enter(browser)

    assert response.status_code == 302


def test_eddsa_comes_with_an_at_hash_of_another_digest(glewlwyd, use, browser, refusals):
    glewlwyd.register("by-EdDSA", sign_kid="EdDSA")
    use(glewlwyd.app("by-EdDSA", ID_TOKEN_SIGNED_RESPONSE_ALG="EdDSA"))

    response = glewlwyd.enter(browser)

    assert (response.status_code, refusals.codes) == (502, ["id_token.at_hash"])


def test_a_secret_that_forms_encode_is_not_understood_in_the_header(
    glewlwyd, use, browser, refusals
):
    glewlwyd.register("odd-secret", client_secret=ODD_SECRET)
    method = "client_secret_basic"
    use(glewlwyd.app("odd-secret", APP_SECRET=ODD_SECRET, TOKEN_ENDPOINT_AUTH_METHOD=method))

    response = glewlwyd.enter(browser)

    assert (response.status_code, refusals.codes) == (502, ["oauth.unauthorized_client"])


def test_an_access_token_names_its_scopes_as_audience(glewlwyd, use, browser):
    use(glewlwyd.app())
    glewlwyd.enter(browser)
    token = Grant.objects.get().token_set["access_token"]

    with pytest.raises(AccessTokenError) as error:
        get_client().validate_token(access_token=token)

    assert error.value.code == "access_token.aud"
    assert get_client().validate_token(access_token=token, audience="openid")["client_id"]


def test_without_the_property_that_is_read_nobody_comes_back(glewlwyd, use, browser):
    addresses = glewlwyd.page.document('"client_id"')["post_logout_redirect_uris"]
    glewlwyd.register("form", post_logout_redirect_uris=[], post_logout_redirect_uri=addresses[0])
    use(glewlwyd.app("form"))
    glewlwyd.enter(browser)

    begun = browser.press("/genauth/logout/").headers["Location"]
    arrival = glewlwyd.sign_out(begun, browser.session)

    assert arrival.url.startswith(f"{glewlwyd.base_url}/login.html?")


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_a_token_is_revoked_by_either_way_of_showing_the_secret(glewlwyd, use, browser, method):
    # It announces the second one alone.
    use(glewlwyd.app(TOKEN_ENDPOINT_AUTH_METHOD=method))
    glewlwyd.enter(browser)
    token = Grant.objects.get().token_set["access_token"]
    before = get_client().introspect_token(token)["active"]

    get_client().revoke_token(token)

    assert (before, get_client().introspect_token(token)["active"]) == (True, False)
