"""A signed-in user adds an identity."""

import pytest
from django.contrib.auth import get_user_model

from django_genauth.backends import GenAuthBackend
from django_genauth.models import Grant, Identity
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


class OnlyPartners(GenAuthBackend):
    """A site's own backend: it lets in who comes through one app."""

    def verify_claims(self, claims):
        return self.app.alias == "partners"


@pytest.fixture
def signed_in(visitor):
    """Sign in with a password, so to say."""
    user = get_user_model().objects.create_user("local")
    visitor.client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return visitor


def link(visitor, **answer):
    url = visitor.client.post("/genauth/link/", {"next": "/members/"})["Location"]
    return visitor.come_back(visitor.provider.authorize(url, **answer))


def test_an_identity_is_added_to_the_user_who_is_signed_in(signed_in):
    response = link(signed_in, sub="mine")

    assert response["Location"] == "/members/"
    assert Identity.objects.get().user.username == "local"
    assert Grant.objects.get().identity.subject == "mine"


def test_the_linked_identity_signs_in_as_that_user(signed_in, provider):
    link(signed_in, sub="mine")
    elsewhere = Visitor(provider)

    elsewhere.sign_in(sub="mine")

    assert elsewhere.client.get("/").content == b"user: local"


def test_linking_what_is_linked_already_changes_nothing(signed_in):
    link(signed_in, sub="mine")

    response = link(signed_in, sub="mine")

    assert response["Location"] == "/members/"
    assert Identity.objects.count() == 1


def test_somebody_elses_identity_is_not_taken(signed_in, provider, refusals):
    Visitor(provider).sign_in(sub="theirs")

    response = link(signed_in, sub="theirs")

    assert (response.status_code, refusals.codes) == (403, ["account.linked_elsewhere"])
    assert Identity.objects.get().user.username != "local"


def test_a_link_that_another_user_finishes_is_refused(signed_in, refusals):
    url = signed_in.client.post("/genauth/link/")["Location"]
    other = get_user_model().objects.create_user("other")
    signed_in.client.force_login(other, "django.contrib.auth.backends.ModelBackend")

    response = signed_in.come_back(signed_in.provider.authorize(url))

    assert (response.status_code, refusals.codes) == (403, ["account.link_user"])
    assert not Identity.objects.exists()


def test_a_link_that_is_finished_after_signing_out_is_refused(signed_in, refusals):
    url = signed_in.client.post("/genauth/link/")["Location"]
    signed_in.client.session.flush()

    signed_in.come_back(signed_in.provider.authorize(url))

    assert refusals.codes == ["account.link_user"]


def test_a_person_whom_the_site_refuses_is_not_linked(signed_in, settings, refusals):
    settings.AUTHENTICATION_BACKENDS = [
        "tests.backends.test_backend.OnlyAcme",
        "django.contrib.auth.backends.ModelBackend",
    ]

    link(signed_in, claims={"email": "ada@other.example"})

    assert refusals.codes == ["account.claims"]


@pytest.mark.parametrize(
    ("path", "linked"),
    [
        pytest.param("/genauth/partners/link/", 1, id="let in"),
        pytest.param("/genauth/link/", 0, id="refused"),
    ],
)
def test_the_site_decides_by_the_app_through_which_the_person_links(
    signed_in, settings, path, linked
):
    settings.GENAUTH["partners"] = settings.GENAUTH["default"]
    settings.AUTHENTICATION_BACKENDS = [
        "tests.login.test_link.OnlyPartners",
        "django.contrib.auth.backends.ModelBackend",
    ]
    url = signed_in.client.post(path)["Location"]

    signed_in.come_back(signed_in.provider.authorize(url))

    assert Identity.objects.count() == linked


@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_who_is_not_signed_in_is_asked_to_sign_in_first(visitor, method):
    response = getattr(visitor.client, method)("/genauth/link/?next=/members/")

    assert response.context["login_url"] == (
        "/genauth/login/?next=%2Fgenauth%2Flink%2F%3Fnext%3D%2Fmembers%2F"
    )
    assert "no new account is made" in response.content.decode()


def test_nobody_gets_an_account_on_the_way_to_the_link(visitor, refusals):
    asked = visitor.client.get("/genauth/link/").context["login_url"]
    url = visitor.client.get(asked)["Location"]

    response = visitor.come_back(visitor.provider.authorize(url, sub="new"))

    assert (response.status_code, refusals.codes) == (403, ["account.unknown"])
    assert not get_user_model().objects.exists()
    assert "First sign in with the one that your account has" in response.content.decode()


def test_whoever_has_an_account_signs_in_and_then_links(visitor):
    visitor.sign_in(sub="mine")
    visitor.client.logout()
    asked = visitor.client.get("/genauth/link/").context["login_url"]
    url = visitor.client.get(asked)["Location"]

    response = visitor.come_back(visitor.provider.authorize(url, sub="mine"))
    link(visitor, sub="other")

    assert response["Location"] == "/genauth/link/"
    assert get_user_model().objects.count() == 1
    assert Identity.objects.count() == 2


def test_a_script_that_is_not_signed_in_is_told_where_to(visitor):
    response = visitor.client.post("/genauth/link/", headers={"Accept": "application/json"})

    assert response.status_code == 401
    assert response.json()["login_url"] == "/genauth/login/?next=%2Fgenauth%2Flink%2F"


def test_the_provider_asks_who_the_person_is(signed_in):
    url = signed_in.client.post("/genauth/link/")["Location"]

    assert "prompt=login" in url


def test_plain_oauth_knows_no_way_to_ask(signed_in, app):
    app.update(PROTOCOL="oauth", LOGOUT="local")
    app.pop("ID_TOKEN_SIGNED_RESPONSE_ALG")

    url = signed_in.client.post("/genauth/link/")["Location"]

    assert "prompt" not in url


def test_without_a_page_to_land_on_people_see_what_they_have_linked(signed_in):
    url = signed_in.client.post("/genauth/link/")["Location"]

    response = signed_in.come_back(
        signed_in.provider.authorize(url, claims={"email": "ada@example.org"})
    )

    page = signed_in.client.get(response["Location"]).content.decode()
    assert response["Location"] == "/genauth/identities/"
    assert "You can sign in with GenAuth as ada@example.org from now on." in page


def test_a_site_may_do_without_messages(signed_in, settings):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "messages" not in each]
    signed_in.client.handler.load_middleware()

    link(signed_in)

    assert Identity.objects.count() == 1


def test_a_link_to_the_page_links_nothing_but_asks(signed_in):
    response = signed_in.client.get("/genauth/link/?next=/members/")

    assert response.status_code == 200
    assert 'value="/members/"' in response.content.decode()


def test_linking_without_a_csrf_token_is_refused(signed_in):
    signed_in.client.handler.enforce_csrf_checks = True

    assert signed_in.client.post("/genauth/link/").status_code == 403


def test_a_link_on_a_site_without_the_backend_is_a_configuration_error(
    signed_in, settings, refusals
):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

    link(signed_in)

    assert refusals.codes == ["configuration.backend"]


def test_a_link_that_failed_is_tried_again_as_a_link(signed_in):
    response = link(signed_in, error="access_denied", code=None)

    assert response.context["try_again_url"] == "/genauth/link/?next=%2Fmembers%2F"


def test_a_link_whose_answer_does_not_hold_is_no_old_page(signed_in, refusals):
    response = link(signed_in, code=None)

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.code_missing"])


def test_a_link_that_cannot_begin_is_tried_again_as_a_link(signed_in):
    signed_in.provider.lie("discovery", status=500)

    response = signed_in.client.post("/genauth/link/", {"next": "/members/"})

    assert response.context["try_again_url"] == "/genauth/link/?next=%2Fmembers%2F"
