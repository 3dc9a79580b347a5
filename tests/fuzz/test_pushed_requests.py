"""Whatever comes where requests are pushed and answers signed: nobody is signed in by it."""

import json

import pytest
from hypothesis import strategies as st

from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import edited, edits_of, octet_changes, token_changes
from tests.protocol.strategies import bodies

PUSHED = "pushed_authorization"


@pytest.fixture
def app(app):
    app |= {"PUSHED_AUTHORIZATION": True, "RESPONSE_MODE": "jwt"}
    return app


@fuzzed(bodies, st.integers(200, 599))
def test_any_answer_to_a_pushed_request(site, body, status):
    visitor = site.visitor()
    site.provider.lie(PUSHED, status=status, body=body)

    response = site.signed_in(visitor)

    site.check(visitor, response, harmless=False)


@fuzzed(edits_of("request_uri", "expires_in", "error"))
def test_any_member_of_an_answer_to_a_pushed_request(site, edits):
    visitor = site.visitor()
    site.provider.lie(PUSHED, edit=lambda answer: edited(answer, edits))

    response = site.signed_in(visitor)

    # Of an error nobody speaks by null or by an empty text, and any later end will do.
    site.check(visitor, response, harmless="request_uri" not in edits)


@fuzzed(octet_changes())
def test_any_change_of_the_octets_of_an_answer_to_a_pushed_request(site, change):
    visitor = site.visitor()
    site.provider.lie(PUSHED, edit=lambda answer: change(json.dumps(answer).encode()))

    response = site.signed_in(visitor)

    # Another request is none that the provider knows.
    site.check(visitor, response, harmless=True)


@fuzzed(token_changes())
def test_any_change_of_a_signed_answer(site, change):
    visitor = site.visitor()
    sent = []

    def edit(token):
        sent.append((token, change(token, site.provider.access_token(None))))
        return sent[-1][1]

    site.provider.forge("response", token_edit=edit)

    response = site.signed_in(visitor)

    site.check(visitor, response, harmless=all(good == bad for good, bad in sent))
