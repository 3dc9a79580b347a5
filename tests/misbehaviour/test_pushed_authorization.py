"""What the endpoint for pushed requests answers (RFC 9126 2.2, 2.3)."""

import pytest

from tests.support.provider import faults

pytestmark = pytest.mark.django_db

PUSHED = "pushed_authorization"


def member(name, value, id):
    """Return a row: a member of the answer that is not as it should be, None for a missing one."""

    def edit(answer):
        present = {**answer, name: value}
        return {key: each for key, each in present.items() if each is not None}

    return pytest.param({"edit": edit}, 502, f"{PUSHED}.{name}", id=id)


def lie(told, status, code, id):
    return pytest.param(told, status, code, id=id)


@pytest.fixture
def pushing(app):
    """Push every request."""
    app["PUSHED_AUTHORIZATION"] = True


@pytest.mark.usefixtures("pushing")
@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        member("request_uri", None, "no request_uri"),
        member("request_uri", "", "an empty request_uri"),
        member("request_uri", 5, "a number for a request_uri"),
        member("request_uri", ["urn:x1:a"], "a list for a request_uri"),
        member("request_uri", "https://evil.example/request", "a foreign request_uri"),
        member("request_uri", "http://127.0.0.1/request", "a request_uri without https"),
        member("request_uri", "javascript:alert(1)", "a script for a request_uri"),
        member("request_uri", "data:text/html,x", "data for a request_uri"),
        member("request_uri", "urn:x1:a\r\nSet-Cookie: x=y", "a header slipped in"),
        member("request_uri", "urn:x1:" + "a" * 10_000, "a request_uri without end"),
        member("expires_in", None, "no expires_in"),
        member("expires_in", 0, "an expires_in of 0"),
        member("expires_in", -60, "an expires_in below 0"),
        member("expires_in", "60", "text for an expires_in"),
        member("expires_in", True, "a boolean for an expires_in"),
        lie({"status": 200}, 502, f"{PUSHED}.status_200", "200"),
        lie({"status": 204, "body": b""}, 502, f"{PUSHED}.status_204", "204"),
        lie(
            {"status": 302, "headers": {"Location": "https://evil.example/"}},
            502,
            f"{PUSHED}.status_302",
            "a redirect",
        ),
        lie({"status": 413, "body": b""}, 502, f"{PUSHED}.status_413", "413"),
        lie({"status": 429}, 503, "provider_unavailable.status_429", "429"),
        lie({"status": 503}, 503, "provider_unavailable.status_503", "503"),
        lie({"body": b"<html>Sign in</html>"}, 502, f"{PUSHED}.json", "a page"),
        lie({"body": b"[]"}, 502, f"{PUSHED}.json", "a list"),
        lie({"body": b"[" * 70}, 502, f"{PUSHED}.nesting", "too deep"),
        lie({"body": b"x" * 2_000_000}, 502, "provider.too_large", "too much"),
        lie(
            {"status": 400, "edit": lambda it: {"error": "invalid_request"}},
            502,
            "oauth.invalid_request",
            "a refusal",
        ),
        lie(
            {"status": 400, "edit": lambda it: {"error": "it's me"}},
            502,
            "oauth.unregistered",
            "a refusal in words of its own",
        ),
        lie({"fault": faults.reset}, 503, "provider_unavailable.connection", "a reset"),
        lie({"fault": faults.hang}, 503, "provider_unavailable.timeout", "silence"),
    ],
)
def test_an_answer_that_does_not_hold_begins_no_login(
    visitor, provider, is_refused, told, status, code
):
    provider.lie(PUSHED, **told)

    response = visitor.client.get("/genauth/login/")

    assert response.cookies == {}
    is_refused(response, status, code, asked="discovery pushed_authorization")


@pytest.mark.usefixtures("pushing")
def test_an_endpoint_that_takes_no_post_may_have_moved(visitor, provider, is_refused):
    provider.lie(PUSHED, status=405, body=b"")

    response = visitor.client.get("/genauth/login/")

    asked = "discovery pushed_authorization discovery"
    is_refused(response, 502, f"{PUSHED}.status_405", asked=asked)
