"""Tokens that the provider is asked about (RFC 7662), and for how long its answers are kept."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache

from django_genauth.api import verify_bearer
from django_genauth.conf import get_client
from django_genauth.protocol.errors import BearerError, ConfigurationError, ProviderUnavailable
from tests.support.bearers import AUDIENCE, a_person, a_token, an_opaque_token, call
from tests.support.provider.keys import signing_key

NOW = int(time.time())


@pytest.fixture
def api(api):
    """Ask the provider about each token."""
    api["API_TOKENS"] = "introspection"
    return api


def says(provider, *without, **members):
    """Have the provider say other things of a token, and leave some out."""
    provider.lie(
        "introspection",
        edit=lambda answer: {
            name: value for name, value in {**answer, **members}.items() if name not in without
        },
    )


def asked(provider):
    return len(provider.requests_to("introspection"))


def test_an_opaque_token_opens_a_view(api, provider):
    user = a_person(provider)

    response = call("/reports/", an_opaque_token(provider))

    assert response.json()["user"] == str(user)


def test_an_answer_is_kept_for_all_processes(api, provider):
    token = an_opaque_token(provider)
    call("/reports/", token)
    api["LEEWAY"] = 31  # another client, as another process has one
    provider.forget_requests()

    assert call("/reports/", token).status_code == 200
    assert asked(provider) == 0


def test_the_token_does_not_stand_in_the_cache(api, provider, monkeypatch):
    kept = []
    monkeypatch.setattr(
        cache,
        "set",
        lambda key, value, timeout: kept.append((key, value)) if ":token:" in key else None,
    )
    token = an_opaque_token(provider)

    call("/reports/", token)

    ((key, value),) = kept

    assert token not in f"{key} {value}"


def test_nothing_is_kept_where_the_time_is_nought(api, provider):
    api["API_INTROSPECTION_TTL"] = 0
    token = an_opaque_token(provider)

    responses = [call("/reports/", token).status_code for _ in range(2)]

    assert responses == [200, 200]
    assert asked(provider) == 2


def test_an_answer_is_kept_no_longer_than_the_token_lives(api, provider):
    api["LEEWAY"] = 0
    token = an_opaque_token(provider, exp=time.time() + 0.7)
    call("/reports/", token)
    time.sleep(0.8)

    response = call("/reports/", token)

    assert response.status_code == 401
    assert asked(provider) == 2


@pytest.mark.parametrize(
    ("state", "ttl", "longest"), [(True, 60, 60), (True, 3, 3), (False, 60, 5), (False, 3, 3)]
)
def test_how_long_an_answer_is_kept(api, provider, monkeypatch, state, ttl, longest):
    api["API_INTROSPECTION_TTL"] = ttl
    kept = []
    honest = cache.set
    monkeypatch.setattr(
        cache, "set", lambda key, value, timeout: kept.append((key, timeout)) or honest(key, value)
    )
    token = an_opaque_token(provider, revoked=not state)

    call("/reports/", token)

    assert [seconds for key, seconds in kept if key.startswith("genauth:token:")] == [longest]


def test_a_revoked_token_is_refused(api, provider, refusals):
    response = call("/reports/", an_opaque_token(provider, revoked=True))

    assert (response.status_code, refusals.codes) == (401, ["bearer.inactive"])


def test_many_requests_at_once_ask_once_and_others_do_not_wait(api, provider):
    api["API_USERS"] = "none"
    api["TIMEOUT"] = 5
    slow, quick = an_opaque_token(provider, "s" * 40), an_opaque_token(provider)
    verify_bearer(an_opaque_token(provider))
    provider.forget_requests()
    go_on = threading.Event()
    provider.lie("introspection", until=go_on, when=lambda request: "ssss" in str(request.body))

    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(verify_bearer, slow) for _ in range(19)]
        time.sleep(0.3)
        began = time.monotonic()
        pool.submit(verify_bearer, quick).result()
        took = time.monotonic() - began
        go_on.set()
        subjects = {each.result().subject for each in waiting}

    assert subjects == {"user-1"}
    assert took < 1
    assert asked(provider) == 2


def test_many_requests_at_once_share_a_failure(api, provider):
    verify_bearer(an_opaque_token(provider))
    provider.forget_requests()
    token = an_opaque_token(provider)
    provider.lie("introspection", status=503, delay=0.3)

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(verify_bearer, token) for _ in range(8)]
        errors = [each.exception() for each in waiting]

    assert {type(error) for error in errors} == {ProviderUnavailable}
    assert asked(provider) == 1


@pytest.mark.parametrize(
    ("members", "code"),
    [
        pytest.param({"iss": "https://evil.example"}, "iss", id="another issuer"),
        pytest.param({"aud": "https://api.example/other"}, "aud", id="another API"),
        pytest.param({"aud": []}, "aud", id="no API"),
        pytest.param({"token_type": "DPoP"}, "kind", id="bound to nothing"),
        pytest.param(
            {"token_type": "DPoP", "cnf": {"jkt": "a"}}, "unproven", id="a token that is bound"
        ),
        pytest.param({"token_type": "refresh_token"}, "kind", id="a refresh token"),
        pytest.param({"token_use": "refresh_token"}, "kind", id="a refresh token of Hydra"),
        pytest.param({"typ": "Refresh"}, "kind", id="a refresh token of Keycloak"),
        pytest.param({"cnf": {"jkt": "a"}}, "unproven", id="a key to prove"),
        pytest.param({"cnf": {"kid": "a"}}, "cnf", id="a key of another kind"),
        pytest.param({"exp": NOW - 3_600}, "exp", id="expired"),
        pytest.param({"exp": "later"}, "exp", id="exp as text"),
        pytest.param({"exp": True}, "exp", id="exp as a boolean"),
        pytest.param({"exp": 10**400}, "exp", id="exp beyond all time"),
        pytest.param({"exp": -(10**400)}, "exp", id="exp before all time"),
        pytest.param({"iat": "now"}, "iat", id="iat as text"),
        pytest.param({"iat": 10**400}, "iat", id="iat beyond all time"),
        pytest.param({"nbf": NOW + 3_600}, "nbf", id="not yet"),
        pytest.param({"sub": 7}, "sub", id="a number for a sub"),
        pytest.param({"sub": ""}, "sub", id="an empty sub"),
        pytest.param({"active": False}, "inactive", id="inactive"),
    ],
)
def test_an_answer_about_another_token_is_refused(api, provider, refusals, members, code):
    says(provider, **members)

    response = call("/reports/", an_opaque_token(provider))

    assert (response.status_code, refusals.codes) == (401, [f"bearer.{code}"])


def test_a_refresh_token_is_refused_which_the_provider_calls_active(api, provider, refusals):
    token = an_opaque_token(provider, use="refresh_token", scope="reports:read offline_access")

    response = call("/reports/", token)

    assert (response.status_code, refusals.codes) == (401, ["bearer.kind"])


@pytest.mark.parametrize(
    "without",
    [["iss"], ["token_type"], ["exp"], ["iat"], ["client_id", "jti"], ["iss", "token_type", "exp"]],
)
def test_what_the_provider_leaves_out_is_not_asked_for(api, provider, without):
    user = a_person(provider)
    says(provider, *without)

    assert call("/reports/", an_opaque_token(provider)).json()["user"] == str(user)


@pytest.mark.parametrize(
    "members",
    [{"aud": AUDIENCE}, {"aud": ["x", AUDIENCE]}, {"token_type": "bearer"}, {"aud": None}],
)
def test_what_the_provider_says_may_fit(api, provider, members):
    says(provider, **members)

    assert call("/reports/", an_opaque_token(provider)).status_code == 200


def test_a_token_without_the_scope_is_403(api, provider):
    assert call("/reports/", an_opaque_token(provider, scope="other")).status_code == 403


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(
            {"status": 401, "body": b'{"error":"invalid_client"}'}, id="our secret refused"
        ),
        pytest.param({"status": 500}, id="out of order"),
        pytest.param({"status": 403, "body": b"{}"}, id="not for us"),
        pytest.param({"body": b"<html>"}, id="a page"),
        pytest.param({"body": b'{"active":"true"}'}, id="a text for active"),
        pytest.param({"body": b"{}"}, id="nothing said"),
        pytest.param({"body": b'{"active":true,"active":true}'}, id="active twice"),
        pytest.param({"status": 302, "headers": {"Location": "/"}}, id="a redirect"),
    ],
)
def test_a_provider_that_gives_no_answer_is_503_and_never_401(api, provider, lie):
    provider.lie("introspection", **lie)
    token = an_opaque_token(provider)

    statuses = [call("/reports/", token).status_code for _ in range(2)]

    assert statuses == [503, 503]
    assert asked(provider) == 2


def test_a_token_of_a_kind_that_the_provider_does_not_tell_of_is_the_clients_fault(api, provider):
    provider.lie("introspection", status=400, body=b'{"error":"unsupported_token_type"}')
    token = an_opaque_token(provider)

    statuses = [call("/reports/", token).status_code for _ in range(2)]

    assert statuses == [401, 401]
    assert asked(provider) == 1


@pytest.mark.parametrize("token", ["x" * 100_001, "tök"])
def test_what_can_be_no_token_is_not_sent(api, provider, token):
    response = call("/reports/", token)

    assert response.status_code == 401
    assert asked(provider) == 0


def test_a_jwt_is_asked_about_too_where_that_is_set(api, provider):
    response = call("/reports/", a_token(provider))

    assert response.status_code == 401
    assert asked(provider) == 1


def test_an_opaque_token_is_not_asked_about_where_tokens_are_verified_here(api, provider):
    api["API_TOKENS"] = "jwt"

    assert call("/reports/", an_opaque_token(provider)).status_code == 401
    assert asked(provider) == 0


def test_a_token_that_is_revoked_here_is_forgotten(api, provider):
    token = an_opaque_token(provider)
    call("/reports/", token)

    get_client().revoke_token(token)

    assert call("/reports/", token).status_code == 401


def signed(provider, typ="token-introspection+jwt", key=None, **changes):
    """Have the provider sign its answer (RFC 9701 5)."""

    def sign(answer):
        claims = {
            "iss": provider.issuer,
            "aud": provider.client_id,
            "iat": int(time.time()),
            "token_introspection": answer,
            **changes,
        }
        text = provider.sign("userinfo", claims, key or provider.id_token_key, typ=typ)
        return text.encode()

    provider.lie(
        "introspection",
        edit=sign,
        headers={"Content-Type": "application/token-introspection+jwt"},
    )


@pytest.fixture
def signs(api):
    api["INTROSPECTION_SIGNED_RESPONSE_ALG"] = "RS256"


def test_a_signed_answer_is_asked_for_and_accepted(api, signs, provider):
    signed(provider)

    response = call("/reports/", an_opaque_token(provider))

    (request,) = provider.requests_to("introspection")
    assert response.status_code == 200
    assert request.headers["Accept"] == "application/token-introspection+jwt"


def test_a_signed_answer_by_the_secret_is_accepted_where_it_is_set(api, provider):
    from tests.support.provider.keys import secret_key
    from tests.support.provider.scripted import CLIENT_SECRET

    api["INTROSPECTION_SIGNED_RESPONSE_ALG"] = "HS256"
    signed(provider, key=secret_key("HS256", CLIENT_SECRET))

    assert call("/reports/", an_opaque_token(provider)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"typ": "JWT"}, "typ", id="another type"),
        pytest.param({"typ": "at+jwt"}, "typ", id="an access token's type"),
        pytest.param({"typ": None}, "typ", id="no type"),
        pytest.param({"iss": "https://evil.example"}, "iss", id="another issuer"),
        pytest.param({"aud": "other"}, "aud", id="for another site"),
        pytest.param({"iat": NOW - 3_600}, "iat", id="an old answer"),
        pytest.param({"iat": NOW + 3_600}, "iat", id="an answer to come"),
        pytest.param({"iat": None}, "iat", id="no time"),
        pytest.param({"token_introspection": None}, "answer", id="nothing said"),
        pytest.param({"token_introspection": {"active": 1}}, "active", id="a number for active"),
        pytest.param({"key": signing_key("RS256", 9)}, "key_unknown", id="a stranger's key"),
    ],
)
def test_a_signed_answer_that_breaks_a_rule_is_503(api, signs, provider, caplog, changes, code):
    signed(provider, **changes)

    response = call("/reports/", an_opaque_token(provider))

    assert response.status_code == 503
    assert f".{code})" in caplog.text


def test_an_answer_that_is_not_signed_is_refused_where_it_has_to_be(api, signs, provider, caplog):
    response = call("/reports/", an_opaque_token(provider))

    assert response.status_code == 503
    assert "introspection.unsigned" in caplog.text


def test_a_refusal_is_read_where_answers_are_signed(api, signs, provider, caplog):
    provider.lie("introspection", status=401, body=b'{"error":"invalid_client"}')

    response = call("/reports/", an_opaque_token(provider))

    assert response.status_code == 503
    assert "oauth.invalid_client" in caplog.text


def test_an_app_of_oauth_asks_the_provider(api, provider):
    api["PROTOCOL"] = "oauth"
    api["API_TOKENS"] = "jwt"

    with pytest.raises(ConfigurationError) as refused:
        verify_bearer("a")

    assert refused.value.code == "configuration.api_tokens"


def test_an_account_cannot_be_made_where_none_may_be(api):
    api["API_USERS"] = "create"
    api["CREATE_USERS"] = False

    with pytest.raises(ConfigurationError) as refused:
        verify_bearer("a")

    assert refused.value.code == "configuration.api_users"


def test_an_error_names_the_reason(api, provider):
    with pytest.raises(BearerError) as refused:
        verify_bearer(an_opaque_token(provider, revoked=True))

    assert refused.value.code == "bearer.inactive"
