"""What the provider answers about tokens that are kept: refresh, introspection, revocation.

A lie ends no grant, and a grant that has ended ends nothing else (RFC 6749 6, RFC 7009, RFC 7662).
"""

import pytest

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import refreshing
from django_genauth.models import Grant
from django_genauth.protocol.errors import GenAuthError
from tests.misbehaviour.forgeries import with_members
from tests.support.grantees import a_grant
from tests.support.provider import faults
from tests.support.provider.bombs import jwe_bomb
from tests.support.provider.keys import secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def lie(code, id, **what):
    return pytest.param(what, code, id=id)


def member(name, value, id, code=None):
    """Return a row: a member of a true answer that is not as it should be."""
    edit = {"edit": lambda answer: answer | {name: value}}
    return pytest.param(edit, code or f"token_response.{name}", id=id)


def without_an_answer():
    """Return rows: the same at each endpoint, as nothing that can be read comes back."""
    return [
        lie("provider_unavailable.status_429", "too many requests", status=429),
        lie("provider_unavailable.status_500", "500", status=500),
        lie("provider_unavailable.status_503", "503 in HTML", status=503, body=b"<html>"),
        lie("provider_unavailable.connection", "reset", fault=faults.reset),
        lie("provider_unavailable.connection", "closed", fault=faults.close),
        lie("provider_unavailable.timeout", "hang", fault=faults.hang),
        lie("provider.too_large", "64 MB", fault=faults.oversize(megabytes=64)),
        lie("provider.encoding", "brotli", headers={"Content-Encoding": "br"}, body=b"{}"),
    ]


def of_another_form(error):
    """Return rows: the same at each endpoint, with the endpoint's own codes."""
    moved = {"headers": {"Location": "https://evil.example/"}}
    return [
        lie(f"{error}.json", "HTML", body=b"<html>"),
        lie(f"{error}.json", "two answers", body=b"{}{}"),
        lie(f"{error}.json", "a member twice", body=b'{"active":true,"active":false}'),
        lie(f"{error}.nesting", "arrays", body=b'{"a":' + b"[" * 60_000),
        lie(f"{error}.status_301", "moved", status=301, **moved),
        lie(f"{error}.status_307", "moved for now", status=307, **moved),
        lie(f"{error}.status_402", "402", status=402, body=b""),
        lie("oauth.invalid_client", "no", status=401, body=b'{"error":"invalid_client"}'),
        lie("oauth.invalid_client", "a no under 200", body=b'{"error":"invalid_client"}'),
        lie("oauth.unregistered", "GenAuth's no", body=b'{"code":500,"message":"no"}'),
    ]


def code_of(call):
    """Return the code of the refusal that a call ends with."""
    with pytest.raises(GenAuthError) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        *without_an_answer(),
        *of_another_form("token_response"),
        member("access_token", None, "no access token"),
        member("access_token", "a\r\nb", "a header in the access token"),
        member("token_type", "mac", "another token type"),
        member("refresh_token", ["a"], "a list for a refresh token"),
        member("id_token", 7, "a number for an ID token"),
    ],
)
def test_a_refresh_that_fails_leaves_the_grant_as_it_was(provider, lie, code):
    grant = a_grant(provider)
    provider.lie("token", **lie)

    refused = code_of(lambda: grants.get_access_token(grant.identity.user))

    kept = Grant.objects.get()
    assert refused == code
    assert (kept.state, kept.token_set) == ("active", grant.token_set)
    assert provider.asked == ["token"]


@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        pytest.param({"sign_with": "nobody"}, "signature", id="no signature"),
        pytest.param({"header_edit": with_members(alg="none")}, "alg", id="alg none"),
        pytest.param({"sign_with": secret_key("HS256", CLIENT_SECRET)}, "alg", id="a secret"),
        pytest.param({"sign_with": signing_key("RS256", 9)}, "key_unknown", id="a stranger's key"),
        pytest.param({"header_edit": with_members(typ="at+jwt")}, "typ", id="an access token"),
        pytest.param({"claims_edit": with_members(exp=1)}, "exp", id="expired"),
        pytest.param({"claims_edit": with_members(iat=None)}, "iat", id="no iat"),
        pytest.param({"claims_edit": with_members(at_hash="A")}, "at_hash", id="wrong at_hash"),
    ],
)
def test_a_refreshed_id_token_that_does_not_hold_is_dropped(provider, caplog, forgery, reason):
    # The tokens beside it are good whatever it is, and the old refresh token may be spent.
    grant = a_grant(provider)
    provider.forge("id_token", **forgery)

    token = grants.get_access_token(grant.identity.user)

    kept = Grant.objects.get().token_set
    assert provider.grants.find_token(token).active
    assert kept["id_token"] == grant.token_set["id_token"]
    assert (
        f"A refreshed ID token is dropped: grant={grant.pk} code=id_token.{reason}" in caplog.text
    )


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        member("id_token", "a.b", "two segments", "id_token.framing"),
        member("id_token", jwe_bomb(CLIENT_SECRET, megabytes=48), "bomb", "id_token.encrypted"),
    ],
)
def test_what_is_no_id_token_is_dropped_too(provider, caplog, lie, code):
    grant = a_grant(provider)
    provider.lie("token", **lie)

    token = grants.get_access_token(grant.identity.user)

    assert provider.grants.find_token(token).active
    assert f"A refreshed ID token is dropped: grant={grant.pk} code={code}" in caplog.text


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        pytest.param("sub", "grace", id="another person"),
        pytest.param("sub", "ADA", id="a person of nearly that name"),
        pytest.param("sub", "ada ", id="a space behind the name"),
        pytest.param("iss", "https://evil.example", id="another issuer"),
        pytest.param("aud", "other", id="another client"),
        pytest.param("azp", "other", id="issued to another client"),
    ],
)
def test_an_id_token_of_somebody_else_ends_the_grant_and_nothing_else(provider, claim, value):
    other = a_grant(provider, name="grace")
    grant = a_grant(provider)
    provider.forge("id_token", claims_edit=with_members(**{claim: value}))

    refused = code_of(lambda: grants.get_access_token(grant.identity.user))

    states = dict(Grant.objects.values_list("pk", "state"))
    assert refused == "grant.ended"
    assert states == {grant.pk: "ended", other.pk: "active"}


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        *without_an_answer(),
        *of_another_form("introspection"),
        lie("introspection.active", "no word of it", body=b"{}"),
        lie("introspection.active", "a text", body=b'{"active":"true"}'),
        lie("introspection.active", "a number", body=b'{"active":1}'),
        lie("introspection.active", "null", body=b'{"active":null}'),
        lie("introspection.active", "a list", body=b'{"active":[true]}'),
        lie("introspection.active", "another spelling", body=b'{"Active":true}'),
        lie("introspection.status_201", "201", status=201, body=b'{"active":true}'),
        lie("introspection.status_204", "204", status=204, body=b""),
    ],
)
def test_an_introspection_that_does_not_say_is_no_answer(provider, lie, code):
    grant = a_grant(provider)
    provider.lie("introspection", **lie)

    refused = code_of(lambda: grants.introspect(grant, get_app()))

    kept = Grant.objects.get()
    assert refused == code
    assert (kept.state, kept.introspected_at) == ("active", None)
    assert provider.asked == ["introspection"]


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        *without_an_answer(),
        *(row for row in of_another_form("revocation") if row.id != "HTML"),
        lie("oauth.unsupported_token_type", "no such token", status=400,
            body=b'{"error":"unsupported_token_type"}'),
        lie("revocation.status_202", "later", status=202, body=b""),
    ],
)  # fmt: skip
def test_a_token_that_may_still_live_is_kept_to_be_revoked_again(provider, lie, code):
    grant = a_grant(provider)
    provider.lie("revocation", **lie)

    refused = code_of(lambda: grants.revoke(grant, get_app()))

    kept = Grant.objects.get()
    assert refused == code
    assert (kept.state, kept.token_set) == ("revoking", grant.token_set)
    assert provider.asked == ["revocation"]


@pytest.mark.parametrize(
    "answer",
    [{"status": 204, "body": b""}, {"status": 200, "body": b"<html>"}],
    ids=["204", "a page under 200"],
)
def test_a_success_that_says_nothing_is_a_revocation(provider, answer):
    """RFC 7009 2.2: the status is all that counts."""
    grant = a_grant(provider)
    provider.lie("revocation", **answer)

    grants.revoke(grant, get_app())

    assert Grant.objects.get().state == "ended"


@pytest.mark.parametrize("call", [grants.introspect, grants.revoke, refreshing.refresh])
def test_tokens_travel_in_the_body(provider, call):
    grant = a_grant(provider)

    call(grant, get_app())

    assert all("?" not in request.target for request in provider.requests)
    assert grant.token_set["refresh_token"] in provider.requests[0].body.decode()
