"""What every message of the system checks has in common."""

from django.core.checks import run_checks


def test_the_hint_ends_with_the_address_of_the_page_of_the_check(settings):
    settings.GENAUTH = {}

    (message,) = run_checks(tags=["genauth"])

    assert message.hint.endswith(
        " See https://django-genauth.readthedocs.io/en/stable/reference/checks/E001.html"
    )
