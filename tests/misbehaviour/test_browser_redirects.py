"""Where a login ends: at a page of this site, whatever `next` or `target_link_uri` say."""

from urllib.parse import urljoin, urlsplit

import pytest

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    pytest.param("https://evil.example/", id="another host"),
    pytest.param("http://evil.example/", id="another host without TLS"),
    pytest.param("//evil.example/", id="no scheme"),
    pytest.param("///evil.example/", id="three slashes"),
    pytest.param("////evil.example/", id="four slashes"),
    pytest.param("/\\evil.example/", id="a slash and a backslash"),
    pytest.param("\\\\evil.example/", id="two backslashes"),
    pytest.param("\\/evil.example/", id="a backslash and a slash"),
    pytest.param("/\t/evil.example/", id="a tab between slashes"),
    pytest.param("/\n/evil.example/", id="a line end between slashes"),
    pytest.param("\t//evil.example/", id="a tab first"),
    pytest.param("\n//evil.example/", id="a line end first"),
    pytest.param("\x00//evil.example/", id="NUL first"),
    pytest.param("\x1f//evil.example/", id="a control character first"),
    pytest.param("http:evil.example", id="a scheme and no slash"),
    pytest.param("http:/evil.example", id="a scheme and one slash"),
    pytest.param("http:///evil.example", id="a scheme and three slashes"),
    pytest.param("https:\\\\evil.example", id="a scheme and backslashes"),
    pytest.param("HTTPS://evil.example/", id="a scheme in capital letters"),
    pytest.param("ht\ntps://evil.example/", id="a line end in a scheme"),
    pytest.param("javascript:alert(1)", id="a script"),
    pytest.param("java\nscript:alert(1)", id="a script with a line end"),
    pytest.param(" javascript:alert(1)", id="a script behind a space"),
    pytest.param("JaVaScRiPt://testserver/%0aalert(1)", id="a script with our host"),
    pytest.param("data:text/html,x", id="a document"),
    pytest.param("vbscript:x", id="another script"),
    pytest.param("file:///etc/passwd", id="a file"),
    pytest.param("ftp://testserver/", id="another protocol at our host"),
    pytest.param("https://testserver@evil.example/", id="our host for a user name"),
    pytest.param("//testserver:a@evil.example/", id="our host for a user name and a password"),
    pytest.param("https://testserver.evil.example/", id="our host within another"),
    pytest.param("https://eviltestserver/", id="another host that ends in ours"),
    pytest.param("https://testserver:8443/", id="another port"),
    pytest.param("http://testserver\\@evil.example/", id="our host and a backslash"),
    pytest.param("http://testserver\t.evil.example/", id="our host and a tab"),
    pytest.param("http://evil.example#@testserver/", id="our host behind a fragment"),
    pytest.param("http://evil.example?@testserver/", id="our host behind a query"),
    pytest.param("http://[::1", id="half an address"),
    pytest.param("http://test\u017ferver/", id="a letter that looks like ours"),
    pytest.param("\u2028//evil.example/", id="a line separator"),
    pytest.param("/" + "a" * 1_000, id="an address without end"),
    pytest.param("", id="nothing"),
]
# They look odd, and stay within the site all the same: a browser reads each as a path here.
HERE = [
    pytest.param("/%2f%2fevil.example/", id="slashes that are encoded"),
    pytest.param("/%5cevil.example/", id="a backslash that is encoded"),
    pytest.param("/.//evil.example/", id="a dot between slashes"),
    pytest.param("/members/?next=//evil.example/", id="an address in a query"),
    pytest.param("/members/#//evil.example/", id="an address in a fragment"),
    pytest.param("/\u2215evil.example/", id="a slash of another kind"),
    pytest.param("/\uff0f\uff0fevil.example/", id="slashes of full width"),
    pytest.param("/@evil.example/", id="a sign of user names"),
    pytest.param("http://testserver/members/", id="the site itself"),
    pytest.param("//testserver/members/", id="the site itself without a scheme"),
]


NAMES = {
    "Cache-Control",
    "Content-Length",
    "Content-Type",
    "Expires",
    "Location",
    "Referrer-Policy",
    "Vary",
}


def asked_for(name, provider, value):
    """Return what is asked of the login view."""
    return {"next": {"next": value}, "target_link_uri": {"iss": provider.issuer, name: value}}[name]


@pytest.mark.parametrize("name", ["next", "target_link_uri"])
@pytest.mark.parametrize("value", ELSEWHERE)
def test_a_login_ends_on_this_site(visitor, provider, name, value):
    begun = visitor.client.get("/genauth/login/", asked_for(name, provider, value))

    response = visitor.come_back(provider.authorize(begun["Location"]))

    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("name", ["next", "target_link_uri"])
@pytest.mark.parametrize("value", ELSEWHERE)
def test_a_page_of_failure_leads_back_to_this_site(visitor, provider, name, value):
    begun = visitor.client.get("/genauth/login/", asked_for(name, provider, value))

    response = visitor.come_back(provider.authorize(begun["Location"], code=None))

    assert response.context["try_again_url"] == "/genauth/login/?next=%2F"


@pytest.mark.parametrize("value", HERE)
def test_an_odd_address_of_this_site_is_kept(visitor, provider, value):
    response = visitor.sign_in(next_url=value)

    end = urlsplit(urljoin("http://testserver/genauth/callback/", response["Location"]))
    assert (end.scheme, end.netloc) == ("http", "testserver")
    assert response["Location"] != "/"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("/a\r\nSet-Cookie: b=c", id="a cookie"),
        pytest.param("/a\r\n\r\n<script>", id="a page"),
        pytest.param("/a\nLocation: https://evil.example/", id="another address"),
        pytest.param("/a\u560a\u560dX: y", id="letters that end in line ends"),
        pytest.param("/a%0d%0aX: y", id="line ends that are encoded"),
    ],
)
def test_no_header_comes_with_an_address(visitor, value):
    response = visitor.sign_in(next_url=value)

    assert response.status_code == 302
    assert "\n" not in response["Location"]
    assert set(response.headers) - NAMES == set()
    assert "b" not in {morsel.value for morsel in response.cookies.values()}


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/"])
def test_linking_ends_on_this_site_too(visitor, provider, next_url):
    visitor.sign_in()

    begun = visitor.client.post("/genauth/link/", {"next": next_url})

    response = visitor.come_back(provider.authorize(begun["Location"]))
    assert response["Location"] == "/genauth/identities/"


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example"])
def test_a_host_that_is_not_the_sites_begins_no_login(visitor, provider, host):
    response = visitor.client.get("/genauth/login/", headers={"Host": host})

    assert response.status_code == 400
    assert provider.asked == []


def test_a_host_of_a_proxys_header_is_not_believed(visitor, provider):
    begun = visitor.client.get("/genauth/login/", headers={"X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in begun["Location"]
