"""A fake GenAuth in tests that hold or shift the clock, and under the doctor."""

from contextlib import suppress

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from freezegun import freeze_time

from django_genauth.testing import FakeGenAuth

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("day", ["2001-02-03", "2040-02-03"])
@pytest.mark.parametrize("hold", [freeze_time, time_machine.travel], ids=["freezegun", "machine"])
@pytest.mark.parametrize("protocol", ["oidc", "oauth"])
def test_a_person_signs_in_at_any_time(settings, hold, day, protocol):
    settings.GENAUTH = {"default": {**settings.GENAUTH["default"], "PROTOCOL": protocol}}
    with hold(day), FakeGenAuth() as genauth:
        response = genauth.sign_in(Client())

    assert response.status_code == 302


def test_a_client_signs_in_as_often_as_a_test_likes():
    client = Client()
    with FakeGenAuth() as genauth:
        responses = [genauth.sign_in(client, next_url="/members/") for _ in range(5)]

    assert [response.status_code for response in responses] == [302] * 5


@pytest.mark.parametrize("protocol", ["oidc", "oauth"])
def test_the_doctor_finds_the_provider_healthy(settings, capsys, protocol):
    settings.GENAUTH = {"default": {**settings.GENAUTH["default"], "PROTOCOL": protocol}}
    settings.ALLOWED_HOSTS = ["www.acme.example"]
    with FakeGenAuth(), suppress(SystemExit):
        call_command("genauth_check")

    printed = capsys.readouterr().out
    assert "The token endpoint refuses a code that nobody has, and not the app." in printed
    assert "The provider knows the address that logins come back to." in printed
