"""Providers that are a service of their makers. Programs to run oneself stand in `programs`."""

from tests.support.provider.documented import Description

_ADA = {"email": "ada@example.org", "given_name": "Ada", "family_name": "Lovelace"}
_VERIFIED = {**_ADA, "email_verified": True}
_USER = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace"}

_GENAUTH = "https://acme.genauth.ai/oidc"
_TENANT = "11111111-2222-3333-4444-555555555555"
_ENTRA = f"https://login.microsoftonline.com/{_TENANT}"
_B2C = "https://acme.b2clogin.com/acme.onmicrosoft.com/b2c_1_sign_in"
_COGNITO = "https://acme.auth.eu-west-1.amazoncognito.com"
_AUTH0 = "https://acme.eu.auth0.com"
_OKTA = "https://acme.okta.com"
_FRANCECONNECT = "https://fcp-low.integ01.dev-franceconnect.fr/api/v2"
_LOGIN_GOV = "https://idp.int.identitysandbox.gov"
_SALESFORCE = "https://acme.my.salesforce.com"

SERVICES = (
    Description(
        page="genauth",
        issuer=_GENAUTH,
        alg="HS256",
        endpoints={
            "authorization_endpoint": f"{_GENAUTH}/auth",
            "token_endpoint": f"{_GENAUTH}/token",
            "userinfo_endpoint": f"{_GENAUTH}/me",
            "jwks_uri": f"{_GENAUTH}/.well-known/jwks.json",
            "introspection_endpoint": f"{_GENAUTH}/token/introspection",
            "revocation_endpoint": f"{_GENAUTH}/token/revocation",
            "end_session_endpoint": f"{_GENAUTH}/session/end",
        },
        refreshable_by={"scope": "offline_access", "prompt": "consent"},
        # What it does not know is null.
        claims={**_VERIFIED, "name": None, "gender": "U", "roles": [{"code": "editors"}]},
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="entra-id",
        issuer=f"{_ENTRA}/v2.0",
        endpoints={
            "authorization_endpoint": f"{_ENTRA}/oauth2/v2.0/authorize",
            "token_endpoint": f"{_ENTRA}/oauth2/v2.0/token",
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "jwks_uri": f"{_ENTRA}/discovery/v2.0/keys",
            "end_session_endpoint": f"{_ENTRA}/oauth2/v2.0/logout",
        },
        metadata={"scopes_supported": ["openid", "profile", "email", "offline_access"]},
        key_members={"alg": None},
        refreshable_by={"scope": "offline_access"},
        token_claims={"ver": "2.0", "tid": _TENANT, "rh": "0.A", "uti": "u"},
        claims={**_ADA, "preferred_username": "ada@acme.example", "oid": "o", "roles": ["editors"]},
        token_answer={"ext_expires_in": 3600, "scope": "openid profile email"},
        dead_refresh_token=(
            400,
            b'{"error":"invalid_grant","error_description":"AADSTS700082: The refresh token has'
            b' expired due to inactivity.","error_codes":[700082],"trace_id":"t"}',
        ),
        logout_demands=frozenset({"post_logout_redirect_uri"}),
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="azure-b2c",
        # With the id of the tenant, and a slash: not where the document stands.
        issuer=f"https://acme.b2clogin.com/{_TENANT}/v2.0/",
        discovery=f"{_B2C}/v2.0/.well-known/openid-configuration",
        endpoints={
            "authorization_endpoint": f"{_B2C}/oauth2/v2.0/authorize",
            "token_endpoint": f"{_B2C}/oauth2/v2.0/token",
            "jwks_uri": f"{_B2C}/discovery/v2.0/keys",
            "end_session_endpoint": f"{_B2C}/oauth2/v2.0/logout",
        },
        metadata={"scopes_supported": ["openid", "offline_access"]},
        key_members={"alg": None},
        # "The only valid value at this time is login."
        refuses={"prompt": "consent"},
        refreshable_by={"scope": "offline_access"},
        token_claims={"ver": "1.0", "tfp": "b2c_1_sign_in"},
        claims={"given_name": "Ada", "family_name": "Lovelace", "emails": ["ada@example.org"]},
        token_answer={"expires_in": "3600", "not_before": "1442340812"},
        refresh_answer={"expires_in": "3600", "not_before": "1442340812"},
        logout_demands=frozenset({"post_logout_redirect_uri"}),
        user={"first_name": "Ada", "last_name": "Lovelace"},
    ),
    Description(
        page="google",
        issuer="https://accounts.google.com",
        endpoints={
            "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
            "token_endpoint": "https://oauth2.googleapis.com/token",
            "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
            "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
            "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
        },
        metadata={"scopes_supported": ["openid", "email", "profile"]},
        refuses_other_scopes=True,
        refreshable_by={"access_type": "offline", "prompt": "consent"},
        refresh_tokens="omit",
        token_claims={"azp": "1234567890-acme.apps.googleusercontent.com"},
        claims={**_VERIFIED, "name": "Ada Lovelace", "hd": "acme.example"},
        dead_refresh_token=(
            400,
            b'{"error":"invalid_grant","error_description":"Token has been expired or revoked."}',
        ),
        user=_USER,
    ),
    Description(
        page="apple",
        issuer="https://appleid.apple.com",
        endpoints={
            "authorization_endpoint": "https://appleid.apple.com/auth/authorize",
            "token_endpoint": "https://appleid.apple.com/auth/token",
            "jwks_uri": "https://appleid.apple.com/auth/keys",
            "revocation_endpoint": "https://appleid.apple.com/auth/revoke",
        },
        metadata={"scopes_supported": ["openid", "email", "name"]},
        demands={"response_mode": "form_post"},
        refresh_tokens="omit",
        token_claims={"nonce_supported": True},
        # Texts, where others have booleans.
        claims={"email": "x@privaterelay.example", "email_verified": "true"}
        | {"is_private_email": "true"},
        user={"email": "x@privaterelay.example", "first_name": "", "last_name": ""},
    ),
    Description(
        page="cognito",
        issuer="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE",
        endpoints={
            "authorization_endpoint": f"{_COGNITO}/oauth2/authorize",
            "token_endpoint": f"{_COGNITO}/oauth2/token",
            "userinfo_endpoint": f"{_COGNITO}/oauth2/userInfo",
            "jwks_uri": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
            "/.well-known/jwks.json",
            "revocation_endpoint": f"{_COGNITO}/oauth2/revoke",
            "end_session_endpoint": f"{_COGNITO}/logout",
        },
        metadata={"scopes_supported": ["openid", "email", "phone", "profile"]},
        refuses_other_scopes=True,
        refresh_tokens="omit",
        token_claims={"token_use": "id", "event_id": "e", "origin_jti": "o"},
        claims={**_VERIFIED, "cognito:username": "ada", "cognito:groups": ["editors"]},
        signs_out=False,
        logout_demands=frozenset({"client_id", "logout_uri"}),
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="auth0",
        issuer=f"{_AUTH0}/",
        endpoints={
            "authorization_endpoint": f"{_AUTH0}/authorize",
            "token_endpoint": f"{_AUTH0}/oauth/token",
            "userinfo_endpoint": f"{_AUTH0}/userinfo",
            "jwks_uri": f"{_AUTH0}/.well-known/jwks.json",
            "revocation_endpoint": f"{_AUTH0}/oauth/revoke",
            "end_session_endpoint": f"{_AUTH0}/oidc/logout",
        },
        refreshable_by={"scope": "offline_access"},
        refresh_tokens="omit",
        token_claims={"sid": "s"},
        claims={**_VERIFIED, "nickname": "ada", "https://acme.example/roles": ["editors"]},
        dead_refresh_token=(
            403,
            b'{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}',
        ),
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="okta",
        issuer=_OKTA,
        endpoints={
            "authorization_endpoint": f"{_OKTA}/oauth2/v1/authorize",
            "token_endpoint": f"{_OKTA}/oauth2/v1/token",
            "userinfo_endpoint": f"{_OKTA}/oauth2/v1/userinfo",
            "jwks_uri": f"{_OKTA}/oauth2/v1/keys",
            "introspection_endpoint": f"{_OKTA}/oauth2/v1/introspect",
            "revocation_endpoint": f"{_OKTA}/oauth2/v1/revoke",
            "end_session_endpoint": f"{_OKTA}/oauth2/v1/logout",
        },
        auth_method="client_secret_basic",
        refreshable_by={"scope": "offline_access"},
        token_claims={"ver": 1, "idp": "i", "amr": ["pwd"]},
        claims={"email": "ada@example.org", "groups": ["editors"]},
        userinfo={"given_name": "Ada", "family_name": "Lovelace", "email_verified": True},
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="line",
        issuer="https://access.line.me",
        alg="HS256",
        endpoints={
            "authorization_endpoint": "https://access.line.me/oauth2/v2.1/authorize",
            "token_endpoint": "https://api.line.me/oauth2/v2.1/token",
            "userinfo_endpoint": "https://api.line.me/oauth2/v2.1/userinfo",
            "jwks_uri": "https://api.line.me/oauth2/v2.1/certs",
            "revocation_endpoint": "https://api.line.me/oauth2/v2.1/revoke",
        },
        metadata={"scopes_supported": ["openid", "profile", "email"]},
        token_claims={"amr": ["linesso"]},
        claims={"name": "Ada", "email": "ada@example.org"},
        refresh_answer={"id_token": None},
        user={"email": "ada@example.org", "first_name": "Ada"},
    ),
    Description(
        page="franceconnect",
        issuer=_FRANCECONNECT,
        alg="ES256",
        endpoints={
            "authorization_endpoint": f"{_FRANCECONNECT}/authorize",
            "token_endpoint": f"{_FRANCECONNECT}/token",
            "userinfo_endpoint": f"{_FRANCECONNECT}/userinfo",
            "jwks_uri": f"{_FRANCECONNECT}/jwks",
            "end_session_endpoint": f"{_FRANCECONNECT}/session/end",
        },
        demands={"acr_values": "eidas1"},
        refreshable_by=None,
        token_claims={"acr": "eidas1", "amr": ["pwd"]},
        userinfo=_ADA,
        userinfo_signed=True,
        token_answer={"expires_in": 60, "scope": None},
        logout_demands=frozenset({"id_token_hint", "state", "post_logout_redirect_uri"}),
        user=_USER,
    ),
    Description(
        page="login-gov",
        issuer=f"{_LOGIN_GOV}/",
        auth_method="none",
        endpoints={
            "authorization_endpoint": f"{_LOGIN_GOV}/openid_connect/authorize",
            "token_endpoint": f"{_LOGIN_GOV}/api/openid_connect/token",
            "userinfo_endpoint": f"{_LOGIN_GOV}/api/openid_connect/userinfo",
            "jwks_uri": f"{_LOGIN_GOV}/api/openid_connect/certs",
            "end_session_endpoint": f"{_LOGIN_GOV}/openid_connect/logout",
        },
        # PKCE is not announced, though it is described.
        metadata={"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        demands={"acr_values": "urn:acr.login.gov:auth-only"},
        refreshable_by=None,
        token_claims={"acr": "urn:acr.login.gov:auth-only"},
        claims={"email": "ada@example.org", "email_verified": True},
        logout_demands=frozenset({"client_id", "post_logout_redirect_uri"}),
        logout_refuses=frozenset({"id_token_hint"}),
        user={"email": "ada@example.org"},
    ),
    Description(
        page="salesforce",
        issuer=_SALESFORCE,
        endpoints={
            "authorization_endpoint": f"{_SALESFORCE}/services/oauth2/authorize",
            "token_endpoint": f"{_SALESFORCE}/services/oauth2/token",
            "userinfo_endpoint": f"{_SALESFORCE}/services/oauth2/userinfo",
            "jwks_uri": f"{_SALESFORCE}/id/keys",
            "introspection_endpoint": f"{_SALESFORCE}/services/oauth2/introspect",
            "revocation_endpoint": f"{_SALESFORCE}/services/oauth2/revoke",
            "end_session_endpoint": f"{_SALESFORCE}/services/auth/idp/oidc/logout",
        },
        refreshable_by={"scope": "refresh_token"},
        refresh_tokens="omit",
        userinfo=_VERIFIED,
        # No lifetime is told.
        token_answer={"expires_in": None, "instance_url": _SALESFORCE, "issued_at": "1"},
        refresh_answer={"expires_in": None, "instance_url": _SALESFORCE, "issued_at": "1"},
        user=_USER,
    ),
)
