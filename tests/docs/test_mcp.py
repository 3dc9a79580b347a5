"""The MCP server of the documentation: what it answers to messages of any kind.

A real client signs in to it in `tests/interop/test_mcp`.
"""

import json
import sys
from types import ModuleType

import pytest
from django.test import Client

from tests.support.bearers import a_token
from tests.support.pages import taken, values_of

(SETTINGS,) = taken("python", "howto/mcp", "GENAUTH =")
(URLS,) = taken("python", "howto/mcp", "urlpatterns")
(SERVER,) = taken("python", "howto/mcp", "VERSIONS")

pytestmark = pytest.mark.django_db
RESOURCE = "https://acme.example/mcp"


@pytest.fixture
def post(app, provider, settings, monkeypatch):
    """Serve the page's server, and lend a way to post to it."""
    for name in ("acme", "acme.mcp", "acme.urls"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    vars(sys.modules["acme.mcp"]).update(values_of(SERVER))
    vars(sys.modules["acme.urls"]).update(values_of(URLS))
    settings.ROOT_URLCONF = "acme.urls"
    shown = values_of(SETTINGS)["GENAUTH"]["default"]
    app.update({key: value for key, value in shown.items() if key.startswith("API_")})

    def posted(body, *, scope="reports:read", **headers):
        token = a_token(provider, aud=RESOURCE, scope=scope)
        return Client(enforce_csrf_checks=True).post(
            "/mcp",
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}", **headers},
        )

    return posted


def message(method, **members):
    return {"jsonrpc": "2.0", "id": 1, "method": method, **members}


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("2025-06-18", "2025-06-18"), ("2024-11-05", "2025-11-25"), (["x"], "2025-11-25")],
)
def test_a_version_is_agreed_on(post, asked, answered):
    result = post(message("initialize", params={"protocolVersion": asked})).json()["result"]

    assert result["protocolVersion"] == answered


def test_a_tool_knows_who_asks(post):
    answer = post(message("tools/call", params={"name": "list_reports"})).json()

    assert answer["id"] == 1
    assert answer["result"]["content"][0]["text"] == "Reports of user-1: none yet."


def test_a_tool_that_is_not_there_is_an_error_of_the_tool(post):
    assert post(message("tools/call")).json()["result"]["isError"] is True


def test_the_tools_are_listed(post):
    (tool,) = post(message("tools/list")).json()["result"]["tools"]

    assert tool["name"] == "list_reports"


def test_a_ping_is_answered(post):
    assert post(message("ping")).json()["result"] == {}


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param(message("server/discover"), id="another method"),
        pytest.param(message(["ping"]), id="a list for a method"),
        pytest.param(message("ping", params=[1]), id="a list of parameters"),
    ],
)
def test_what_the_server_does_not_know_is_said(post, unknown):
    assert post(unknown).json()["error"]["code"] == -32601


def test_a_notification_has_no_answer(post):
    response = post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize(
    "junk", [b"", b"{", b"\xff", b"[]", b"5", b"null", b"{}", b"[" * 100_000], ids=repr
)
def test_junk_is_refused(post, junk):
    assert post(junk).status_code == 400


def test_a_page_of_elsewhere_is_refused(post):
    assert post(message("ping"), Origin="https://evil.example").status_code == 403


def test_a_page_of_the_site_may_call(post):
    assert post(message("ping"), Origin="https://acme.example").status_code == 200


def test_a_client_without_a_token_is_told_where_to_begin(post):
    response = Client().get("/mcp")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == (
        'Bearer resource_metadata="https://acme.example/.well-known/oauth-protected-resource/mcp"'
    )


def test_the_metadata_names_provider_and_scopes(post, provider):
    document = Client().get("/.well-known/oauth-protected-resource/mcp").json()

    assert document["resource"] == RESOURCE
    assert document["authorization_servers"] == [provider.issuer]
    assert document["scopes_supported"] == ["reports:read"]


def test_a_token_without_the_scope_is_told_which_it_needs(post):
    response = post(message("ping"), scope="other")

    assert response.status_code == 403
    assert 'scope="reports:read"' in response["WWW-Authenticate"]
