"""What an operator reads of sessions that are renewed, are not, or end."""

import pytest
from django.core.cache import cache

from django_genauth import conf
from django_genauth.models import Grant

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.support.site.desk"),
    pytest.mark.usefixtures("renewing"),
]


@pytest.fixture
def lines(caplog):
    """Return the events and codes that this app has logged since."""
    return lambda: [
        (record.event, record.code, record.app)
        for record in caplog.records
        if record.name == "django_genauth"
    ]


def test_a_session_that_is_renewed_is_no_line(member, lines):
    member.client.get("/members/")

    assert lines() == []


def test_a_refresh_that_ends_grant_and_session_is_one_line(member, lines):
    member.provider.lie("token", status=400, body=b'{"error": "invalid_grant"}')

    response = member.client.get("/members/")

    assert response.status_code == 302
    assert lines() == [("grant_ended", "oauth.invalid_grant", "default")]


def test_a_refresh_that_fails_is_one_line_and_the_session_lives_on(member, lines):
    member.provider.lie("token", status=503)

    response = member.client.get("/members/")

    assert response.status_code == 200
    assert lines() == [("refresh_failed", "provider_unavailable.status_503", "default")]


def test_a_configuration_that_cannot_be_had_is_one_line(member, lines):
    conf._loaded.clear()
    cache.clear()
    member.provider.lie("discovery", status=503)

    member.client.get("/members/")

    assert lines() == [("refresh_failed", "provider_unavailable.status_503", "default")]


def test_a_session_whose_grant_has_ended_before_is_one_line(member, lines):
    Grant.objects.update(state="ended", token_set=None)

    member.client.get("/members/")

    assert lines() == [("session_ended", "grant.missing", "default")]


def test_a_session_of_an_app_that_is_gone_is_one_line(member, settings, lines):
    settings.GENAUTH = {"partners": settings.GENAUTH["default"]}

    member.client.get("/members/")

    assert lines()[0] == ("session_ended", "configuration.alias", "default")
