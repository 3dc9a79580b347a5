"""The site as an API of its provider."""

import pytest

from tests.support.bearers import AUDIENCE


@pytest.fixture
def api(app: dict[str, object], db: None, settings: pytest.FixtureRequest) -> dict[str, object]:
    """Let the site accept access tokens, and return its settings to be changed."""
    app["API_AUDIENCE"] = AUDIENCE
    settings.ROOT_URLCONF = "tests.api.views"  # type: ignore[attr-defined] # pytest-django's
    return app
