"""The flow cookie: who can read it, how many there are, and that each opens one door once."""

import threading
import time
from dataclasses import asdict
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import RequestFactory

from django_genauth.conf import get_app
from django_genauth.login import pending
from django_genauth.login.pending import PendingLogin
from django_genauth.protocol.errors import AuthorizationResponseError, ConfigurationError
from django_genauth.sealing import seal
from tests.support.site.visitor import Visitor


def a_login(**changes):
    values: dict[str, Any] = {
        "alias": "default",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_verifier": "the-verifier",
        "redirect_uri": "https://testserver/genauth/callback/",
        "next_url": "/",
        "path": "/genauth",
        "expires_at": time.time() + 600,
    }
    return PendingLogin(**(values | changes))


def cookies_after(*logins, cookies=None, request=None):
    """Return the cookies that a browser holds after these logins have begun."""
    held = dict(cookies or {})
    for login in logins:
        response = HttpResponse()
        pending.put(response, request_with(held), get_app(login.alias), login)
        for name, morsel in response.cookies.items():
            if morsel["max-age"] == 0:
                held.pop(name, None)
            else:
                held[name] = morsel.value
    return held


def take(request, alias="default"):
    return pending.take(pending.find(request, get_app(alias), "the-state"))


def request_with(cookies, **extra):
    request = RequestFactory().get("/genauth/callback/", **extra)
    request.COOKIES.update(cookies)
    return request


@pytest.fixture
def two_apps(settings):
    settings.GENAUTH = dict.fromkeys(("default", "partner"), settings.GENAUTH["default"])


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_pages():
    response = HttpResponse()

    pending.put(response, request_with({}), get_app(), a_login())

    (cookie,) = response.cookies.values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/genauth")
    assert 598 <= cookie["max-age"] <= 600
    assert not cookie["secure"]


def test_a_cookie_for_an_answer_that_is_posted_is_secure_without_https_too():
    response = HttpResponse()

    pending.put(response, request_with({}), get_app(), a_login(response_mode="form_post"))

    (cookie,) = response.cookies.values()
    assert (cookie["samesite"], cookie["secure"]) == ("None", True)


def test_over_https_the_cookie_is_secure():
    response = HttpResponse()

    pending.put(response, request_with({}, secure=True), get_app(), a_login())

    (cookie,) = response.cookies.values()
    assert cookie["secure"]


def test_the_cookie_shows_nothing_of_what_it_holds():
    (text,) = cookies_after(a_login()).values()

    assert not any(secret in text for secret in ("the-state", "the-nonce", "the-verifier"))


def test_the_repr_of_a_login_shows_nothing_secret():
    text = repr(a_login())

    assert not any(secret in text for secret in ("the-state", "the-nonce", "the-verifier"))


def test_what_was_put_is_what_is_taken():
    login = a_login(next_url="/members/?a=1", link_user="7")

    taken = take(request_with(cookies_after(login)))

    assert taken == login


def test_a_login_is_taken_once():
    request = request_with(cookies_after(a_login()))
    take(request)

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request)

    assert caught.value.code == "authorization_response.state_used"


def test_of_twenty_uses_at_the_same_instant_one_succeeds():
    request = request_with(cookies_after(a_login()))
    start = threading.Barrier(20)
    outcomes = []

    def use():
        start.wait()
        try:
            take(request)
            outcomes.append("taken")
        except AuthorizationResponseError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=use) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert outcomes.count("taken") == 1
    assert outcomes.count("authorization_response.state_used") == 19


@pytest.mark.parametrize(
    ("login", "cookies", "code"),
    [
        pytest.param(a_login(), None, "state_unknown", id="no cookie"),
        pytest.param(a_login(expires_at=time.time() - 1), ..., "state_expired", id="expired"),
        pytest.param(a_login(state="other"), "renamed", "state_unknown", id="another login's"),
        pytest.param(a_login(), "cut", "state_unknown", id="truncated"),
        pytest.param(a_login(), "empty", "state_unknown", id="empty"),
    ],
)
def test_a_cookie_that_does_not_fit_opens_nothing(login, cookies, code):
    held = cookies_after(login)
    text = next(iter(held.values()))
    name = pending._cookie_name("default", "the-state")
    shown = {
        None: {},
        ...: held,
        "renamed": {name: text},
        "cut": {name: text[:-9]},
        "empty": {name: ""},
    }[cookies]

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request_with(shown))

    assert caught.value.code == f"authorization_response.{code}"


def test_a_text_sealed_for_something_else_is_no_cookie():
    name = pending._cookie_name("default", "the-state")
    text = seal({"state": "the-state"}, purpose="grant 1 default", app=get_app())

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request_with({name: text}))

    assert caught.value.code == "authorization_response.state_unknown"


def test_a_login_of_another_app_is_not_taken(two_apps):
    (text,) = cookies_after(a_login(alias="default")).values()
    name = pending._cookie_name("partner", "the-state")

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request_with({name: text}), "partner")

    assert caught.value.code == "authorization_response.state_unknown"


def test_a_cookie_from_before_an_update_with_other_fields_is_no_cookie():
    name = pending._cookie_name("default", "the-state")
    text = seal({"state": "the-state"}, purpose="pending login default", app=get_app())

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request_with({name: text}))

    assert caught.value.code == "authorization_response.state_unknown"


def test_a_cache_that_is_out_of_order_stops_the_login(settings):
    settings.CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}

    with pytest.raises(ConfigurationError) as caught:
        take(request_with(cookies_after(a_login())))

    assert caught.value.code == "configuration.cache"


def test_the_mark_of_a_used_login_outlives_the_login():
    take(request_with(cookies_after(a_login())))

    assert cache.get(f"genauth:taken:{pending._digest('the-state')}") == 1


def test_a_login_in_its_last_second_is_taken_once():
    login = a_login(expires_at=time.time() + 0.9)
    text = seal(asdict(login), purpose="pending login default", app=get_app())
    request = request_with({pending._cookie_name("default", "the-state"): text})
    take(request)

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request)

    assert caught.value.code == "authorization_response.state_used"


def test_a_browser_holds_the_eight_newest_logins():
    logins = [a_login(state=f"state-{n}", expires_at=time.time() + 500 + n) for n in range(10)]

    held = cookies_after(*logins)

    kept = {pending._cookie_name("default", f"state-{n}") for n in range(2, 10)}
    assert set(held) == kept


def test_logins_with_long_pages_are_fewer_so_that_the_cookies_fit_a_header():
    logins = [
        a_login(state=f"state-{n}", next_url="/" + "a" * 1_000, expires_at=time.time() + 500 + n)
        for n in range(8)
    ]

    held = cookies_after(*logins)

    assert sum(map(len, held.values())) <= 5_000
    assert pending._cookie_name("default", "state-7") in held


def test_cookies_that_are_expired_or_broken_are_cleared_away(monkeypatch):
    now = time.time()
    old = cookies_after(a_login(state="old", expires_at=now + 10))
    broken = {"genauth_default_0123456789abcdef": "junk"}
    monkeypatch.setattr("time.time", lambda: now + 11)

    held = cookies_after(a_login(), cookies=old | broken)

    assert set(held) == {pending._cookie_name("default", "the-state")}


def test_a_cookie_is_cleared_away_at_the_path_where_it_was_set(monkeypatch):
    now = time.time()
    old = cookies_after(a_login(state="old", path="/before", expires_at=now + 10))
    response = HttpResponse()
    monkeypatch.setattr("time.time", lambda: now + 11)

    pending.put(response, request_with(old), get_app(), a_login())

    cleared = response.cookies[pending._cookie_name("default", "old")]
    assert (cleared["max-age"], cleared["path"]) == (0, "/before")


def test_the_cookie_of_a_login_that_is_over_is_deleted_where_it_was_set():
    response = HttpResponse()

    pending.forget(response, a_login(path="/genauth"))

    (cookie,) = response.cookies.values()
    assert (cookie["max-age"], cookie["path"]) == (0, "/genauth")


def test_the_cookies_of_another_app_are_left_alone(two_apps):
    partner = cookies_after(a_login(alias="partner"))

    held = cookies_after(a_login(), cookies=partner)

    assert partner.items() <= held.items()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("genauth_default_logout", id="of a logout"),
        pytest.param("genauth_default_two_0123456789abcdef", id="of an app with a longer name"),
    ],
)
def test_a_cookie_whose_name_only_begins_alike_is_left_alone(name):
    held = cookies_after(a_login(), cookies={name: "sealed"})

    assert held[name] == "sealed"


@pytest.mark.django_db
def test_the_cookie_is_gone_after_the_login(visitor):
    visitor.sign_in()

    assert [c.value for n, c in visitor.client.cookies.items() if n.startswith("genauth_")] == [""]


@pytest.mark.django_db
def test_the_cookie_is_gone_after_a_login_that_failed(visitor):
    visitor.sign_in(error="access_denied", code=None)

    assert [c.value for n, c in visitor.client.cookies.items() if n.startswith("genauth_")] == [""]


@pytest.mark.django_db
def test_an_error_with_another_state_does_not_disturb_a_login(visitor):
    url = visitor.begin()
    visitor.client.get("/genauth/callback/?error=access_denied&state=somebody-elses")

    visitor.come_back(visitor.provider.authorize(url))

    assert visitor.is_signed_in


@pytest.mark.django_db
def test_the_callback_without_an_answer_is_refused_where_a_cookie_is_broken(visitor, refusals):
    visitor.client.cookies["genauth_default_0123456789abcdef"] = "junk"

    response = visitor.client.get("/genauth/callback/")

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.state_missing"])


@pytest.mark.django_db
def test_a_second_use_sends_no_request(visitor, provider):
    callback = provider.authorize(visitor.begin())
    other = Visitor(provider)
    other.client.cookies.update(dict(visitor.client.cookies))
    visitor.come_back(callback)
    provider.forget_requests()

    response = other.come_back(callback)

    assert response.status_code == 400
    assert provider.requests == []
