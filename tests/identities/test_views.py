"""The page on which a person sees how they sign in, connects an identity, and removes one."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from django_genauth.models import Grant, Identity, LoginSession
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

IDENTITIES = "/genauth/identities/"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def member(visitor):
    """Sign in by one identity, with no password."""
    visitor.sign_in(sub="first", claims={"email": "ada@example.org"})
    return visitor


@pytest.fixture
def second(member):
    """Connect another identity."""
    return Identity.objects.create(
        user=get_user_model().objects.get(), issuer="https://id.example/realm", subject="second"
    )


def page(visitor, address=IDENTITIES):
    return visitor.client.get(address).content.decode()


def remove(visitor, identity):
    return visitor.client.post(IDENTITIES, {"identity": identity.pk})


def first():
    return Identity.objects.get(subject="first")


def test_each_identity_is_named_by_its_provider_and_what_people_know_it_by(member, second):
    text = page(member)

    assert "<strong>GenAuth</strong><br>ada@example.org" in text
    assert "<strong>id.example</strong><br>second" in text


def test_the_provider_is_called_what_the_settings_say(member, app):
    app["NAME"] = "Acme"

    text = page(member)

    assert "<strong>Acme</strong>" in text
    assert "Connect Acme" in text


@pytest.mark.parametrize(
    ("claims", "person"),
    [
        pytest.param({"phone_number": "+49 1", "preferred_username": "ada"}, "+49 1", id="phone"),
        pytest.param({"email": "", "preferred_username": "ada"}, "ada", id="a name"),
        pytest.param({"email": ["ada"]}, "second", id="no text"),
    ],
)
def test_people_know_it_by(second, claims, person):
    second.claims = claims

    assert second.person == person


def test_it_says_since_when_and_when_it_was_last_used(member, second):
    hour_ago = timezone.now() - timedelta(hours=1, minutes=1)
    LoginSession.objects.update(seen_at=hour_ago)
    Grant.objects.update(created_at=hour_ago - timedelta(days=1))

    text = page(member)

    assert text.count("Since ") == 2
    assert text.count("Last used 1\xa0hour, 1\xa0minute ago") == 1


def test_what_was_used_a_moment_ago_is_said_without_a_number(member):
    text = page(member)

    assert "Last used just now" in text
    assert "0\xa0minutes" not in text


def test_the_identity_of_this_session_is_marked(member, second):
    text = page(member)

    assert text.count("You are signed in with this one") == 1
    assert text.index("You are signed in with this one") < text.index("id.example")


def test_one_of_several_is_removed(member, second):
    response = remove(member, second)

    text = page(member)
    assert response["Location"] == IDENTITIES
    assert not Identity.objects.filter(subject="second").exists()
    assert "You cannot sign in with id.example as second any more." in text


def test_the_last_one_stays_while_there_is_no_password(member):
    remove(member, first())

    text = page(member)
    assert Identity.objects.count() == 1
    assert "This is the only way to sign in to your account, so it stays." in text
    assert 'name="identity"' not in text


def test_the_last_one_is_removed_where_there_is_a_password(member):
    user = get_user_model().objects.get()
    user.set_password("a long one")
    user.save()
    member.client.force_login(user, BACKEND)

    response = remove(member, first())

    assert response["Location"] == IDENTITIES
    assert not Identity.objects.exists()
    assert "No sign-in is connected to your account." in page(member)


def test_a_session_ends_with_the_identity_that_it_began_with(member, second):
    response = remove(member, first())

    left = page(member, response["Location"])
    assert response["Location"] == "/genauth/logout/"
    assert not member.is_signed_in
    assert "You cannot sign in with GenAuth as ada@example.org any more." in left


def test_the_other_sessions_of_a_removed_identity_end_too(
    member, second, provider, django_capture_on_commit_callbacks
):
    elsewhere = Visitor(provider)
    elsewhere.sign_in(sub="first")

    with django_capture_on_commit_callbacks(execute=True):
        remove(member, first())

    assert not elsewhere.is_signed_in


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 400])
def test_a_number_that_is_nobodys_is_not_found(member, second, number):
    response = member.client.post(IDENTITIES, {"identity": number})

    assert response.status_code == 404


def test_somebody_elses_is_neither_shown_nor_removed(member, second):
    other = get_user_model().objects.create_user("other")
    theirs = Identity.objects.create(user=other, issuer="https://id.example", subject="theirs")

    response = remove(member, theirs)

    assert response.status_code == 404
    assert "theirs" not in page(member)
    assert Identity.objects.filter(subject="theirs").exists()


def test_a_request_without_a_csrf_token_is_refused(member, second):
    member.client.handler.enforce_csrf_checks = True

    assert remove(member, second).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_not_signed_in_is_sent_to_sign_in(method, app):
    response = getattr(Client(), method)(IDENTITIES)

    assert response["Location"] == f"/genauth/login/?next={IDENTITIES}"


def test_one_of_each_provider_can_be_connected(member, settings, app):
    settings.GENAUTH = {
        "default": app,
        "same": app,
        "other": {**app, "ISSUER": "https://id.example", "NAME": "Other"},
        "broken": {"APP_ID": 5},
        "*": "a.path",
    }

    text = page(member)

    assert text.count(">Connect ") == 2
    assert "/genauth/other/link/?next=%2Fgenauth%2Fidentities%2F" in text


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        pytest.param("?next=/members/", "/members/", id="a page"),
        pytest.param("?next=https://evil.example/", "/", id="another site's"),
        pytest.param("", "/", id="none"),
    ],
)
def test_a_way_leads_back(member, asked, back):
    response = member.client.get(IDENTITIES + asked)

    assert response.context["back_url"] == back


def test_what_is_written_elsewhere_is_text(member, second):
    Identity.objects.filter(pk=second.pk).update(claims={"email": "<script>alert(1)</script>"})

    assert "<script>" not in page(member)
