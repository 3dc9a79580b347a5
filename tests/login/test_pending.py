"""The flow cookie: who can read it, how many there are, and that each opens one door once."""

import hashlib
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
        request = request or request_with({})
        request.COOKIES = dict(held)
        pending.put(response, request, get_app(login.alias), login)
        for name, morsel in response.cookies.items():
            if morsel["max-age"] == 0:
                held.pop(name, None)
            else:
                held[name] = morsel.value
    return held


def header_of(held):
    """Return the Cookie header of a browser that shows all it holds."""
    return "; ".join(f"{name}={text}" for name, text in held.items())


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

    login, bound = response.cookies.values()
    assert login["secure"]
    assert bound.key.startswith("__Host-genauth_")
    assert (bound["secure"], bound["httponly"], bound["samesite"]) == (True, True, "Lax")
    assert (bound["path"], bound["domain"], bound["max-age"]) == ("/", "", login["max-age"])


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

    digest = hashlib.sha256(b"the-state").hexdigest()
    assert cache.get(f"genauth:taken:{digest}") is not None


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

    assert len(header_of(held)) <= 5_000
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


def test_a_cookie_whose_name_only_begins_alike_is_left_alone():
    held = cookies_after(a_login(), cookies={"genauth_default_logout": "sealed"})

    assert held["genauth_default_logout"] == "sealed"


def test_the_oldest_logins_go_whatever_their_app(two_apps):
    partner = [
        a_login(alias="partner", state=f"p{n}", expires_at=time.time() + 100 + n) for n in range(8)
    ]
    held = cookies_after(*partner)

    after = cookies_after(a_login(), cookies=held)

    assert set(held) - set(after) == {pending._cookie_name("partner", "p0")}


def test_cookies_of_an_app_that_is_gone_are_cleared_away():
    gone = {"genauth_gone_0123456789abcdef": "sealed-once"}

    held = cookies_after(a_login(), cookies=gone)

    assert set(held) == {pending._cookie_name("default", "the-state")}


def test_logins_leave_room_for_the_cookies_of_the_site():
    site = {"sessionid": "s" * 4_000}
    logins = [a_login(state=f"state-{n}", expires_at=time.time() + 500 + n) for n in range(9)]

    held = cookies_after(*logins, cookies=site)

    assert 6_000 < len(header_of(held)) <= 7_500


def test_logins_that_begin_at_other_pages_leave_room_for_the_others():
    logins = [a_login(state=f"a{number}") for number in range(8)]
    first = cookies_after(*logins)
    seen_elsewhere = {}
    for number in range(9):
        login = a_login(state=f"b{number}", path="/", expires_at=time.time() + 100 + number)
        request = RequestFactory().get("/members/")
        seen_elsewhere = cookies_after(login, cookies=seen_elsewhere, request=request)

    assert len(header_of(first | seen_elsewhere)) < 7_000
    assert pending._cookie_name("default", "b8") in seen_elsewhere


def test_the_path_is_the_same_for_all_apps(two_apps):
    request = RequestFactory().get("/genauth/partner/login/")

    path = pending.cookie_path(request, "https://testserver/genauth/partner/callback/")

    assert path == "/genauth"


def test_a_login_is_found_by_the_browser_that_it_is_bound_to():
    held = cookies_after(a_login(), request=RequestFactory().get("/genauth/login/", secure=True))

    assert take(request_with(held, secure=True)).state == "the-state"


@pytest.mark.parametrize("bound", [{}, {"__Host-genauth_9aea885ae488807f": "another"}], ids=len)
def test_a_login_that_a_sibling_domain_planted_is_not_found(bound):
    held = cookies_after(a_login(), request=RequestFactory().get("/genauth/login/", secure=True))
    planted = {name: text for name, text in held.items() if not name.startswith("__Host-")}

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request_with(planted | bound, secure=True))

    assert caught.value.code == "authorization_response.state_unknown"


def test_a_login_that_began_without_https_is_not_found_over_https():
    held = cookies_after(a_login())

    with pytest.raises(AuthorizationResponseError) as caught:
        take(request_with(held, secure=True))

    assert caught.value.code == "authorization_response.state_unknown"


def test_the_cookie_that_binds_a_login_comes_with_a_posted_answer():
    response = HttpResponse()

    pending.put(
        response, request_with({}, secure=True), get_app(), a_login(response_mode="form_post")
    )

    assert [cookie["samesite"] for cookie in response.cookies.values()] == ["None", "None"]


def test_both_cookies_are_deleted():
    response = HttpResponse()

    pending.forget(response, a_login(browser="bound"))

    assert [(c["max-age"], c["path"]) for c in response.cookies.values()] == [
        (0, "/genauth"),
        (0, "/"),
    ]


@pytest.mark.django_db
def test_the_cookie_is_gone_after_the_login(visitor):
    visitor.sign_in()

    cookies = visitor.client.cookies.items()
    assert [c.value for n, c in cookies if n.startswith("genauth_default_")] == [""]


@pytest.mark.django_db
def test_the_cookie_is_gone_after_a_login_that_failed(visitor):
    visitor.sign_in(error="access_denied", code=None)

    cookies = visitor.client.cookies.items()
    assert [c.value for n, c in cookies if n.startswith("genauth_default_")] == [""]


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


@pytest.mark.django_db
def test_of_a_login_over_https_nothing_is_left(provider, app, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    visitor = Visitor(provider, HTTP_X_FORWARDED_PROTO="https")

    visitor.sign_in()

    left = {name: each.value for name, each in visitor.client.cookies.items()}
    assert visitor.is_signed_in
    del left["genauth_turns"]
    assert [text for name, text in left.items() if "genauth_" in name] == ["", ""]


def test_the_oldest_bound_login_goes_with_what_it_was_bound_to():
    request = RequestFactory().get("/genauth/login/", secure=True)
    logins = [a_login(state=f"s{n}", expires_at=time.time() + 100 + n) for n in range(9)]

    held = cookies_after(*logins, request=request)

    bound = [name for name in held if name.startswith("__Host-")]
    assert len(held) == 2 * len(bound)
    assert len(header_of(held)) <= 5_100
