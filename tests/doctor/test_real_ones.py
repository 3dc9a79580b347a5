"""The doctor is silent at real providers that are set up right, and names what is wrong there."""

import json

import pytest

from django_genauth.doctor.provider import examine_provider
from tests.support.clients import REDIRECT_URI, a_client
from tests.support.provider.real_ones import (
    RealOne,
    glewlwyd,
    hydra,
    keycloak,
    lemonldap,
    redirect,
    spring,
    zitadel,
)
from tests.support.provider.server import Answer

SIGNED_OUT = "https://site.example/genauth/logout/"
DEFAULT_SCOPE = "openid profile email phone address"


def examined(real, *, redirect_uri=REDIRECT_URI, signed_out=SIGNED_OUT, **changes):
    """Examine a provider that is not GenAuth, whose issuer is set."""
    # The scripted provider's issuer is that of GenAuth, and a slash in the host makes it another.
    changes = {"app_host": "https://id.example", "issuer": real.provider.issuer} | changes
    return examine_provider(
        a_client(real.provider, **changes),
        redirect_uri=redirect_uri,
        post_logout_redirect_uri=signed_out,
    )


def codes(examination):
    return [finding.code for finding in examination.findings]


@pytest.mark.parametrize(
    ("play", "settings"),
    [
        pytest.param(keycloak, {}, id="Keycloak 26.7.3"),
        pytest.param(hydra, {"response_type": "code id_token"}, id="Ory Hydra 2.3.0"),
        pytest.param(spring, {}, id="Spring Authorization Server 7.1.2"),
        pytest.param(lemonldap, {}, id="LemonLDAP::NG 2.16.1"),
        pytest.param(glewlwyd, {"response_type": "code id_token"}, id="Glewlwyd 2.7.5"),
        pytest.param(
            zitadel,
            {
                "introspection_endpoint_auth_method": "client_secret_basic",
                "revocation_endpoint_auth_method": "client_secret_basic",
            },
            id="zitadel/oidc 3.52.0",
        ),
    ],
)
def test_a_provider_that_is_set_up_right_has_no_findings(play, settings):
    with play() as real:
        real.iss = {"iss": real.provider.issuer}

        examination = examined(real, scope=DEFAULT_SCOPE, **settings)

        assert (examination.findings, examination.could_not_ask) == ([], None)


@pytest.mark.parametrize("play", [keycloak, spring])
def test_a_public_client_that_is_set_up_right_has_no_findings(play):
    with play(client_secret=None) as real:
        real.iss = {"iss": real.provider.issuer}
        real.provider.lie("introspection", status=401, body=b'{"error": "invalid_client"}')

        examination = examined(real)

        assert codes(examination) == []
        assert "takes no public client (invalid_client)" in " ".join(examination.notes)


def test_what_is_not_announced_is_noted():
    with hydra() as real:
        examination = examined(real, scope=DEFAULT_SCOPE)

        assert examination.notes[0] == (
            "The provider does not announce profile, email, phone, address for SCOPE. It may know"
            " more than it announces: offline_access, offline, openid."
        )


def test_keycloak_sends_no_date():
    with keycloak() as real:
        real.provider.lie(
            "discovery",
            headers={"Date": "-"},
            edit=lambda it: it | {"authorization_endpoint": "https://id.example/auth"},
        )

        examination = examined(real, redirect_uri=None, signed_out=None)

        assert codes(examination) == []
        assert examination.notes[0].startswith("Could not compare the two clocks")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        pytest.param("unauthorized_client", 401, id="Keycloak"),
        pytest.param("unauthorized_client", 403, id="Glewlwyd"),
        pytest.param("invalid_client", 400, id="RFC 6749 5.2"),
    ],
)
def test_a_wrong_secret_is_named_once_with_the_providers_words(word, status):
    with keycloak() as real:
        real.iss = {"iss": real.provider.issuer}
        answer = {"error": word, "error_description": "Invalid client credentials"}
        for endpoint in ("token", "introspection"):
            real.provider.lie(endpoint, status=status, body=json.dumps(answer).encode())

        (finding,) = examined(real).findings

        assert finding.code == f"credentials.{word}"
        assert finding.what.endswith(f'({word}). It says: "Invalid client credentials".')
        assert finding.remedy.startswith("Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH")
        assert "in the provider's console" in finding.remedy


def test_glewlwyd_says_of_a_wrong_redirect_uri_what_it_says_of_a_wrong_secret():
    with glewlwyd() as real:
        real.provider.lie("token", status=403, body=b'{"error":"unauthorized_client"}')
        elsewhere = "https://www.site.example/callback/"

        assert codes(examined(real, redirect_uri=elsewhere)) == ["redirect_uri"]


def test_a_wrong_secret_beside_a_wrong_redirect_uri_is_named_too():
    with glewlwyd() as real:
        for endpoint in ("token", "introspection"):
            real.provider.lie(endpoint, status=403, body=b'{"error":"unauthorized_client"}')
        elsewhere = "https://www.site.example/callback/"

        found = codes(examined(real, redirect_uri=elsewhere))

        assert "credentials.unauthorized_client" in found


def test_an_app_that_is_refused_for_another_reason_than_its_secret_is_named():
    with glewlwyd() as real:
        real.provider.lie("token", status=403, body=b'{"error":"unauthorized_client"}')

        (finding,) = examined(real, redirect_uri=None, signed_out=None).findings

        assert finding.code == "credentials.unauthorized_client"


def test_an_app_that_nobody_knows_is_not_asked_for_the_way_after_signing_out():
    with keycloak() as real:
        real.provider.lie("token", status=401, body=b'{"error": "invalid_client"}')
        real.sign_in = real.sign_out = lambda asked: Answer(status=400)

        assert codes(examined(real)) == ["credentials.invalid_client", "redirect_uri"]


def test_a_refusal_without_json_is_about_the_credentials_if_its_status_is_401():
    with RealOne(announced={}) as real:
        real.provider.lie("token", status=401, body=b"no client credentials provided")

        (finding,) = examined(real).findings

        assert (finding.code, "(status 401)" in finding.what) == ("credentials.status_401", True)


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_without_a_word_is_about_the_code(status):
    with RealOne(announced={}) as real:
        real.provider.lie("token", status=status, body=b"")

        examination = examined(real)

        assert codes(examination) == []
        assert "The token endpoint refuses a code that nobody has, and not the app." in (
            examination.good
        )


def test_an_address_without_a_token_endpoint_is_found():
    with RealOne(announced={}) as real:
        real.provider.lie("token", status=404, body=b"")

        (finding,) = examined(real).findings

        assert finding.code == "token_response.status_404"
        assert "Compare the endpoint address" in finding.what


def test_an_app_that_may_not_use_codes_is_found():
    with RealOne(announced={}) as real:
        real.provider.lie("token", status=400, body=b'{"error": "unsupported_grant_type"}')

        (finding,) = examined(real).findings

        assert finding.code == "credentials.unsupported_grant_type"
        assert "allow it the authorization code" in finding.remedy


@pytest.mark.parametrize(
    ("announced", "advice"),
    [
        pytest.param(
            ["client_secret_basic"],
            'announces client_secret_basic: set "TOKEN_ENDPOINT_AUTH_METHOD":'
            ' "client_secret_basic".',
            id="another",
        ),
        pytest.param(
            ["tls_client_auth", "none"],
            'announces tls_client_auth, none: set "TOKEN_ENDPOINT_AUTH_METHOD": "tls_client_auth".',
            id="a certificate",
        ),
        pytest.param(
            ["attest_jwt_client_auth", "none"],
            "announces attest_jwt_client_auth, none, not yet supported here",
            id="none of ours",
        ),
    ],
)
def test_where_the_app_is_refused_what_the_provider_announces_is_the_advice(announced, advice):
    methods = {"token_endpoint_auth_methods_supported": announced}
    with RealOne(announced=methods) as real:
        real.provider.lie("token", status=401, body=b'{"error": "invalid_client"}')

        (finding,) = examined(real).findings

        assert advice in finding.remedy


@pytest.mark.parametrize(
    ("taken", "method"),
    [
        pytest.param("client_secret_basic", "client_secret_post", id="in the header"),
        pytest.param("client_secret_post", "client_secret_basic", id="in the body"),
    ],
)
def test_a_secret_that_is_taken_in_another_way_is_no_wrong_secret(taken, method):
    with RealOne(announced={}) as real:
        real.provider.auth_methods["token"] = taken

        finding = examined(real, token_endpoint_auth_method=method).findings[0]

        assert finding.code == "credentials.invalid_client"
        assert finding.remedy == (
            f'It takes APP_SECRET: set "TOKEN_ENDPOINT_AUTH_METHOD": "{taken}".'
        )


def test_a_secret_of_a_public_client_is_to_be_left_out():
    with RealOne(announced={}, client_secret=None) as real:
        finding = examined(real, secret="a-secret-that-the-app-does-not-have-there").findings[0]

        assert finding.remedy.endswith("leave APP_SECRET and TOKEN_ENDPOINT_AUTH_METHOD out.")


@pytest.mark.parametrize(
    ("announced", "advice"),
    [
        pytest.param(
            {},
            'The token endpoint takes client_secret_post: set "INTROSPECTION_ENDPOINT_AUTH_METHOD":'
            ' "client_secret_post".',
            id="not announced",
        ),
        pytest.param(
            {"introspection_endpoint_auth_methods_supported": ["client_secret_basic"]},
            "Compare it, APP_ID and APP_SECRET with the app in the provider's console.",
            id="announced",
        ),
    ],
)
def test_an_endpoint_that_takes_another_way_than_the_token_endpoint(announced, advice):
    with RealOne(announced=announced) as real:
        (finding,) = examined(
            real, introspection_endpoint_auth_method="client_secret_basic"
        ).findings

        assert advice in finding.remedy


def test_a_secret_that_is_wrong_is_wrong_in_each_way():
    with RealOne(announced={}) as real:
        (finding,) = examined(real, secret="the-secret-of-another-app-of-that-provider").findings

        assert finding.remedy.startswith("Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH")


def test_a_secret_that_is_not_set_is_named():
    with RealOne(announced={}) as real:
        (finding,) = examined(real, secret=None).findings

        assert finding.code == "credentials.invalid_client"
        assert finding.remedy == (
            "Set APP_SECRET, or make the app a public client in the provider's console."
        )


def test_zitadel_looks_for_the_code_before_the_secret_and_the_secret_is_named_all_the_same():
    with zitadel() as real:
        real.provider.lie("token", status=400, body=b'{"error": "invalid_grant"}')
        for endpoint in ("introspection", "revocation"):
            real.provider.lie(endpoint, status=401, body=b'{"error": "invalid_client"}')

        findings = examined(
            real,
            introspection_endpoint_auth_method="client_secret_basic",
            revocation_endpoint_auth_method="client_secret_basic",
        ).findings

        assert [finding.code for finding in findings] == [
            "introspection.invalid_client",
            "revocation.invalid_client",
        ]
        assert "Compare it, APP_ID and APP_SECRET with the app" in findings[0].remedy


def test_a_public_client_that_is_refused_where_public_clients_are_announced_lacks_its_secret():
    announced = {"revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic"]}
    with RealOne(announced=announced, client_secret=None) as real:
        real.provider.lie("revocation", status=401, body=b'{"error": "invalid_client"}')

        (finding,) = examined(real).findings

        assert finding.code == "revocation.invalid_client"
        assert finding.remedy.startswith("Set APP_SECRET")


def test_zitadels_introspection_and_revocation_take_another_method():
    with zitadel() as real:
        findings = examined(real).findings

        assert [finding.code for finding in findings] == [
            "introspection.status_401",
            "revocation.status_401",
        ]
        assert 'set "INTROSPECTION_ENDPOINT_AUTH_METHOD": "client_secret_basic"' in (
            findings[0].remedy
        )


def test_an_app_that_may_not_introspect_is_told_so():
    with RealOne(announced={}) as real:
        answer = b'{"error": "invalid_request", "error_description": "Client not allowed."}'
        real.provider.lie("introspection", status=403, body=answer)

        (finding,) = examined(real).findings

        assert finding.what == (
            "The introspection endpoint refuses the app (invalid_request)."
            ' It says: "Client not allowed.".'
        )
        assert finding.remedy.endswith("that the app may use this endpoint.")


def test_keycloaks_refusal_to_revoke_what_is_no_token_is_none_of_the_app():
    with keycloak() as real:
        real.iss = {"iss": real.provider.issuer}
        real.provider.lie("revocation", status=200, body=b'{"error": "invalid_token"}')

        examination = examined(real)

        assert codes(examination) == []
        assert "The revocation endpoint takes the app." in examination.good


def test_an_endpoint_that_is_not_there_is_found():
    with RealOne(announced={}) as real:
        real.provider.lie("introspection", status=404)

        (finding,) = examined(real).findings

        assert finding.code == "introspection.status_404"
        assert "Compare the endpoint address" in finding.what


def test_an_endpoint_that_cannot_answer_is_no_finding_and_the_others_are_asked():
    with RealOne(announced={}) as real:
        real.provider.lie("introspection", status=503)

        examination = examined(real)

        assert examination.findings == []
        assert examination.could_not_ask is not None
        assert "The revocation endpoint takes the app." in examination.good


def test_without_discovery_no_path_of_genauths_is_asked_at_another_provider():
    with RealOne(announced={}) as real:
        addresses = real.provider.addresses
        by_hand = {"token_endpoint": addresses["token"], "jwks_uri": addresses["jwks"]}

        examination = examined(
            real, discovery=False, endpoints=by_hand, redirect_uri=None, signed_out=None
        )

        assert codes(examination) == []
        assert "introspection" not in real.provider.asked


def test_keycloak_signs_hs256_with_a_key_of_its_own():
    with RealOne(announced={}, alg="HS256") as real:
        token = "https://id.example/realms/a/protocol/openid-connect/token"
        real.announced = {"token_endpoint": token}

        examination = examined(real, response_type="id_token")

        assert codes(examination) == ["keys.not_the_secret"]
        assert 'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"' in examination.findings[0].remedy


def test_keycloaks_issuer_is_left_out_of_an_answer():
    with keycloak() as real:
        (finding,) = examined(real).findings

        assert finding.code == "authorization_response.iss_missing"
        assert "Exclude Issuer From Authentication Response: Off" in finding.remedy


def test_an_id_token_in_the_answer_names_the_issuer_as_well():
    with keycloak() as real:
        assert codes(examined(real, response_type="code id_token")) == []


@pytest.mark.parametrize(
    ("play", "words"),
    [
        pytest.param(keycloak, "(status 400)", id="Keycloak"),
        pytest.param(spring, "(status 400)", id="Spring"),
        pytest.param(hydra, "The 'redirect_uri' parameter does not match any.", id="Hydra"),
    ],
)
def test_a_redirect_uri_that_is_not_registered_is_found(play, words):
    with play() as real:
        (finding,) = examined(real, redirect_uri="https://www.site.example/callback/").findings

        assert finding.code == "redirect_uri"
        assert words in finding.what
        assert "Register that address for the app in the provider's console" in finding.remedy


@pytest.mark.parametrize(
    ("said", "code", "remedy"),
    [
        pytest.param(
            "Invalid parameter: redirect_uri",
            "redirect_uri",
            "Register that address",
            id="address",
        ),
        pytest.param(
            "Client not found.", "authorization.refused", "Compare APP_ID, and see in", id="app"
        ),
    ],
)
def test_what_keycloaks_page_says_is_quoted_and_decides_the_remedy(said, code, remedy):
    page = f'<div id="kc-error-message">\n  <p class="instruction">{said}</p></div>'
    with RealOne(announced={}) as real:
        real.sign_in = lambda asked: Answer(status=400, body=page.encode())

        (finding,) = examined(real).findings

        assert finding.what.endswith(f' It says: "{said}".')
        assert (finding.code, finding.remedy[: len(remedy)]) == (code, remedy)


def test_keycloaks_invalid_request_is_a_request_that_has_to_be_signed():
    page = b'<div id="kc-error-message">\n  <p class="instruction">Invalid Request</p></div>'
    with RealOne(announced={}) as real:
        real.sign_in = lambda asked: Answer(status=400, body=page)

        (finding,) = examined(real).findings

        assert finding.code == "demand.request_object"
        assert "Request object required: Not required" in finding.remedy


def test_a_demand_of_introspection_alone_is_named():
    with RealOne(announced={}) as real:
        answer = {"error": "invalid_request", "error_description": "DPoP proof is missing"}
        real.provider.lie("introspection", status=400, body=json.dumps(answer).encode())

        assert codes(examined(real)) == ["demand.dpop"]


def test_a_page_in_place_of_an_answer_is_noted():
    with RealOne(announced={}) as real:
        real.sign_in = lambda asked: Answer(body=b"<html>")

        examination = examined(real)

        assert codes(examination) == []
        assert f"not known whether it knows {REDIRECT_URI}" in examination.notes[0]


def test_a_login_page_is_no_answer_either():
    with spring() as real:
        real.sign_in = lambda asked: redirect("https://spring.example/login")

        examination = examined(real)

        assert codes(examination) == []
        assert f"not known whether it knows {REDIRECT_URI}" in examination.notes[-2]


def test_a_login_page_that_others_do_not_get_to_see_is_good():
    with spring() as real:
        examination = examined(real)

        assert "The provider knows the address that logins come back to." in examination.good


def test_the_page_is_asked_for_as_a_browser_does():
    with spring() as real:
        real.accepts = "text/html"

        assert codes(examined(real)) == []


def test_an_address_that_is_none_is_no_refusal():
    with RealOne(announced={}) as real:
        real.sign_in = lambda asked: redirect("http://[", error="x")

        assert codes(examined(real)) == []


def test_a_post_logout_redirect_uri_that_is_not_registered_is_found():
    with keycloak() as real:
        real.iss = {"iss": real.provider.issuer}

        (finding,) = examined(real, signed_out="https://www.site.example/bye/").findings

        assert finding.code == "post_logout_redirect_uri"
        assert "If people come by another host, name it by --site." in finding.remedy


def test_lemonldap_stays_at_its_page_where_it_does_not_know_the_way_back():
    with lemonldap() as real:
        (finding,) = examined(real, signed_out="https://www.site.example/bye/").findings

        assert finding.code == "post_logout_redirect_uri"


def test_lemonldap_leads_back_where_it_knows_the_way():
    with lemonldap() as real:
        assert "address that people come back to" in examined(real).good[-1]


def test_glewlwyd_takes_a_secret_in_another_way():
    with RealOne(announced={}) as real:
        real.provider.auth_methods["token"] = "client_secret_basic"
        real.provider.lie(
            "token",
            status=403,
            body=b'{"error":"invalid_code"}',
            when=lambda request: "client_secret" not in request.form,
        )

        finding = examined(real).findings[0]

        assert 'set "TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_basic"' in finding.remedy


def test_one_that_is_set_is_no_guess():
    bye = "https://www.site.example/bye/"
    with RealOne(announced={}) as real:
        (finding,) = examined(real, signed_out=bye, post_logout_redirect_uri=bye).findings

        assert finding.remedy.endswith("to the letter.")


def test_one_that_is_registered_is_good():
    with RealOne(announced={}) as real:
        assert examined(real).good[-1] == (
            "The provider knows the address that people come back to after signing out."
        )


def test_a_provider_that_lets_everybody_come_back_tells_nothing():
    with RealOne(announced={}) as real:
        real.sign_out = lambda asked: Answer(body=b"Signed out.")

        examination = examined(real)

        assert "after signing out" not in examination.good[-1]
        assert f"See in the provider's console that {SIGNED_OUT} is" in examination.notes[-1]


@pytest.mark.parametrize("play", [hydra, spring])
def test_a_provider_that_wants_an_id_token_to_sign_out_could_not_be_asked(play):
    with play() as real:
        examination = examined(real, signed_out="https://www.site.example/bye/")

        assert codes(examination) == []
        assert examination.notes[-1].startswith("The provider signs nobody out without an ID token")


def test_a_provider_without_a_page_to_sign_out_at_is_noted():
    with RealOne(announced={}) as real:
        real.announced = {"end_session_endpoint": None}

        assert "no end_session_endpoint" in examined(real).notes[-1]


@pytest.mark.parametrize(
    ("description", "code"),
    [
        pytest.param(
            "Pushed Authorization Request is only allowed.",
            "demand.pushed_authorization",
            id="PAR",
        ),
        pytest.param(
            "Missing parameter: 'request' or 'request_uri'", "demand.request_object", id="JAR"
        ),
    ],
)
def test_what_keycloak_demands_of_a_login_is_named(description, code):
    with keycloak() as real:
        real.iss = {"iss": real.provider.issuer}
        real.sign_in = lambda asked: real.answers(
            "invalid_request", asked, error_description=description
        )

        (finding,) = examined(real).findings

        assert finding.code == code
        assert "(Keycloak: the client's " in finding.remedy


def test_what_a_setting_meets_is_named_with_the_setting():
    with keycloak() as real:
        real.iss = {"iss": real.provider.issuer}
        real.sign_in = lambda asked: real.answers(
            "invalid_request", asked, error_description="DPoP proof is missing"
        )

        (finding,) = examined(real).findings

        assert finding.code == "demand.dpop"
        assert finding.remedy.startswith("Set DPOP to True: https://")


def test_what_is_demanded_on_a_page_is_named():
    with RealOne(announced={}) as real:
        said = {"error": "invalid_request", "error_description": "PAR is required"}
        real.sign_in = lambda asked: Answer.json(said, status=400)

        assert codes(examined(real)) == ["demand.pushed_authorization"]


@pytest.mark.parametrize(
    ("word", "description", "code"),
    [
        pytest.param("invalid_request", "DPoP proof is missing", "demand.dpop", id="DPoP"),
        pytest.param(
            "invalid_client",
            "Parameter client_assertion_type is missing",
            "demand.private_key_jwt",
            id="private_key_jwt",
        ),
        pytest.param(
            "invalid_client", "X509 Certificate is missing", "demand.client_certificate", id="mTLS"
        ),
    ],
)
def test_what_keycloak_demands_of_a_token_request_is_named_once(word, description, code):
    with keycloak() as real:
        real.iss = {"iss": real.provider.issuer}
        answer = json.dumps({"error": word, "error_description": description}).encode()
        for endpoint in ("token", "introspection", "revocation"):
            real.provider.lie(endpoint, status=400, body=answer)

        assert codes(examined(real)) == [code]


@pytest.mark.parametrize(
    ("member", "code", "setting"),
    [
        (
            "require_pushed_authorization_requests",
            "demand.pushed_authorization",
            "Set PUSHED_AUTHORIZATION to True",
        ),
        ("require_signed_request_object", "demand.request_object", "REQUEST_OBJECT_SIGNING_ALG"),
    ],
)
def test_what_is_demanded_of_all_apps_is_named(member, code, setting):
    with RealOne(announced={member: True}) as real:
        (finding,) = examined(real, pushed_authorization=False).findings

        assert finding.code == code
        assert setting in finding.remedy


def test_a_scope_that_the_app_may_not_ask_for_is_told_with_those_that_are_announced():
    with spring() as real:
        real.sign_in = lambda asked: real.answers("invalid_scope", asked)

        (finding,) = examined(real, scope="openid groups").findings

        assert finding.code == "authorization.invalid_scope"
        assert finding.remedy == (
            "Compare SCOPE with what the app may ask for there. It announces openid."
        )


def test_a_word_without_a_next_step_has_the_page_of_errors():
    with RealOne(announced={}) as real:
        real.sign_in = lambda asked: real.answers("server_error", asked)

        assert "https://django-genauth" in examined(real).findings[0].remedy


def test_what_the_provider_says_is_one_line_without_control_characters():
    with RealOne(announced={}) as real:
        said = "Bad\r\n\x1b[31m" + " scope" * 100
        real.sign_in = lambda asked: real.answers("invalid_scope", asked, error_description=said)

        (finding,) = examined(real).findings

        assert "\n" not in finding.what
        assert "\x1b" not in finding.what
        assert len(finding.what) < 300
