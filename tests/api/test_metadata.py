"""The metadata of the site's API (RFC 9728), and the challenge that names it."""

import pytest

from tests.support.bearers import AUDIENCE, call

WELL_KNOWN = "/.well-known/oauth-protected-resource"


@pytest.fixture
def api(api, settings):
    """Serve the metadata."""
    settings.ROOT_URLCONF = "tests.api.metadata_urls"
    api["API_SCOPES"] = ["reports:read", "reports:write"]
    return api


def test_the_metadata_says_how_to_get_a_token(api, provider):
    response = call(f"{WELL_KNOWN}/reports")

    assert response.json() == {
        "resource": AUDIENCE,
        "authorization_servers": [provider.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["reports:read", "reports:write"],
    }
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"


def test_the_metadata_names_proofs_where_the_app_has_bound_tokens(api):
    api["DPOP"] = True

    response = call(f"{WELL_KNOWN}/reports")

    assert "ES256" in response.json()["dpop_signing_alg_values_supported"]


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("https://api.example", ""),
        ("https://api.example/", ""),
        ("https://api.example/mcp", "/mcp"),
        ("https://api.example/mcp/", "/mcp/"),
        ("https://api.example/a/b", "/a/b"),
        ("https://api.example:8443/a", "/a"),
        ("http://127.0.0.1:8000/mcp", "/mcp"),
    ],
)
def test_the_resource_is_named_to_the_letter(api, resource, path):
    api["API_RESOURCE"] = resource

    response = call(f"{WELL_KNOWN}{path}")

    assert response.json()["resource"] == resource


@pytest.mark.parametrize("path", ["", "/", "/other", "/reports/", "/reports/x", "/REPORTS"])
def test_another_path_has_no_metadata(api, path):
    assert call(f"{WELL_KNOWN}{path}").status_code == 404


def test_an_audience_that_is_no_address_is_no_resource(api):
    api["API_AUDIENCE"] = "reports"

    assert call(WELL_KNOWN).status_code == 404
    assert call("/reports/")["WWW-Authenticate"] == "Bearer"


def test_several_audiences_are_no_resource(api):
    api["API_AUDIENCE"] = [AUDIENCE, "other"]

    assert call(f"{WELL_KNOWN}/reports").status_code == 404


def test_without_scopes_none_are_listed(api):
    api["API_SCOPES"] = []

    assert "scopes_supported" not in call(f"{WELL_KNOWN}/reports").json()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(api, method):
    assert call(f"{WELL_KNOWN}/reports", method=method).status_code == 405


def test_a_browser_of_another_site_may_ask_first(api):
    response = call(f"{WELL_KNOWN}/reports", method="options")

    assert response.status_code == 200
    assert response["Access-Control-Allow-Headers"] == "*"


def test_it_is_public(api, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert call(f"{WELL_KNOWN}/reports").status_code == 200


@pytest.fixture
def other(api, settings):
    """Have another app beside the first, of another provider."""
    settings.GENAUTH["partners"] = {
        **api,
        "ISSUER": "https://partners.example",
        "API_SCOPES": ["reports:read", "orders:read"],
    }
    return settings.GENAUTH["partners"]


def test_several_apps_have_one_resource(api, other, provider):
    document = call(f"{WELL_KNOWN}/reports").json()

    assert document["authorization_servers"] == [provider.issuer, "https://partners.example"]
    assert document["scopes_supported"] == ["reports:read", "reports:write", "orders:read"]


def test_a_site_has_several_resources(api, other):
    other["API_RESOURCE"] = "https://api.example/orders"

    resources = [call(f"{WELL_KNOWN}/{name}").json()["resource"] for name in ("reports", "orders")]

    assert resources == [AUDIENCE, "https://api.example/orders"]


def test_the_host_chooses_among_those_that_are_set(api, other, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    other["API_RESOURCE"] = "https://api.partners.example/reports"

    resources = [
        client.get(f"{WELL_KNOWN}/reports", headers={"Host": host}).json()["resource"]
        for host in ("api.partners.example", "api.example", "evil.example")
    ]

    assert resources == ["https://api.partners.example/reports", AUDIENCE, AUDIENCE]


def test_an_app_that_cannot_work_is_passed_over(api, other):
    other["APP_ID"] = ""

    assert call(f"{WELL_KNOWN}/reports").status_code == 200


@pytest.mark.parametrize("token", [None, "junk"])
def test_a_challenge_names_the_metadata(api, token):
    challenge = call("/reports/", token)["WWW-Authenticate"]

    assert challenge.endswith(f'resource_metadata="https://api.example{WELL_KNOWN}/reports"')


def test_a_challenge_names_no_metadata_that_is_not_served(api, settings):
    settings.ROOT_URLCONF = "tests.api.views"

    assert call("/reports/")["WWW-Authenticate"] == "Bearer"
