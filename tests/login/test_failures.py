"""What a visitor, the log and the site are told of a sign-in that is refused."""

import pytest
from django.urls import reverse

from django_genauth.signals import login_failed

pytestmark = pytest.mark.django_db


def test_a_person_who_declines_meets_a_friendly_page(visitor, refusals):
    response = visitor.sign_in(error="access_denied", code=None)

    assert response.status_code == 403
    assert refusals.codes == ["access_denied"]
    assert "You did not sign in" in response.content.decode()


def test_a_provider_that_is_down_is_a_503_that_says_when_to_come_back(visitor, refusals):
    visitor.provider.lie("token", status=503, headers={"Retry-After": "120"})

    response = visitor.sign_in()

    assert (response.status_code, response["Retry-After"]) == (503, "120")
    assert refusals.codes == ["provider_unavailable.status_503"]


def test_a_provider_that_names_no_time_gets_half_a_minute(visitor):
    visitor.provider.lie("token", status=500)

    response = visitor.sign_in()

    assert response["Retry-After"] == "30"


def test_a_login_view_that_cannot_ask_the_provider_says_so(visitor, refusals):
    visitor.provider.lie("discovery", status=500)

    response = visitor.client.get("/genauth/login/?next=/members/")

    assert response.status_code == 503
    assert refusals.codes == ["provider_unavailable.status_500"]
    assert "/genauth/login/?next=%2Fmembers%2F" in response.content.decode()


def test_a_failure_leads_back_to_the_page_that_was_asked_for(visitor):
    visitor.provider.forge("id_token", claims_edit=lambda claims: claims | {"nonce": "other"})

    response = visitor.sign_in(next_url="/members/")

    assert response.status_code == 502
    assert "/genauth/login/?next=%2Fmembers%2F" in response.content.decode()


def test_the_reference_on_the_page_is_the_one_in_the_log(visitor, refusals):
    response = visitor.client.get("/genauth/callback/")

    reference = response.context["reference"]
    assert reference in response.content.decode()
    assert f"reference={reference}" in refusals.text


def test_the_signal_tells_the_site_of_a_failure(visitor):
    heard = []
    receive = lambda **kwargs: heard.append(kwargs)  # noqa: E731 # kept alive for the weak reference
    login_failed.connect(receive)

    visitor.client.get("/genauth/callback/")

    assert [(each["app"], each["error"].code) for each in heard] == [
        ("default", "authorization_response.state_missing")
    ]


def test_a_refusal_of_a_partners_app_leads_back_to_it(visitor, app, settings):
    settings.GENAUTH = {"default": app, "partner": dict(app)}

    response = visitor.client.get(reverse("genauth:callback", kwargs={"alias": "partner"}))

    assert "/genauth/partner/login/" in response.content.decode()


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        pytest.param({"status": 503}, "provider_unavailable.status_503", id="provider-unavailable"),
        pytest.param({"body": b"{}"}, "token_response.token_type", id="sign-in-failed"),
    ],
)
def test_while_debug_is_on_the_developer_reads_the_reason(visitor, settings, lie, words):
    settings.DEBUG = True
    visitor.provider.lie("token", **lie)

    page = visitor.sign_in().content.decode()

    assert f"<code>{words}</code>" in page


@pytest.mark.parametrize("change", [{"error": "access_denied", "code": None}, {"state": "x"}])
def test_in_production_the_visitor_sees_nothing_of_it(visitor, refusals, change):
    page = visitor.sign_in(**change).content.decode()

    assert refusals.codes[0] not in page
    assert "DEBUG" not in page


def test_a_refusal_is_one_line_in_the_log(visitor, caplog):
    visitor.sign_in(error="access_denied", code=None)

    assert len(caplog.records) == 1


def test_a_broken_provider_is_one_line_too_which_no_handler_mails_with_the_code(visitor, caplog):
    visitor.provider.lie("token", status=500)

    visitor.sign_in()

    assert [record.name for record in caplog.records] == ["django_genauth"]


def test_an_app_that_is_not_there_is_named_to_the_developer(visitor, settings):
    settings.DEBUG = True

    response = visitor.client.get("/genauth/nobody/login/")

    assert response.status_code == 404
    assert "GENAUTH has no app" in response.content.decode()
