"""Providers that are programs to run oneself. Services of their makers stand in `services`."""

from tests.support.provider.documented import Description

_ADA = {"email": "ada@example.org", "given_name": "Ada", "family_name": "Lovelace"}
_VERIFIED = {**_ADA, "email_verified": True}
_USER = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace"}

_STANDARD_SCOPES = ("openid", "email", "profile", "address", "phone")
_ADFS = "https://adfs.acme.example/adfs"
_GITLAB = "https://gitlab.com"
_ZITADEL = "https://acme.zitadel.cloud"
_AUTHENTIK = "https://authentik.acme.example/application/o"
_AUTHELIA = "https://auth.acme.example"
_LOGTO = "https://acme.logto.app/oidc"
_CASDOOR = "https://casdoor.acme.example"
_FUSIONAUTH = "https://fusionauth.acme.example"
_HYDRA = "https://hydra.acme.example"
_SPRING = "https://login.acme.example"
_CANAILLE = "https://canaille.acme.example"

PROGRAMS = (
    Description(
        page="adfs",
        issuer=_ADFS,
        endpoints={
            "authorization_endpoint": f"{_ADFS}/oauth2/authorize/",
            "token_endpoint": f"{_ADFS}/oauth2/token/",
            "userinfo_endpoint": f"{_ADFS}/userinfo",
            "jwks_uri": f"{_ADFS}/discovery/keys",
            "end_session_endpoint": f"{_ADFS}/oauth2/logout",
        },
        metadata={
            "scopes_supported": ["openid", "profile", "email", "allatclaims"],
            "access_token_issuer": "http://adfs.acme.example/adfs/services/trust",
        },
        demands={"response_mode": "form_post"},
        token_claims={"apptype": "Confidential", "ver": "1.0"},
        claims={**_ADA, "upn": "ada@acme.example", "group": ["editors"]},
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="gitlab",
        issuer=_GITLAB,
        endpoints={
            "authorization_endpoint": f"{_GITLAB}/oauth/authorize",
            "token_endpoint": f"{_GITLAB}/oauth/token",
            "userinfo_endpoint": f"{_GITLAB}/oauth/userinfo",
            "jwks_uri": f"{_GITLAB}/oauth/discovery/keys",
            "introspection_endpoint": f"{_GITLAB}/oauth/introspect",
            "revocation_endpoint": f"{_GITLAB}/oauth/revoke",
        },
        metadata={"scopes_supported": ["api", "read_user", "openid", "profile", "email"]},
        refuses_other_scopes=True,
        claims={"email": "ada@example.org", "email_verified": True, "groups_direct": ["acme/web"]},
        userinfo={"name": "Ada Lovelace", "nickname": "ada", "groups": ["acme", "acme/web"]},
        user={"email": "ada@example.org", "first_name": "Ada Lovelace"},
        groups=frozenset({"acme", "acme/web"}),
    ),
    Description(
        page="zitadel",
        issuer=_ZITADEL,
        auth_method="client_secret_basic",
        endpoints={
            "authorization_endpoint": f"{_ZITADEL}/oauth/v2/authorize",
            "token_endpoint": f"{_ZITADEL}/oauth/v2/token",
            "userinfo_endpoint": f"{_ZITADEL}/oidc/v1/userinfo",
            "jwks_uri": f"{_ZITADEL}/oauth/v2/keys",
            "introspection_endpoint": f"{_ZITADEL}/oauth/v2/introspect",
            "revocation_endpoint": f"{_ZITADEL}/oauth/v2/revoke",
            "end_session_endpoint": f"{_ZITADEL}/oidc/v1/end_session",
        },
        metadata={"scopes_supported": [*_STANDARD_SCOPES, "offline_access"]},
        refreshable_by={"scope": "offline_access"},
        userinfo={
            **_VERIFIED,
            "urn:zitadel:iam:org:project:roles": {"editors": {"311": "acme.example"}},
        },
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="authentik",
        issuer=f"{_AUTHENTIK}/site/",
        endpoints={
            "authorization_endpoint": f"{_AUTHENTIK}/authorize/",
            "token_endpoint": f"{_AUTHENTIK}/token/",
            "userinfo_endpoint": f"{_AUTHENTIK}/userinfo/",
            "jwks_uri": f"{_AUTHENTIK}/site/jwks/",
            "introspection_endpoint": f"{_AUTHENTIK}/introspect/",
            "revocation_endpoint": f"{_AUTHENTIK}/revoke/",
            "end_session_endpoint": f"{_AUTHENTIK}/site/end-session/",
        },
        metadata={"scopes_supported": ["openid", "profile", "email", "offline_access"]},
        refreshable_by={"scope": "offline_access"},
        claims={"email": "ada@example.org", "given_name": "Ada Lovelace", "groups": ["editors"]},
        user={"email": "ada@example.org", "first_name": "Ada Lovelace"},
        groups=frozenset({"editors"}),
    ),
    Description(
        page="authelia",
        issuer=_AUTHELIA,
        auth_method="client_secret_basic",
        endpoints={
            "authorization_endpoint": f"{_AUTHELIA}/api/oidc/authorization",
            "token_endpoint": f"{_AUTHELIA}/api/oidc/token",
            "userinfo_endpoint": f"{_AUTHELIA}/api/oidc/userinfo",
            "jwks_uri": f"{_AUTHELIA}/jwks.json",
            "introspection_endpoint": f"{_AUTHELIA}/api/oidc/introspection",
            "revocation_endpoint": f"{_AUTHELIA}/api/oidc/revocation",
        },
        metadata={
            "scopes_supported": ["openid", "offline_access", "profile", "groups", "email"],
            "authorization_response_iss_parameter_supported": True,
        },
        refreshable_by={"scope": "offline_access"},
        token_claims={"amr": ["pwd"], "azp": "site"},
        userinfo={**_VERIFIED, "groups": ["editors"], "rat": 1, "scp": ["openid"]},
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="logto",
        issuer=_LOGTO,
        alg="ES384",
        endpoints={
            "authorization_endpoint": f"{_LOGTO}/auth",
            "token_endpoint": f"{_LOGTO}/token",
            "userinfo_endpoint": f"{_LOGTO}/me",
            "jwks_uri": f"{_LOGTO}/jwks",
            "introspection_endpoint": f"{_LOGTO}/token/introspection",
            "revocation_endpoint": f"{_LOGTO}/token/revocation",
            "end_session_endpoint": f"{_LOGTO}/session/end",
        },
        metadata={"authorization_response_iss_parameter_supported": True},
        refreshable_by={"scope": "offline_access", "prompt": "consent"},
        claims={"name": "Ada Lovelace", "email": "ada@example.org", "roles": ["editors"]},
        user={"email": "ada@example.org", "first_name": "Ada Lovelace"},
        groups=frozenset({"editors"}),
    ),
    Description(
        page="casdoor",
        issuer=_CASDOOR,
        endpoints={
            "authorization_endpoint": f"{_CASDOOR}/login/oauth/authorize",
            "token_endpoint": f"{_CASDOOR}/api/login/oauth/access_token",
            "userinfo_endpoint": f"{_CASDOOR}/api/userinfo",
            "jwks_uri": f"{_CASDOOR}/.well-known/jwks",
            "introspection_endpoint": f"{_CASDOOR}/api/login/oauth/introspect",
            "end_session_endpoint": f"{_CASDOOR}/api/logout",
        },
        metadata={
            "scopes_supported": [*_STANDARD_SCOPES, "offline_access"],
            "authorization_response_iss_parameter_supported": True,
        },
        # Its one JWT is the ID token and the access token.
        token_claims={"tokenType": "access-token", "scope": "openid profile email"},
        claims={"email": "ada@example.org", "displayName": "Ada", "groups": ["acme/editors"]},
        user={"email": "ada@example.org", "first_name": "Ada"},
        groups=frozenset({"acme/editors"}),
    ),
    Description(
        page="fusionauth",
        issuer=_FUSIONAUTH,
        endpoints={
            "authorization_endpoint": f"{_FUSIONAUTH}/oauth2/authorize",
            "token_endpoint": f"{_FUSIONAUTH}/oauth2/token",
            "userinfo_endpoint": f"{_FUSIONAUTH}/oauth2/userinfo",
            "jwks_uri": f"{_FUSIONAUTH}/.well-known/jwks.json",
            "end_session_endpoint": f"{_FUSIONAUTH}/oauth2/logout",
        },
        metadata={"scopes_supported": ["openid", "offline_access", "email", "profile"]},
        refreshable_by={"scope": "offline_access"},
        refresh_tokens="keep",
        claims={**_VERIFIED, "applicationId": "a", "roles": ["editors"]},
        token_answer={"userId": "u"},
        user=_USER,
        groups=frozenset({"editors"}),
    ),
    Description(
        page="ory-hydra",
        issuer=_HYDRA,
        auth_method="client_secret_basic",
        endpoints={
            "authorization_endpoint": f"{_HYDRA}/oauth2/auth",
            "token_endpoint": f"{_HYDRA}/oauth2/token",
            "userinfo_endpoint": f"{_HYDRA}/userinfo",
            "jwks_uri": f"{_HYDRA}/.well-known/jwks.json",
            "revocation_endpoint": f"{_HYDRA}/oauth2/revoke",
            "end_session_endpoint": f"{_HYDRA}/oauth2/sessions/logout",
        },
        metadata={
            "scopes_supported": ["offline_access", "offline", "openid"],
            "response_types_supported": ["code", "code id_token", "id_token", "token id_token"],
        },
        refreshable_by={"scope": "offline_access"},
        token_claims={"rat": 1, "sid": "s"},
        dead_refresh_token=(401, b'{"error":"token_inactive"}'),
        logout_demands=frozenset({"id_token_hint", "post_logout_redirect_uri", "state"}),
        user={"email": ""},
    ),
    Description(
        page="spring",
        issuer=_SPRING,
        auth_method="client_secret_basic",
        endpoints={
            "authorization_endpoint": f"{_SPRING}/oauth2/authorize",
            "token_endpoint": f"{_SPRING}/oauth2/token",
            "userinfo_endpoint": f"{_SPRING}/userinfo",
            "jwks_uri": f"{_SPRING}/oauth2/jwks",
            "introspection_endpoint": f"{_SPRING}/oauth2/introspect",
            "revocation_endpoint": f"{_SPRING}/oauth2/revoke",
            "end_session_endpoint": f"{_SPRING}/connect/logout",
        },
        metadata={"scopes_supported": ["openid"], "response_types_supported": ["code"]},
        key_members={"alg": None, "use": None},
        knows_earlier_id_tokens=False,
        token_claims={"sid": "s"},
        user={"email": ""},
    ),
    Description(
        page="canaille",
        issuer=_CANAILLE,
        auth_method="client_secret_basic",
        endpoints={
            "authorization_endpoint": f"{_CANAILLE}/oauth/authorize",
            "token_endpoint": f"{_CANAILLE}/oauth/token",
            "userinfo_endpoint": f"{_CANAILLE}/oauth/userinfo",
            "jwks_uri": f"{_CANAILLE}/oauth/jwks.json",
            "introspection_endpoint": f"{_CANAILLE}/oauth/introspect",
            "revocation_endpoint": f"{_CANAILLE}/oauth/revoke",
            "end_session_endpoint": f"{_CANAILLE}/oauth/end_session",
        },
        metadata={
            "scopes_supported": ["openid", "profile", "email", "address", "phone", "groups"],
            "authorization_response_iss_parameter_supported": True,
        },
        claims={**_ADA, "groups": ["editors"]},
        user=_USER,
        groups=frozenset({"editors"}),
    ),
)
