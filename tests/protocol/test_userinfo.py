"""The userinfo endpoint: what is asked, what is read, and whose claims they are."""

import json
from dataclasses import replace

import pytest

from django_genauth.protocol.errors import OAuthError, ProviderUnavailable, UserInfoError
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.userinfo import parse_userinfo, userinfo_request
from tests.protocol.material import (
    ALGORITHMS,
    CLIENT_ID,
    ISSUER,
    NOW,
    SUBJECT,
    always,
    finder,
    refusing,
    signing_key,
    verifying_key,
)
from tests.support.provider.keys import secret_key
from tests.support.provider.tokens import Forgery, write_jwt

KEY = signing_key("RS256")
STRANGER = replace(signing_key("RS256", 1), kid=KEY.kid)
CLAIMS = {"sub": SUBJECT, "name": "名前", "email": None}


def claims_of(body, *, status=200, content_type="application/json", algorithm="RS256", find=None):
    response = HttpResponse(status=status, headers={"content-type": content_type}, body=body)
    return parsed(response, algorithm=algorithm, find=find or finder(KEY))


def parsed(response, *, algorithm="RS256", find=refusing):
    return parse_userinfo(
        response,
        issuer=ISSUER,
        client_id=CLIENT_ID,
        algorithm=algorithm,
        find_key=find,
        now=NOW,
        leeway=30,
    )


def signed(claims, *, key=KEY, **lie):
    return write_jwt(claims, key, lie=Forgery(**lie)).encode()


def test_the_token_stands_in_a_header():
    request = userinfo_request("https://acme.genauth.ai/oidc/me", "SlAV32hkKG")

    assert request.method == "GET"
    assert request.url == "https://acme.genauth.ai/oidc/me"
    assert request.headers == {"Accept": "application/json", "Authorization": "Bearer SlAV32hkKG"}
    assert request.body is None


def test_a_request_does_not_show_the_token():
    assert "SlAV32hkKG" not in repr(userinfo_request("https://a.example/", "SlAV32hkKG"))


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "", "text/html", "application/jwtx"],
    ids=["JSON", "nothing", "HTML", "nearly a JWT"],
)
def test_claims_are_read_from_json_whatever_it_is_called(content_type):
    body = json.dumps(CLAIMS).encode()

    assert claims_of(body, content_type=content_type, find=refusing) == CLAIMS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_claims_are_read_from_a_signed_answer(algorithm):
    key = signing_key(algorithm)

    claims = claims_of(
        signed(CLAIMS, key=key),
        content_type="application/jwt",
        algorithm=algorithm,
        find=always(verifying_key(key)),
    )

    assert claims == CLAIMS


@pytest.mark.parametrize("content_type", ["application/jwt", "Application/JWT; charset=utf-8"])
@pytest.mark.parametrize(
    "about_us",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"iss": ISSUER}, id="iss"),
        pytest.param({"aud": CLIENT_ID}, id="aud"),
        pytest.param({"aud": [CLIENT_ID], "iss": ISSUER}, id="aud a list"),
        pytest.param({"aud": ["other", CLIENT_ID]}, id="aud of several"),
        pytest.param({"exp": NOW - 30, "nbf": NOW + 30, "iat": NOW + 30}, id="times that hold"),
        pytest.param({"iat": 0}, id="issued long ago"),
    ],
)
def test_a_signed_answer_about_us_is_accepted(about_us, content_type):
    claims = claims_of(signed(CLAIMS | about_us), content_type=content_type)

    assert claims == CLAIMS | about_us


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param({"iss": "https://evil.example"}, "iss", id="iss of another"),
        pytest.param({"iss": ISSUER + "/"}, "iss", id="iss with a slash more"),
        pytest.param({"iss": None}, "iss", id="iss null"),
        pytest.param({"iss": [ISSUER]}, "iss", id="iss a list"),
        pytest.param({"aud": "other"}, "aud", id="aud of another"),
        pytest.param({"aud": ["other"]}, "aud", id="aud a list of another"),
        pytest.param({"aud": []}, "aud", id="aud an empty list"),
        pytest.param({"aud": None}, "aud", id="aud null"),
        pytest.param({"aud": {CLIENT_ID: 1}}, "aud", id="aud an object"),
        pytest.param({"aud": [[CLIENT_ID]]}, "aud", id="aud a list in a list"),
        pytest.param({"aud": f"x{CLIENT_ID}x"}, "aud", id="aud with ours inside"),
    ],
)
def test_a_signed_answer_for_somebody_else_is_refused(claims, reason):
    with pytest.raises(UserInfoError) as refused:
        claims_of(signed(CLAIMS | claims), content_type="application/jwt")

    assert refused.value.code == f"userinfo.{reason}"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param({"exp": NOW - 31}, "exp", id="expired 31 seconds ago"),
        pytest.param({"exp": None}, "exp", id="exp null"),
        pytest.param({"nbf": NOW + 31}, "nbf", id="valid in 31 seconds"),
        pytest.param({"nbf": "0"}, "nbf", id="nbf text"),
        pytest.param({"iat": NOW + 31}, "iat", id="issued in 31 seconds"),
        pytest.param({"iat": True}, "iat", id="iat a boolean"),
    ],
)
def test_a_signed_answer_that_is_out_of_its_time_is_refused(claims, reason):
    with pytest.raises(UserInfoError) as refused:
        claims_of(signed(CLAIMS | claims), content_type="application/jwt")

    assert refused.value.code == f"userinfo.{reason}"


def test_times_in_an_answer_that_is_not_signed_are_claims_like_any_other():
    claims = CLAIMS | {"exp": 0, "nbf": "never"}

    assert claims_of(json.dumps(claims).encode()) == claims


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(signed(CLAIMS, sign_with="nobody"), "signature", id="no signature"),
        pytest.param(signed(CLAIMS, sign_with=STRANGER), "signature", id="another key"),
        pytest.param(
            signed(CLAIMS, header_edit=lambda header: {"alg": "none"}), "alg", id="alg none"
        ),
        pytest.param(
            signed(CLAIMS, sign_with=secret_key("HS256", KEY.public_pem)), "alg", id="HS256"
        ),
        pytest.param(
            signed(CLAIMS, header_edit=lambda header: {**header, "typ": "at+jwt"}),
            "typ",
            id="an access token",
        ),
        pytest.param(signed(CLAIMS) + b"\n", "framing", id="a line end"),
        pytest.param(b"", "framing", id="nothing"),
        pytest.param(json.dumps(CLAIMS).encode(), "framing", id="JSON that says it is signed"),
        pytest.param(b"a.b.c.d.e", "encrypted", id="encrypted"),
        pytest.param(b"a" * 100_001, "too_long", id="too long"),
    ],
)
def test_a_signed_answer_that_is_not_well_signed_is_refused(body, reason):
    with pytest.raises(UserInfoError) as refused:
        claims_of(body, content_type="application/jwt")

    assert refused.value.code == f"userinfo.{reason}"


@pytest.mark.parametrize("status", [201, 204, 302, 400, 401, 403, 404])
def test_a_signed_answer_under_another_status_than_200_is_refused(status):
    with pytest.raises(UserInfoError) as refused:
        claims_of(signed(CLAIMS), status=status, content_type="application/jwt", find=refusing)

    assert refused.value.code == f"userinfo.status_{status}"


@pytest.mark.parametrize("content_type", ["application/jwt", "application/json"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_provider_that_cannot_answer_is_unavailable(status, content_type):
    with pytest.raises(ProviderUnavailable) as refused:
        claims_of(b"", status=status, content_type=content_type)

    assert refused.value.code == f"provider_unavailable.status_{status}"


@pytest.mark.parametrize("body", [b"\xff", "é.é.é".encode()], ids=["no UTF-8", "UTF-8"])
def test_a_signed_answer_beyond_ascii_is_refused(body):
    with pytest.raises(UserInfoError) as refused:
        claims_of(body, content_type="application/jwt", find=refusing)

    assert refused.value.code == "userinfo.framing"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"[]", 200, "userinfo.json", id="a list"),
        pytest.param(b"<html>", 200, "userinfo.json", id="HTML"),
        pytest.param(b"", 401, "userinfo.status_401", id="401"),
        pytest.param(b"", 302, "userinfo.status_302", id="a redirect"),
    ],
)
def test_an_unsigned_answer_that_is_none_is_refused(body, status, code):
    with pytest.raises(UserInfoError) as refused:
        claims_of(body, status=status)

    assert refused.value.code == code


def test_a_refusal_in_words_is_told():
    with pytest.raises(OAuthError) as refused:
        claims_of(b'{"error":"invalid_token"}', status=401)

    assert refused.value.code == "oauth.invalid_token"


@pytest.mark.parametrize(
    ("status", "challenge", "said"),
    [
        pytest.param(
            401,
            'Bearer realm="a", error="invalid_token"',
            "It says: invalid_token. The access token has ended, or is of a kind that userinfo does"
            " not accept, as Keycloak's lightweight ones are.",
            id="Keycloak 26.7.3, a lightweight access token",
        ),
        pytest.param(
            403,
            'Bearer error="insufficient_scope", error_description="Missing openid scope."',
            "It says: insufficient_scope: Missing openid scope. The access token may not read"
            " userinfo. Name openid in SCOPE, which Keycloak demands.",
            id="Keycloak 26.7.3, without openid",
        ),
        pytest.param(
            401,
            "",
            "where 200 is due. The access token has ended, or is of a kind that userinfo does not"
            " accept, as Keycloak's lightweight ones are.",
            id="without a word",
        ),
        pytest.param(
            404,
            "",
            "where 200 is due. Compare the endpoint address, or set it in ENDPOINTS.",
            id="another status",
        ),
    ],
)
def test_a_refusal_is_explained_by_its_challenge(status, challenge, said):
    response = HttpResponse(status=status, headers={"www-authenticate": challenge})

    with pytest.raises(UserInfoError) as refused:
        parsed(response)

    assert refused.value.code == f"userinfo.status_{status}"
    assert str(refused.value).endswith(said)


def test_lemonldap_signs_userinfo_with_another_algorithm_than_the_id_token():
    """2.16.1: HS256 beside RS256."""
    key = signing_key("HS256")

    claims = claims_of(
        signed(CLAIMS, key=key),
        content_type="application/jwt",
        algorithm="HS256",
        find=always(verifying_key(key)),
    )

    assert claims == CLAIMS
