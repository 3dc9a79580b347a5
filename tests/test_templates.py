"""The templates: each block of each page can be replaced by itself, and the button as a tag.

Whether the reference lists all of them stands in `tests/docs/test_reference`, how they look in
`tests.browser`.
"""

import re
from pathlib import Path

import pytest
from django.contrib.sites.requests import RequestSite
from django.core.exceptions import ObjectDoesNotExist
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import NoReverseMatch
from django.utils import translation

import django_genauth
from django_genauth.templatetags import genauth
from tests.support import ROOT

PAGES = Path(django_genauth.__file__).parent / "templates" / "genauth"
BLOCKS = [
    pytest.param(page.name, block, id=f"{block} of {page.stem}")
    for page in sorted(PAGES.glob("*.html"))
    for block in re.findall(r"\{% block (\w+) %\}", page.read_text("utf-8"))
]
REFERENCE = ROOT / "docs/reference/templates.rst"


def render(text, **context):
    """Return what a template of a site makes."""
    return engines["django"].from_string(text).render(context)


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_a_block_can_be_replaced_by_itself(page, block):
    shipped = render(f'{{% extends "genauth/{page}" %}}', has_files=True)

    replaced = render(
        f'{{% extends "genauth/{page}" %}}{{% block {block} %}}The words of a site{{% endblock %}}',
        has_files=True,
    )

    assert "The words of a site" not in shipped
    assert "The words of a site" in replaced


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_the_reference_names_the_block(page, block):
    (row,) = re.findall(rf"^``{page}``  +(.+(?:\n {{5,}}.+)*)", REFERENCE.read_text(), re.MULTILINE)

    assert f"``{block}``" in row


def test_a_site_replaces_a_block_by_a_template_of_the_same_name(settings, tmp_path):
    (tmp_path / "genauth").mkdir()
    (tmp_path / "genauth/signed_out.html").write_text(
        '{% extends "genauth/signed_out.html" %}{% block heading %}See you soon{% endblock %}'
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    page = render_to_string("genauth/signed_out.html", {"login_url": "/genauth/login/"})

    assert "<h1>See you soon</h1>" in page
    assert 'href="/genauth/login/"' in page


def test_the_button_is_a_link_to_the_login():
    page = render("{% load genauth %}{% genauth_button %}")

    assert re.search(
        r'</style><a class="button genauth-button" href="/genauth/login/">'
        r'<svg [^>]+ aria-hidden="true">'
        r"<path [^>]+/></svg>Sign in with GenAuth</a>$",
        page.strip(),
    )


def test_the_style_of_the_button_gives_way_to_the_site_and_has_the_nonce_of_a_policy():
    page = render("{% load genauth %}{% genauth_button %}", csp_nonce="abc")

    assert page.startswith('<style nonce="abc">a:where(.genauth-button) {')
    assert "style=" not in page


def test_the_rules_for_the_parts_of_pages_can_be_included_alone():
    page = render('{% include "genauth/style.html" %}', csp_nonce="abc")

    assert page.startswith('<style nonce="abc">')
    assert ".actions {" in page
    assert ":root" not in page


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        pytest.param('app="partners"', 'href="/genauth/partners/login/"', id="another app"),
        pytest.param('next="/a/?b=c"', 'href="/genauth/login/?next=%2Fa%2F%3Fb%3Dc"', id="a page"),
        pytest.param("next=missing", 'href="/genauth/login/"', id="no page"),
        pytest.param('label="Staff only"', ">Staff only</a>", id="a label"),
        pytest.param("label=words", ">&lt;b&gt;</a>", id="a label with markup"),
    ],
)
def test_the_button_takes(arguments, part):
    page = render(f"{{% load genauth %}}{{% genauth_button {arguments} %}}", words="<b>")

    assert part in page


def test_the_button_speaks_the_language_of_the_page():
    with translation.override("de"):
        page = render("{% load genauth %}{% genauth_button %}")

    assert ">Mit GenAuth anmelden</a>" in page


def test_the_button_needs_the_addresses_of_the_app(settings):
    settings.ROOT_URLCONF = "tests.support.site.admin_alone"

    with pytest.raises(NoReverseMatch):
        render("{% load genauth %}{% genauth_button %}")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"NAME": "Acme"}, "Sign in with Acme", id="a name"),
        pytest.param({"ISSUER": "https://id.example"}, "Sign in with id.example", id="a host"),
        pytest.param({"APP_HOST": 5}, "Sign in with GenAuth", id="wrong settings"),
    ],
)
def test_the_button_says_where_people_sign_in(settings, values, words):
    settings.GENAUTH = {"default": {**settings.GENAUTH["default"], **values}}

    assert words in render("{% load genauth %}{% genauth_button %}")


def test_a_page_has_the_host_and_a_way_home(client, settings):
    page = client.get("/genauth/logout/").content.decode()

    assert '<header><a class="home" href="/">testserver</a></header>' in page


def test_a_page_has_the_name_that_django_knows(client, monkeypatch):
    named = RequestSite(RequestFactory().get("/"))
    named.name = "Reading Room"
    monkeypatch.setattr(genauth, "get_current_site", lambda request: named)

    page = client.get("/genauth/logout/").content.decode()

    assert '<a class="home" href="/">Reading Room</a>' in page


def test_a_page_has_the_host_where_nobody_has_named_the_site(client, monkeypatch):
    def unnamed(request):
        raise ObjectDoesNotExist

    monkeypatch.setattr(genauth, "get_current_site", unnamed)

    page = client.get("/genauth/logout/").content.decode()

    assert '<a class="home" href="/">testserver</a>' in page
