"""To what a token is bound (RFC 7800, RFC 8705, RFC 9449), and certificates in headers."""

import hashlib
import ssl
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from django_genauth.protocol.confirmation import certificate_thumbprint, confirmation_of
from django_genauth.protocol.errors import AccessTokenError

DER = bytes(range(256)) * 3
PEM = ssl.DER_cert_to_PEM_cert(DER)
THUMBPRINT = urlsafe_b64encode(hashlib.sha256(DER).digest()).rstrip(b"=").decode()


def test_a_bearer_token_is_bound_to_nothing():
    assert confirmation_of({"sub": "a"}) is None


@pytest.mark.parametrize(
    ("cnf", "key", "certificate"),
    [
        ({"jkt": "a"}, "a", None),
        ({"x5t#S256": "b"}, None, "b"),
        ({"jkt": "a", "x5t#S256": "b"}, "a", "b"),
        ({"jkt": "a", "kc-jkt-type": "DPoP"}, "a", None),
    ],
)
def test_a_token_is_bound_to_a_key_or_a_certificate(cnf, key, certificate):
    bound = confirmation_of({"cnf": cnf})

    assert bound is not None
    assert (bound.key, bound.certificate) == (key, certificate)


@pytest.mark.parametrize(
    "cnf",
    [
        None, {}, [], "jkt", {"kid": "a"}, {"jwk": {}}, {"jkt": ""},
        {"jkt": 7}, {"jkt": ["a"]}, {"x5t#S256": None}, {"x5t": "a"},
    ],
)  # fmt: skip
def test_a_token_that_is_bound_in_another_way_is_refused(cnf):
    with pytest.raises(AccessTokenError) as caught:
        confirmation_of({"cnf": cnf})

    assert caught.value.code == "access_token.cnf"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(quote(PEM), id="nginx, escaped"),
        pytest.param(quote(PEM, safe=""), id="all escaped"),
        pytest.param(PEM, id="PEM"),
        pytest.param(PEM.replace("\n", " "), id="PEM with blanks"),
        pytest.param(PEM.replace("\n", "\t"), id="PEM with tabs"),
        pytest.param(PEM.replace("\n", ""), id="PEM in one line"),
        pytest.param(f":{b64encode(DER).decode()}:", id="RFC 9440"),
        pytest.param(b64encode(DER).decode(), id="base64"),
    ],
)
def test_a_certificate_is_read_as_proxies_write_it(header):
    assert certificate_thumbprint(header) == THUMBPRINT


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param(":", id="a colon"),
        pytest.param("::", id="nothing between colons"),
        pytest.param(PEM + PEM, id="a chain"),
        pytest.param(f":{b64encode(DER).decode()}:, :{b64encode(DER).decode()}:", id="two"),
        pytest.param("(null)", id="Apache without one"),
        pytest.param("ä", id="not ASCII"),
        pytest.param("A" * 16_001, id="long"),
    ],
)
def test_what_is_no_single_certificate_is_none(header):
    assert certificate_thumbprint(header) is None
