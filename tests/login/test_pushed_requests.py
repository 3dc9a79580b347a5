"""Logins whose request is pushed to the provider, or signed (RFC 9126, RFC 9101)."""

from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.conf import get_client
from django_genauth.login.beginning import begin
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.jws import unverified_claims
from tests.support.clients import NONCE, REDIRECT_URI, STATE
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

KEY, CLIENT_KEY = generate_key("ES256")


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
def pushing(app):
    """Push every request."""
    app["PUSHED_AUTHORIZATION"] = True
    return app


@pytest.fixture
def signing(app, provider):
    """Sign every request with a key that the provider knows."""
    app |= {"CLIENT_KEYS": [KEY], "REQUEST_OBJECT_SIGNING_ALG": "ES256"}
    provider.client_keys = [CLIENT_KEY.public()]
    return app


def test_a_login_whose_request_is_pushed_signs_in(visitor, pushing):
    visitor.sign_in()

    assert visitor.is_signed_in


def test_nothing_but_the_name_of_the_request_goes_through_the_browser(visitor, pushing):
    query = query_of(visitor.begin())

    assert query.keys() == {"client_id", "request_uri"}


def test_each_login_pushes_a_request_of_its_own(visitor, pushing):
    first, second = visitor.begin(), visitor.begin()

    assert query_of(first)["request_uri"] != query_of(second)["request_uri"]


def test_a_request_is_pushed_where_the_provider_demands_it(visitor, app, provider):
    provider.require_pushed = True

    visitor.sign_in()

    assert visitor.is_signed_in
    assert len(provider.requests_to("pushed_authorization")) == 1


def test_no_request_is_pushed_where_the_provider_does_not_demand_it(visitor, app, provider):
    visitor.sign_in()

    assert provider.requests_to("pushed_authorization") == []


def test_no_request_is_pushed_where_the_settings_say_so(visitor, app, provider):
    provider.require_pushed = True
    app["PUSHED_AUTHORIZATION"] = False

    query = query_of(visitor.begin())

    assert "request_uri" not in query
    assert provider.requests_to("pushed_authorization") == []


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_the_client_authenticates_as_at_the_token_endpoint(visitor, pushing, provider, method):
    pushing["TOKEN_ENDPOINT_AUTH_METHOD"] = provider.auth_methods["token"] = method

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize("audience", ["issuer", "endpoint"])
def test_the_client_authenticates_with_its_key(visitor, pushing, provider, audience):
    pushing |= {
        "APP_SECRET": None,
        "CLIENT_KEYS": [KEY],
        "CLIENT_ASSERTION_AUDIENCE": audience,
        "TOKEN_ENDPOINT_AUTH_METHOD": "private_key_jwt",
    }
    provider.client_keys = [CLIENT_KEY.public()]
    provider.auth_methods["token"] = "private_key_jwt"

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_public_client_names_itself(visitor, pushing, provider):
    pushing["APP_SECRET"] = None
    provider.auth_methods["token"] = "none"

    visitor.begin()

    [pushed] = provider.requests_to("pushed_authorization")
    assert (pushed.form["client_id"], pushed.form.get("client_secret")) == (
        provider.client_id,
        None,
    )


def test_a_signed_request_signs_in(visitor, signing):
    visitor.sign_in()

    assert visitor.is_signed_in


def test_outside_of_a_signed_request_stands_nothing_that_matters(visitor, signing):
    query = query_of(visitor.begin())

    del query["request"]
    assert query == {
        "client_id": signing["APP_ID"],
        "response_type": "code",
        "scope": "openid",
    }


def test_a_signed_request_that_is_pushed_signs_in(visitor, pushing, signing, provider):
    provider.require_signed = provider.require_pushed = True

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_signed_request_is_pushed_with_the_clients_credentials_alone(
    visitor, pushing, signing, provider
):
    pushing["TOKEN_ENDPOINT_AUTH_METHOD"] = "client_secret_post"

    visitor.begin()

    [pushed] = provider.requests_to("pushed_authorization")
    assert pushed.form.keys() == {"client_id", "client_secret", "request"}


def test_the_secret_signs_a_request(visitor, app):
    app["REQUEST_OBJECT_SIGNING_ALG"] = "HS256"

    visitor.sign_in()

    assert visitor.is_signed_in


def test_what_a_link_asks_for_stands_inside(visitor, signing):
    signing["AUTHORIZE_PARAMS"] = {"resource": ["https://a.example", "https://b.example"]}

    response = visitor.client.get("/genauth/login/?login_hint=ada&max_age=5")

    claims = unverified_claims(query_of(response["Location"])["request"])
    assert (claims["login_hint"], claims["max_age"]) == ("ada", 5)
    assert claims["resource"] == ["https://a.example", "https://b.example"]


def test_an_identity_is_linked_by_a_pushed_request(visitor, pushing, provider):
    visitor.sign_in()

    url = visitor.client.post("/genauth/link/")["Location"]

    assert query_of(url).keys() == {"client_id", "request_uri"}
    response = visitor.bring(provider.respond(url, sub="user-2"))
    assert response["Location"] == "/genauth/identities/"


def test_another_site_begins_a_login_by_a_pushed_request(visitor, pushing, provider):
    response = visitor.client.get(
        "/genauth/login/", {"iss": provider.issuer, "target_link_uri": "/members/"}
    )

    assert query_of(response["Location"]).keys() == {"client_id", "request_uri"}


def test_what_another_site_begins_wrongly_pushes_nothing(visitor, pushing, provider):
    response = visitor.client.get("/genauth/login/", {"iss": "https://evil.example"})

    assert response.status_code == 400
    assert provider.requests_to("pushed_authorization") == []


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose", "X-Moz"])
def test_what_is_fetched_in_advance_pushes_nothing(visitor, pushing, provider, header):
    visitor.client.get("/genauth/login/", headers={header: "prefetch"})

    assert provider.asked == []


def test_a_page_of_the_site_that_is_fetched_in_advance_pushes_nothing(rf, pushing, provider):
    request = rf.get("/", headers={"Sec-Purpose": "prefetch"})

    response = begin(request, "default", next_url="/")

    assert response.status_code == 503
    assert provider.requests_to("pushed_authorization") == []


def test_head_pushes_nothing(visitor, pushing, provider):
    response = visitor.client.head("/genauth/login/")

    assert (response.status_code, response.cookies) == (204, {})
    assert provider.requests_to("pushed_authorization") == []


def test_head_of_a_login_that_asks_nobody_is_as_before(visitor, app):
    response = visitor.client.head("/genauth/login/")

    assert response.status_code == 302


def test_a_script_pushes_nothing(visitor, pushing, provider):
    response = visitor.client.get("/genauth/login/", headers={"Sec-Fetch-Mode": "cors"})

    assert response.status_code == 401
    assert provider.asked == []


def test_a_provider_that_is_busy_is_a_page_that_says_when_to_come_back(
    visitor, pushing, provider, refusals
):
    provider.lie("pushed_authorization", status=429, headers={"Retry-After": "7"})

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, response["Retry-After"]) == (503, "7")
    assert refusals.codes == ["provider_unavailable.status_429"]
    assert response.cookies == {}


def test_a_client_that_is_refused_is_a_page(visitor, pushing, refusals):
    pushing["APP_SECRET"] = "another secret"

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, ["oauth.invalid_client"])


def test_a_person_who_waits_too_long_begins_anew(visitor, pushing, provider):
    old = visitor.begin()
    provider.pushed.take(query_of(old)["request_uri"])

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_provider_without_the_endpoint_is_a_page(visitor, pushing, provider, refusals):
    provider.lie("discovery", edit=lambda it: it | {"pushed_authorization_request_endpoint": None})

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (503, ["configuration.endpoint"])


def test_the_client_by_itself_pushes_a_request(app, provider):
    url = get_client().build_authorize_url_with_par(
        redirect_uri=REDIRECT_URI, state=STATE, nonce=NONCE, code_challenge="c" * 43
    )

    assert query_of(url).keys() == {"client_id", "request_uri"}
    assert STATE in provider.authorize(url)


def test_the_client_by_itself_signs_a_request_and_asks_nobody(signing, provider):
    url = get_client().build_authorize_url(redirect_uri=REDIRECT_URI)

    assert "request" in query_of(url)
    assert provider.asked == []


def test_an_answer_that_is_posted_belongs_to_a_pushed_request(provider, pushing, db):
    pushing["RESPONSE_MODE"] = "form_post"
    visitor = Visitor(provider, HTTPS="on", HTTP_HOST="testserver", SERVER_PORT="443")

    visitor.sign_in()

    assert visitor.is_signed_in
