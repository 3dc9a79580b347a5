"""Whose access token it is: of a request that of its own sign-in, of a user that of the newest."""

import pytest
from django.contrib.auth import get_user_model
from django.test import RequestFactory

from django_genauth import grants
from django_genauth.models import LoginSession
from django_genauth.protocol.errors import GrantError
from django_genauth.sessions.entry import SessionEntry
from django_genauth.times import from_timestamp
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


def request_of(visitor):
    request = RequestFactory().get("/")
    request.session = visitor.client.session
    request.user = get_user_model().objects.get()
    return request


def token_of(visitor):
    row = LoginSession.objects.get(pk=SessionEntry.read(visitor.client.session).login_session)
    return row.grant.token_set["access_token"]


@pytest.fixture
def two(visitor, provider):
    """Sign the same person in with two browsers, one after the other."""
    other = Visitor(provider)
    visitor.sign_in()
    other.sign_in()
    return visitor, other


def test_a_request_gets_the_token_of_its_own_sign_in(two):
    first, _ = two

    assert grants.get_access_token(request_of(first)) == token_of(first)


def test_a_user_gets_the_token_of_the_newest_sign_in(two):
    first, second = two

    token = grants.get_access_token(get_user_model().objects.get())

    assert token == token_of(second) != token_of(first)


def test_a_session_of_an_earlier_version_knows_its_grant_by_the_row(two):
    first, _ = two
    session = first.client.session
    session["_genauth"] = session["_genauth"][:5]
    session.save()

    assert grants.get_access_token(request_of(first)) == token_of(first)


def test_a_sign_in_whose_grant_has_ended_gets_no_other_one(two):
    first, _ = two
    grants.end(LoginSession.objects.earliest("pk").grant, "test")

    with pytest.raises(GrantError) as caught:
        grants.get_access_token(request_of(first))

    assert caught.value.code == "grant.missing"


def test_a_request_without_a_sign_in_of_this_app_gets_the_newest_of_its_user(two):
    first, second = two
    request = request_of(first)
    del request.session["_genauth"]

    assert grants.get_access_token(request) == token_of(second)


def test_a_newer_one_that_has_expired_and_cannot_be_refreshed_is_passed_over(two):
    first, _ = two
    newest = LoginSession.objects.latest("pk").grant
    type(newest).objects.filter(pk=newest.pk).update(expires_at=from_timestamp(1_500_000_000))

    assert grants.get_access_token(get_user_model().objects.get()) == token_of(first)
