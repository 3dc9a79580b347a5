"""The `auth` of requests to other APIs: tokens and proofs, nonces, a second try, redirects."""

import io
import json
import time
from base64 import urlsafe_b64decode
from contextlib import contextmanager

import pytest
import requests

from django_genauth.client.proofs import nonces
from django_genauth.client.request_authorization import RequestAuthorization
from django_genauth.protocol.dpop import DpopKey, token_digest
from django_genauth.protocol.errors import GrantError
from django_genauth.protocol.tokens import TokenSet
from tests.support.provider.server import Answer, Server

KEY = DpopKey.generate()
BEARER = TokenSet(access_token="old", token_type="Bearer")
BOUND = TokenSet(access_token="old", token_type="DPoP", dpop_key=KEY.text)
GOOD = Answer(body=b"good")
REFUSED = Answer(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
WANTS_NONCE = Answer(
    status=401, headers={"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "n1"}
)


@pytest.fixture(autouse=True)
def _no_nonces():
    nonces._kept.clear()


class Api:
    """Answer requests one by one, the last answer for all that follow, and keep them."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.url = ""

    def respond(self, request, closing):
        self.requests.append(request)
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]), None

    @property
    def shown(self):
        """Return what each request showed."""
        return [request.headers["Authorization"] for request in self.requests]

    @property
    def proofs(self):
        """Return what the proof of each request says."""
        texts = [request.headers["DPoP"] for request in self.requests]
        return [json.loads(urlsafe_b64decode(text.split(".")[1] + "==")) for text in texts]


@contextmanager
def running(*answers):
    api = Api(*answers)
    server = Server(api.respond, lambda: (1, None))
    api.url = f"http://127.0.0.1:{server.port}/things"
    try:
        yield api
    finally:
        server.stop()


def an_auth(tokens=BEARER, renew=None):
    def fresh(refused):
        return TokenSet(
            access_token="new", token_type=refused.token_type, dpop_key=refused.dpop_key
        )

    return RequestAuthorization(lambda: tokens, renew or fresh, clock=time.time)


def is_over(refused):
    raise GrantError("It is over.", reason="ended")


def redirect(status, target):
    return Answer(status=status, headers={"Location": target})


def get(api, auth=None, method="GET", **arguments):
    return requests.request(method, api.url, auth=auth or an_auth(), timeout=5, **arguments)


def test_a_bearer_token_is_added():
    with running(GOOD) as api:
        get(api)

    assert api.shown == ["Bearer old"]
    assert "DPoP" not in api.requests[0].headers


def test_a_bound_token_is_added_with_its_proof():
    with running(GOOD) as api:
        get(api, an_auth(BOUND), params={"a": "b"})

    assert api.shown == ["DPoP old"]
    (proof,) = api.proofs
    assert (proof["htm"], proof["htu"], proof["ath"]) == ("GET", api.url, token_digest("old"))


def test_a_token_that_is_refused_is_replaced_once():
    with running(REFUSED, GOOD) as api:
        answer = get(api)

    assert (answer.text, api.shown) == ("good", ["Bearer old", "Bearer new"])
    assert [each.status_code for each in answer.history] == [401]


def test_a_fresh_token_that_is_refused_too_is_the_answer():
    with running(REFUSED) as api:
        answer = get(api)

    assert (answer.status_code, len(api.requests)) == (401, 2)


def test_a_token_that_cannot_be_replaced_is_the_api_s_answer():
    with running(REFUSED) as api:
        answer = get(api, an_auth(renew=is_over))

    assert (answer.status_code, len(api.requests)) == (401, 1)


@pytest.mark.parametrize("status", [400, 403, 500])
def test_no_other_refusal_is_tried_again(status):
    with running(Answer(status=status)) as api:
        get(api)

    assert len(api.requests) == 1


def test_a_nonce_is_shown_where_the_api_asks_for_it():
    with running(WANTS_NONCE, GOOD) as api:
        answer = get(api, an_auth(BOUND))

    first, second = api.proofs
    assert (answer.text, "nonce" in first, second["nonce"]) == ("good", False, "n1")
    assert first["jti"] != second["jti"]


def test_the_nonce_of_a_good_answer_is_shown_the_next_time():
    with running(Answer(headers={"DPoP-Nonce": "n2"})) as api:
        get(api, an_auth(BOUND))
        get(api, an_auth(BOUND))

    assert api.proofs[1]["nonce"] == "n2"


def test_an_api_that_asks_for_ever_gets_three_requests():
    # The first, one with the nonce, and one with a fresh token.
    with running(WANTS_NONCE) as api:
        answer = get(api, an_auth(BOUND))

    assert (answer.status_code, len(api.requests)) == (401, 3)


def test_a_nonce_and_a_fresh_token_may_both_be_needed():
    with running(WANTS_NONCE, REFUSED, GOOD) as api:
        answer = get(api, an_auth(BOUND))

    assert (answer.text, api.shown) == ("good", ["DPoP old", "DPoP old", "DPoP new"])
    assert api.proofs[2]["nonce"] == "n1"


def test_a_bearer_token_has_no_nonce():
    with running(WANTS_NONCE) as api:
        get(api, an_auth(renew=is_over))

    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"the-body", id="bytes"),
        pytest.param("the-body", id="text"),
        pytest.param(io.BytesIO(b"the-body"), id="a file"),
    ],
)
def test_a_body_is_sent_again_from_its_beginning(body):
    with running(REFUSED, GOOD) as api:
        get(api, method="POST", data=body)

    assert [request.body for request in api.requests] == [b"the-body", b"the-body"]


def test_a_file_is_sent_again_from_where_it_stood():
    file = io.BytesIO(b"not the-body")
    file.seek(4)

    with running(REFUSED, GOOD) as api:
        get(api, method="POST", data=file)

    assert [request.body for request in api.requests] == [b"the-body", b"the-body"]


class _Once:
    """A body of a known length that can be read once."""

    def __len__(self):
        return 3

    def __iter__(self):
        return iter([b"abc"])


@pytest.mark.parametrize("answer", [REFUSED, WANTS_NONCE], ids=["token", "nonce"])
def test_a_body_that_is_used_up_is_not_sent_again(answer):
    with running(answer) as api:
        refused = get(api, an_auth(BOUND), method="POST", data=_Once())

    assert (refused.status_code, len(api.requests)) == (401, 1)


@pytest.mark.parametrize("tokens", [BEARER, BOUND], ids=["bearer", "bound"])
def test_another_server_is_shown_nothing(tokens):
    with running(GOOD) as other, running(redirect(302, other.url)) as api:
        answer = get(api, an_auth(tokens))

    assert answer.text == "good"
    assert {"Authorization", "DPoP"}.isdisjoint(other.requests[0].headers)


def test_another_server_that_wants_a_token_gets_none():
    with running(WANTS_NONCE) as other, running(redirect(302, other.url)) as api:
        answer = get(api, an_auth(BOUND))

    assert (answer.status_code, len(other.requests)) == (401, 1)


def test_another_server_does_not_choose_what_is_asked_of_the_first():
    with running(GOOD) as api, running(redirect(302, api.url)) as other:
        api.answers = [redirect(302, other.url), REFUSED]

        answer = get(api, an_auth(BOUND))

    assert answer.status_code == 401
    assert "Authorization" not in api.requests[-1].headers


def test_the_same_host_at_another_port_is_another_server():
    with running(GOOD) as other, running(redirect(307, other.url)) as api:
        get(api, method="POST", data=b"x")

    assert "Authorization" not in other.requests[0].headers


def test_an_address_that_is_none_leads_nowhere():
    answer = redirect(302, "http://127.0.0.1:port/")

    with running(answer) as api, pytest.raises(ValueError, match="port"):
        get(api)

    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "GET", "GET"),
        (301, "POST", "GET"),
        (301, "PUT", "PUT"),
        (302, "PUT", "GET"),
        (303, "POST", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
    ],
)
def test_a_redirect_on_the_same_server_has_a_proof_of_its_own(status, method, becomes):
    with running(redirect(status, "/other?a=b"), GOOD) as api:
        get(api, an_auth(BOUND), method=method, allow_redirects=True)

    assert api.requests[1].method == becomes
    assert api.proofs[1]["htm"] == becomes
    assert api.proofs[1]["htu"] == api.url.replace("/things", "/other")


def test_a_redirect_after_a_fresh_token_shows_that():
    with running(REFUSED, redirect(302, "/other"), GOOD) as api:
        get(api)

    assert api.shown == ["Bearer old", "Bearer new", "Bearer new"]


def test_nothing_of_it_is_in_what_it_prints():
    auth = an_auth(BOUND)

    assert repr(auth) == "<RequestAuthorization>"
    assert KEY.text not in repr(vars(auth))
