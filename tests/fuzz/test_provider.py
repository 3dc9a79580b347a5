"""Whatever a provider answers: nobody is signed in by an answer that does not hold.

Each property says which changes are harmless, by the specification. Members that nobody reads are.
"""

import json

import pytest
from hypothesis import strategies as st

from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import edited, edits_of, octet_changes, token_changes
from tests.protocol.strategies import bodies
from tests.support.provider.keys import secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET

TYPES = st.sampled_from(["application/json", "application/jwt", "text/html", ""])
ENDPOINTS = st.sampled_from(["discovery", "jwks", "token", "userinfo"])


@pytest.fixture
def app(app):
    app["USERINFO"] = True
    return app


@fuzzed(ENDPOINTS, bodies, st.integers(200, 599), TYPES)
def test_any_answer_of_any_endpoint(site, endpoint, body, status, kind):
    visitor = site.visitor()
    site.provider.lie(endpoint, status=status, body=body, headers={"Content-Type": kind})

    response = site.signed_in(visitor)

    site.check(visitor, response, harmless=False)


@fuzzed(ENDPOINTS, octet_changes())
def test_any_change_of_the_octets_of_an_answer(site, endpoint, change):
    visitor = site.visitor()
    sent = []

    def edit(answer):
        sent.append((answer, change(json.dumps(answer).encode())))
        return sent[-1][1]

    site.provider.lie(endpoint, edit=edit)

    response = site.signed_in(visitor)

    site.check(visitor, response, harmless=all(says_the_same(*each) for each in sent))


@fuzzed(edits_of("access_token", "token_type", "id_token", "error", "refresh_token"))
def test_any_member_of_a_token_answer(site, edits):
    visitor = site.visitor()
    site.provider.lie("token", edit=lambda answer: edited(answer, edits))

    response = site.signed_in(visitor)

    # Null and empty are the same as missing, which these two may be.
    refresh_token = edits.get("refresh_token")
    is_fine = refresh_token in (None, "") or is_text_of_a_token(refresh_token)
    no_error = edits.get("error") in (None, "")
    is_harmless = edits.keys() <= {"refresh_token", "error"} and is_fine and no_error
    site.check(visitor, response, harmless=is_harmless)


@fuzzed(edits_of("iss", "aud", "exp", "iat", "nonce", "sub", "azp", "at_hash", "nbf"))
def test_any_claim_of_an_id_token(site, edits):
    visitor = site.visitor()
    site.provider.forge("id_token", claims_edit=lambda claims: edited(claims, edits))

    response = site.signed_in(visitor)

    # No time made up here is the present. An azp may be missing, and so may a null one.
    times = {name for name in edits if name in ("nbf",) and is_past(edits[name])}
    missing = {name for name in edits if name == "azp" and edits[name] is None}
    later = {name for name in edits if name == "exp" and is_to_come(edits[name])}
    site.check(visitor, response, harmless=times | missing | later == edits.keys())


@fuzzed(edits_of("alg", "typ", "kid", "crit"))
def test_any_member_of_an_id_tokens_header(site, edits):
    visitor = site.visitor()
    site.provider.forge("id_token", header_edit=lambda header: edited(header, edits))

    response = site.signed_in(visitor)

    # Null is the same as missing: one key needs no name, and no type is as good as JWT.
    harmless = all(name in ("typ", "kid") and edits[name] is None for name in edits)
    site.check(visitor, response, harmless=harmless)


@fuzzed(token_changes())
def test_any_change_of_an_id_token(site, change):
    visitor = site.visitor()
    sent = []

    def edit(token):
        sent.append((token, change(token, site.provider.access_token(None))))
        return sent[-1][1]

    site.provider.forge("id_token", token_edit=edit)

    response = site.signed_in(visitor)

    site.check(visitor, response, harmless=all(good == bad for good, bad in sent))


@fuzzed(st.sampled_from(["RS256", "PS256", "ES256", "EdDSA", "HS256", "HS512"]), st.integers(7, 9))
def test_any_key_of_somebody_else(site, alg, number):
    visitor = site.visitor()
    stranger = secret_key(alg, CLIENT_SECRET) if alg[0] == "H" else signing_key(alg, number)
    site.provider.forge("id_token", sign_with=stranger)

    response = site.signed_in(visitor)

    site.check(visitor, response, harmless=False)


@fuzzed(edits_of("kty", "use", "alg", "kid", "n", "e", "key_ops"))
def test_any_member_of_the_key(site, edits):
    visitor = site.visitor()
    site.provider.lie(
        "jwks",
        edit=lambda answer: b'{"keys":[' + edited(answer["keys"][0], edits) + b"]}",
    )

    response = site.signed_in(visitor)

    # Null is the same as missing, and none of these has to be there at the one key that fits.
    free = ("use", "alg", "key_ops", "kid")
    harmless = all(name in free and edits[name] is None for name in edits)
    site.check(visitor, response, harmless=harmless)


def says_the_same(answer, changed):
    """Tell whether an answer is JSON still, with what a login depends on."""
    try:
        read = json.loads(changed)
    except ValueError:
        return False
    return isinstance(read, dict) and all(
        read.get(name) == answer[name]
        for name in ("access_token", "id_token", "issuer", "sub")
        if name in answer
    )


def is_text_of_a_token(value):
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != ""


def is_past(value):
    return type(value) in (int, float) and 0 <= value < 1_700_000_000


def is_to_come(value):
    return type(value) in (int, float) and 2_000_000_000 < value < 253_402_300_800
