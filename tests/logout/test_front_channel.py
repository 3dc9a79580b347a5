"""The provider's page ends a session here from a frame (Front-Channel Logout 1.0)."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from django_genauth.models import Grant, LoginSession
from django_genauth.signals import logged_out_remotely
from tests.support.signed_in import FRONT, a_session, an_identity, lives

pytestmark = pytest.mark.django_db


@pytest.fixture
def frame(app, provider):
    """Open the address as a frame does: without a cookie."""

    def open_frame(*pairs, path=FRONT):
        return Client().get(f"{path}?{urlencode(pairs)}")

    return open_frame


def test_the_session_that_is_named_ends(visitor, provider, frame):
    visitor.sign_in(claims={"sid": "one"})

    response = frame(("iss", provider.issuer), ("sid", "one"))

    assert (response.status_code, response.content) == (200, b"")
    assert visitor.client.get("/members/").status_code == 302
    assert not LoginSession.objects.exists()
    assert Grant.objects.get().state == Grant.State.ENDED


def test_the_provider_alone_may_show_it_and_nobody_keeps_it(frame, provider, settings):
    settings.MIDDLEWARE = [
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        *settings.MIDDLEWARE,
    ]

    response = frame(("iss", provider.issuer), ("sid", "one"))

    assert response["Content-Security-Policy"] == (
        f"default-src 'none'; frame-ancestors {provider.base_url}"
    )
    assert "X-Frame-Options" not in response
    assert "no-store" in response["Cache-Control"]
    assert response.cookies == {}


def test_it_is_open_to_who_is_not_signed_in(visitor, provider, frame, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    visitor.sign_in(claims={"sid": "one"})

    response = frame(("iss", provider.issuer), ("sid", "one"))

    assert response.status_code == 200
    assert not LoginSession.objects.exists()


def test_a_provider_whose_issuer_is_named_by_another_host_may_show_it_from_both(
    frame, provider, app
):
    app["ISSUER"] = "https://login.example/oidc"

    response = frame(("iss", "https://login.example/oidc"), ("sid", "one"))

    assert response["Content-Security-Policy"].endswith(
        f"frame-ancestors https://login.example {provider.base_url}"
    )


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        pytest.param(lambda pairs: pairs[1:], "logout_token.request", id="no iss"),
        pytest.param(lambda pairs: pairs[:1], "logout_token.request", id="no sid"),
        pytest.param(lambda pairs: [*pairs, pairs[0]], "logout_token.request", id="iss twice"),
        pytest.param(lambda pairs: [*pairs, pairs[1]], "logout_token.request", id="sid twice"),
        pytest.param(
            lambda pairs: [("iss", "https://evil.example"), pairs[1]],
            "logout_token.iss",
            id="another issuer",
        ),
        pytest.param(
            lambda pairs: [("iss", pairs[0][1] + "/"), pairs[1]],
            "logout_token.iss",
            id="a slash more",
        ),
        pytest.param(lambda pairs: [pairs[0], ("sid", "")], "logout_token.sid", id="an empty sid"),
        pytest.param(
            lambda pairs: [pairs[0], ("sid", "a\0")], "logout_token.sid", id="NUL in the sid"
        ),
        pytest.param(
            lambda pairs: [pairs[0], ("sid", "s" * 256)], "logout_token.sid", id="a sid too long"
        ),
    ],
)
def test_what_does_not_name_a_session_is_refused(
    visitor, provider, frame, refusals, caplog, edit, code
):
    visitor.sign_in(claims={"sid": "one"})

    response = frame(*edit([("iss", provider.issuer), ("sid", "one")]))

    assert (response.status_code, refusals.codes) == (400, [code])
    assert "no-store" in response["Cache-Control"]
    assert visitor.client.get("/members/").status_code == 200


def test_a_session_without_an_id_is_not_ended_by_an_empty_one(visitor, provider, frame):
    visitor.sign_in()

    frame(("iss", provider.issuer), ("sid", ""))

    assert visitor.is_signed_in


def test_a_session_that_is_not_here_is_done(provider, frame):
    assert frame(("iss", provider.issuer), ("sid", "unknown")).status_code == 200


def test_each_app_has_an_address(frame, provider, app, settings):
    settings.GENAUTH = {"default": app, "partners": app}
    partner = a_session(an_identity("ada", provider.issuer), sid="one", app="partners")
    pairs = [("iss", provider.issuer), ("sid", "one")]

    response = frame(*pairs, path="/genauth/partners/frontchannel-logout/")

    assert response.status_code == 200
    assert not lives(partner)


def test_an_address_of_an_unknown_app_is_not_found(frame, provider):
    pairs = [("iss", provider.issuer), ("sid", "one")]

    assert frame(*pairs, path="/genauth/nobody/frontchannel-logout/").status_code == 404


def test_while_the_settings_are_broken_nobody_may_show_it(frame, app, refusals):
    app["SCOPE"] = 5

    response = frame(("iss", "https://acme.example"), ("sid", "one"))

    assert (response.status_code, refusals.codes) == (400, ["configuration.value"])
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("method", ["post", "head", "options"])
def test_no_other_method_is_taken(app, method):
    assert getattr(Client(), method)(FRONT).status_code == 405


def test_the_site_is_told_by_which_way(visitor, provider, frame):
    told = []

    def receive(session, channel, **_):
        told.append((session.sid, channel))

    logged_out_remotely.connect(receive)
    visitor.sign_in(claims={"sid": "one"})

    frame(("iss", provider.issuer), ("sid", "one"))

    logged_out_remotely.disconnect(receive)
    assert told == [("one", "front-channel")]
