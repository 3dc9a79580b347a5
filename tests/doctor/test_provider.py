"""What is found at a provider that is not as the settings have it, or not as it should be."""

import pytest

from django_genauth.doctor.provider import examine_provider
from tests.support.clients import REDIRECT_URI, a_client
from tests.support.provider.scripted import ScriptedProvider


def examined(provider, **changes):
    return examine_provider(a_client(provider, **changes), redirect_uri=REDIRECT_URI)


def codes(examination):
    # This provider has no page to sign in at.
    return [each.code for each in examination.findings if each.code != "redirect_uri"]


def test_an_honest_provider_is_found_good(provider):
    examination = examined(provider)

    assert codes(examination) == []
    assert examination.good == [
        "The two clocks agree.",
        f"The provider answers, and is {provider.issuer}.",
        "There is a key for RS256.",
        "The token endpoint refuses a code that nobody has, and not the app.",
        "The introspection endpoint takes the app.",
        "The revocation endpoint takes the app.",
    ]


def test_without_discovery_the_fixed_paths_are_asked(provider):
    examination = examined(provider, discovery=False)

    assert provider.requests_to("discovery") == []
    assert "The token endpoint refuses a code that nobody has, and not the app." in examination.good


@pytest.mark.parametrize("protocol", ["oidc", "oauth"])
def test_where_a_secret_signs_or_nothing_is_signed_no_key_is_asked_for(protocol):
    with ScriptedProvider(alg="HS256", protocol=protocol) as provider:
        examination = examined(provider, protocol=protocol)

        assert (codes(examination), provider.requests_to("jwks")) == ([], [])


@pytest.mark.parametrize(
    ("date", "words"),
    [
        pytest.param("Mon, 01 Jan 2024 00:00:00 GMT", "seconds ahead", id="ahead"),
        pytest.param("Fri, 01 Jan 2100 00:00:00 GMT", "seconds behind", id="behind"),
    ],
)
def test_clocks_that_differ_are_found(provider, date, words):
    provider.lie("discovery", headers={"Date": date})

    examination = examined(provider)

    assert codes(examination) == ["clock"]
    assert words in examination.findings[0].what


@pytest.mark.parametrize("date", ["yesterday", "Mon, 01 Jan 99999999999 00:00:00 GMT"])
def test_a_provider_that_tells_no_time_is_not_judged_by_it(provider, date):
    provider.lie("discovery", headers={"Date": date})

    assert "The two clocks agree." not in examined(provider).good


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 404}, "discovery.status", id="not-there"),
        pytest.param({"body": b"<html>"}, "discovery.json", id="html"),
        pytest.param(
            {"edit": lambda document: document | {"token_endpoint": None}},
            "discovery.missing_token_endpoint",
            id="no-token-endpoint",
        ),
        pytest.param(
            {"edit": lambda document: document | {"issuer": "https://b.example"}},
            "discovery.issuer",
            id="another-issuer",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used_ends_the_examination(provider, lie, code):
    provider.lie("discovery", **lie)

    assert codes(examined(provider)) == [code]
    assert provider.requests_to("token") == []


@pytest.mark.parametrize(
    "issuer",
    [
        pytest.param(None, id="null"),
        pytest.param(5, id="a-number"),
        pytest.param("https://a.example/\x1b[31m", id="colours"),
        pytest.param("https://a.example/" + "x" * 256, id="too-long"),
        pytest.param('https://a.example", "USERINFO": "', id="settings"),
    ],
)
def test_an_issuer_that_is_no_address_is_not_printed(provider, issuer):
    provider.lie("discovery", edit=lambda document: document | {"issuer": issuer})

    (finding,) = examined(provider).findings

    assert "something that is no address" in finding.what
    assert finding.remedy == ("Compare APP_HOST and ISSUER with the issuer in GenAuth's console.")


def test_what_is_announced_is_printed_if_it_is_plain(provider):
    announced = ["ES256", "\x1b[31m", 5]
    provider.lie(
        "discovery",
        edit=lambda document: document | {"id_token_signing_alg_values_supported": announced},
    )

    (finding, *_) = examined(provider).findings

    assert finding.code == "unsupported.id_token_signed_response_alg"
    assert finding.remedy.startswith("It announces ES256. ")


def test_a_provider_that_announces_nothing_plain_says_nothing(provider):
    provider.lie("discovery", edit=lambda document: document | {"scopes_supported": [5]})

    assert examined(provider).notes[0].endswith("It may know more than it announces: nothing.")


@pytest.mark.parametrize("lie", [{"status": 404}, {"body": b'{"keys": []}'}], ids=["404", "empty"])
def test_a_key_that_is_not_published_is_found(provider, lie):
    provider.lie("jwks", **lie)

    assert codes(examined(provider)) == ["keys"]


def test_a_provider_that_takes_any_code_is_not_taken_for_good(provider):
    provider.lie("token", status=200, body=b'{"access_token": "a", "token_type": "Bearer"}')

    assert codes(examined(provider)) == ["token_response.id_token"]


def test_a_provider_that_gives_tokens_to_anybody_is_found():
    with ScriptedProvider(protocol="oauth") as provider:
        provider.lie("token", status=200, body=b'{"access_token": "a", "token_type": "Bearer"}')

        assert codes(examined(provider, protocol="oauth")) == ["credentials.any_code"]


def test_where_no_code_is_asked_for_none_is_offered(provider):
    examination = examined(provider, response_type="id_token")

    assert (codes(examination), provider.requests_to("token")) == ([], [])


def test_without_a_redirect_uri_it_is_not_asked_whether_it_is_known(provider):
    examination = examine_provider(a_client(provider), redirect_uri=None)

    assert examination.findings == []
    assert len(examination.good) == 6


def test_parameters_of_the_settings_may_be_numbers(provider):
    assert codes(examined(provider, authorize_params={"tenant_id": 5, "self": "a"})) == []


def test_many_words_of_a_provider_are_not_all_printed(provider):
    announced = [f"scope-{number}" for number in range(60)]
    provider.lie("discovery", edit=lambda document: document | {"scopes_supported": announced})

    assert examined(provider).notes[0].endswith("scope-49, and 10 more.")


def test_a_provider_that_goes_away_could_not_be_asked(provider):
    provider.lie("token", status=503)

    examination = examined(provider)

    assert examination.could_not_ask.code == "provider_unavailable.status_503"


@pytest.mark.parametrize(
    ("location", "good"),
    [
        pytest.param("https://login.example/", False, id="a-page-to-sign-in-at"),
        pytest.param(f"{REDIRECT_URI}?error=login_required", True, id="back-to-the-site"),
        pytest.param(f"{REDIRECT_URI}.evil.example/", False, id="to-another-host"),
        pytest.param(f"{REDIRECT_URI}[", False, id="to-no-address"),
        pytest.param(f"{REDIRECT_URI}#error=login_required", True, id="behind-the-hash"),
        pytest.param(f"{REDIRECT_URI}&error=login_required", True, id="behind-a-query-of-its-own"),
        pytest.param(f"{REDIRECT_URI}?error=of_its_own", True, id="in-words-of-its-own"),
    ],
)
def test_where_the_login_page_sends_us_tells_whether_it_knows_the_address(provider, location, good):
    provider.lie("userinfo", status=302, headers={"Location": location})
    page = {"authorization_endpoint": f"{provider.issuer}/me"}

    examination = examined(provider, endpoints=page)

    assert examination.findings == []
    assert (len(examination.good) == 7) is good


def test_an_optional_endpoint_that_is_not_encrypted_is_named(provider):
    elsewhere = "http://op.example/revoke"
    provider.lie("discovery", edit=lambda it: it | {"revocation_endpoint": elsewhere})

    examination = examined(provider)

    assert codes(examination) == ["discovery.dropped"]
    assert "revocation_endpoint" in examination.findings[0].what


def test_an_optional_endpoint_that_is_empty_is_only_noted(provider):
    provider.lie("discovery", edit=lambda it: it | {"revocation_endpoint": ""})

    examination = examined(provider)

    assert codes(examination) == []
    assert "revocation_endpoint is empty, and counts as missing." in examination.notes[0]


def test_keys_that_are_not_supported_are_named_where_none_fits(provider):
    odd = {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}
    provider.lie("jwks", edit=lambda it: {"keys": [odd, {"kty": "OKP", "crv": "Ed448", "x": "AA"}]})

    examination = examined(provider)

    assert codes(examination) == ["keys"]
    assert "for ES256K, Ed448 are of no use" in examination.findings[0].remedy


def test_a_configuration_is_read_where_discovery_says(provider):
    address = f"{provider.issuer}/.well-known/openid-configuration"

    examination = examined(provider, discovery=address)

    assert codes(examination) == []
    assert f"The provider answers, and is {provider.issuer}." in examination.good


def test_hydras_order_of_a_response_type_is_no_difference(provider):
    kinds = {"response_types_supported": ["id_token code"]}
    provider.lie("discovery", edit=lambda it: it | kinds)

    examination = examined(provider, response_type="code id_token")

    assert "unsupported.response_type" not in codes(examination)


def test_what_is_announced_and_is_no_text_does_no_harm(provider):
    provider.lie("discovery", edit=lambda it: it | {"response_types_supported": [5, "code"]})

    assert codes(examined(provider)) == []


def test_keycloak_announces_no_method_for_public_clients_and_takes_them():
    with ScriptedProvider(client_secret=None) as provider:
        methods = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
        provider.lie("discovery", edit=lambda it: it | methods)

        examination = examined(provider)

        assert codes(examination) == []
