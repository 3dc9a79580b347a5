"""The cookie of a pending login: changed, cut, copied, another's, or used as another thing."""

import base64
import json
import time

import pytest
from django.conf import settings as django_settings
from django.core.signing import dumps

from django_genauth.conf import get_app
from django_genauth.grants import rows
from django_genauth.models import Grant
from django_genauth.protocol.errors import SealError
from django_genauth.sealing import seal, unseal
from tests.support.provider.keys import base64url
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

UNKNOWN = "authorization_response.state_unknown"


def flow_cookies(visitor):
    """Return the pending logins of a browser, by the names of their cookies."""
    return {
        name: morsel.value
        for name, morsel in visitor.client.cookies.items()
        if name.startswith("genauth_") and morsel.value
    }


def segment(number, change):
    """Return a change of one of the cookie's five segments."""

    def changed(text):
        segments = text.split(".")
        segments[number] = change(segments[number])
        return ".".join(segments)

    return changed


def with_header(**members):
    """Return a change of what the cookie says of its own form."""

    def changed(encoded):
        header = json.loads(base64.urlsafe_b64decode(encoded + "=="))
        return base64url(json.dumps({**header, **members}).encode())

    return segment(0, changed)


def other_letter(position):
    return lambda text: (
        text[:position]
        + ("A" if text[position] != "A" else "B")
        + (text[position + 1 :] if position != -1 else "")
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: "x", id="a letter"),
        pytest.param(lambda text: text[:-1], id="a letter less"),
        pytest.param(lambda text: text[: len(text) // 2], id="half of it"),
        pytest.param(lambda text: text + "A", id="a letter more"),
        pytest.param(lambda text: text + "." + text, id="twice"),
        pytest.param(lambda text: text[::-1], id="backwards"),
        pytest.param(lambda text: text.upper(), id="in capital letters"),
        pytest.param(lambda text: text.rpartition(".")[0], id="without its tag"),
        pytest.param(lambda text: "." * 4, id="five empty segments"),
        pytest.param(lambda text: "." * 50_000, id="dots"),
        pytest.param(lambda text: "A" * 60_000, id="letters without end"),
        pytest.param(lambda text: "\u00e9" + text, id="a letter beyond ASCII"),
        pytest.param(lambda text: "[" * 30_000, id="arrays"),
        pytest.param(lambda text: base64url(b"[" * 30_000) + "....", id="arrays in a header"),
        pytest.param(segment(0, other_letter(9)), id="another letter in the header"),
        pytest.param(segment(2, other_letter(3)), id="another letter in the vector"),
        pytest.param(segment(3, other_letter(3)), id="another letter in the text"),
        pytest.param(segment(4, other_letter(3)), id="another letter in the tag"),
        pytest.param(segment(1, lambda empty: "AAAA"), id="a key of its own"),
        pytest.param(segment(2, lambda vector: ""), id="no vector"),
        pytest.param(segment(4, lambda tag: tag[:8]), id="a short tag"),
        pytest.param(segment(4, lambda tag: ""), id="no tag"),
        pytest.param(with_header(alg="none"), id="alg none"),
        pytest.param(with_header(enc="A128GCM"), id="another cipher"),
        pytest.param(with_header(zip="DEF"), id="packed"),
        pytest.param(with_header(kid="0" * 16), id="another key"),
        pytest.param(with_header(kid=["a"]), id="a list for a key"),
        pytest.param(with_header(purpose="grant 1 default"), id="another purpose"),
        pytest.param(lambda text: dumps({"state": "x"}), id="signed by Django"),
    ],
)
def test_a_cookie_that_was_changed_is_no_login(visitor, provider, is_refused, change):
    callback = provider.authorize(visitor.begin())
    ((name, text),) = flow_cookies(visitor).items()
    visitor.client.cookies[name] = change(text)

    response = visitor.come_back(callback)

    is_refused(response, 400, UNKNOWN, asked="discovery")


def test_the_cookie_of_another_login_does_not_fit_under_this_ones_name(
    visitor, provider, is_refused
):
    callback = provider.authorize(visitor.begin())
    (name,) = flow_cookies(visitor)
    visitor.begin()
    other = next(text for each, text in flow_cookies(visitor).items() if each != name)
    visitor.client.cookies[name] = other

    response = visitor.come_back(callback)

    is_refused(response, 400, UNKNOWN, asked="discovery")


def test_a_cookie_from_another_browser_brings_that_browsers_login_alone(
    visitor, provider, is_refused
):
    """The attacker's cookie, tossed from a sibling domain, does not fit the victim's answer."""
    attacker = Visitor(provider)
    attacker.begin()
    callback = provider.authorize(visitor.begin())
    visitor.client.cookies.clear()
    visitor.client.cookies.update(attacker.client.cookies)

    response = visitor.come_back(callback)

    is_refused(response, 400, UNKNOWN, asked="discovery")


def test_a_cookie_that_has_expired_is_no_login(visitor, provider, app, is_refused):
    app["LOGIN_TTL"] = 1
    callback = provider.authorize(visitor.begin())
    (cookie,) = [each for name, each in visitor.client.cookies.items() if "genauth" in name]
    cookie["max-age"] = cookie["expires"] = ""
    time.sleep(1.1)

    response = visitor.come_back(callback)

    is_refused(response, 400, "authorization_response.state_expired", asked="discovery")


def test_a_cookie_of_a_former_key_is_no_login(visitor, provider, settings, is_refused):
    callback = provider.authorize(visitor.begin())
    settings.SECRET_KEY = "another-secret-key-under-which-nothing-was-sealed"

    response = visitor.come_back(callback)

    is_refused(response, 400, UNKNOWN, asked="discovery")


def test_a_cookie_of_a_fallback_key_is_a_login(visitor, provider, settings):
    callback = provider.authorize(visitor.begin())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-under-which-nothing-was-sealed"

    visitor.come_back(callback)

    assert visitor.is_signed_in


def test_the_cookie_of_a_login_is_no_session(visitor):
    visitor.begin()
    (text,) = flow_cookies(visitor).values()
    visitor.client.cookies[django_settings.SESSION_COOKIE_NAME] = text

    response = visitor.client.get("/members/")

    assert response.status_code == 302
    assert not visitor.is_signed_in


def test_the_cookie_of_a_login_is_no_token_set(visitor):
    visitor.sign_in()
    visitor.begin()
    (text,) = (each for name, each in flow_cookies(visitor).items() if name != "genauth_turns")
    grant = Grant.objects.get()
    alias, purpose = grant.sealing

    with pytest.raises(SealError) as caught:
        unseal(text, purpose=purpose, app=get_app(alias))

    assert caught.value.code == "seal.purpose"


def test_a_sealed_token_set_is_no_login(visitor, provider, is_refused):
    callback = provider.authorize(visitor.begin())
    (name,) = flow_cookies(visitor)
    text = seal({"access_token": "a"}, purpose="grant 1 default", app=get_app())
    visitor.client.cookies[name] = text

    response = visitor.come_back(callback)

    is_refused(response, 400, UNKNOWN, asked="discovery")


def test_the_cookie_of_a_login_is_no_login_of_another_app(
    visitor, provider, app, settings, is_refused
):
    settings.GENAUTH = {"default": app, "other": dict(app)}
    callback = provider.authorize(visitor.begin())
    ((name, text),) = flow_cookies(visitor).items()
    visitor.client.cookies[name.replace("default", "other")] = text

    response = visitor.client.get(f"/genauth/other/callback/?{callback.partition('?')[2]}")

    is_refused(response, 400, UNKNOWN, asked="discovery")


def test_the_cookie_of_a_link_does_not_sign_in(visitor, provider, refusals):
    """Who begins a link is signed in; in another browser its answer opens nothing."""
    visitor.sign_in()
    begun = visitor.client.post("/genauth/link/")
    stranger = Visitor(provider)
    stranger.client.cookies.load(flow_cookies(visitor))

    stranger.come_back(provider.authorize(begun["Location"], sub="second"))

    assert refusals.codes == ["account.link_user"]
    assert not stranger.is_signed_in


def test_cookies_that_look_like_logins_are_cleared_away(visitor):
    visitor.client.cookies.load({f"genauth_default_{n:016}": "x" * 100 for n in range(30)})

    response = visitor.client.get("/genauth/login/")

    assert response.status_code == 302
    gone = [name for name, each in response.cookies.items() if each["max-age"] == 0]
    assert len([name for name in gone if name.startswith("genauth_default_")]) == 30


@pytest.mark.parametrize("count", [9, 40])
def test_a_browser_holds_no_more_logins_than_a_server_reads(visitor, count):
    [visitor.begin("/members/" + "a" * 900) for _ in range(count)]

    held = flow_cookies(visitor)
    assert len(held) <= 8
    assert sum(map(len, held.values())) < 8_000


def test_hundreds_of_cookies_of_others_disturb_nothing(visitor, provider):
    visitor.client.cookies.load({f"other{n}": "x" * 20 for n in range(300)})

    visitor.sign_in()

    assert visitor.is_signed_in


def test_the_tokens_of_a_grant_open_under_no_other_name(visitor):
    visitor.sign_in()
    grant = Grant.objects.get()
    alias, purpose = grant.sealing
    text = seal(dict(grant.token_set), purpose=purpose, app=get_app(alias))

    with pytest.raises(SealError):
        unseal(text, purpose=f"{purpose}x", app=get_app(alias))

    assert rows.find(grant.token_set["access_token"], get_app()) == grant
