"""Whatever a provider or a browser says is read or refused, and a refusal repeats none of it."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from django_genauth.protocol.authorization import AuthorizationRequest, parse, unique_parameters
from django_genauth.protocol.discovery import ENDPOINTS, is_safe_url, parse_metadata
from django_genauth.protocol.error_codes import registered
from django_genauth.protocol.errors import GenAuthError, KeySetError, OAuthError
from django_genauth.protocol.genauth import check_status, hosted_logout_url
from django_genauth.protocol.jwks import parse_key_set, secret_key
from django_genauth.protocol.logout import end_session_url
from django_genauth.protocol.messages import HttpResponse, encode_form, read_json_object
from django_genauth.protocol.pkce import challenge_s256
from django_genauth.protocol.tokens import parse_token_set
from django_genauth.protocol.userinfo import parse_userinfo
from tests.protocol.material import (
    ALGORITHMS,
    CLIENT_ID,
    ISSUER,
    NOW,
    all_that_a_refusal_shows,
    all_that_shows,
    key_set,
    refusing,
    signing_key,
)
from tests.protocol.strategies import (
    HIDDEN,
    as_json,
    bodies,
    changes,
    hostile,
    parameters,
    texts,
    values,
)

METADATA = {"issuer": ISSUER} | {name: f"{ISSUER}/{name}" for name in ENDPOINTS}
TOKENS = {"access_token": f"{HIDDEN}-a", "token_type": "Bearer", "id_token": f"{HIDDEN}-i"}
PUBLIC = [signing_key(algorithm).public_jwk for algorithm in ("RS256", "ES256", "ES512", "EdDSA")]
KEY_MEMBERS = ["kty", "n", "e", "crv", "x", "y", "use", "key_ops", "alg", "kid", "k", "d", "x5c"]
KEYS = st.sampled_from([*PUBLIC, {}])
STATUSES = st.sampled_from([200, 200, 200, 204, 302, 400, 401, 429, 500, 503])


def metadata_of(text):
    return parse_metadata(
        text, issuer=ISSUER, overrides={}, required=("jwks_uri",), insecure_hosts=()
    )


def token_set_of(text, status=200):
    response = HttpResponse(status=status, body=text)
    return parse_token_set(response, now=NOW, id_token_required=True)


def userinfo_of(text, status=200, content_type="application/json"):
    return parse_userinfo(
        HttpResponse(status=status, headers={"content-type": content_type}, body=text),
        issuer=ISSUER,
        client_id=CLIENT_ID,
        algorithm="RS256",
        find_key=refusing,
        now=NOW,
        leeway=30,
    )


@hostile
@given(bodies)
def test_any_octets_for_json(octets):
    shown = all_that_a_refusal_shows(lambda: read_json_object(octets, error=KeySetError))

    assert HIDDEN not in shown


@hostile
@given(bodies, STATUSES)
def test_any_octets_for_a_token_response(octets, status):
    shown = all_that_a_refusal_shows(lambda: token_set_of(octets, status))

    assert HIDDEN not in shown


@hostile
@given(changes([*TOKENS, "expires_in", "refresh_token", "error", "code", "message"]), STATUSES)
def test_any_members_of_a_token_response(changed, status):
    shown = all_that_a_refusal_shows(lambda: token_set_of(as_json(TOKENS | changed), status))

    assert HIDDEN not in shown


@hostile
@given(changes(["expires_in", "refresh_token", "another_token"]))
def test_a_token_set_shows_no_token_whatever_stands_beside_it(changed):
    shown = all_that_shows(lambda: token_set_of(as_json(TOKENS | changed)))

    assert HIDDEN not in shown


@hostile
@given(bodies, STATUSES, st.sampled_from(["application/json", "application/jwt", "text/html"]))
def test_any_octets_for_userinfo(octets, status, content_type):
    shown = all_that_a_refusal_shows(lambda: userinfo_of(octets, status, content_type))

    assert HIDDEN not in shown


@hostile
@given(bodies)
def test_any_octets_for_a_configuration(octets):
    with pytest.raises(GenAuthError) as refused:
        metadata_of(octets)

    assert HIDDEN not in all_that_shows(lambda: refused.value)


@hostile
@given(changes(METADATA))
def test_any_members_of_a_configuration(changed):
    shown = all_that_a_refusal_shows(lambda: metadata_of(as_json(METADATA | changed)))

    assert HIDDEN not in shown


@hostile
@given(texts | values, st.booleans())
def test_any_value_for_an_address(url, allow_insecure_http):
    assert is_safe_url(url, allow_insecure_http=allow_insecure_http) in (True, False)


@hostile
@given(bodies)
def test_any_octets_for_a_key_set(octets):
    shown = all_that_a_refusal_shows(lambda: parse_key_set(octets))

    assert HIDDEN not in shown


@hostile
@given(st.lists(st.builds(dict.__or__, KEYS, changes(KEY_MEMBERS)), max_size=3))
@example([{}])
@example([PUBLIC[0] | {"x": "AA"}])
def test_any_members_of_keys(members):
    keys = parse_key_set(
        as_json({"keys": members}).replace(b"NaN", b"0").replace(b"Infinity", b"0")
    )

    assert len(keys.keys) <= len(members)


@hostile
@given(st.lists(st.sampled_from(PUBLIC)), st.sampled_from(ALGORITHMS), st.none() | texts)
def test_any_key_that_is_asked_for(members, algorithm, kid):
    shown = all_that_shows(lambda: type(key_set(*members).find(algorithm, kid)))

    assert shown == repr(JWK) or shown == repr(type(None)) or "jwks.ambiguous" in shown


@hostile
@given(parameters, st.booleans())
def test_any_authorization_response(response, iss_required):
    with pytest.raises(GenAuthError) as refused:
        parse(response, expected_state="the state", issuer=ISSUER, iss_required=iss_required)

    assert refused.value.code == "authorization_response.state"


@hostile
@given(
    st.dictionaries(
        st.sampled_from(["code", "iss", "error", "error_description", "id_token"]) | texts, texts
    )
)
def test_any_authorization_response_of_our_state(response):
    shown = all_that_shows(
        lambda: parse(
            response | {"state": "the state"},
            expected_state="the state",
            issuer=ISSUER,
            iss_required=False,
        )
    )

    assert HIDDEN not in shown


@hostile
@given(st.lists(st.tuples(texts, texts)))
def test_any_parameters_are_read_once_or_refused(pairs):
    shown = all_that_a_refusal_shows(lambda: unique_parameters(pairs))

    assert ("repeated" in shown) is (len(dict(pairs)) != len(pairs))
    assert HIDDEN not in shown


@hostile
@given(values)
def test_any_error_is_one_of_the_specifications_or_unregistered(error):
    assert registered(error) == "unregistered"
    assert HIDDEN not in all_that_shows(lambda: OAuthError("A sentence.", error=error))


@hostile
@given(texts, st.sampled_from([200, 429, 503]))
def test_any_time_that_a_provider_names(text, status):
    response = HttpResponse(status=status, headers={"retry-after": text}, body=b"{}")

    shown = all_that_a_refusal_shows(lambda: check_status(response))

    assert HIDDEN not in shown


@hostile
@given(st.lists(st.tuples(st.text(), st.text())))
def test_a_form_is_read_as_it_was_written(pairs):
    form = encode_form(pairs)

    assert form.isascii()
    assert parse_qsl(form, keep_blank_values=True) == pairs


@hostile
@given(texts, texts, texts)
def test_any_text_in_an_address(one, two, three):
    request = AuthorizationRequest(
        authorization_endpoint="https://a.example/",
        client_id=one,
        redirect_uri=two,
        scope=three,
        state="s",
    )

    shown = [
        all_that_a_refusal_shows(request.url),
        all_that_a_refusal_shows(lambda: hosted_logout_url("https://a.example", redirect_uri=one)),
        all_that_a_refusal_shows(
            lambda: end_session_url(
                "https://a.example/",
                client_id=one,
                id_token_hint=two,
                post_logout_redirect_uri=three,
            )
        ),
    ]

    assert HIDDEN not in "".join(shown)


@hostile
@given(texts)
def test_any_code_verifier(text):
    shown = all_that_a_refusal_shows(lambda: challenge_s256(text))

    assert HIDDEN not in shown


@hostile
@given(texts, st.sampled_from(["HS256", "HS384", "HS512"]))
def test_any_client_secret(text, algorithm):
    secret = f"{HIDDEN}{text}"

    shown = all_that_a_refusal_shows(lambda: secret_key(secret * 9, algorithm))

    assert HIDDEN not in shown
