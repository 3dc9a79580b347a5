"""Addresses in a site's settings: what is wrong is named, and so is what to write."""

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.client.setting_urls import proxies_problem, redirect_uri_problem
from django_genauth.protocol.errors import ConfigurationError
from tests.client.test_registration import GOOD


@pytest.mark.parametrize(
    ("value", "said", "written"),
    [
        pytest.param(
            "https://site.example/my app/", "a space", "https://site.example/my%20app/", id="space"
        ),
        pytest.param(
            "https://site.example/a%20b c/", "a space", "https://site.example/a%20b%20c/", id="half"
        ),
        pytest.param(
            "https://site.example/zurück/",
            "characters beyond ASCII",
            "https://site.example/zur%C3%BCck/",
            id="a path beyond ASCII",
        ),
        pytest.param(
            "https://bücher.example:8443/callback/?a=ü",
            "characters beyond ASCII",
            "https://xn--bcher-kva.example:8443/callback/?a=%C3%BC",
            id="a host beyond ASCII",
        ),
        pytest.param(
            "https://site.example/callback/#/app",
            "a fragment (#)",
            "https://site.example/callback/",
            id="fragment",
        ),
        pytest.param(
            "https://site.example/a b#c",
            "a fragment (#) and a space",
            "https://site.example/a%20b",
            id="two faults",
        ),
    ],
)
def test_a_fault_is_named_with_what_to_write(value, said, written):
    problem = redirect_uri_problem(value)

    assert problem == f"has {said}; write {written}, and register that at the provider"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("/callback/", "with https:// and its host", id="a path"),
        pytest.param(5, "with https:// and its host", id="a number"),
        pytest.param("https://site.example:port/", "host and port", id="a port"),
        pytest.param("https://[::1/ a", "host and port", id="half an address"),
        pytest.param("https://me@site.example/", "a user name", id="a user name"),
        pytest.param("https:///a b", "host and port", id="no host"),
    ],
)
def test_what_nobody_can_repair_is_said_to_be_no_address(value, words):
    assert words in (redirect_uri_problem(value) or "")


@pytest.mark.parametrize("value", ["https://site.example/callback/?a=b", "http://127.0.0.1:8000/"])
def test_a_good_address_has_no_problem(value):
    assert redirect_uri_problem(value) is None


@pytest.mark.parametrize("key", ["redirect_uri", "post_logout_redirect_uri"])
def test_the_setting_is_named(key):
    with pytest.raises(ConfigurationError) as caught:
        AuthenticationClient(**GOOD, **{key: "https://site.example/a b/"})

    assert caught.value.code == f"configuration.{key}"
    assert str(caught.value).startswith(f"{key.upper()} has a space; write https://site")


def test_the_argument_is_named():
    with pytest.raises(ConfigurationError, match="redirect_uri has a fragment"):
        AuthenticationClient(**GOOD).build_authorize_url(redirect_uri="https://site.example/#a")


@pytest.mark.parametrize(
    ("proxies", "words"),
    [
        pytest.param({"HTTPS": "http://p:3128"}, "has the key 'HTTPS'", id="upper case"),
        pytest.param({"https_proxy": "http://p"}, "has the key 'https_proxy'", id="variable"),
        pytest.param({"all": "http://p:3128"}, "has the key 'all'", id="all"),
        pytest.param({"https://op.example": "http://p"}, "has the key", id="host"),
        pytest.param({"https": "p.example:3128"}, "no address with a scheme", id="no scheme"),
        pytest.param({"https": "//p.example:3128"}, "no address with a scheme", id="slashes"),
        pytest.param({"https": "http://"}, "no address with a scheme", id="no host"),
        pytest.param({"https": "http://p:port"}, "no address with a scheme", id="no port"),
        pytest.param({"https": 5}, "no address with a scheme", id="number"),
        pytest.param({"https": "socks5://p:1080"}, "a SOCKS proxy", id="socks5"),
        pytest.param({"https": "SOCKS5H://p:1080"}, "a SOCKS proxy", id="socks5h"),
    ],
)
def test_a_proxy_that_would_be_passed_over_is_refused(proxies, words):
    with pytest.raises(ConfigurationError) as caught:
        AuthenticationClient(**GOOD, proxies=proxies)

    assert caught.value.code == "configuration.proxies"
    assert words in str(caught.value)


def test_the_password_of_a_proxy_is_not_shown():
    problem = proxies_problem({"https": "ftp://me:the-password@p.example"})

    assert "the-password" not in str(problem)


@pytest.mark.parametrize(
    "proxies", [{}, {"https": "http://me:pw@p.example:3128", "http": "https://p.example"}]
)
def test_a_proxy_that_is_used_has_no_problem(proxies):
    assert proxies_problem(proxies) is None
