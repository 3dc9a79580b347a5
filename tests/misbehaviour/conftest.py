"""What a refusal is: no session, no account, one line in the log, and a page."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse

from django_genauth.models import Identity
from tests.conftest import Refusals
from tests.provider.scripted import ScriptedProvider
from tests.site.visitor import Visitor


@pytest.fixture
def app(app: dict[str, object]) -> dict[str, object]:
    """Wait no longer than a test has time for."""
    app["TIMEOUT"] = 1
    return app


@pytest.fixture
def is_refused(visitor: Visitor, refusals: Refusals) -> Callable[[HttpResponse, int, str], None]:
    """Check that nothing came of a login, and that the reason is the right one."""

    def check(response: HttpResponse, status: int, code: str) -> None:
        assert (response.status_code, refusals.codes) == (status, [code])
        assert not visitor.is_signed_in
        assert not get_user_model().objects.exists()
        assert not Identity.objects.exists()
        assert not any(secret in refusals.text for secret in secrets_of(visitor.provider))
        assert not any(
            secret in response.content.decode() for secret in secrets_of(visitor.provider)
        )

    return check


def secrets_of(provider: ScriptedProvider) -> Iterator[str]:
    """Return what must stand in no log and on no page: what was sent in secret."""
    for request in provider.requests:
        for name in ("code", "client_secret", "code_verifier"):
            if request.form.get(name):
                yield request.form[name]
