"""The page on which a person sees where they are signed in, and ends it."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from django_genauth.models import LoginSession
from django_genauth.sessions import engine, registry, views
from tests.support.signed_in import a_session, an_identity, lives
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

SESSIONS = "/genauth/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def desk(provider, app, db):
    """Sign in at a desk."""
    visitor = Visitor(provider, headers={"user-agent": FIREFOX})
    visitor.sign_in()
    return visitor


@pytest.fixture
def phone(provider, desk):
    """Sign in on a phone as the same person."""
    visitor = Visitor(provider, headers={"user-agent": SAFARI})
    visitor.sign_in()
    return visitor


def row_of(visitor):
    return LoginSession.objects.get(pk=registry.place_of(visitor.client.session)[1])


def page(visitor):
    return visitor.client.get(SESSIONS).content.decode()


def test_the_page_shows_each_browser_in_words(desk, phone):
    text = page(desk)

    assert "Firefox on Windows" in text
    assert "Safari on iPhone" in text


def test_this_browser_is_marked_and_has_no_button(desk, phone):
    text = page(desk)

    assert text.index("Firefox on Windows") < text.index("This browser")
    assert f'name="session" value="{row_of(phone).pk}"' in text
    assert f'name="session" value="{row_of(desk).pk}"' not in text


def test_whoever_is_signed_in_nowhere_else_is_told_so(desk):
    text = page(desk)

    assert "You are signed in nowhere else through this service." in text
    assert "<button" not in text


def test_the_page_says_whose_sessions_they_are(provider, app):
    visitor = Visitor(provider)
    visitor.sign_in(claims={"given_name": "Ada", "family_name": "Lovelace"})

    assert "You are signed in as <strong>Ada Lovelace</strong>." in page(visitor)


def test_it_says_how_long_ago_a_browser_was_seen(desk, phone):
    seen = timezone.now() - timedelta(hours=2, minutes=1)
    LoginSession.objects.filter(pk=row_of(phone).pk).update(seen_at=seen)

    assert "2\xa0hours, 1\xa0minute ago</time>" in page(desk)


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        pytest.param("?next=/members/", "/members/", id="a page"),
        pytest.param("?next=//evil.example", "/", id="another site's"),
    ],
)
def test_a_way_leads_back(desk, asked, back):
    response = desk.client.get(SESSIONS + asked)

    assert response.context["back_url"] == back


def test_it_says_which_browser_was_signed_out(desk, phone):
    desk.client.post(SESSIONS, {"session": row_of(phone).pk})

    assert "Signed out: Safari on iPhone" in page(desk)


def test_it_says_how_many_were_signed_out(desk, phone, provider):
    Visitor(provider).sign_in()

    desk.client.post(SESSIONS, {"others": "1"})

    assert "Signed out in 2 other browsers." in page(desk)


def test_a_browser_that_was_seen_a_moment_ago_was_seen_just_now(desk, phone):
    assert ">Just now</time>" in page(desk)


def test_others_are_shown_in_the_order_in_which_they_were_seen(desk, phone):
    row = a_session(phone_identity := row_of(phone).identity)
    LoginSession.objects.filter(pk=row.pk).update(seen_at=timezone.now() - timedelta(days=1))

    text = page(desk)

    assert phone_identity == row.identity
    assert text.index("Safari on iPhone") < text.index("An unknown browser")


def test_what_the_browser_says_of_itself_is_text(provider, app):
    visitor = Visitor(provider, headers={"user-agent": "<script>alert(1)</script>"})
    visitor.sign_in()

    assert "<script>" not in page(visitor)


def test_another_persons_sessions_are_not_shown(desk, provider):
    other = Visitor(provider, headers={"user-agent": SAFARI})
    other.sign_in(sub="somebody-else")

    assert "Safari" not in page(desk)


def test_one_is_ended(desk, phone):
    response = desk.client.post(SESSIONS, {"session": row_of(phone).pk})

    assert (response.status_code, response["Location"]) == (302, SESSIONS)
    assert not phone.is_signed_in
    assert desk.is_signed_in
    assert LoginSession.objects.get() == row_of(desk)


def test_all_others_are_ended(desk, phone, provider):
    third = Visitor(provider)
    third.sign_in()

    response = desk.client.post(SESSIONS, {"others": "1"})

    assert response.status_code == 302
    assert not phone.is_signed_in
    assert not third.is_signed_in
    assert desk.is_signed_in


def test_all_others_are_those_of_the_person_alone(desk, provider):
    other = Visitor(provider)
    other.sign_in(sub="somebody-else")

    desk.client.post(SESSIONS, {"others": "1"})

    assert other.is_signed_in


def test_another_persons_session_cannot_be_ended(desk, provider):
    other = Visitor(provider)
    other.sign_in(sub="somebody-else")

    response = desk.client.post(SESSIONS, {"session": row_of(other).pk})

    assert response.status_code == 404
    assert other.is_signed_in


@pytest.mark.parametrize(
    "number",
    [
        *["", "0", "-1", "x", "1.0", "٣", "9" * 18],
        pytest.param("9" * 400, id="more than a column holds"),
        pytest.param("9" * 5_000, id="more than Python reads"),
    ],
)
def test_a_number_that_no_session_has_is_not_found(desk, phone, number):
    response = desk.client.post(SESSIONS, {"session": number})

    assert response.status_code == 404
    assert phone.is_signed_in


def test_this_session_is_not_ended_here_but_by_signing_out(desk):
    response = desk.client.post(SESSIONS, {"session": row_of(desk).pk})

    assert response.status_code == 404
    assert desk.is_signed_in


def test_a_request_without_a_csrf_token_is_refused_even_without_the_middleware(
    desk, phone, settings
):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "Csrf" not in each]
    desk.client.handler.enforce_csrf_checks = True
    desk.client.handler._middleware_chain = None

    response = desk.client.post(SESSIONS, {"others": "1"})

    assert response.status_code == 403
    assert phone.is_signed_in


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_not_signed_in_is_sent_to_sign_in(method):
    response = getattr(Client(), method)(SESSIONS)

    assert response["Location"] == f"/genauth/login/?next={SESSIONS}"


def test_the_page_is_stored_nowhere(desk):
    response = desk.client.get(SESSIONS)

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_whoever_signed_in_with_a_password_sees_their_other_sessions(client, provider, app):
    row = a_session(an_identity())
    client.force_login(row.identity.user, backend="django.contrib.auth.backends.ModelBackend")

    text = client.get(SESSIONS).content.decode()

    assert "This browser" not in text
    assert f'name="session" value="{row.pk}"' in text


def test_a_session_whose_key_is_lost_is_said_and_the_others_end(desk, phone, app, caplog):
    lost = a_session(row_of(desk).identity)
    LoginSession.objects.filter(pk=lost.pk).update(app="gone")

    response = desk.client.post(SESSIONS, {"others": "1"})

    assert response.status_code == 200
    assert "Something could not be ended." in response.content.decode()
    assert not phone.is_signed_in
    assert lives(lost)
    assert "A person's session was not ended: code=seal.key" in caplog.text


def test_many_sessions_are_a_page_of_a_hundred(desk):
    identity = row_of(desk).identity
    for _ in range(101):
        a_session(identity)

    assert page(desk).count('name="session"') == 100


def test_with_sessions_in_the_browsers_there_is_nothing_to_show(desk, monkeypatch):
    monkeypatch.setattr(engine, "can_end", lambda: False)
    desk.sign_in()
    LoginSession.objects.all().delete()

    response = desk.client.get(SESSIONS)

    assert response.status_code == 200
    assert get_user_model().objects.count() == 1


def test_a_long_list_says_how_many_are_not_shown(desk, monkeypatch):
    monkeypatch.setattr(views, "_MOST_SHOWN", 2)
    identity = row_of(desk).identity
    for _ in range(5):
        a_session(identity)

    text = page(desk)

    assert text.count('name="session"') == 2
    assert "Older sign-ins that are not shown: 3." in text


def test_a_list_of_just_as_many_as_are_shown_says_nothing_of_others(desk, phone, monkeypatch):
    monkeypatch.setattr(views, "_MOST_SHOWN", 1)

    assert "not shown" not in page(desk)
