"""GenAuth's paths. The names are those that django-oauth-toolkit looks its endpoints up by."""

from django.urls import include, path
from oauth2_provider.views import (
    JwksInfoView,
    RevokeTokenView,
    RPInitiatedLogoutView,
    TokenView,
    UserInfoView,
)

from provider import views
from provider.status import status

_endpoints = [
    path("oidc/auth", views.AuthorizationView.as_view(), name="authorize"),
    path("oidc/token", TokenView.as_view(), name="token"),
    path("oidc/me", UserInfoView.as_view(), name="user-info"),
    path("oidc/token/introspection", views.IntrospectionView.as_view(), name="introspect"),
    path("oidc/token/revocation", RevokeTokenView.as_view(), name="revoke-token"),
    path(
        "oidc/session/end",
        RPInitiatedLogoutView.as_view(template_name="provider/end_session.html"),
        name="rp-initiated-logout",
    ),
    path(
        "oidc/.well-known/openid-configuration",
        views.DiscoveryView.as_view(),
        name="oidc-connect-discovery-info",
    ),
    path("oidc/.well-known/jwks.json", JwksInfoView.as_view(), name="jwks-info"),
]

urlpatterns = [
    path("", include((_endpoints, "oauth2_provider"))),
    # GenAuth's second protocol: the same server, without ID tokens.
    path("oauth/auth", views.AuthorizationView.as_view()),
    path("oauth/token", TokenView.as_view()),
    path("oauth/me", views.OAuthProfileView.as_view()),
    path("oauth/token/introspection", views.IntrospectionView.as_view()),
    path("oauth/token/revocation", RevokeTokenView.as_view()),
    path("api/v2/oidc/validate_token", views.validate_token),
    path("login", views.LoginView.as_view(), name="login"),
    path("login/profile/logout", views.hosted_logout, name="hosted-logout"),
    path("status", status, name="status"),
    path("", views.home, name="home"),
]
