"""What Keycloak does otherwise than others, and what its page says of it."""

import pytest
from django.contrib.auth import get_user_model

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.errors import AccessTokenError

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def groups():
    return sorted(get_user_model().objects.get().groups.values_list("name", flat=True))


@pytest.mark.parametrize("alg", ["RS512", "PS256", "ES256", "EdDSA"])
def test_a_person_signs_in_with_another_algorithm(keycloak, use, browser, alg):
    client_id = f"signed by {alg}"
    keycloak.register(client_id, attributes={"id.token.signed.response.alg": alg})
    use(keycloak.app(client_id, ID_TOKEN_SIGNED_RESPONSE_ALG=alg))

    response = keycloak.enter(browser)

    assert response.status_code == 302


def test_hs256_is_signed_with_a_key_of_the_realm_that_nobody_knows(
    keycloak, use, browser, refusals
):
    secret = "a client secret of 32 letters and more"
    keycloak.register(
        "signed by HS256", secret=secret, attributes={"id.token.signed.response.alg": "HS256"}
    )
    use(keycloak.app("signed by HS256", APP_SECRET=secret, ID_TOKEN_SIGNED_RESPONSE_ALG="HS256"))

    response = keycloak.enter(browser)

    assert (response.status_code, refusals.codes) == (502, ["id_token.signature"])


def test_groups_of_one_name_in_two_branches_are_one_group(keycloak, use, browser):
    use(keycloak.app())

    keycloak.enter(browser)

    assert groups() == ["editors", "it"]


def test_realm_roles_bring_those_that_everybody_has(keycloak, use, browser):
    mapper = {
        "name": "groups",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-realm-role-mapper",
        "config": {"claim.name": "groups", "multivalued": "true", "id.token.claim": "true"},
    }
    keycloak.register("by roles", protocolMappers=[mapper])
    use(keycloak.app("by roles"))

    keycloak.enter(browser)

    assert groups() == ["default-roles-staff", "offline_access", "reviewer", "uma_authorization"]


def test_without_iss_in_its_answer_every_login_is_refused(keycloak, use, browser, refusals):
    keycloak.register("no iss", attributes={"exclude.issuer.from.auth.response": "true"})
    use(keycloak.app("no iss"))

    response = keycloak.enter(browser)

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.iss_missing"])


def test_a_lightweight_access_token_is_refused_by_userinfo(keycloak, use, browser, refusals):
    lightweight = {"client.use.lightweight.access.token.enabled": "true"}
    keycloak.register("lightweight", attributes=lightweight)
    use(keycloak.app("lightweight", USERINFO=True))

    response = keycloak.enter(browser)

    assert (response.status_code, refusals.codes) == (502, ["userinfo.status_401"])


def test_without_the_audience_mapper_an_access_token_is_inactive(keycloak, use, browser):
    keycloak.register("no audience", protocolMappers=[])
    use(keycloak.app("no audience"))
    keycloak.enter(browser)
    token = Grant.objects.get().token_set["access_token"]

    assert get_client().introspect_token(token)["active"] is False
    with pytest.raises(AccessTokenError) as error:
        get_client().validate_token(access_token=token)
    assert error.value.code == "access_token.aud"


def test_with_the_audience_mapper_an_access_token_is_active_and_valid(keycloak, use, browser):
    use(keycloak.app())
    keycloak.enter(browser)
    token = Grant.objects.get().token_set["access_token"]

    assert get_client().introspect_token(token)["active"] is True
    assert get_client().validate_token(access_token=token)["azp"] == "website"


def test_with_offline_access_no_back_channel_message_comes(keycloak, use, browser):
    use(keycloak.app(SCOPE="openid offline_access"))
    keycloak.enter(browser)

    keycloak.leave(browser, Grant.objects.get().token_set["id_token"])

    assert browser.open("/members/").status_code == 200


def test_while_front_channel_logout_is_on_no_back_channel_message_comes(keycloak, use, browser):
    keycloak.register("front", frontchannelLogout=True)
    use(keycloak.app("front"))
    keycloak.enter(browser)

    keycloak.leave(browser, Grant.objects.get().token_set["id_token"])

    assert browser.open("/members/").status_code == 200


def inside(keycloak):
    """Return the settings of a site that reaches Keycloak by another address than people do."""
    return keycloak.page.inside(keycloak.base_url.replace("127.0.0.1", "localhost"))


def test_people_come_by_the_outer_address_and_the_site_by_the_inner_one(keycloak, use, browser):
    use(inside(keycloak))

    begun = browser.begin()
    endpoint = get_client().endpoint("token_endpoint")

    assert begun.startswith(keycloak.base_url)
    assert endpoint.startswith("http://localhost:")


def test_a_person_signs_in_and_out_where_the_site_comes_by_the_inner_address(
    keycloak, use, browser
):
    use(inside(keycloak))
    keycloak.enter(browser)
    grant = grants.refresh(Grant.objects.get())

    keycloak.leave(browser, grant.token_set["id_token"])

    assert grant.identity.issuer == keycloak.issuer
    assert browser.open("/members/").status_code == 302


def test_the_doctor_finds_nothing_where_the_site_comes_by_the_inner_address(keycloak, diagnose):
    report = diagnose(inside(keycloak))

    assert (report.findings, report.status) == ([], 0)
