"""Templates that the documentation shows: rendered, they have what their page promises."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from pytest_django.asserts import assertContains, assertInHTML

from tests.support.button import button_link
from tests.support.pages import taken, values_of

pytestmark = pytest.mark.django_db

(SIGN_IN_AND_OUT,) = taken("html+django", "README")
(SESSIONS,) = taken("html+django", "howto/own-sessions")
(PARTNERS,) = taken("html+django", "howto/several-apps", "genauth:login")
(CONNECT,) = taken("html+django", "howto/several-apps", "genauth:link")
(IDENTITIES,) = taken("html+django", "howto/several-apps", "genauth:identities")
(IN_ANOTHER_ADMIN,) = taken("html+django", "howto/admin-login", "{% genauth_button next=next %}")
(OTHER_WORDS,) = taken("html+django", "howto/admin-login", "extends")
(BEFORE_THE_ADMIN,) = taken("python", "howto/admin-login", "INSTALLED_APPS")
BASES = taken("html+django", "reference/templates", '"base.html"')
_, BLOCKS_OF_OTHER_NAMES, WITH_RULES = BASES
(SEE_YOU_SOON,) = taken("html+django", "reference/templates", "See you soon")
(BUTTON,) = taken("html+django", "reference/templates", "{% genauth_button %}")
(PARTNERS_BUTTON,) = taken("html+django", "reference/templates", 'app="partners"')


@pytest.fixture
def page(rf):
    """Lend a way to render an example for somebody at an address."""

    def render(block, address="/here/?a=1", user=None, **context):
        request = rf.get(address)
        request.user = user or AnonymousUser()
        return engines["django"].from_string(block.text).render(context, request)

    return render


@pytest.fixture
def templates(settings, tmp_path):
    """Lend a way to have templates of the site's own, by their paths."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates"]}]

    def write(**texts):
        for name, text in texts.items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")

    return write


def test_a_stranger_finds_the_link_to_sign_in(page):
    assert 'href="/genauth/login/?next=%2Fhere%2F"' in page(SIGN_IN_AND_OUT)


def test_a_member_signs_out_by_the_form(visitor, page):
    visitor.sign_in()
    text = page(SIGN_IN_AND_OUT, user=get_user_model().objects.get())

    assert '<form method="post" action="/genauth/logout/">' in text
    assert 'name="csrfmiddlewaretoken"' in text
    assert "Sign in" not in text


@pytest.mark.parametrize(
    ("block", "link"),
    [
        pytest.param(
            SESSIONS,
            '<a href="/genauth/sessions/">Where you are signed in</a>',
            id="the sessions",
        ),
        pytest.param(
            PARTNERS,
            '<a href="/genauth/partners/login/?next=/orders/">Partners sign in here</a>',
            id="the partners' login",
        ),
        pytest.param(
            CONNECT,
            '<a href="/genauth/partners/link/?next=/profile/">Connect your partner account</a>',
            id="the partners' link page",
        ),
        pytest.param(
            IDENTITIES,
            '<a href="/genauth/identities/?next=/here/">How you sign in</a>',
            id="the identities",
        ),
    ],
)
def test_a_link_leads_to_a_page_of_this_app(page, block, link):
    assertInHTML(link, page(block, next="/admin/"))


@pytest.mark.parametrize(
    ("block", "address", "words"),
    [
        pytest.param(
            IN_ANOTHER_ADMIN,
            "/genauth/login/?next=%2Fadmin%2F",
            "Sign in with GenAuth",
            id="the button for an admin",
        ),
        pytest.param(
            BUTTON,
            "/genauth/login/",
            "Sign in with GenAuth",
            id="the button",
        ),
        pytest.param(
            PARTNERS_BUTTON,
            "/genauth/partners/login/?next=%2Fhere%2F%3Fa%3D1",
            "Sign in as a partner",
            id="the partners' button",
        ),
    ],
)
def test_a_button_leads_to_a_login(page, block, address, words):
    assertInHTML(button_link(address, words), page(block, next="/admin/"))


@pytest.fixture
def admin_first(settings):
    """Have the apps of the site as the page on the admin has them."""
    others = [app for app in settings.INSTALLED_APPS if app != "django_genauth"]
    settings.INSTALLED_APPS = values_of(BEFORE_THE_ADMIN, INSTALLED_APPS=others)["INSTALLED_APPS"]


def test_the_login_of_the_admin_has_the_button(admin_first, client):
    response = client.get("/admin/login/?next=/admin/auth/")

    button = button_link("/genauth/login/?next=%2Fadmin%2Fauth%2F")
    assertContains(response, button, html=True)
    assertContains(response, 'id="login-form"')


def test_the_login_of_the_admin_has_another_button(admin_first, templates, client):
    templates(**{OTHER_WORDS.caption: OTHER_WORDS.text})

    response = client.get("/admin/login/")

    button = button_link("/genauth/staff/login/?next=%2Fadmin%2F", "Sign in as staff")
    assertContains(response, button, html=True)


@pytest.mark.parametrize(
    ("block", "title", "content"),
    [
        pytest.param(BASES[0], "title", "content", id="blocks of the same names"),
        pytest.param(BLOCKS_OF_OTHER_NAMES, "page_title", "body", id="blocks of other names"),
    ],
)
def test_the_pages_of_this_app_stand_in_the_sites(client, templates, block, title, content):
    own = f"<title>{{% block {title} %}}{{% endblock %}}</title>"
    own += f"<nav>The site's</nav>{{% block {content} %}}{{% endblock %}}"
    templates(**{"templates/base.html": own, "templates/genauth/base.html": block.text})

    response = client.get("/genauth/logout/")

    assertContains(response, "<nav>The site's</nav>")
    assertContains(response, "<title>You are signed out</title>", html=True)
    assertContains(response, "<h1>You are signed out</h1>", html=True)


def test_the_pages_bring_the_rules_for_their_parts_into_the_sites_head(client, templates):
    own = "<head>{% block head %}{% endblock %}</head>{% block content %}{% endblock %}"
    templates(**{"templates/base.html": own, WITH_RULES.caption: WITH_RULES.text})

    head, _, content = client.get("/genauth/logout/").content.decode().partition("</head>")

    assert ".actions {" in head
    assert "--genauth-accent: var(--bs-primary)" in head
    assert "<h1>You are signed out</h1>" in content


def test_one_block_of_a_page_has_other_words(client, templates):
    templates(**{SEE_YOU_SOON.caption: SEE_YOU_SOON.text})

    response = client.get("/genauth/logout/")

    assertContains(response, "<h1>See you soon</h1>", html=True)
    assertContains(response, "You can close this page, or sign in again.")
