"""Endpoints that a login can do without: what is wrong with one costs that one alone."""

import json

import pytest

from django_genauth.protocol.discovery import ENDPOINTS, parse_metadata
from django_genauth.protocol.errors import DiscoveryError
from tests.protocol.material import ISSUER

REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = tuple(name for name in ENDPOINTS if name not in REQUIRED)
DOCUMENT = {"issuer": ISSUER} | {name: f"{ISSUER}/{name}" for name in ENDPOINTS}


def metadata_of(document, *, overrides=None, required=REQUIRED, insecure_hosts=()):
    return parse_metadata(
        json.dumps(document).encode(),
        issuer=ISSUER,
        overrides=overrides or {},
        required=required,
        insecure_hosts=insecure_hosts,
    )


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("url", ["http://acme.genauth.ai/x", ""])
def test_an_endpoint_that_is_needed_and_no_https_address_is_refused(name, url):
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(DOCUMENT | {name: url})

    assert refused.value.code == f"discovery.bad_{name}"


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("url", ["http://acme.genauth.ai/x", "http://10.0.0.1:8080", ""])
def test_an_optional_endpoint_that_is_empty_or_http_is_dropped(name, url):
    metadata = metadata_of(DOCUMENT | {name: url})

    assert getattr(metadata, name) is None
    assert metadata.dropped == (name,)


def test_an_endpoint_of_another_set_up_may_be_dropped_too():
    """Without USERINFO its endpoint is optional, and with HS256 the keys are."""
    metadata = metadata_of(DOCUMENT | {"jwks_uri": ""}, required=REQUIRED[:2])

    assert metadata.jwks_uri is None


def test_an_endpoint_set_by_hand_is_not_dropped():
    metadata = metadata_of(
        DOCUMENT | {"userinfo_endpoint": ""}, overrides={"userinfo_endpoint": "https://a.example/"}
    )

    assert metadata.userinfo_endpoint == "https://a.example/"
    assert metadata.dropped == ()


@pytest.mark.parametrize("url", [None, "http://acme.genauth.ai/x"], ids=["null", "allowed http"])
def test_an_endpoint_without_fault_is_not_called_dropped(url):
    document = DOCUMENT | {"revocation_endpoint": url}

    assert metadata_of(document, insecure_hosts={"acme.genauth.ai"}).dropped == ()
