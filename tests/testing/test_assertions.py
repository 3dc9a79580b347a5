"""The honest provider refuses assertions that are not of its client, not for it, or not fresh."""

import time

import pytest

from django_genauth.protocol.client_assertion import client_assertion
from django_genauth.protocol.client_keys import generate_key, public_key_set
from django_genauth.testing.provider.assertions import check_assertion
from django_genauth.testing.provider.grants import Refused

_, KEY = generate_key("ES256")
_, OTHER = generate_key("ES256")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def assertion(key=KEY, *, client_id="the-client", audience="https://op.example", now=None):
    now = time.time() if now is None else now
    algorithm = "HS256" if isinstance(key, str) else "ES256"
    return client_assertion(client_id, key, algorithm=algorithm, audience=audience, now=now)


def check(text, *, keys=None, used=None, **form):
    check_assertion(
        {"client_assertion_type": TYPE, "client_assertion": text, **form},
        client_id="the-client",
        keys=public_key_set([KEY])["keys"] if keys is None else keys,
        audiences=("https://op.example",),
        used=set() if used is None else used,
    )


def test_a_good_one_is_taken_and_remembered():
    used = set()

    check(assertion(), used=used)

    assert len(used) == 1


def test_one_that_the_secret_signed_is_taken():
    check(assertion("s" * 32), keys="s" * 32)


@pytest.mark.parametrize(
    ("make", "form", "why"),
    [
        pytest.param(assertion, {"client_assertion_type": "other"}, "sends an", id="type"),
        pytest.param(assertion, {"client_secret": "s"}, "no secret", id="secret beside it"),
        pytest.param(lambda: "junk", {}, "no signed token", id="junk"),
        pytest.param(lambda: assertion(OTHER), {}, "a registered key", id="another key"),
        pytest.param(lambda: assertion(client_id="b"), {}, "another client's", id="another client"),
        pytest.param(
            lambda: assertion(audience="https://b.example"), {}, "somebody else", id="audience"
        ),
        pytest.param(lambda: assertion(now=time.time() - 600), {}, "is over", id="old"),
        pytest.param(lambda: assertion(now=time.time() + 600), {}, "is over", id="too long"),
    ],
)
def test_a_bad_one_is_refused(make, form, why):
    with pytest.raises(Refused) as refused:
        check(make(), **form)

    assert why in refused.value.description


def test_another_secret_is_refused():
    with pytest.raises(Refused):
        check(assertion("s" * 32), keys="t" * 32)


def test_one_that_comes_twice_is_refused():
    text, used = assertion(), set()
    check(text, used=used)

    with pytest.raises(Refused):
        check(text, used=used)
