"""The pages: methods, statuses, headers, and what a refusal shows and logs."""

import pytest
from django.test import Client
from django.urls import reverse, set_script_prefix

from django_genauth.signals import login_failed, user_created
from tests.site.visitor import Visitor

pytestmark = pytest.mark.django_db


def test_the_login_view_leaves_no_copy_and_does_not_tell_its_address(visitor):
    response = visitor.client.get("/genauth/login/")

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_the_callback_leaves_no_copy_and_does_not_tell_its_address(visitor):
    response = visitor.sign_in()

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_a_refusal_leaves_no_copy_and_does_not_tell_its_address(visitor):
    response = visitor.client.get("/genauth/callback/")

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["head", "put", "delete", "patch"])
def test_the_callback_takes_get_and_post_alone(visitor, method):
    callback = visitor.provider.authorize(visitor.begin())

    response = getattr(visitor.client, method)(callback.removeprefix("http://testserver"))

    assert response.status_code == 405


def test_a_head_request_does_not_use_the_login_up(visitor):
    callback = visitor.provider.authorize(visitor.begin())
    visitor.client.head(callback.removeprefix("http://testserver"))

    visitor.come_back(callback)

    assert visitor.is_signed_in


@pytest.mark.parametrize(
    "next_url",
    [
        pytest.param("https://evil.example/", id="another host"),
        pytest.param("//evil.example/", id="another host without a scheme"),
        pytest.param("/\\evil.example/", id="a backslash that browsers take for a slash"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("http:///evil.example", id="three slashes"),
        pytest.param("\x00//evil.example", id="a control character first"),
        pytest.param("/" + "a" * 1_001, id="longer than a cookie has room for"),
    ],
)
def test_a_next_that_is_not_a_page_of_this_site_is_left_out(visitor, next_url):
    response = visitor.sign_in(next_url=next_url)

    assert response["Location"] == "/"


def test_views_work_where_every_page_asks_for_a_login(visitor, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    visitor.sign_in()

    assert visitor.is_signed_in
    assert Client().get("/genauth/logout/").status_code == 200


def test_views_work_below_a_prefix(provider, app, request):
    # What Django's WSGI handler does at each request, and its test client does not.
    set_script_prefix("/below/")
    request.addfinalizer(lambda: set_script_prefix("/"))
    visitor = Visitor(provider, SCRIPT_NAME="/below")
    callback = provider.authorize(visitor.begin())
    cookie = next(each for name, each in visitor.client.cookies.items() if "genauth" in name)

    response = visitor.come_back(callback.replace("/below/", "/"))

    assert callback.startswith("http://testserver/below/genauth/callback/")
    assert cookie["path"] == "/below/genauth"
    assert response.status_code == 302


def test_behind_a_proxy_the_address_and_the_cookie_are_secure(provider, app, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    visitor = Visitor(provider, HTTP_X_FORWARDED_PROTO="https", HTTP_HOST="testserver")

    callback = provider.authorize(visitor.begin())

    cookie = next(each for name, each in visitor.client.cookies.items() if "genauth" in name)
    assert callback.startswith("https://testserver/genauth/callback/")
    assert cookie["secure"]


def test_the_redirect_uri_of_the_settings_is_used_as_it_is(visitor, app):
    app["REDIRECT_URI"] = "https://www.example.com/genauth/callback/"

    callback = visitor.provider.authorize(visitor.begin())
    visitor.come_back(callback)

    assert callback.startswith("https://www.example.com/genauth/callback/")
    assert visitor.is_signed_in


def test_a_signed_in_person_who_reloads_the_callback_is_sent_on(visitor):
    callback = visitor.provider.authorize(visitor.begin("/members/"))
    visitor.come_back(callback)

    response = visitor.come_back(callback)

    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_signed_in_person_whose_browser_kept_the_cookie_is_sent_to_the_same_page(visitor):
    callback = visitor.provider.authorize(visitor.begin("/members/"))
    kept = dict(visitor.client.cookies)
    visitor.come_back(callback)
    visitor.client.cookies.update(kept)

    response = visitor.come_back(callback)

    assert (response.status_code, response["Location"]) == (302, "/members/")


def test_a_stranger_with_an_old_callback_is_refused(visitor, provider, refusals):
    callback = provider.authorize(visitor.begin())

    response = Visitor(provider).come_back(callback)

    assert response.status_code == 400
    assert refusals.codes == ["authorization_response.state_unknown"]


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


@pytest.mark.parametrize("change", [{}, {"code": None}], ids=["accepted", "refused"])
def test_the_request_that_receivers_get_has_no_code_any_more(visitor, change):
    requests = []
    receive = lambda request, **_: requests.append(request)  # noqa: E731 # kept for the weak reference
    login_failed.connect(receive)
    user_created.connect(receive)

    visitor.sign_in(**change)

    (request,) = requests
    assert (dict(request.GET), dict(request.POST), request.META["QUERY_STRING"]) == ({}, {}, "")
    assert request.get_full_path() == "/genauth/callback/"
