"""Tokens that are bound to a key or a certificate, shown to the site's API."""

import hashlib
from base64 import b64encode, urlsafe_b64encode

import pytest

from django_genauth.api import verify_bearer
from django_genauth.protocol.dpop import DpopKey
from django_genauth.protocol.errors import BearerError
from tests.support.bearers import a_token, an_opaque_token, bound_call, call, token_claims

KEY = DpopKey.generate()
CERTIFICATE = b"the certificate's octets"
THUMBPRINT = urlsafe_b64encode(hashlib.sha256(CERTIFICATE).digest()).rstrip(b"=").decode()


def bound(provider, **changes):
    return a_token(provider, cnf={"jkt": KEY.thumbprint}, **changes)


def of_certificate(provider, **changes):
    return a_token(provider, cnf={"x5t#S256": THUMBPRINT, **changes})


@pytest.mark.parametrize("path", ["/reports/", "/later/", "/decorated/", "/both/"])
def test_a_bound_token_with_its_proof_is_good(api, provider, path):
    response = bound_call(path, bound(provider), KEY)

    assert response.status_code == 200


def test_the_scheme_may_have_any_case(api, provider):
    token = bound(provider)

    response = bound_call("/reports/", token, KEY, headers={"Authorization": f"dpop {token}"})

    assert response.status_code == 200


def test_a_bound_token_is_no_bearer_token(api, provider, refusals):
    response = call("/reports/", bound(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.unproven"])
    bearer, dpop = response["WWW-Authenticate"].split(", DPoP ")
    assert bearer.startswith('Bearer error="invalid_token"')
    assert dpop.startswith('algs="RS256 ')


def test_a_bearer_token_is_no_bound_token(api, provider, refusals):
    response = bound_call("/reports/", a_token(provider), KEY)

    assert (response.status_code, refusals.codes) == (401, ["bearer.unbound"])
    assert response["WWW-Authenticate"].startswith('Bearer, DPoP error="invalid_token"')


def test_a_function_takes_no_bound_token(api, provider):
    with pytest.raises(BearerError) as refused:
        verify_bearer(bound(provider))

    assert refused.value.code == "bearer.unproven"


def test_a_proof_is_good_once(api, provider, refusals):
    token = bound(provider)
    proof = KEY.proof(
        method="GET",
        url="http://testserver/reports/",
        now=token_claims(provider)["iat"],
        access_token=token,
    )

    first, second = (bound_call("/reports/", token, KEY, proof=proof) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 401)
    assert refusals.codes == ["bearer.proof_used"]


def test_a_proof_that_is_refused_is_not_used_up(api, provider, refusals):
    token, another = bound(provider), bound(provider)
    proof = KEY.proof(
        method="GET",
        url="http://testserver/reports/",
        now=token_claims(provider)["iat"],
        access_token=token,
    )
    bound_call("/reports/", another, KEY, proof=proof)

    response = bound_call("/reports/", token, KEY, proof=proof)

    assert response.status_code == 200
    assert refusals.codes == ["bearer.proof_ath"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"method": "POST"}, "bearer.proof_htm", id="method"),
        pytest.param({"url": "http://testserver/other/"}, "bearer.proof_htu", id="address"),
        pytest.param({"access_token": "another"}, "bearer.proof_ath", id="token"),
        pytest.param({"now": 1_000_000_000}, "bearer.proof_iat", id="old"),
        pytest.param({"proof": "junk"}, "bearer.proof_json", id="junk"),
    ],
)
def test_a_proof_for_something_else_is_refused(api, provider, refusals, changes, code):
    response = bound_call("/reports/", bound(provider), KEY, **changes)

    assert (response.status_code, refusals.codes) == (401, [code])
    assert response.json()["error"] == "invalid_dpop_proof"
    assert 'DPoP error="invalid_dpop_proof"' in response["WWW-Authenticate"]


def test_another_client_s_key_is_refused(api, provider, refusals):
    bound_call("/reports/", bound(provider), DpopKey.generate())

    assert refusals.codes == ["bearer.proof_jkt"]


def test_a_proof_is_needed(api, provider, refusals, client):
    response = client.get("/reports/", headers={"Authorization": f"DPoP {bound(provider)}"})

    assert (response.status_code, refusals.codes) == (401, ["bearer.proof_missing"])


def test_a_second_proof_is_one_too_many(api, provider, refusals):
    proof = KEY.proof(method="GET", url="http://testserver/reports/", now=0)

    bound_call("/reports/", bound(provider), KEY, proof=f"{proof},{proof}")

    assert refusals.codes == ["bearer.proof_missing"]


def test_a_header_of_the_scheme_without_a_token_is_malformed(api, refusals, client):
    response = client.get("/reports/", headers={"Authorization": "DPoP"})

    assert (response.status_code, refusals.codes) == (400, ["bearer.malformed"])


def test_the_address_is_the_one_before_the_proxy(api, provider, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.USE_X_FORWARDED_HOST = True
    settings.ALLOWED_HOSTS = ["site.example"]

    response = bound_call(
        "/reports/",
        bound(provider),
        KEY,
        url="https://site.example/reports/",
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "site.example"},
    )

    assert response.status_code == 200


def test_a_cache_that_is_out_of_order_lets_nobody_in(api, provider, settings, refusals):
    settings.CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}

    response = bound_call("/reports/", bound(provider), KEY)

    assert (response.status_code, refusals.codes) == (503, ["configuration.cache"])


@pytest.mark.parametrize("kind", ["typ", "token_type"])
def test_a_token_may_say_that_it_is_bound(api, provider, kind):
    token = bound(provider, **{kind: "DPoP"})

    assert bound_call("/reports/", token, KEY).status_code == 200


def test_a_token_that_says_so_and_is_bound_to_nothing_is_refused(api, provider, refusals):
    call("/reports/", a_token(provider, typ="DPoP"))

    assert refusals.codes == ["bearer.kind"]


def test_what_the_provider_says_of_a_token_binds_it_too(api, provider):
    api["API_TOKENS"] = "introspection"
    claims = token_claims(provider, cnf={"jkt": KEY.thumbprint}, token_type="DPoP")
    token = an_opaque_token(provider, claims=claims)

    assert bound_call("/reports/", token, KEY).status_code == 200
    assert call("/reports/", token).status_code == 401


def test_a_client_that_shows_nothing_learns_of_proofs_where_the_app_has_them(api, provider):
    api["DPOP"] = True

    response = call("/reports/")

    assert response["WWW-Authenticate"].startswith('Bearer, DPoP algs="RS256 ')


def test_a_client_that_shows_nothing_learns_of_bearer_tokens_alone_else(api, provider):
    assert call("/reports/")["WWW-Authenticate"] == "Bearer"


def in_header(octets=CERTIFICATE):
    return {"X-Client-Cert": f":{b64encode(octets).decode()}:"}


def call_with(token, headers, client):
    return client.get("/reports/", headers={"Authorization": f"Bearer {token}", **headers})


def test_a_token_that_is_bound_to_a_certificate_is_good_with_that(api, provider, client):
    api["API_CLIENT_CERTIFICATE_HEADER"] = "X-Client-Cert"

    response = call_with(of_certificate(provider), in_header(), client)

    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param(in_header(b"another"), id="another"),
        pytest.param({"X-Client-Cert": "junk!"}, id="junk"),
    ],
)
def test_a_token_that_is_bound_to_another_certificate_is_refused(
    api, provider, client, refusals, headers
):
    api["API_CLIENT_CERTIFICATE_HEADER"] = "X-Client-Cert"

    response = call_with(of_certificate(provider), headers, client)

    assert (response.status_code, refusals.codes) == (401, ["bearer.certificate"])


def test_a_header_that_no_setting_names_is_not_believed(api, provider, client, refusals):
    call_with(of_certificate(provider), in_header(), client)

    assert refusals.codes == ["bearer.certificate_header"]


def test_a_function_sees_no_certificate(api, provider):
    api["API_CLIENT_CERTIFICATE_HEADER"] = "X-Client-Cert"

    with pytest.raises(BearerError) as refused:
        verify_bearer(of_certificate(provider))

    assert refused.value.code == "bearer.certificate_header"


def test_a_token_may_be_bound_to_both(api, provider, refusals):
    api["API_CLIENT_CERTIFICATE_HEADER"] = "X-Client-Cert"
    token = of_certificate(provider, jkt=KEY.thumbprint)

    both = bound_call("/reports/", token, KEY, headers=in_header())
    one = bound_call("/reports/", token, KEY)

    assert (both.status_code, one.status_code) == (200, 401)
    assert refusals.codes == ["bearer.certificate"]


def test_a_token_of_a_certificate_has_the_scheme_bearer(api, provider, refusals):
    api["API_CLIENT_CERTIFICATE_HEADER"] = "X-Client-Cert"

    bound_call("/reports/", of_certificate(provider), KEY, headers=in_header())

    assert refusals.codes == ["bearer.unbound"]
