"""The MCP server of the documentation, and a real client that signs in to it."""

import sys
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.mcp_client import REDIRECT_URI, Client
from tests.support.pages import examples, values_of
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.standin import StandIn

(SETTINGS,) = examples("python", "howto/mcp", "GENAUTH =")
(URLS,) = examples("python", "howto/mcp", "urlpatterns")
(SERVER,) = examples("python", "howto/mcp", "VERSIONS")

pytestmark = [pytest.mark.providers, pytest.mark.django_db]


@pytest.fixture(params=["oidc-provider 9", "the stand-in"])
def provider(request):
    """Run a provider where the client is registered."""
    known = client(
        "mcp-client",
        REDIRECT_URI,
        token_endpoint_auth_method="none",
        application_type="native",
    )
    running = {
        "oidc-provider 9": lambda: NodeProvider(9, [known]),
        "the stand-in": lambda: StandIn([REDIRECT_URI], public=True),
    }[request.param]()
    with running:
        yield running


@pytest.fixture
def client_id(provider):
    return getattr(provider, "client_id", "mcp-client")


@pytest.fixture
def server(provider, settings, live_server, monkeypatch):
    """Serve the MCP server of the page, and return its address."""
    address = f"{live_server.url}/mcp"
    for name in ("acme", "acme.mcp", "acme.urls"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    vars(sys.modules["acme.mcp"]).update(values_of(SERVER))
    vars(sys.modules["acme.urls"]).update(values_of(URLS))
    settings.ROOT_URLCONF = "acme.urls"
    shown = values_of(SETTINGS)["GENAUTH"]["default"]
    settings.GENAUTH = {
        "default": {
            **shown,
            "API_AUDIENCE": address,
            "APP_HOST": provider.base_url,
            "ALLOW_INSECURE_HTTP": True,
            "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
        }
    }
    return address


def test_a_client_signs_in_by_itself_and_calls_a_tool(provider, server, client_id):
    person = Client(provider, client_id)

    tools, said = person.call_tool(server, "list_reports")

    (asked,) = person.addresses
    assert asked.startswith(f"{provider.base_url}/oidc/")
    asked_for = parse_qs(urlsplit(asked).query)
    assert asked_for["resource"] == [server]
    # Of the metadata; the client adds offline_access by itself.
    assert "reports:read" in asked_for["scope"][0].split()
    assert tools == ["list_reports"]
    assert said.startswith("Reports of ")


def test_a_client_that_has_a_token_asks_nobody_again(provider, server, client_id):
    person = Client(provider, client_id)
    person.call_tool(server, "list_reports")

    answer = person.call_tool(server, "no_such_tool")

    assert len(person.addresses) == 1
    assert answer[1] == "There is no such tool."
