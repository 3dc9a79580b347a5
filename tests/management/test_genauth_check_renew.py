"""`genauth_check --renew`: all processes of the site fetch anew what the provider publishes."""

import json
import time
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import call_command

from django_genauth.client.document_cache import LOOK
from django_genauth.conf import get_client
from django_genauth.conf.shared_cache import ForgivingCache
from tests.support.clients import a_client

pytestmark = pytest.mark.django_db


def check(*arguments):
    """Return what is printed, whatever is found."""
    printed = StringIO()
    with suppress(SystemExit):
        call_command("genauth_check", *arguments, stdout=printed, no_color=True)
    return printed.getvalue()


@pytest.fixture
def others(provider, app):
    """Make the client of another process, with the documents in its memory."""
    client = a_client(provider, shared_cache=ForgivingCache())
    client.provider.documents.load()
    return client


def test_another_process_asks_the_provider_again(provider, others):
    before = others.metadata()

    check("--renew")

    time.sleep(LOOK)
    assert others.metadata() is not before


def test_without_the_option_it_does_not(others):
    before = others.metadata()

    check()

    time.sleep(LOOK)
    assert others.metadata() is before


def test_the_other_apps_keep_theirs(provider, others, app, settings):
    elsewhere = dict(app, ISSUER=f"{provider.base_url}/elsewhere")
    settings.GENAUTH = {"default": app, "elsewhere": elsewhere}
    before = others.metadata()

    check("--renew", "--app", "elsewhere")

    time.sleep(LOOK)
    assert others.metadata() is before


def test_the_examination_sees_what_is_published_now(provider, others):
    get_client().provider.documents.load()
    provider.forget_requests()

    printed = check("--renew")

    assert printed.startswith("default: configuration and keys are fetched anew.\ndefault: ")
    assert "discovery" in provider.asked


def test_a_script_gets_the_report_alone(others):
    printed = check("--renew", "--format", "json")

    assert [report["app"] for report in json.loads(printed)] == ["default"]


def test_what_is_wrong_with_the_settings_is_in_the_report(app):
    app["APP_HOST"] = "nowhere"

    printed = check("--renew")

    assert printed.startswith("default\n  wrong ")
