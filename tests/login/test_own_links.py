"""What the site's own links ask for at one login, by LOGIN_PARAMS."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.django_db

LOGIN = "/genauth/login/"


def asked(response):
    """Return what the provider is asked for."""
    query = parse_qs(urlsplit(response["Location"]).query)
    return {name: " ".join(values) for name, values in query.items()}


def begin(visitor, headers=None, **parameters):
    return visitor.client.get(LOGIN, parameters, headers=headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", "login"),
        ("prompt", "none"),
        ("login_hint", "zoë@example.org"),
        ("ui_locales", "fr-CA fr en"),
        ("acr_values", "urn:example:gold"),
    ],
)
def test_a_parameter_is_handed_on(visitor, name, value):
    assert asked(begin(visitor, **{name: value}))[name] == value


def test_no_other_parameter_is_handed_on(visitor):
    query = asked(begin(visitor, tenant_id="other", scope="openid admin"))

    assert "tenant_id" not in query
    assert query["scope"] != "openid admin"


def test_the_site_chooses_which_ones(visitor, app):
    app["LOGIN_PARAMS"] = ["tenant_id"]

    query = asked(begin(visitor, tenant_id="other", acr_values="gold"))

    assert query["tenant_id"] == "other"
    assert "acr_values" not in query


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        pytest.param({}, True, id="nobody says"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, True, id="this origin"),
        pytest.param({"Sec-Fetch-Site": "none"}, True, id="typed"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, True, id="a sibling"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, False, id="another site"),
        pytest.param({"Referer": "http://testserver/a/"}, True, id="a page of this site"),
        pytest.param({"Referer": "https://evil.example/"}, False, id="a page of another site"),
    ],
)
def test_what_another_sites_link_asks_for_is_left_out(visitor, headers, is_ours):
    query = asked(begin(visitor, headers, prompt="login", acr_values="low"))

    assert ("prompt" in query, "acr_values" in query) == (is_ours, is_ours)


def test_another_site_that_says_who_it_is_gives_a_hint_alone(visitor, provider):
    query = asked(begin(visitor, iss=provider.issuer, login_hint="ada", prompt="none"))

    assert query["login_hint"] == "ada"
    assert "prompt" not in query


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("prompt=login&prompt=none", id="twice"),
        pytest.param(f"login_hint={'a' * 501}", id="too long"),
        pytest.param("login_hint=a%00b", id="control characters"),
        pytest.param("max_age=-1", id="no age"),
        pytest.param("max_age=1e9", id="no whole number"),
    ],
)
def test_a_value_that_cannot_be_handed_on_begins_no_login(visitor, refusals, query):
    response = visitor.client.get(f"{LOGIN}?{query}")

    assert (response.status_code, refusals.codes) == (400, ["login_request.parameter"])


def test_an_empty_value_is_none(visitor):
    assert "prompt" not in asked(begin(visitor, prompt=""))


@pytest.mark.parametrize(
    ("standing", "prompt", "sent"),
    [
        pytest.param("consent", "login", "login consent", id="both"),
        pytest.param("login", "login", "login", id="the same"),
        pytest.param("login", "none", "login", id="a link does not do away with it"),
        pytest.param("select_account", "login none", "select_account", id="one that asks already"),
        pytest.param("none", "login", "login", id="none gives way"),
    ],
)
def test_the_prompt_of_the_settings_stays(visitor, app, standing, prompt, sent):
    app["AUTHORIZE_PARAMS"] = {"prompt": standing}

    assert asked(begin(visitor, prompt=prompt))["prompt"] == sent


def test_consent_for_offline_access_stays(visitor, app):
    app["SCOPE"] = "openid offline_access"

    assert asked(begin(visitor, prompt="login"))["prompt"] == "login consent"


@pytest.mark.parametrize(
    ("supported", "prompt", "sent"),
    [
        pytest.param(["none", "login"], "select_account", "login", id="a login alone"),
        pytest.param(["select_account"], "login", "select_account", id="a choice alone"),
        pytest.param(["login", "select_account"], "select_account", "select_account", id="both"),
        pytest.param(["none"], "login", "login", id="neither"),
        pytest.param("login", "select_account", "select_account", id="no list"),
    ],
)
def test_of_two_prompts_that_ask_the_provider_gets_the_one_it_knows(
    visitor, provider, supported, prompt, sent
):
    provider.lie("discovery", edit=lambda it: it | {"prompt_values_supported": supported})

    assert asked(begin(visitor, prompt=prompt))["prompt"] == sent


@pytest.mark.parametrize(
    ("acr", "is_let_in"),
    [pytest.param("gold", True, id="as asked"), pytest.param("bronze", False, id="otherwise")],
)
def test_the_kind_of_sign_in_that_was_asked_for_is_verified(visitor, provider, acr, is_let_in):
    begun = begin(visitor, acr_values="gold platinum")

    visitor.come_back(provider.authorize(begun["Location"], claims={"acr": acr}))

    assert visitor.is_signed_in is is_let_in


def test_a_weaker_kind_than_the_settings_demand_cannot_be_asked_for(visitor, app, refusals):
    app["AUTHORIZE_PARAMS"] = {"acr_values": "gold silver"}

    refused = begin(visitor, acr_values="bronze")
    begun = begin(visitor, acr_values="gold")

    assert (refused.status_code, refusals.codes) == (400, ["login_request.parameter"])
    assert asked(begun)["acr_values"] == "gold"


def test_the_shorter_age_counts(visitor, app):
    app["AUTHORIZE_PARAMS"] = {"max_age": 600}

    longer, shorter = begin(visitor, max_age="6000"), begin(visitor, max_age="60")

    assert (asked(longer)["max_age"], asked(shorter)["max_age"]) == ("600", "60")


def test_an_age_that_was_asked_for_is_verified(visitor, provider, refusals):
    begun = begin(visitor, max_age="60")

    visitor.come_back(
        provider.authorize(begun["Location"], claims={"auth_time": int(time.time()) - 600})
    )

    assert refusals.codes == ["id_token.auth_time"]
