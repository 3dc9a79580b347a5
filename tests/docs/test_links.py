"""What the documentation and the package's own texts point to is there, as far as no network says.

Links between the pages are Sphinx's affair (`tox -e docs`). What is looked at here it does not see:
the names of files, the pages that an error's text names, and addresses of other sites.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import django_genauth
from tests.support.pages import PAGES, ROOT

PACKAGE = Path(django_genauth.__file__).parent
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8")
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html")]
}
LITERAL = re.compile(r"``([^`]+)``")

# A file or directory of this repository, by its path from the root; a test may be named in it.
OF_THE_ROOT = re.compile(r"(?:docs|tests|testproject|benchmarks|django_genauth|\.ci)/[^\s<>:]*")
# Whoever adds a language makes it.
NOT_THERE_YET = {"django_genauth/locale/it/LC_MESSAGES/"}


def mentions(pattern, pages):
    """Return the literals on pages that are what a pattern describes, each once with its page."""
    found = {
        (page, literal.partition("::")[0])
        for page in pages
        for literal in LITERAL.findall(PAGES[page])
        if pattern.fullmatch(literal.partition("::")[0])
    }
    return [pytest.param(*each, id=":".join(each)) for each in sorted(found)]


@pytest.mark.parametrize(("page", "path"), mentions(OF_THE_ROOT, PAGES))
def test_a_path_on_a_page_is_there(page, path):
    assert (ROOT / path).exists() or path in NOT_THERE_YET


# Where new code goes is told by the names of modules and directories, from the package's on.
MODULE = re.compile(r"[a-z_]+/(?:[a-z_/]+/)?|[a-z_/]+\.(?:py|cfg|rst)")


@pytest.mark.parametrize(("page", "path"), mentions(MODULE, ["CONTRIBUTING.rst"]))
def test_a_module_that_contributors_are_told_of_is_there(page, path):
    assert (PACKAGE / path).exists() or (ROOT / path).exists() or path in NOT_THERE_YET


def rooms_told_of():
    """Return the folders and files of the table in which contributors look for a place."""
    table = (
        PAGES["CONTRIBUTING.rst"].partition("\nDo they ...")[2].partition("There is no module")[0]
    )
    return {literal for literal in LITERAL.findall(table) if MODULE.fullmatch(literal)}


def test_contributors_are_told_of_each_folder_and_module():
    # Django's own makers of files, and what is no code.
    others = {"migrations/", "templates/", "locale/"}
    there = {f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir()} | {
        path.name for path in PACKAGE.glob("[a-z]*.py")
    }

    told = {re.sub("/.*", "/", each) for each in rooms_told_of()}
    assert told == there - others - {"__pycache__/"}


INCLUDES = [
    pytest.param(page, found["path"], (found["start"], found["end"]), id=page)
    for page, text in PAGES.items()
    for found in re.finditer(
        r"^\.\. include:: (?P<path>\S+)(?:\n +:start-line: (?P<start>\d+))?"
        r"(?:\n +:end-before: (?P<end>.*))?",
        text,
        re.MULTILINE,
    )
]


@pytest.mark.parametrize(("page", "path", "part"), INCLUDES)
def test_a_page_includes_what_there_is(page, path, part):
    start, end = part
    included = (ROOT / page).parent.joinpath(path).read_text("utf-8")

    assert len(included.splitlines()) > int(start or 0)
    assert (end or "") in included


NAMED_PAGES = [
    pytest.param(file, page, id=f"{file}:{page}")
    for file, text in SOURCES.items()
    for page in sorted(set(re.findall(r"(?i:\{ ?documentation ?\}{1,2})([\w/-]+)\.html", text)))
]


@pytest.mark.parametrize(("file", "page"), NAMED_PAGES)
def test_a_page_that_the_package_names_is_there(file, page):
    assert f"docs/{page}.rst" in PAGES


def test_a_message_names_the_whole_address_of_a_page_as_a_wheel_has_none():
    assert len(NAMED_PAGES) >= 4
    assert [file for file, text in SOURCES.items() if re.search(r"docs/[\w/-]+\.rst", text)] == []


URL = re.compile(r"\bhttps?://[^\s`'\"<>\\]*[^\s`'\"<>\\.,;:)}\]]")
BLOCK = re.compile(r"^\.\. code-block::.*\n(?:(?: +.*)?\n)+", re.MULTILINE)
# The reader's own site, which the tutorial makes.
OWN_SITE = "http://127.0.0.1:8000/"
LINKS = [
    pytest.param(urlsplit(url), id=f"{page}:{url}")
    for page, text in PAGES.items()
    for url in URL.findall(LITERAL.sub("", BLOCK.sub("", text)))
    if not url.startswith((OWN_SITE, django_genauth.DOCUMENTATION))
]
# Specifications, and the documentation of what this app stands on: they keep their addresses.
LINKED = {
    "datatracker.ietf.org",
    "docs.djangoproject.com",
    "openid.net",
    "pytest-django.readthedocs.io",
    "www.rfc-editor.org",
}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_site_that_keeps_its_addresses(link):
    assert (link.scheme, link.username, link.port) == ("https", None, None)
    assert link.hostname in LINKED


# Nobody's (RFC 2606, RFC 6761), the vendor's, or the reader's to fill in.
RESERVED = re.compile(
    r"(.+\.)?example(\.(org|com|net))?|localhost|127\.0\.0\.1|(.+\.)?genauth\.ai|.+\.invalid|your-site"
)
# Issuers, which are what they are; a sample of the vendor's; the name of an event.
GIVEN = {
    "access.line.me",
    "accounts.google.com",
    "acme.auth.eu-west-1.amazoncognito.com",
    "acme.b2clogin.com",
    "acme.eu.auth0.com",
    "acme.logto.app",
    "acme.my.salesforce.com",
    "acme.okta.com",
    "acme.zitadel.cloud",
    "appleid.apple.com",
    "auth.franceconnect.gouv.fr",
    "auth.integ01.dev-franceconnect.fr",
    "client.server.com",
    "cognito-idp.eu-west-1.amazonaws.com",
    "django-genauth.readthedocs.io",
    "fcp-low.integ01.dev-franceconnect.fr",
    "gitlab.com",
    "idp.int.identitysandbox.gov",
    "login.microsoftonline.com",
    "oidc.account.gov.uk",
    "oidc.integration.account.gov.uk",
    "schemas.openid.net",
    "secure.login.gov",
    "id.singpass.gov.sg",
    "stg-id.singpass.gov.sg",
}
EXAMPLES = {
    (place, urlsplit(url).hostname)
    for place, text in (PAGES | SOURCES).items()
    for url in URL.findall(text)
    # A name of Python's stands in its place, or one of nginx's behind it.
    if not re.search("[{$]", url)
}


@pytest.mark.parametrize(("place", "host"), sorted(EXAMPLES))
def test_an_example_names_nobodys_host(place, host):
    assert RESERVED.fullmatch(host) or host in GIVEN | LINKED
