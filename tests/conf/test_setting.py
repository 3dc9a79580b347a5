"""The GENAUTH setting: read when it is needed, and made into one client as long as it stays."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import override_settings

from django_genauth import conf
from django_genauth.protocol.errors import ConfigurationError
from tests.support.clients import sign_in
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET

KEY = "A" * 43


def an_app(**changes):
    values = {
        "APP_ID": CLIENT_ID,
        "APP_SECRET": CLIENT_SECRET,
        "APP_HOST": "https://acme.genauth.ai",
    }
    return values | changes


def code_of(call, *args):
    with pytest.raises(ConfigurationError) as caught:
        call(*args)
    return caught.value.code


def test_three_keys_are_all_that_a_usual_site_sets(settings):
    settings.GENAUTH = {"default": an_app()}

    client = conf.get_client()

    assert (client.registration.app_id, client.registration.issuer) == (
        CLIENT_ID,
        "https://acme.genauth.ai/oidc",
    )


def test_a_public_client_sets_two(settings):
    settings.GENAUTH = {"default": {"APP_ID": "a", "APP_HOST": "https://acme.genauth.ai"}}

    assert conf.get_client().registration.algorithm == "RS256"


def test_every_key_of_the_client_reaches_it(settings, provider, app):
    app |= {
        "SCOPE": ["openid", "roles"],
        "ISSUER": provider.issuer,
        "DISCOVERY": False,
        "ENDPOINTS": {"userinfo_endpoint": "https://a.example/me"},
        "REDIRECT_URI": "https://site.example/callback/",
        "POST_LOGOUT_REDIRECT_URI": "https://site.example/",
        "TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_basic",
        "INTROSPECTION_ENDPOINT_AUTH_METHOD": "client_secret_basic",
        "REVOCATION_ENDPOINT_AUTH_METHOD": "none",
        "RESPONSE_TYPE": "code id_token",
        "RESPONSE_MODE": "form_post",
        "USERINFO": True,
        "LEEWAY": 5,
    }

    client = conf.get_client()

    assert client.registration.scopes == "openid roles"
    assert client.registration.issuer == provider.issuer
    assert client.metadata().userinfo_endpoint == "https://a.example/me"
    assert client.registration.redirect_uri == "https://site.example/callback/"
    assert client.registration.post_logout_redirect_uri == "https://site.example/"
    assert client.authentication.method("token") == "client_secret_basic"
    assert client.authentication.method("introspection") == "client_secret_basic"
    assert client.authentication.method("revocation") == "none"
    assert (client.registration.response_type, client.registration.response_mode) == (
        "code id_token",
        "form_post",
    )
    assert client.registration.userinfo
    assert client.registration.leeway == 5
    assert provider.requests == []


def test_the_other_two_methods_follow_that_of_the_token_endpoint(settings):
    settings.GENAUTH = {"default": an_app(TOKEN_ENDPOINT_AUTH_METHOD="client_secret_basic")}

    authentication = conf.get_client().authentication

    methods = [authentication.method(name) for name in ("introspection", "revocation")]
    assert methods == ["client_secret_basic"] * 2


def test_a_method_of_their_own_is_kept(settings):
    settings.GENAUTH = {
        "default": an_app(
            TOKEN_ENDPOINT_AUTH_METHOD="client_secret_basic",
            REVOCATION_ENDPOINT_AUTH_METHOD="client_secret_post",
        )
    }

    assert conf.get_client().authentication.method("revocation") == "client_secret_post"


def test_what_real_providers_need_reaches_the_client(settings):
    address = "https://inner.example/.well-known/openid-configuration"
    settings.GENAUTH = {
        "default": an_app(
            DISCOVERY=address,
            USERINFO_SIGNED_RESPONSE_ALG="RS256",
            TRUSTED_AUDIENCES=["account"],
        )
    }

    app = conf.get_client().registration

    assert (app.discovers, app.discovery_address) == (True, address)
    assert (app.userinfo_algorithm, list(app.trusted_audiences)) == ("RS256", ["account"])


def test_every_key_of_the_site_reaches_the_app(settings):
    settings.GENAUTH = {
        "default": an_app(
            CREATE_USERS=False,
            LINK_VERIFIED_EMAIL=True,
            USER_FIELDS={"email": "mail"},
            GROUPS_CLAIM="roles",
            GROUPS_MANAGED=["a"],
            STAFF_GROUPS=["b"],
            SUPERUSER_GROUPS=("c",),
            TOKEN_KEYS=[KEY],
            LOGIN_TTL=60,
            LOGIN_PARAMS=["prompt"],
            NAME="Acme",
            LOGOUT="local",
        )
    }

    assert conf.get_app() == conf.App(
        alias="default",
        client=conf.get_client(),
        create_users=False,
        link_verified_email=True,
        user_fields={"email": "mail"},
        groups_claim="roles",
        groups_managed=("a",),
        staff_groups=("b",),
        superuser_groups=("c",),
        token_keys=(bytes(32),),
        login_params=("prompt",),
        name="Acme",
        login_ttl=60,
        logout="local",
    )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param({}, "GenAuth", id="GenAuth's own"),
        pytest.param({"ISSUER": "https://acme.genauth.ai/oidc"}, "GenAuth", id="the same"),
        pytest.param({"ISSUER": "https://id.example:8443/realms/a"}, "id.example", id="another"),
        pytest.param({"ISSUER": "https://id.example", "NAME": "Acme"}, "Acme", id="a name"),
    ],
)
def test_what_people_call_the_provider(settings, values, name):
    settings.GENAUTH = {"default": an_app(APP_HOST="https://acme.genauth.ai", **values)}

    assert conf.get_app().name == name


def test_none_stands_for_the_default(settings):
    settings.GENAUTH = {"default": an_app(GROUPS_MANAGED=None, GROUPS_CLAIM=None)}

    assert conf.get_app() == conf.App(alias="default", client=conf.get_client())


def test_the_repr_of_an_app_shows_no_key(settings):
    settings.GENAUTH = {"default": an_app(TOKEN_KEYS=["S" * 43])}

    assert "token_keys" not in repr(conf.get_app())


def test_one_client_serves_as_long_as_the_settings_stay(settings):
    settings.GENAUTH = {"default": an_app()}

    assert conf.get_client() is conf.get_client()


def test_two_threads_at_the_same_instant_get_one_client(settings):
    instant = threading.Barrier(3, timeout=5)
    settings.GENAUTH = {"default": an_app(APP_SECRET=lambda: (instant.wait(), CLIENT_SECRET)[1])}

    with ThreadPoolExecutor(2) as threads, conf._loading:
        clients = [threads.submit(conf.get_client) for _ in range(2)]
        instant.wait()
        time.sleep(0.1)  # both have found no client now, and wait for their turn
        done = [each.done() for each in clients]

    assert done == [False, False]
    assert clients[0].result() is clients[1].result()


def test_settings_that_are_overridden_are_used_until_they_are_not(settings):
    settings.GENAUTH = {"default": an_app()}

    with override_settings(GENAUTH={"default": an_app(APP_ID="another")}):
        inside = conf.get_client().registration.app_id

    assert (inside, conf.get_client().registration.app_id) == ("another", CLIENT_ID)


def test_aliases_are_apps_of_their_own(settings):
    settings.GENAUTH = {"default": an_app(), "partner": an_app(APP_ID="another", LOGIN_TTL=5)}

    assert conf.aliases() == ["default", "partner"]
    assert (
        conf.get_client().registration.app_id,
        conf.get_client("partner").registration.app_id,
    ) == (CLIENT_ID, "another")
    assert (conf.get_app().login_ttl, conf.get_app("partner").login_ttl) == (600, 5)


def test_a_callable_is_called_at_use_and_not_before(settings):
    calls = []
    settings.GENAUTH = {"default": an_app(APP_SECRET=lambda: calls.append(1) or CLIENT_SECRET)}

    conf.problems("default")

    assert calls == []


def test_a_callable_stands_for_what_it_returns(provider, app):
    app["APP_SECRET"] = lambda: CLIENT_SECRET

    assert sign_in(conf.get_client(), provider).subject == "user-1"


def test_a_callable_that_still_returns_the_same_keeps_the_client(settings):
    settings.GENAUTH = {"default": an_app(APP_SECRET=lambda: "".join([*CLIENT_SECRET]))}

    assert conf.get_client() is conf.get_client()


def test_a_secret_that_changes_in_the_vault_is_used_from_the_next_login(provider, app):
    vault = ["w" * 32]
    app["APP_SECRET"] = lambda: vault[0]
    conf.get_client()
    vault[0] = CLIENT_SECRET

    assert sign_in(conf.get_client(), provider).subject == "user-1"


def test_a_callable_that_returns_no_good_value_is_a_configuration_error(settings):
    settings.GENAUTH = {"default": an_app(APP_SECRET=lambda: b"octets")}

    assert code_of(conf.get_client) == "configuration.value"


def test_a_callable_that_returns_a_line_with_its_end_is_named_without_the_secret(settings):
    secret = "s3cret-that-stands-in-a-file-of-its-own"
    settings.GENAUTH = {"default": an_app(APP_SECRET=lambda: f"{secret}\n")}

    with pytest.raises(ConfigurationError, match="a blank or a line break") as caught:
        conf.get_client()

    assert caught.value.code == "configuration.app_secret"
    assert secret not in str(caught.value)


def test_a_callable_that_fails_is_a_configuration_error_without_the_secret(settings):
    def ask_the_vault():
        raise LookupError("the-secret")

    settings.GENAUTH = {"default": an_app(APP_SECRET=ask_the_vault)}

    with pytest.raises(
        ConfigurationError, match=r"\['APP_SECRET'\] failed \(LookupError\)"
    ) as caught:
        conf.get_client()

    assert caught.value.code == "configuration.app_secret"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("values", [None, {}, [], "https://acme.genauth.ai"])
def test_without_the_setting_nothing_works(settings, values):
    settings.GENAUTH = values

    assert code_of(conf.get_client) == "configuration.genauth"


def test_without_the_setting_nothing_works_even_where_it_is_not_there_at_all(settings):
    del settings.GENAUTH

    assert code_of(conf.aliases) == "configuration.genauth"


def test_an_alias_that_is_not_there_is_said_to_be_not_there(settings):
    settings.GENAUTH = {"default": an_app()}

    assert code_of(conf.get_app, "partner") == "configuration.alias"


def test_an_app_that_is_no_dictionary_is_a_configuration_error(settings):
    settings.GENAUTH = {"default": "https://acme.genauth.ai"}

    assert code_of(conf.get_client) == "configuration.value"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"APP_HOST": "https://a.example"}, "configuration.app_id", id="no-app-id"),
        pytest.param({"APP_ID": "a"}, "configuration.app_host", id="no-app-host"),
        pytest.param(an_app(TIMEUOT=5), "configuration.unknown_key", id="unknown"),
        pytest.param(an_app(TIMEOUT="5"), "configuration.value", id="value"),
        pytest.param(
            an_app(RESPONSE_TYPE="none"), "configuration.response_type", id="nobody-signs-in"
        ),
    ],
)
def test_settings_that_cannot_work_make_no_client(settings, values, code):
    settings.GENAUTH = {"default": values}

    assert code_of(conf.get_client) == code


def test_a_callable_that_returns_another_one_is_named(settings):
    settings.GENAUTH = {"default": an_app(APP_SECRET=lambda: an_app)}

    with pytest.raises(ConfigurationError, match="it returns a callable") as caught:
        conf.get_app()

    assert caught.value.code == "configuration.app_secret"


def test_a_setting_is_read_from_the_client_by_the_keyword_that_gave_it(settings):
    settings.GENAUTH = {"default": an_app(TIMEOUT=7)}

    client: Any = conf.get_client()

    assert (client.secret, client.timeout) == (CLIENT_SECRET, 7)


def test_what_is_no_setting_is_no_attribute_of_the_client(settings):
    settings.GENAUTH = {"default": an_app()}

    assert not hasattr(conf.get_client(), "secretary")
