"""What a sign-in shows that a person takes part in, at providers with one thing wrong each."""

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model

from django_genauth.conf import App, get_client
from django_genauth.doctor.sign_in import begin_trial, examine_login
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import DiscoveryError
from tests.support.clients import REDIRECT_URI, a_client
from tests.support.provider.keys import signing_key
from tests.support.provider.scripted import ScriptedProvider

CLAIMS = {"email": "ada@example.org", "given_name": "Ada", "roles": []}
CAME = [
    "Claims that came: email, email_verified, gender, given_name, phone_number_verified, roles,"
    " updated_at.",
    "Claims that came as null: address.country, address.formatted, address.postal_code,"
    " address.region, birthdate, family_name, locale, name, nickname, phone_number, picture,"
    " preferred_username.",
    'Made of email: email = "ada@example.org".',
    'Made of given_name: first_name = "Ada".',
]
CLOCKS = "The two clocks agree, by the ID token's iat."
PAGE = "https://django-genauth.readthedocs.io/en/stable/reference/errors.html"
OFFLINE = "openid offline_access"


def examined(
    provider, *, client=None, claims=CLAIMS, change=lambda url: url, settings=None, **response
):
    """Let a person sign in, and judge the address that the browser ends at."""
    client = client or a_client(provider)
    trial = begin_trial(client, redirect_uri=REDIRECT_URI)
    address = provider.authorize(trial.url, claims=claims, **response)
    app = App(alias="default", client=client, **(settings or {}))
    return examine_login(app, trial, change(address))


def codes(examination):
    return [finding.code for finding in examination.findings]


def test_a_good_sign_in_is_told_with_what_would_be_made_of_it(provider):
    examination = examined(provider)

    assert codes(examination) == []
    assert examination.good == [
        "A person signed in: the ID token, signed with RS256, names a subject.",
        *CAME,
        CLOCKS,
    ]


@pytest.mark.parametrize("alg", ["HS256", "ES256", "PS256"])
def test_the_algorithm_is_told(alg):
    with ScriptedProvider(alg=alg) as provider:
        assert f"signed with {alg}," in examined(provider).good[0]


@pytest.fixture
def oauth():
    """Run a provider of OAuth 2.0, which issues no ID tokens."""
    with ScriptedProvider(protocol="oauth") as running:
        yield running


def test_over_oauth_userinfo_says_who_it_is(oauth):
    examination = examined(oauth, client=a_client(oauth, protocol="oauth"))

    assert examination.findings == []
    assert examination.good == ["A person signed in: userinfo names a subject.", *CAME]


def test_over_oauth_an_id_token_is_neither_asked_for_nor_looked_at(oauth):
    signed_otherwise = "eyJhbGciOiJFUzI1NiJ9.e30.x"
    oauth.lie("token", edit=lambda answer: answer | {"id_token": signed_otherwise})
    client = a_client(oauth, protocol="oauth")

    examination = examined(oauth, client=client)

    assert "nonce=" not in begin_trial(client, redirect_uri=REDIRECT_URI).url
    assert examination.findings == []


def test_a_sign_in_begins_as_a_login_does(provider):
    client = a_client(
        provider, authorize_params={"ui_locales": "de", "acr_values": "2"}, scope=OFFLINE
    )

    trial = begin_trial(client, redirect_uri=REDIRECT_URI)

    asked = parse_qs(urlsplit(trial.url).query)
    assert asked["redirect_uri"] == [REDIRECT_URI]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert (asked["ui_locales"], asked["scope"], asked["prompt"]) == (
        ["de"],
        [OFFLINE],
        ["consent"],
    )
    assert "response_mode" not in asked


def test_each_sign_in_has_a_state_a_nonce_and_a_verifier_of_its_own_and_shows_none(provider):
    client = a_client(provider)

    first, second = (begin_trial(client, redirect_uri=REDIRECT_URI) for _ in range(2))

    assert first.state != second.state
    assert first.nonce != second.nonce
    assert first.code_verifier != second.code_verifier
    assert repr(first) == f"TrialLogin(redirect_uri='{REDIRECT_URI}')"
    assert first.code_verifier not in first.url


def test_without_the_provider_s_configuration_nothing_begins(provider):
    provider.lie("discovery", status=404)

    with pytest.raises(DiscoveryError):
        begin_trial(a_client(provider), redirect_uri=REDIRECT_URI)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"response_mode": "form_post"}, id="form-post"),
        pytest.param({"response_mode": "fragment"}, id="fragment"),
        pytest.param({"response_type": "code id_token"}, id="hybrid"),
        pytest.param({"response_type": "id_token"}, id="id-token-alone"),
    ],
)
def test_whatever_logins_do_a_code_in_the_address_is_tried_and_the_report_says_so(
    provider, changes
):
    examination = examined(provider, client=a_client(provider, **changes))

    assert codes(examination) == []
    assert examination.good[0] == (
        "The sign-in was tried with a code in the address, and not with RESPONSE_TYPE and"
        " RESPONSE_MODE."
    )
    assert examination.good[1].startswith("A person signed in")


def test_where_logins_do_the_same_nothing_is_said_of_it(provider):
    examination = examined(provider, client=a_client(provider, response_mode="query"))

    assert examination.good[0].startswith("A person signed in")


@pytest.mark.parametrize(
    ("settings", "signed_with"),
    [
        pytest.param({"id_token_signed_response_alg": "HS256"}, "RS256", id="hs256-for-rs256"),
        pytest.param({"id_token_signed_response_alg": "ES256"}, "RS256", id="es256-for-rs256"),
    ],
)
def test_another_algorithm_is_named_with_the_line_to_type(provider, settings, signed_with):
    examination = examined(provider, client=a_client(provider, **settings))

    (finding,) = examination.findings
    pinned = settings["id_token_signed_response_alg"]
    assert finding.code == "id_token.alg"
    assert finding.what == (
        f"The ID token is signed with {signed_with}, and ID_TOKEN_SIGNED_RESPONSE_ALG is {pinned}."
    )
    assert finding.remedy == (
        f'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "{signed_with}", or choose {pinned} for the app in'
        " GenAuth's console."
    )
    assert examination.good == []


@pytest.mark.parametrize("alg", ["none", "HS1", "\x1b[31m", 5, None])
def test_an_algorithm_that_nobody_knows_is_not_named(provider, alg):
    provider.forge("id_token", header_edit=lambda header: header | {"alg": alg})

    (finding,) = examined(provider).findings

    assert finding.code == "id_token.alg"
    assert finding.remedy == f"{PAGE} has more."


def forged(**claims):
    """Return how a provider writes ID tokens with other claims; None leaves one out."""

    def edit(honest):
        left_out = {name for name, value in claims.items() if value is None}
        return {name: value for name, value in (honest | claims).items() if name not in left_out}

    return {"claims_edit": edit}


NOW = int(time.time())


@pytest.mark.parametrize(
    ("forgery", "code", "remedy"),
    [
        pytest.param(
            {"sign_with": replace(signing_key("RS256", 9))},
            "id_token.key_unknown",
            PAGE,
            id="a-key-that-is-not-published",
        ),
        pytest.param({"sign_with": "nobody"}, "id_token.signature", "APP_SECRET", id="signature"),
        pytest.param(
            forged(iss="https://b.example"),
            "id_token.iss",
            PAGE,
            id="issuer",
        ),
        pytest.param(forged(aud="another"), "id_token.aud", PAGE, id="audience"),
        pytest.param(forged(exp=NOW - 3600), "id_token.exp", "NTP", id="expired"),
        pytest.param(forged(iat=NOW + 3600), "id_token.iat", "LEEWAY", id="issued-in-the-future"),
        pytest.param(forged(iat=NOW - 3600), "id_token.iat", "NTP", id="issued-long-ago"),
        pytest.param(forged(nbf=NOW + 3600), "id_token.nbf", "NTP", id="not-valid-yet"),
        pytest.param(forged(nonce=None), "id_token.nonce", PAGE, id="no-nonce"),
        pytest.param(forged(at_hash="x"), "id_token.at_hash", PAGE, id="at-hash"),
        pytest.param(
            {"token_edit": lambda token: "x"},
            "id_token.framing",
            PAGE,
            id="no-token",
        ),
    ],
)
def test_an_id_token_that_a_login_would_refuse_is_found(provider, forgery, code, remedy):
    provider.forge("id_token", **forgery)

    examination = examined(provider)

    assert codes(examination) == [code]
    assert remedy in examination.findings[0].remedy
    assert examination.good == []


def test_a_secret_that_is_not_the_one_that_signs_is_found():
    with ScriptedProvider(alg="HS256") as provider:
        client = a_client(provider, secret="x" * 64, token_endpoint_auth_method="none")
        provider.auth_methods["token"] = "none"

        examination = examined(provider, client=client)

        assert codes(examination) == ["id_token.signature"]
        assert examination.findings[0].remedy == (
            "With HS256 copy APP_SECRET anew from GenAuth's console. A provider that signs with a"
            " key of its own, as Keycloak does, needs RS256 there and in"
            " ID_TOKEN_SIGNED_RESPONSE_ALG."
        )


@pytest.mark.parametrize(
    ("parameters", "claims", "code"),
    [
        pytest.param({"max_age": 60}, {"auth_time": NOW - 7200}, "id_token.auth_time", id="age"),
        pytest.param({"acr_values": "gold"}, {"acr": "tin"}, "id_token.acr", id="acr"),
    ],
)
def test_what_authorize_params_ask_for_has_to_hold(provider, parameters, claims, code):
    provider.forge("id_token", **forged(**claims))

    examination = examined(provider, client=a_client(provider, authorize_params=parameters))

    assert codes(examination) == [code]
    assert "AUTHORIZE_PARAMS" in examination.findings[0].remedy


@pytest.mark.parametrize(
    ("response", "code", "remedy"),
    [
        pytest.param(
            {"error": "access_denied", "code": None}, "access_denied", "Allow", id="declined"
        ),
        pytest.param(
            {"error": "unauthorized_client", "code": None},
            "authorization_response.error_unauthorized_client",
            PAGE,
            id="the-app-is-refused",
        ),
        pytest.param(
            {"state": "of-another-run"}, "authorization_response.state", "run", id="state"
        ),
        pytest.param({"code": ["a", "b"]}, "authorization_response.repeated", "errors", id="twice"),
        pytest.param({"code": "x" * 32}, "oauth.invalid_grant", "once", id="a-code-of-nobody"),
    ],
)
def test_an_answer_that_a_login_would_refuse_is_found(provider, response, code, remedy):
    examination = examined(provider, **response)

    assert codes(examination) == [code]
    assert remedy in examination.findings[0].remedy


def test_an_answer_that_is_refused_leaves_the_code_unused(provider):
    examined(provider, state="of-another-run")

    assert provider.requests_to("token") == []


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://site.example/profile/", id="a-page-of-the-site"),
        pytest.param("https://login.example/error?id=5", id="a-page-of-the-provider"),
        pytest.param("hello", id="no-address"),
        pytest.param("http://[?code=1", id="nothing-that-can-be-read"),
    ],
)
def test_an_address_without_an_answer_is_told_apart(provider, address):
    examination = examined(provider, change=lambda url: address)

    (finding,) = examination.findings
    assert finding.code == "login.unanswered"
    assert finding.remedy == (
        "Use a private window: the site sends on who is signed in there. If the provider shows an"
        " error, compare APP_ID and the redirect URI with GenAuth's console."
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("https://", "http://", id="http"),
        pytest.param("site.example", "www.site.example", id="another-host"),
        pytest.param("site.example", "site.example:8443", id="another-port"),
        pytest.param("/callback/", "/de/callback/", id="another-path"),
    ],
)
def test_a_browser_that_ends_elsewhere_is_found_and_the_answer_is_judged_too(
    provider, before, after
):
    examination = examined(provider, change=lambda url: url.replace(before, after))

    (finding,) = examination.findings
    there = REDIRECT_URI.replace(before, after)
    assert finding.code == "login.elsewhere"
    assert finding.what == (
        f"The browser was to come back to {REDIRECT_URI}, and ended at {there}."
    )
    assert examination.good[1:] == [*CAME, CLOCKS]


def test_an_address_that_cannot_be_shown_is_not(provider):
    examination = examined(provider, change=lambda url: url.replace("site.example", "\x07.example"))

    assert examination.findings[0].what.endswith("and ended at another address.")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda url: url.replace("site.example", "SITE.example"), id="capitals"),
        pytest.param(lambda url: url.replace("site.example", "site.example:443"), id="port"),
    ],
)
def test_the_same_address_in_other_letters_is_the_same(provider, change):
    assert codes(examined(provider, change=change)) == []


@pytest.mark.parametrize(
    ("redirect_uri", "shown"),
    [
        pytest.param(
            f"{REDIRECT_URI}?from=genauth", f"{REDIRECT_URI}?from=genauth&", id="with-a-query"
        ),
        pytest.param("https://site.example", "https://site.example/?", id="without-a-path"),
        pytest.param("http://site.example:80/", "http://site.example/?", id="the-usual-port"),
    ],
)
def test_a_redirect_uri_that_browsers_write_in_another_way_is_the_same(
    provider, redirect_uri, shown
):
    client = a_client(provider)
    trial = begin_trial(client, redirect_uri=redirect_uri)
    answer = provider.authorize(trial.url, claims=CLAIMS).removeprefix(redirect_uri)

    app = App(alias="default", client=client)
    assert codes(examine_login(app, trial, f"{shown}{answer[1:]}")) == []


@pytest.mark.parametrize(
    ("settings", "left_out", "what"),
    [
        pytest.param(
            {},
            ["given_name", "family_name"],
            "The provider did not send given_name, family_name, which USER_FIELDS wants.",
            id="user-fields",
        ),
        pytest.param(
            {"groups_claim": "groups"},
            [],
            "The provider did not send groups, which GROUPS_CLAIM wants.",
            id="groups",
        ),
        pytest.param(
            {"link_verified_email": True},
            ["email_verified"],
            "The provider did not send email_verified, which LINK_VERIFIED_EMAIL wants.",
            id="verified-email",
        ),
    ],
)
def test_a_claim_that_a_setting_wants_and_that_did_not_come_is_found(
    provider, settings, left_out, what
):
    provider.forge("id_token", **forged(**dict.fromkeys(left_out)))

    (finding,) = examined(provider, settings=settings).findings

    assert finding.what == what
    assert finding.code == f"claims.{what.split()[-2].lower()}"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({}, ', set "USERINFO": True, as some', id="userinfo-was-not-asked"),
        pytest.param({"userinfo": True}, "to SCOPE, or change USER_FIELDS.", id="userinfo-too"),
    ],
)
def test_where_a_claim_may_be_is_told(provider, changes, where):
    settings = {"user_fields": {"first_name": "nowhere"}}

    (finding,) = examined(
        provider, settings=settings, client=a_client(provider, **changes)
    ).findings

    assert where in finding.remedy


def test_over_oauth_userinfo_was_asked_already(oauth):
    settings = {"user_fields": {"first_name": "nowhere"}}

    (finding,) = examined(
        oauth, settings=settings, client=a_client(oauth, protocol="oauth")
    ).findings

    assert "USERINFO" not in finding.remedy


def test_claims_of_userinfo_count_where_a_login_asks_for_them(provider):
    provider.forge("id_token", **forged(email=None, given_name=None, family_name=None))

    examination = examined(provider, client=a_client(provider, userinfo=True))

    assert codes(examination) == []
    assert "email" in examination.good[1]


def test_userinfo_of_somebody_else_is_found(provider):
    provider.lie("userinfo", edit=lambda claims: claims | {"sub": "somebody-else"})

    examination = examined(provider, client=a_client(provider, userinfo=True))

    assert codes(examination) == ["userinfo.sub"]


@pytest.mark.parametrize("name", ["\x1b[31m", "x" * 256, "姓名"])
def test_a_name_that_a_terminal_cannot_show_is_left_out(provider, name):
    examination = examined(provider, claims=CLAIMS | {name: "x"})

    assert name not in examination.good[1]


def test_a_refresh_token_is_looked_for_where_scope_asks_for_one(provider):
    examination = examined(provider, client=a_client(provider, scope=OFFLINE))

    assert examination.good[-2] == "A refresh token came."


def test_a_refresh_token_that_does_not_come_is_found(provider):
    client = a_client(provider, scope=OFFLINE, authorize_params={"prompt": "login"})

    (finding,) = examined(provider, client=client).findings

    assert finding.code == "refresh_token"
    assert finding.remedy == (
        "Let the app use refresh tokens in GenAuth's console. A prompt in AUTHORIZE_PARAMS has to"
        " hold consent."
    )


def test_a_provider_that_goes_away_could_not_be_asked(provider):
    provider.lie("token", status=503)

    examination = examined(provider)

    assert examination.findings == []
    assert examination.could_not_ask.code == "provider_unavailable.status_503"


def tokens_revoked(provider):
    return [request.form["token"] for request in provider.requests_to("revocation")]


def test_the_tokens_end_with_the_examination(provider):
    client = a_client(provider, scope=OFFLINE)

    examined(provider, client=client)

    states = [client.introspect_token(token)["active"] for token in tokens_revoked(provider)]
    assert states == [False, False]


def test_tokens_beside_an_id_token_that_is_refused_end_too(provider):
    provider.forge("id_token", sign_with="nobody")

    examined(provider)

    assert len(tokens_revoked(provider)) == 1


@pytest.mark.parametrize("status", [400, 503])
def test_a_revocation_that_fails_is_no_finding(provider, status):
    provider.lie("revocation", status=status)

    examination = examined(provider)

    assert (codes(examination), examination.could_not_ask) == ([], None)


@pytest.mark.django_db
@pytest.mark.parametrize("mode", [None, "query", "fragment", "form_post"])
def test_the_site_s_own_page_refuses_the_answer_and_leaves_it_to_be_judged(
    provider, app, client, mode
):
    app["RESPONSE_MODE"] = mode
    ours = get_client()
    trial = begin_trial(ours, redirect_uri="http://testserver/genauth/callback/")
    address = provider.authorize(trial.url, claims=CLAIMS)

    page = client.get(address)

    # No redirect and no script: the address stays where the person finds it.
    assert page.status_code == 400
    assert b"<script" not in page.content
    assert provider.requests_to("token") == []
    assert codes(examine_login(App(alias="default", client=ours), trial, address)) == []


@pytest.mark.django_db
def test_nobody_is_signed_in_and_nothing_is_kept(provider, django_assert_num_queries):
    with django_assert_num_queries(0):
        examined(provider, client=a_client(provider, scope=OFFLINE))

    assert not get_user_model().objects.exists()
    assert not Identity.objects.exists()
    assert not Grant.objects.exists()


def test_what_stands_behind_the_hash_is_no_answer_as_no_site_sees_it(provider):
    examination = examined(provider, change=lambda url: url.replace("?", "#"))

    assert codes(examination) == ["login.unanswered"]
    assert examination.good == []


def test_where_the_browser_ended_is_told_without_what_else_the_address_holds(provider):
    examination = examined(
        provider, change=lambda url: f"https://a.example/?access_token=x&{url.partition('?')[2]}"
    )

    assert examination.findings[0].what.endswith(" and ended at https://a.example/.")


def test_a_public_client_is_not_told_to_set_an_algorithm_that_needs_a_secret():
    with ScriptedProvider(client_secret=None) as provider:
        provider.lie(
            "token", edit=lambda answer: answer | {"id_token": "eyJhbGciOiJIUzI1NiJ9.e30.x"}
        )

        (finding,) = examined(provider, client=a_client(provider, secret=None)).findings

    assert finding.remedy == "Choose RS256 for the app in GenAuth's console."


def keycloak(provider, **changes):
    """Make a client of a provider that is not GenAuth."""
    changes = {"app_host": "https://id.example", "issuer": provider.issuer} | changes
    return a_client(provider, **changes)


def test_another_provider_than_genauth_has_a_console_of_its_own(provider):
    client = keycloak(provider, id_token_signed_response_alg="ES256")

    (finding,) = examined(provider, client=client).findings

    assert finding.remedy.endswith("choose ES256 for the app in the provider's console.")


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        pytest.param(
            a_client,
            "Name offline_access in SCOPE. Let the app use refresh tokens in GenAuth's console. A"
            " prompt in AUTHORIZE_PARAMS has to hold consent.",
            id="GenAuth",
        ),
        pytest.param(
            keycloak, "Let the app use refresh tokens in the provider's console.", id="another"
        ),
    ],
)
def test_sessions_that_are_to_be_renewed_need_a_refresh_token(provider, make, remedy):
    settings = {"session_policy": "refresh"}

    (finding,) = examined(provider, client=make(provider), settings=settings).findings

    assert finding.what == "No refresh token came, though SESSION_POLICY is refresh."
    assert finding.remedy == remedy


def test_what_a_provider_says_of_a_refusal_is_quoted(provider):
    examination = examined(
        provider, error="invalid_scope", error_description="Bad\nscope", code=None
    )

    assert examination.findings[0].what.endswith(' It says: "Bad scope".')


def test_what_a_provider_demands_is_named(provider):
    said = "DPoP proof is missing"
    provider.lie(
        "token",
        status=400,
        edit=lambda it: {"error": "invalid_request", "error_description": said},
    )

    assert codes(examined(provider)) == ["demand.dpop"]


def test_a_token_that_was_issued_some_time_ago_is_noted(provider):
    provider.forge("id_token", claims_edit=lambda it: it | {"iat": it["iat"] - 200})

    examination = examined(provider)

    assert codes(examination) == []
    assert examination.notes[0].startswith("The ID token says that it was issued 20")


def test_userinfo_that_is_signed_in_another_way_is_named_with_the_line_to_type(provider):
    provider.userinfo_signed = True
    client = a_client(provider, userinfo=True, userinfo_signed_response_alg="ES256")

    (finding,) = examined(provider, client=client).findings

    assert finding.code == "userinfo.alg"
    assert 'Set "USERINFO_SIGNED_RESPONSE_ALG": "RS256"' in finding.remedy


def test_userinfo_that_is_signed_as_the_settings_say_is_good(provider):
    provider.userinfo_signed = True

    assert codes(examined(provider, client=a_client(provider, userinfo=True))) == []
