"""What the documentation shows of a site's own code does what its page says of it."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpResponse
from django.urls import include, path

from django_genauth import conf
from django_genauth.models import Grant
from django_genauth.protocol.errors import IDTokenError
from django_genauth.signals import (
    connection_opened,
    logged_out_remotely,
    login_failed,
    person_changed,
)
from django_genauth.threads import inherited
from tests.support.administrators import act, an_administrator, messages_of
from tests.support.clients import tokens_of
from tests.support.console import tell
from tests.support.grantees import a_grant
from tests.support.pages import taken, values_of
from tests.support.provider.server import Answer, Server
from tests.support.signed_in import a_session, an_identity, lives, log_out

pytestmark = pytest.mark.django_db

(AN_ERROR,) = taken("python", "CONTRIBUTING")
(CALENDAR_OF,) = taken("python", "howto/access-tokens", "def calendar_of")
(CALENDAR,) = taken("python", "howto/access-tokens", "def calendar(")
(BOUND_CALENDAR,) = taken("python", "howto/sender-constrained", "def calendar_of")
(RENEWED,) = taken("python", "howto/sender-constrained", "def renewed")
(REPORT,) = taken("python", "howto/access-tokens", "def report")
(PEOPLE_ADMIN,) = taken("python", "howto/administer")
(GENAUTH_ALONE,) = taken("python", "howto/admin-login", "login_required(admin.site.login)")
(NOTE,) = taken("python", "howto/logout-everywhere", "@receiver")
CLIENTS = [
    *taken("python", "howto/public-clients", "AuthenticationClient"),
    *taken("python", "reference/client"),
]
RECOVERY_CODES = [
    *taken("python", "howto/reauthenticate", "def recovery_codes"),
    *taken("python", "howto/reauthenticate", "class RecoveryCodes"),
]
(ORDERS,) = taken("python", "howto/several-apps", "def orders")
(SIGN_IN,) = taken("python", "howto/several-tenants", "def sign_in")
(SAME_TENANT,) = taken("python", "howto/several-tenants", "@receiver")
(SWITCH_OFF,) = taken("python", "howto/webhook", "@receiver")
(SIGN_OUT_EVERYWHERE,) = taken("python", "reference/models", "def sign_out_everywhere")
(CLAIMS_OF,) = taken("python", "reference/models", "def claims_of")
(COUNT,) = taken("python", "reference/signals")


@pytest.fixture
def serve(settings, monkeypatch):
    """Lend a way to put views at addresses of the site, and the admin as it is at that moment."""

    def serve_them(**views):
        urls = ModuleType("documented_urls")
        urls.urlpatterns = [  # type: ignore[attr-defined] # a module may have any
            *(path(f"{name}/", view) for name, view in views.items()),
            path("genauth/", include("django_genauth.urls")),
            path("admin/", admin.site.urls),
        ]
        monkeypatch.setitem(sys.modules, "documented_urls", urls)
        settings.ROOT_URLCONF = "documented_urls"

    return serve_them


@pytest.fixture
def listen(monkeypatch):
    """Lend a way to have the receivers of an example, until the test is over."""
    for signal in (connection_opened, logged_out_remotely, login_failed, person_changed):
        monkeypatch.setattr(signal, "receivers", [*signal.receivers])
        signal.sender_receivers_cache.clear()
    # A signal holds no receiver by itself.
    held = []
    return lambda block: held.append(values_of(block))


@pytest.fixture
def _admin():
    """Have Django's admin as it was, afterwards."""
    registry = {**admin.site._registry}
    yield
    admin.site._registry = registry
    vars(admin.site._wrapped).pop("login", None)  # type: ignore[attr-defined] # a lazy object's


@pytest.fixture
def api():
    """Run an API that tells who it takes its caller for."""

    def tell_it(request, closing):
        return Answer.json({"caller": request.headers["Authorization"]}), None

    server = Server(tell_it, lambda: (1, None))
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def calling(block, api):
    """Return the names of an example that calls an API, here that of this machine."""
    return values_of(replace(block, text=block.text.replace("https://api.acme.example", api)))


def test_an_error_of_ours_has_a_code():
    with pytest.raises(IDTokenError) as raised:
        values_of(AN_ERROR, IDTokenError=IDTokenError)

    assert raised.value.code == "id_token.exp"


def test_an_api_is_called_with_the_users_token(provider, app, api):
    grant = a_grant(provider)

    answer = calling(CALENDAR_OF, api)["calendar_of"](grant.identity.user)

    grant.refresh_from_db()
    assert answer == {"caller": f"Bearer {grant.token_set['access_token']}"}


def test_an_api_is_called_with_a_token_that_is_bound(provider, app, api):
    app["DPOP"] = True
    grant = a_grant(provider, left=3600)

    answer = calling(BOUND_CALENDAR, api)["calendar_of"](grant.identity.user)

    assert answer == {"caller": f"DPoP {grant.token_set['access_token']}"}


def test_tokens_are_renewed_with_their_key(provider, app):
    app["DPOP"] = True
    client = conf.get_client()
    tokens = tokens_of(client, provider, scope="openid offline_access")

    fresh = values_of(RENEWED)["renewed"](client, tokens)

    assert fresh.dpop_key == tokens.dpop_key


def test_an_api_is_called_with_a_token_of_the_site(provider, app, api):
    provider.machines[provider.client_id] = provider.client_secret

    answer = calling(REPORT, api)["report"]()

    (request,) = provider.requests_to("token")
    token = conf.get_client().client_credentials("reports:read").access_token
    assert answer == {"caller": f"Bearer {token}"}
    assert request.form["scope"] == "reports:read"


@pytest.fixture
def calendar(provider, app, serve):
    """Serve the view that has a token shown, or says that the provider is busy."""
    names = values_of(
        CALENDAR,
        show=lambda request, token: HttpResponse(f"with {token}"),
        busy=lambda request, retry_after: HttpResponse(f"in {retry_after} s", status=503),
    )
    serve(calendar=names["calendar"])


def of(client, user):
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.get("/calendar/")


def test_a_view_gets_the_users_token(provider, calendar, client):
    grant = a_grant(provider)

    response = of(client, grant.identity.user)

    grant.refresh_from_db()
    assert response.content.decode() == f"with {grant.token_set['access_token']}"


def test_a_view_sends_a_user_to_sign_in_who_has_no_grant(calendar, client):
    response = of(client, get_user_model().objects.create_user("ada"))

    assert (response.status_code, response["Location"]) == (302, "/genauth/login/")


def test_a_view_says_when_the_provider_wants_to_be_asked_again(provider, calendar, client):
    grant = a_grant(provider)
    provider.lie("token", status=503, headers={"Retry-After": "17"})

    response = of(client, grant.identity.user)

    assert (response.status_code, response.content) == (503, b"in 17 s")


@pytest.mark.usefixtures("_admin")
@pytest.mark.django_db(transaction=True)
def test_the_admin_of_users_says_how_many_grants_are_still_to_be_revoked(provider, app, serve):
    values_of(PEOPLE_ADMIN)
    serve()
    grant = a_grant(provider)
    provider.lie("revocation", status=503)
    root = an_administrator(is_superuser=True)

    said = messages_of(
        act(root, "/admin/auth/user/", "delete_selected", grant.identity.user, post="yes")
    )

    assert any(line.startswith("Grants that are still to be revoked") for line in said)
    assert Grant.objects.get().state == Grant.State.REVOKING


@pytest.mark.usefixtures("_admin")
def test_the_admin_is_entered_by_genauth_alone(visitor, serve):
    values_of(GENAUTH_ALONE)
    serve()

    asked = visitor.client.get("/admin/", follow=True).redirect_chain

    assert asked[-2][0].startswith("/genauth/login/?next=/admin/login/")
    assert asked[-1][0].startswith(f"{visitor.provider.issuer}/auth?")


def test_a_receiver_hears_who_was_signed_out_from_afar(visitor, listen, capsys):
    listen(NOTE)
    visitor.sign_in(sub="ada", claims={"preferred_username": "ada"})

    log_out(visitor.provider, sub="ada")

    user = get_user_model().objects.get()
    assert capsys.readouterr().out == f"{user} was signed out by the back-channel\n"


def test_a_receiver_switches_off_who_was_deleted(visitor, console, listen):
    listen(SWITCH_OFF)
    visitor.sign_in(sub="user-1")

    tell("user:deleted", {"id": "user-1"})

    assert get_user_model().objects.get().is_active is False


def test_a_receiver_counts_logins_that_failed(visitor, listen, capsys):
    listen(COUNT)

    visitor.sign_in(error="access_denied", code=None)

    assert capsys.readouterr().out.split()[:2] == ["default", "access_denied"]


@pytest.mark.parametrize("block", CLIENTS, ids=str)
def test_a_client_is_made_without_a_secret(block):
    app = values_of(block)["client"].registration

    assert (app.issuer, app.algorithm) == ("https://acme.genauth.ai/oidc", "RS256")


@pytest.mark.parametrize("block", RECOVERY_CODES, ids=["a function", "a class"])
def test_who_signed_in_long_ago_is_sent_to_the_provider(visitor, serve, settings, tmp_path, block):
    (tmp_path / "recovery_codes.html").write_text("Your codes")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    names = values_of(block)
    serve(codes=names.get("recovery_codes") or names["RecoveryCodes"].as_view())
    provider = visitor.provider
    provider.forge("id_token", claims_edit=lambda claims: claims | {"auth_time": time.time()})

    first = visitor.client.get("/codes/")
    back = visitor.come_back(provider.authorize(first["Location"]))
    second = visitor.client.get("/codes/")

    assert "max_age=300" in first["Location"]
    assert (back["Location"], second.content) == ("/codes/", b"Your codes")


def test_a_view_names_the_login_of_the_partners(serve, client):
    serve(orders=values_of(ORDERS)["orders"])

    response = client.get("/orders/")

    assert response["Location"] == "/genauth/partners/login/?next=/orders/"


@pytest.mark.parametrize(
    ("host", "login"),
    [
        pytest.param("acme.example.org", "/genauth/default/login/", id="the first"),
        pytest.param("partners.example.org", "/genauth/partners/login/", id="the second"),
        pytest.param("testserver", "/genauth/default/login/", id="a host of nobody's"),
    ],
)
def test_a_view_chooses_the_login_by_the_host(serve, settings, client, host, login):
    settings.ALLOWED_HOSTS = [".example.org", "testserver"]
    serve(entry=values_of(SIGN_IN)["sign_in"])

    response = client.get("/entry/?next=/orders/", headers={"Host": host})

    assert response["Location"] == f"{login}?next=%2Forders%2F"


def test_all_sessions_of_a_user_are_ended():
    rows = [a_session(an_identity("ada")), a_session(an_identity("ada"))]
    other = a_session(an_identity("grace"))

    values_of(SIGN_OUT_EVERYWHERE)["sign_out_everywhere"](rows[0].identity.user)

    assert [lives(row) for row in (*rows, other)] == [False, False, True]


def test_the_claims_of_a_user_are_those_of_the_last_login(visitor):
    claims_of = values_of(CLAIMS_OF)["claims_of"]
    visitor.sign_in(claims={"given_name": "Ada"})
    user = get_user_model().objects.get()
    stranger = get_user_model().objects.create_user("grace")

    assert claims_of(user)["given_name"] == "Ada"
    assert claims_of(stranger) == {}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL alone")
def test_a_thread_stands_in_the_tenant_of_its_caller(listen):
    listen(SAME_TENANT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', 'acme', true)")

    with ThreadPoolExecutor(1) as threads:
        tenant = threads.submit(inherited(tenant_of_thread)).result()

    assert tenant == "acme"


def tenant_of_thread():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant')")
        return cursor.fetchone()[0]
