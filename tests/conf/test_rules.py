"""Values that an app of GENAUTH cannot have: each is named by its key, and so does `check`."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from django_genauth import conf
from django_genauth.conf import rules

GOOD = {
    "APP_ID": "5f17a529f64fb009b794a2ff",
    "APP_SECRET": "s" * 64,
    "APP_HOST": "https://acme.genauth.ai",
    "GROUPS_CLAIM": "roles",
}
BAD_VALUES = [
    ("APP_ID", ""),
    ("APP_ID", 5),
    ("APP_ID", " 5f17a529f64fb009b794a2ff"),
    ("APP_SECRET", ""),
    ("APP_SECRET", b"octets"),
    ("APP_SECRET", "short"),
    ("APP_SECRET", "s" * 64 + "\n"),
    ("APP_HOST", None),
    ("APP_HOST", "acme.genauth.ai"),
    ("APP_HOST", "http://acme.genauth.ai"),
    ("PROTOCOL", 5),
    ("PROTOCOL", "saml"),
    ("SCOPE", 5),
    ("SCOPE", ["openid", 5]),
    ("SCOPE", ["profile"]),
    ("ISSUER", None),
    ("ISSUER", "acme"),
    ("CLIENT_CERTIFICATE", "client.pem"),
    ("CLIENT_CERTIFICATE", ["client.pem"]),
    ("CLIENT_CERTIFICATE", ["client.pem", ""]),
    ("CLIENT_CERTIFICATE", ["no such file", "no such file"]),
    ("DISCOVERY", "no"),
    ("DPOP", "yes"),
    ("DISCOVERY", 5),
    ("ENDPOINTS", ["https://a.example/token"]),
    ("ENDPOINTS", {"token": "https://a.example/token"}),
    ("ENDPOINTS", {"token_endpoint": "/token"}),
    ("REDIRECT_URI", 5),
    ("REDIRECT_URI", "/genauth/callback/"),
    ("POST_LOGOUT_REDIRECT_URI", 5),
    ("POST_LOGOUT_REDIRECT_URI", "/"),
    ("ID_TOKEN_SIGNED_RESPONSE_ALG", None),
    ("ID_TOKEN_SIGNED_RESPONSE_ALG", "none"),
    ("USERINFO_SIGNED_RESPONSE_ALG", "none"),
    ("TRUSTED_AUDIENCES", "account"),
    ("TOKEN_ENDPOINT_AUTH_METHOD", 5),
    ("TOKEN_ENDPOINT_AUTH_METHOD", "basic"),
    ("INTROSPECTION_ENDPOINT_AUTH_METHOD", "basic"),
    ("REVOCATION_ENDPOINT_AUTH_METHOD", "basic"),
    ("CLIENT_KEYS", "a key"),
    ("CLIENT_KEYS", [5]),
    ("CLIENT_KEYS", ["no key"]),
    ("CLIENT_ASSERTION_ALG", 5),
    ("CLIENT_ASSERTION_AUDIENCE", "everybody"),
    ("CLIENT_ASSERTION", "an assertion"),
    ("ID_TOKEN_ENCRYPTED_RESPONSE_ALG", "RSA1_5"),
    ("ID_TOKEN_ENCRYPTED_RESPONSE_ENC", "A256GCM"),
    ("USERINFO_ENCRYPTED_RESPONSE_ALG", 5),
    ("USERINFO_ENCRYPTED_RESPONSE_ENC", "A512GCM"),
    ("INTROSPECTION_ENCRYPTED_RESPONSE_ALG", "dir"),
    ("INTROSPECTION_ENCRYPTED_RESPONSE_ENC", ""),
    ("RESPONSE_TYPE", 5),
    ("RESPONSE_TYPE", "password"),
    ("RESPONSE_TYPE", "none"),
    ("RESPONSE_TYPE", "code token"),
    ("RESPONSE_MODE", "web_message"),
    ("RESPONSE_MODE", "fragment.jwt"),
    ("REQUEST_OBJECT_SIGNING_ALG", "none"),
    ("REQUEST_OBJECT_SIGNING_ALG", "ES256"),
    ("REQUEST_OBJECT_SIGNING_ALG", 5),
    ("PUSHED_AUTHORIZATION", "yes"),
    ("ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE", 1),
    ("USERINFO", 1),
    ("AUTHORIZE_PARAMS", "prompt=login"),
    ("AUTHORIZE_PARAMS", {5: "a"}),
    ("AUTHORIZE_PARAMS", {"prompt": None}),
    ("AUTHORIZE_PARAMS", {"resource": ["a", 5]}),
    ("AUTHORIZE_PARAMS", {"max_age": "5 min"}),
    ("AUTHORIZE_PARAMS", {"acr_values": ["a"]}),
    ("TIMEOUT", 0),
    ("TIMEOUT", -1),
    ("TIMEOUT", "10"),
    ("TIMEOUT", True),
    ("TIMEOUT", float("inf")),
    ("TIMEOUT", float("nan")),
    ("MAX_PARALLEL_REQUESTS", 0),
    ("MAX_PARALLEL_REQUESTS", 2.5),
    ("MAX_RESPONSE_BYTES", 0),
    ("MAX_RESPONSE_BYTES", 1.5),
    ("MAX_RESPONSE_BYTES", 10**10),
    ("LEEWAY", None),
    ("LEEWAY", -1),
    ("CA_BUNDLE", ""),
    ("CA_BUNDLE", "/nowhere/ca.pem"),
    ("PROXIES", "http://proxy.example:3128"),
    ("PROXIES", {"https": 3128}),
    ("PROXIES", {"HTTPS": "http://proxy.example:3128"}),
    ("PROXIES", {"https": "proxy.example:3128"}),
    ("ALLOW_INSECURE_HTTP", "yes"),
    ("CREATE_USERS", None),
    ("LINK_VERIFIED_EMAIL", "true"),
    ("EMAIL_VERIFIED_AS_TEXT", "true"),
    ("USER_FIELDS", ["email"]),
    ("USER_FIELDS", {"email": None}),
    ("USER_FIELDS", {"email": ""}),
    ("USER_FIELDS", {"email": []}),
    ("USER_FIELDS", {"email": ["address", 5]}),
    ("GROUPS_CLAIM", ""),
    ("GROUPS_CLAIM", []),
    ("GROUPS_CLAIM", ["realm_access", ""]),
    ("GROUPS_CLAIM", {"realm_access": "roles"}),
    ("GROUP_NAMES", ["editors"]),
    ("GROUP_NAMES", {"editors": ""}),
    ("GROUP_NAMES", {5: "editors"}),
    ("CREATE_GROUPS", None),
    ("GROUPS_MANAGED", "editors"),
    ("STAFF_GROUPS", "editors"),
    ("SUPERUSER_GROUPS", [5]),
    ("TOKEN_KEYS", "A" * 43),
    ("TOKEN_KEYS", ["A" * 42]),
    ("TOKEN_KEYS", ["A" * 44]),
    ("TOKEN_KEYS", ["é" * 43]),
    ("TOKEN_KEYS", [5]),
    ("API_AUDIENCE", ""),
    ("API_AUDIENCE", []),
    ("API_AUDIENCE", [""]),
    ("API_AUDIENCE", 5),
    ("API_TOKENS", "opaque"),
    ("API_TOKEN_SIGNED_RESPONSE_ALG", "HS256"),
    ("API_TOKEN_SIGNED_RESPONSE_ALG", None),
    ("API_INTROSPECTION_TTL", -1),
    ("API_USERS", "all"),
    ("API_RESOURCE", "http://api.example"),
    ("API_RESOURCE", "https://api.example/?a=1"),
    ("API_RESOURCE", "https://api.example/#a"),
    ("API_RESOURCE", "https://[api.example"),
    ("API_RESOURCE", "https://api example/"),
    ("API_RESOURCE", "api.example"),
    ("API_RESOURCE", "https://"),
    ("API_RESOURCE", 5),
    ("API_CLIENT_CERTIFICATE_HEADER", "X Client"),
    ("API_CLIENT_CERTIFICATE_HEADER", "X_CLIENT_CERT"),
    ("API_CLIENT_CERTIFICATE_HEADER", 5),
    ("PROFILE", "fapi1"),
    ("API_SCOPES", "reports:read"),
    ("API_SCOPES", ["reports read"]),
    ("INTROSPECTION_SIGNED_RESPONSE_ALG", "none"),
    ("TOKEN_FOR_RESOURCE", "guess"),
    ("LOGIN_PARAMS", "prompt"),
    ("LOGIN_PARAMS", ["state"]),
    ("LOGIN_PARAMS", ["next"]),
    ("NAME", ""),
    ("NAME", 5),
    ("LOGIN_TTL", "600"),
    ("SESSION_POLICY", "strict"),
    ("SESSION_POLICY", None),
    ("LOGOUT", "everywhere"),
    ("LOGOUT", None),
    ("PREFETCH", None),
    ("HEALTH", "yes"),
    ("VISITOR_IP_HEADER", ""),
    ("VISITOR_IP_HEADER", ["X-Real-IP"]),
    ("SITE_LOGOUT", "never"),
    ("UNIQUE_EMAIL", 1),
    ("REVOKE_ON_LOGOUT", 1),
    ("REVOKE_ON_DELETE", "no"),
    ("WEBHOOK_TOKEN", ""),
    ("WEBHOOK_TOKEN", "a" * 15),
    ("WEBHOOK_TOKEN", b"a-static-secret-in-octets"),
    ("WEBHOOK_TOKEN", "a static secret with spaces"),
    ("WEBHOOK_TOKEN", "ein-ständiges-geheimnis"),
    ("WEBHOOK_PASSWORD_CHANGE_ENDS_SESSIONS", None),
]
GOOD_VALUES = [
    ("APP_SECRET", None),
    ("SCOPE", ("openid", "email")),
    ("ENDPOINTS", {"token_endpoint": "https://a.example/token"}),
    ("DISCOVERY", "https://inner.example/.well-known/openid-configuration"),
    ("USERINFO_SIGNED_RESPONSE_ALG", "HS256"),
    ("TRUSTED_AUDIENCES", ["account"]),
    ("REDIRECT_URI", None),
    ("AUTHORIZE_PARAMS", {"prompt": "login", "max_age": 300, "resource": ["a", "b"]}),
    ("TIMEOUT", 0.5),
    ("LEEWAY", 0),
    ("PROTOCOL", "oauth"),
    ("SESSION_POLICY", "reauthenticate"),
    ("RESPONSE_TYPE", "id_token code"),
    ("PROXIES", {"https": "http://proxy.example:3128"}),
    ("WEBHOOK_TOKEN", None),
    ("WEBHOOK_TOKEN", "a" * 16),
    ("GROUPS_MANAGED", None),
    ("STAFF_GROUPS", ("editors",)),
    ("TOKEN_KEYS", ["A" * 43, "B" * 42 + "A="]),
    ("TOKEN_KEYS", ()),
]


def test_the_tables_here_name_every_key():
    assert {key for key, _ in BAD_VALUES} == rules.KEYS.keys()


@pytest.mark.parametrize(("key", "value"), BAD_VALUES, ids=repr)
def test_a_value_that_cannot_work_is_named_by_its_key(settings, key, value):
    settings.GENAUTH = {"default": GOOD | {key: value}}

    (problem,) = conf.problems("default")

    assert key in problem


@pytest.mark.parametrize(("key", "value"), BAD_VALUES, ids=repr)
def test_manage_py_check_fails_and_names_the_key(settings, key, value):
    settings.GENAUTH = {"default": GOOD | {key: value}}

    with pytest.raises(SystemCheckError) as caught:
        call_command("check", tags=["genauth"])

    assert f"(genauth.E003) GENAUTH['default']: {key}" in str(caught.value)


@pytest.mark.parametrize(("key", "value"), GOOD_VALUES, ids=repr)
def test_a_value_that_can_work_is_no_problem(settings, key, value):
    settings.GENAUTH = {"default": GOOD | {key: value}}

    assert conf.problems("default") == []


@pytest.mark.parametrize("key", ["APP_ID", "APP_HOST"])
def test_a_key_that_is_missing_is_named(settings, key):
    settings.GENAUTH = {"default": {name: GOOD[name] for name in GOOD if name != key}}

    assert conf.problems("default") == [
        f"{key} is missing. Copy it from the app's page in GenAuth's console."
    ]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("APP_SECRETS", "APP_SECRETS is unknown. Did you mean APP_SECRET?"),
        ("TIMEUOT", "TIMEUOT is unknown. Did you mean TIMEOUT?"),
        ("app_secret", "app_secret is unknown. Did you mean APP_SECRET?"),
        ("CLIENT_ID", "CLIENT_ID is unknown. Did you mean CLIENT_KEYS?"),
        (5, "5 is unknown."),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_that_is_known(settings, key, problem):
    settings.GENAUTH = {"default": GOOD | {key: "x"}}

    assert conf.problems("default") == [problem]


@pytest.mark.parametrize("key", ["GROUPS_MANAGED", "STAFF_GROUPS", "SUPERUSER_GROUPS"])
def test_groups_without_a_claim_that_names_them_are_told(settings, key):
    app = {name: GOOD[name] for name in GOOD if name != "GROUPS_CLAIM"}
    settings.GENAUTH = {"default": app | {key: ["editors"]}}

    assert conf.problems("default") == [
        f"{key} needs GROUPS_CLAIM, without which nobody is in any group."
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"GROUPS_CLAIM": ["realm_access", "roles"]},
        {"GROUPS_CLAIM": ("realm_access", "roles")},
        {"GROUP_NAMES": {"idp-editors": "editors", "offline_access": None}},
        {"USER_FIELDS": {"first_name": ["name", "given"], "email": "email"}},
    ],
    ids=str,
)
def test_a_path_and_other_names_are_good(settings, values):
    settings.GENAUTH = {"default": GOOD | values}

    assert conf.problems("default") == []


def test_no_groups_need_no_claim(settings):
    app = {name: GOOD[name] for name in GOOD if name != "GROUPS_CLAIM"}
    settings.GENAUTH = {"default": app | {"STAFF_GROUPS": [], "GROUPS_MANAGED": None}}

    assert conf.problems("default") == []


def test_a_callable_is_not_called_and_is_no_problem(settings):
    settings.GENAUTH = {"default": GOOD | {"APP_SECRET": lambda: 1 / 0}}

    assert conf.problems("default") == []


def test_blanks_in_a_scope_are_what_they_are_for(settings):
    settings.GENAUTH = {"default": GOOD | {"SCOPE": "\n openid\n profile\n"}}

    assert conf.problems("default") == []
