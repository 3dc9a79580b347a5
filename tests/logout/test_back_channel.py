"""The provider's server ends sessions here by a logout token (Back-Channel Logout 1.0).

What is refused stands in `misbehaviour.test_logout_token`.
"""

import time

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_genauth import conf
from django_genauth.models import Grant, LoginSession
from django_genauth.protocol.errors import LogoutTokenError
from django_genauth.signals import logged_out_remotely, tokens_revoked
from tests.support.clients import a_client
from tests.support.provider.scripted import ScriptedProvider
from tests.support.signed_in import BACK, a_session, an_identity, lives, log_out, send
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

DJANGO = "django.contrib.sessions.backends"


@pytest.fixture
def told():
    """Collect what the site is told, by the names of the arguments."""
    collected = []

    def receive(**told):
        collected.append(told)

    for signal in (logged_out_remotely, tokens_revoked):
        signal.connect(receive)
    yield collected
    for signal in (logged_out_remotely, tokens_revoked):
        signal.disconnect(receive)


def a_second(visitor, **sign_in):
    second = Visitor(visitor.provider)
    second.sign_in(**sign_in)
    return second


def is_in(visitor):
    return visitor.client.get("/members/").status_code == 200


@pytest.mark.parametrize(
    "engine",
    [
        f"{DJANGO}.db",
        f"{DJANGO}.cached_db",
        f"{DJANGO}.cache",
        f"{DJANGO}.file",
        "tests.support.site.engines.archiving",
    ],
)
def test_whatever_keeps_the_sessions_the_one_that_is_named_ends(
    visitor, provider, settings, tmp_path, engine
):
    settings.SESSION_ENGINE = engine
    settings.SESSION_FILE_PATH = str(tmp_path)
    visitor.sign_in(claims={"sid": "one"})
    second = a_second(visitor, claims={"sid": "two"})

    response = log_out(provider, sid="one")

    assert (response.status_code, response.content) == (200, b"")
    assert (is_in(visitor), is_in(second)) == (False, True)
    assert LoginSession.objects.get().sid == "two"


def test_by_the_subject_all_of_a_persons_sessions_end(visitor, provider):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    second = a_second(visitor, sub="ada")
    other = a_second(visitor, sub="grace")

    response = log_out(provider, sub="ada")

    assert response.status_code == 200
    assert [is_in(each) for each in (visitor, second, other)] == [False, False, True]


@pytest.mark.parametrize(
    ("claims", "lives_on"),
    [
        pytest.param({"sub": "ada", "sid": "one"}, False, id="both are this session's"),
        pytest.param({"sub": "ada", "sid": "two"}, True, id="another session"),
        pytest.param({"sub": "grace", "sid": "one"}, True, id="another person"),
        pytest.param({"sid": "ONE"}, True, id="a session id in capitals"),
        pytest.param({"sub": "Ada"}, True, id="a subject in capitals"),
        pytest.param({"sid": "one "}, True, id="a space more"),
    ],
)
def test_what_the_token_names_has_to_match(visitor, provider, claims, lives_on):
    visitor.sign_in(sub="ada", claims={"sid": "one"})

    response = log_out(provider, **claims)

    assert response.status_code == 200
    assert is_in(visitor) is lives_on


def test_a_session_that_began_at_another_app_is_another_client_s(visitor, provider, app, settings):
    settings.GENAUTH = {"default": app, "partners": app | {"APP_ID": "another-client"}}
    partner = a_session(an_identity("ada", provider.issuer), sid="one", app="partners")
    visitor.sign_in(sub="ada", claims={"sid": "one"})

    log_out(provider, sid="one")

    assert (is_in(visitor), lives(partner)) == (False, True)


def test_each_app_has_an_address(provider, app, settings, db):
    settings.GENAUTH = {"default": app, "partners": app}
    partner = a_session(an_identity("ada", provider.issuer), sid="one", app="partners")

    response = send(provider.logout_token(sid="one"), path="/genauth/partners/backchannel-logout/")

    assert response.status_code == 200
    assert not lives(partner)


def test_another_issuers_session_of_the_same_name_lives_on(visitor, provider):
    elsewhere = a_session(an_identity("ada", "https://elsewhere.example"), sid="one")
    visitor.sign_in(sub="ada", claims={"sid": "one"})

    log_out(provider, sid="one", sub="ada")

    assert (is_in(visitor), lives(elsewhere)) == (False, True)


def test_an_address_of_an_unknown_app_is_not_found(provider, app):
    response = send(provider.logout_token(sid="one"), path="/genauth/nobody/backchannel-logout/")

    assert response.status_code == 404


def test_the_answer_is_kept_nowhere(visitor, provider):
    visitor.sign_in(claims={"sid": "one"})

    answers = [log_out(provider, sid="one"), send("no token")]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert all("no-store" in answer["Cache-Control"] for answer in answers)


def test_neither_a_csrf_token_nor_a_session_is_asked_for(visitor, provider, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    visitor.sign_in(claims={"sid": "one"})

    response = send(provider.logout_token(sid="one"), enforce_csrf_checks=True)

    assert response.status_code == 200
    assert response.cookies == {}


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_no_other_method_is_taken(app, method, db):
    response = getattr(Client(), method)(BACK)

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "no-store" in response["Cache-Control"]


def test_a_token_counts_once(visitor, provider, refusals):
    token = provider.logout_token(sub="ada")
    visitor.sign_in(sub="ada")
    first = send(token)
    visitor.sign_in(sub="ada")

    second = send(token)

    assert (first.status_code, second.status_code) == (200, 400)
    assert refusals.codes == ["logout_token.replayed"]
    assert is_in(visitor)


def test_a_token_of_the_far_future_counts_once_too(visitor, provider, settings):
    # Of Django's caches, the one that cannot count so far.
    backend = "django.core.cache.backends.db.DatabaseCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "tests_marks"}}
    call_command("createcachetable", verbosity=0)
    token = provider.logout_token(sub="ada", exp=253_402_300_799)

    assert [send(token).status_code, send(token).status_code] == [200, 400]


def test_a_token_that_has_just_expired_counts_once_too(visitor, provider):
    token = provider.logout_token(sub="ada", exp=int(time.time()) - 20)

    assert [send(token).status_code, send(token).status_code] == [200, 400]


def test_two_tokens_of_the_same_person_count_each(visitor, provider):
    assert log_out(provider, sub="ada").status_code == 200
    assert log_out(provider, sub="ada").status_code == 200


def failing(execute, sql, params, many, context):
    raise DatabaseError(f"the database is down: {params}")


def test_a_database_that_is_down_is_not_taken_for_done(visitor, provider, caplog):
    visitor.sign_in(claims={"sid": "one"})
    token = provider.logout_token(sid="one")

    with connection.execute_wrapper(failing):
        response = send(token)

    assert response.status_code == 400
    assert response.json()["error_description"] == "The logout failed."
    assert "Logout failed: app=default ip=127.0.0.1: DatabaseError" in caplog.messages
    assert is_in(visitor)


def test_the_same_token_works_once_the_database_is_back(visitor, provider):
    visitor.sign_in(claims={"sid": "one"})
    token = provider.logout_token(sid="one")
    with connection.execute_wrapper(failing):
        send(token)

    response = send(token)

    assert response.status_code == 200
    assert not is_in(visitor)


def test_a_cache_that_is_out_of_order_does_not_keep_anybody_signed_in(visitor, provider, settings):
    visitor.sign_in(claims={"sid": "one"})
    settings.CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}

    response = log_out(provider, sid="one")

    assert response.status_code == 200
    assert not is_in(visitor)


def test_a_cache_that_is_asked_twice_by_its_client_keeps_nobody_signed_in(
    visitor, provider, settings
):
    visitor.sign_in(claims={"sid": "one"})
    settings.CACHES = {
        "default": {"BACKEND": "tests.support.site.asking_twice_cache.AskingTwiceCache"}
    }

    response = log_out(provider, sid="one")

    assert response.status_code == 200
    assert not is_in(visitor)


def test_sessions_in_a_cache_that_is_out_of_order_are_not_taken_for_ended(
    visitor, provider, settings
):
    settings.SESSION_ENGINE = f"{DJANGO}.cache"
    visitor.sign_in(claims={"sid": "one"})
    working = settings.CACHES
    settings.CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}
    refused = log_out(provider, sid="one")
    settings.CACHES = working

    response = log_out(provider, sid="one")

    assert (refused.status_code, response.status_code) == (400, 200)


def test_a_session_that_nothing_opens_is_not_taken_for_ended(visitor, provider, app, refusals):
    visitor.sign_in(claims={"sid": "one"})
    app["TOKEN_KEYS"] = ["A" * 43]

    response = log_out(provider, sid="one")

    assert (response.status_code, refusals.codes) == (400, ["seal.key"])
    assert response.json()["error_description"] == "The logout failed."


def forget_the_providers_documents():
    cache.clear()
    conf._loaded.clear()


def test_keys_that_cannot_be_had_are_not_taken_for_a_bad_token(visitor, provider, refusals):
    visitor.sign_in(claims={"sid": "one"})
    token = provider.logout_token(sid="one")
    forget_the_providers_documents()
    provider.lie("jwks", status=503)
    refused = send(token)
    provider.tell_the_truth()
    forget_the_providers_documents()

    response = send(token)

    assert (refused.status_code, response.status_code) == (400, 200)
    assert refusals.codes == ["provider_unavailable.status_503"]


def test_settings_that_broke_meanwhile_are_none_of_the_providers_business(app, provider, refusals):
    token = provider.logout_token(sid="one")
    app["SCOPE"] = 5

    response = send(token)

    assert (response.status_code, refusals.codes) == (400, ["configuration.value"])
    assert response.json()["error_description"] == "The logout failed."


def test_an_app_of_oauth_refuses_all_and_asks_nobody(app, provider, refusals):
    app["PROTOCOL"] = "oauth"
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "RS256"

    response = log_out(provider, sub="ada")

    assert (response.status_code, refusals.codes) == (400, ["logout_token.protocol"])
    assert provider.requests == []


def test_a_token_that_names_nobody_here_is_done(app, provider, db):
    assert log_out(provider, sid="unknown", sub="nobody").status_code == 200


def test_what_was_granted_to_the_session_ends_with_it(visitor, provider, told):
    visitor.sign_in(claims={"sid": "one"})

    log_out(provider, sid="one")

    grant = Grant.objects.get()
    assert (grant.state, grant.token_set) == (Grant.State.ENDED, None)
    assert [each["reason"] for each in told if "reason" in each] == ["logged_out"]
    assert provider.requests_to("revocation") == []


def test_what_was_granted_to_several_sessions_ends_with_them(visitor, provider):
    visitor.sign_in(sub="ada")
    a_second(visitor, sub="ada")

    log_out(provider, sub="ada")

    assert states() == ["ended", "ended"]


def test_keycloak_may_end_offline_use_as_well(visitor, provider, app):
    app["SCOPE"] = "openid offline_access"
    visitor.sign_in(claims={"sid": "one"})
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}

    log_out(provider, sid="one", events={**event, "revoke_offline_access": True})

    assert Grant.objects.get().state == "ended"


def test_what_another_session_was_granted_for_offline_use_lives_on(visitor, provider, app):
    app["SCOPE"] = "openid offline_access"
    visitor.sign_in(claims={"sid": "one"})
    a_second(visitor, claims={"sid": "two"})
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}

    log_out(provider, sid="one", events={**event, "revoke_offline_access": True})

    assert sorted(Grant.objects.values_list("state", flat=True)) == ["active", "ended"]


def test_without_a_session_named_all_offline_use_of_the_person_ends(visitor, provider, app):
    app["SCOPE"] = "openid offline_access"
    visitor.sign_in(sub="ada")
    LoginSession.objects.all().delete()
    a_second(visitor, sub="eve")
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}

    log_out(provider, sub="ada", events={**event, "revoke_offline_access": True})

    states = Grant.objects.values_list("identity__subject", "state")
    assert set(states) == {("ada", "ended"), ("eve", "active")}


def test_what_was_granted_for_offline_use_lives_on(visitor, provider, app):
    app["SCOPE"] = "openid offline_access"
    visitor.sign_in(claims={"sid": "one"})

    log_out(provider, sid="one")

    assert Grant.objects.get().state == Grant.State.ACTIVE


def test_a_provider_that_does_not_name_the_scope_has_granted_what_was_asked(visitor, provider, app):
    app["SCOPE"] = "openid offline_access"
    provider.lie("token", edit=lambda answer: answer | {"scope": None})
    visitor.sign_in(claims={"sid": "one"})

    log_out(provider, sid="one")

    assert Grant.objects.get().state == Grant.State.ACTIVE


def test_what_a_later_login_was_granted_lives_on(visitor, provider):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    a_second(visitor, sub="ada", claims={"sid": "two"})

    log_out(provider, sid="one")

    assert states() == ["ended", "active"]


def test_what_the_ended_login_was_granted_ends_and_no_other(visitor, provider):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    a_second(visitor, sub="ada", claims={"sid": "two"})

    log_out(provider, sid="two")

    assert is_in(visitor)
    assert states() == ["active", "ended"]


def test_a_grant_that_nothing_opens_ends(visitor, provider):
    visitor.sign_in(claims={"sid": "one"})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE genauth_grant SET token_set = 'a.b.c.d.e'")

    log_out(provider, sid="one")

    assert Grant.objects.get().state == Grant.State.ENDED
    assert not is_in(visitor)


def test_a_grant_that_is_refreshed_at_the_same_moment_ends(visitor, provider):
    visitor.sign_in(claims={"sid": "one"})
    changes = iter(["another"])

    def refresh_meanwhile(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "genauth_grant" in sql:
            for lease in changes:
                Grant.objects.update(lease=lease)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refresh_meanwhile):
        log_out(provider, sid="one")

    assert Grant.objects.get().state == Grant.State.ENDED


def states():
    return list(Grant.objects.order_by("pk").values_list("state", flat=True))


def test_a_grant_that_another_sign_in_uses_lives_on(visitor, provider):
    provider.lie("token", edit=lambda answer: answer | {"refresh_token": "the-one"}, times=1)
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    a_second(visitor, sub="ada", claims={"sid": "two"})

    log_out(provider, sid="one")

    assert states() == ["active"]


def test_the_site_is_told_of_each_session(visitor, provider, told):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    a_second(visitor, sub="ada", claims={"sid": "two"})

    log_out(provider, sub="ada")

    about = [each for each in told if each["sender"] is LoginSession]
    assert {each["session"].sid for each in about} == {"one", "two"}
    assert {each["session"].identity.subject for each in about} == {"ada"}
    assert {each["channel"] for each in about} == {"back-channel"}


def test_a_receiver_that_fails_does_not_undo_it(visitor, provider):
    def fail(**_):
        raise RuntimeError("of the site's own")

    visitor.sign_in(claims={"sid": "one"})
    logged_out_remotely.connect(fail)

    response = log_out(provider, sid="one")

    logged_out_remotely.disconnect(fail)
    assert response.status_code == 200
    assert not is_in(visitor)


def test_the_sessions_are_found_by_one_statement_and_ended_by_one(visitor, provider):
    visitor.sign_in(sub="ada")
    a_second(visitor, sub="ada")

    with CaptureQueriesContext(connection) as captured:
        log_out(provider, sub="ada")

    sessions = [each["sql"] for each in captured if "django_session" in each["sql"]]
    found = [each["sql"] for each in captured if "INNER JOIN" in each["sql"]]
    assert (len(sessions), len(found)) == (1, 1)
    assert not Session.objects.exists()


@pytest.mark.parametrize("alg", ["HS256", "ES256", "PS256", "EdDSA"])
def test_each_algorithm_works(db, settings, alg):
    with ScriptedProvider(alg=alg) as provider:
        settings.GENAUTH = {
            "default": {
                "APP_ID": provider.client_id,
                "APP_SECRET": provider.client_secret,
                "APP_HOST": provider.base_url,
                "ALLOW_INSECURE_HTTP": True,
                "ID_TOKEN_SIGNED_RESPONSE_ALG": alg,
            }
        }
        visitor = Visitor(provider)
        visitor.sign_in(claims={"sid": "one"})

        response = log_out(provider, sid="one")

    assert response.status_code == 200
    assert not is_in(visitor)


def test_the_client_verifies_one_without_a_site(provider):
    client = a_client(provider)

    token = client.verify_logout_token(provider.logout_token(sid="one", sub="ada"))

    assert (token.session_id, token.subject) == ("one", "ada")


def test_the_client_refuses_one_without_a_site(provider):
    client = a_client(provider)

    with pytest.raises(LogoutTokenError) as caught:
        client.verify_logout_token(provider.logout_token(sid="one", nonce="n"))

    assert caught.value.code == "logout_token.nonce"
