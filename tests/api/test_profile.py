"""The site as an API with PROFILE: bound tokens alone, and the profile's algorithms alone."""

import pytest
from jwcrypto.jwk import JWK

from django_genauth.conf import get_client
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.dpop import DpopKey
from django_genauth.protocol.errors import AccessTokenError
from django_genauth.protocol.jws import signed
from tests.support.bearers import AUDIENCE, a_token, bound_call, call
from tests.support.provider.keys import signing_key
from tests.support.provider.scripted import CLIENT_ID, ScriptedProvider

pytestmark = pytest.mark.django_db

KEY = DpopKey.generate()


@pytest.fixture
def provider():
    """Run a provider that signs access tokens as the profile demands."""
    with ScriptedProvider(client_id=CLIENT_ID, alg="ES256", tls=True) as running:
        running.access_token_key = signing_key("PS256", 7)
        running.keys = [*running.keys, running.access_token_key]
        yield running


@pytest.fixture(autouse=True)
def app(provider, settings):
    """Let the site follow the profile, and be an API."""
    settings.ROOT_URLCONF = "tests.api.views"
    values = {
        "APP_ID": CLIENT_ID,
        "APP_HOST": provider.base_url,
        "CA_BUNDLE": str(provider.ca_bundle),
        "PROFILE": "fapi2",
        "CLIENT_KEYS": [generate_key("ES256")[0]],
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "ES256",
        "API_AUDIENCE": AUDIENCE,
    }
    settings.GENAUTH = {"default": values}
    return values


def test_a_bound_token_with_its_proof_is_good(provider):
    response = bound_call("/reports/", a_token(provider, cnf={"jkt": KEY.thumbprint}), KEY)

    assert response.status_code == 200


def test_a_token_that_is_bound_to_nothing_is_refused(provider, refusals):
    response = call("/reports/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.unbound"])
    assert 'DPoP algs="PS256 ES256 EdDSA"' in response["WWW-Authenticate"]


def test_a_proof_with_another_algorithm_is_refused(provider, refusals):
    key = JWK.generate(kty="EC", crv="P-384")
    token = a_token(provider, cnf={"jkt": key.thumbprint()})
    header = {"typ": "dpop+jwt", "alg": "ES384", "jwk": key.export_public(as_dict=True)}

    response = bound_call("/reports/", token, KEY, proof=signed({}, key, header=header))

    assert (response.status_code, refusals.codes) == (401, ["bearer.proof_alg"])


def test_a_token_that_is_signed_with_rs256_is_not_validated(provider):
    provider.access_token_key = signing_key("RS256")
    token = a_token(provider)

    with pytest.raises(AccessTokenError) as caught:
        get_client().validate_token(access_token=token, audience=AUDIENCE)

    assert caught.value.code == "access_token.alg"
