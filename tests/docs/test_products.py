"""The guide to products: its files beside a product that is made as small as it can be."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model, views
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in
from django.core.management import call_command
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path

from django_genauth.models import Identity
from django_genauth.signals import user_created
from tests import settings as site
from tests.support.pages import taken, values_of

PAGE = "howto/products"
(SETTINGS,) = taken("python", PAGE, "from product.settings")
(LABEL_STUDIO,) = taken("python", PAGE, "core.settings")
(URLS,) = taken("python", PAGE, "product.urls")
(BEGIN_SESSION,) = taken("python", PAGE, "last_login")
(APP,) = taken("python", PAGE, "class PeopleConfig")
(WELCOME,) = taken("python", PAGE, "Editors")
(BUTTON,) = taken("html+django", PAGE, "user_content")
(WAY_OUT,) = taken("html+django", PAGE, "below_login")
(BACKUP,) = taken("console", PAGE)

pytestmark = pytest.mark.django_db


class Organization:
    """Play the model of a product that people have to be entered into."""

    people: dict[int, str] = {}
    objects = types.SimpleNamespace(first=lambda: Organization.there)
    there: "Organization | None" = None

    @classmethod
    def create_organization(cls, created_by):
        cls.there = cls()
        cls.there.add_user(created_by)
        return cls.there

    def has_user(self, user):
        return user.pk in self.people

    def add_user(self, user):
        assert user.pk not in self.people
        self.people[user.pk] = user.get_username()


def members(request):
    """Show a page as a product does that ends a session which does not say when it began."""
    if "last_login" not in request.session:
        request.session.flush()
        return HttpResponseRedirect("/genauth/login/?next=/")
    return HttpResponse(f"user: {request.user}")


def take_all(request, rest):
    """Answer every address that is left, as Wagtail does."""
    return HttpResponse("a page of the product", status=404)


@pytest.fixture
def product(monkeypatch):
    """Have a product's modules, whose lists are tuples, as some have them."""

    def have(name, **values):
        module = types.ModuleType(name)
        module.__dict__.update(values)
        monkeypatch.setitem(sys.modules, name, module)

    own = {name: getattr(site, name) for name in dir(site) if name.isupper()}
    own["INSTALLED_APPS"] = tuple(app for app in site.INSTALLED_APPS if app != "django_genauth")
    own["MIDDLEWARE"] = tuple(site.MIDDLEWARE)
    own["AUTHENTICATION_BACKENDS"] = ("django.contrib.auth.backends.ModelBackend",)
    own["TEMPLATES"] = [{**site.TEMPLATES[0], "DIRS": ["of-the-product"]}]
    have("product")
    have("product.settings", **own)
    have(
        "product.urls",
        handler500="product.views.failed",
        urlpatterns=[
            path("", members),
            path("admin/", admin.site.urls),
            path("logout/", views.LogoutView.as_view(next_page="/")),
            path("<path:rest>", take_all),
        ],
    )
    have("organizations")
    have("organizations.models", Organization=Organization)
    monkeypatch.setattr(Organization, "there", None)
    monkeypatch.setattr(Organization, "people", {})


@pytest.fixture
def beside(product, settings, app):
    """Put the guide's settings and addresses beside the product."""
    values = values_of(SETTINGS, __file__="/srv/local/local_settings.py")
    urls = types.ModuleType("local_urls")
    urls.__dict__.update(values_of(URLS))
    settings.MIDDLEWARE = values["MIDDLEWARE"]
    settings.AUTHENTICATION_BACKENDS = values["AUTHENTICATION_BACKENDS"]
    settings.LOGIN_URL = values["LOGIN_URL"]
    settings.ROOT_URLCONF = urls
    return values


@pytest.fixture
def begin_session(beside):
    """Have the receiver that does what the product's login view does."""
    user: Any = get_user_model()
    user.active_organization = None
    save = user.save
    user.save = lambda self, **more: None if more else save(self)
    receiver = values_of(BEGIN_SESSION)["begin_session"]
    yield receiver
    user_logged_in.disconnect(receiver)
    user.save = save
    del user.active_organization


def test_the_products_settings_are_taken_over_and_added_to(beside):
    assert beside["INSTALLED_APPS"][0] == "local_people"
    assert beside["INSTALLED_APPS"][-1] == "django_genauth"
    assert beside["AUTHENTICATION_BACKENDS"][1:] == ["django.contrib.auth.backends.ModelBackend"]
    assert beside["TEMPLATES"][0]["DIRS"] == [Path("/srv/local/templates"), "of-the-product"]
    assert beside["ROOT_URLCONF"] == "local_urls"


def test_the_middleware_stands_behind_the_one_that_says_who_is_signed_in(beside):
    place = beside["MIDDLEWARE"].index("django_genauth.middleware.GenAuthSessionMiddleware")

    before = beside["MIDDLEWARE"][place - 1]
    assert before == "django.contrib.auth.middleware.AuthenticationMiddleware"


def test_the_products_addresses_and_handlers_stay(beside, settings):
    assert settings.ROOT_URLCONF.handler500 == "product.views.failed"
    assert len(settings.ROOT_URLCONF.urlpatterns) == 5


def test_without_the_receiver_people_go_round_and_are_told_so(beside, visitor):
    answers = []
    for _ in range(3):
        visitor.sign_in(next_url="/")
        answers.append(visitor.client.get("/").status_code)

    response = visitor.client.get("/genauth/login/?next=/")

    assert answers == [302, 302, 302]
    assert response.templates[0].name == "genauth/sent_back.html"


def test_with_the_receiver_people_get_in_and_leave_by_the_products_log_out(begin_session, visitor):
    visitor.sign_in(next_url="/")
    inside = visitor.client.get("/").content
    visitor.client.post("/logout/")

    assert inside.startswith(b"user: ")
    assert len(Organization.people) == 1
    assert "prompt=login" in visitor.begin("/")


def test_whoever_comes_again_is_entered_once(begin_session, visitor):
    visitor.sign_in(next_url="/")
    visitor.sign_in(sub="user-2", next_url="/")
    visitor.sign_in(next_url="/")

    assert len(Organization.people) == 2


def test_the_app_of_the_receivers_loads_them(monkeypatch):
    loaded = types.ModuleType("local_people.receivers")
    monkeypatch.setitem(sys.modules, "local_people", types.ModuleType("local_people"))
    monkeypatch.setitem(sys.modules, "local_people.receivers", loaded)
    monkeypatch.setattr(sys.modules["local_people"], "receivers", loaded, raising=False)
    monkeypatch.setattr(sys.modules["local_people"], "__file__", __file__, raising=False)

    config = values_of(APP)["PeopleConfig"]("local_people", sys.modules["local_people"])

    assert config.ready() is None
    assert config.label not in apps.app_configs


def test_new_people_are_let_in_by_a_group(beside, visitor):
    Group.objects.create(name="Editors")
    welcome = values_of(WELCOME)["welcome"]
    visitor.sign_in()
    user_created.disconnect(welcome)

    assert [group.name for group in get_user_model().objects.get().groups.all()] == ["Editors"]


def test_label_studios_settings_find_what_they_look_for_while_they_load(monkeypatch):
    seen = {}
    loading: dict[str, object] = {}

    class Loads(types.ModuleType):
        """Note what the module that imports it has by then."""

        @property
        def __all__(self):
            seen.update(loading)
            return []

    for name in ("core", "core.settings", "core.settings.base"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["core.settings.base"].__dict__["APP_WEBSERVER"] = "django"
    monkeypatch.setitem(sys.modules, "core.settings.label_studio", Loads("label_studio"))

    exec(compile(LABEL_STUDIO.text, LABEL_STUDIO.page, "exec"), loading)  # noqa: S102 # our own

    assert seen["APP_WEBSERVER"] == "django"
    assert "SENTRY_DSN" in seen
    assert loading["SESSION_ENGINE"] == "django.contrib.sessions.backends.db"


def page(settings, block, base, **context):
    """Render a template of the guide, which extends one of the same name behind it."""
    loader = "django.template.loaders.locmem.Loader"
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (loader, {block.caption.removeprefix("templates/"): block.text}),
                    (loader, {block.caption.removeprefix("templates/"): base}),
                    "django.template.loaders.app_directories.Loader",
                ]
            },
        }
    ]
    return engines["django"].get_template(block.caption.removeprefix("templates/")).render(context)


def test_the_button_stands_below_the_products_form(settings):
    base = "{% block user_content %}<form>{% endblock %}"

    html = page(settings, BUTTON, base, next="/projects/")

    assert html.startswith("<form>")
    assert '<a class="button genauth-button"' in html
    assert "next=%2Fprojects%2F" in html


def test_people_who_may_not_enter_have_a_way_out_in_place_of_the_button(settings, rf):
    base = "<form>{% block below_login %}{% endblock %}"
    somebody = types.SimpleNamespace(is_authenticated=True)
    request = rf.get("/admin/login/?next=/admin/")

    html = page(settings, WAY_OUT, base, user=somebody, request=request)

    assert 'name="next" value="/admin/login/?next=/admin/"' in html
    assert 'value="Sign out"' in html
    assert "genauth-button" not in html


def test_identities_come_back_with_the_backup(visitor, app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export, restore = (line.split()[3:] for line in BACKUP.text.strip().splitlines())
    visitor.sign_in()
    user = get_user_model().objects.get()
    call_command(*export)
    Identity.objects.all().delete()
    call_command(*restore, verbosity=0)

    visitor.sign_in()

    assert list(get_user_model().objects.all()) == [user]
