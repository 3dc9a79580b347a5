"""The URLs of this app: each once for the default app, and once with an alias for the others."""

from django.urls import path

from django_genauth.health.views import HealthView
from django_genauth.identities.views import IdentitiesView
from django_genauth.keys.views import PublicKeysView
from django_genauth.login.views import CallbackView, LinkView, LoginView
from django_genauth.logout.remote_views import BackChannelLogoutView, FrontChannelLogoutView
from django_genauth.logout.views import LogoutView
from django_genauth.sessions.script_view import SessionView
from django_genauth.sessions.views import OwnSessionsView
from django_genauth.webhook.views import WebhookView

app_name = "genauth"

_VIEWS = {
    "login": LoginView,
    "callback": CallbackView,
    "logout": LogoutView,
    "link": LinkView,
    "session": SessionView,
    "backchannel-logout": BackChannelLogoutView,
    "frontchannel-logout": FrontChannelLogoutView,
    "webhook": WebhookView,
    "health": HealthView,
    "jwks": PublicKeysView,
}

urlpatterns = [
    # A person's sessions and identities are not an app's.
    path("sessions/", OwnSessionsView.as_view(), name="sessions"),
    path("identities/", IdentitiesView.as_view(), name="identities"),
    *(
        path(f"{prefix}{name}/", view.as_view(), name=name)
        for prefix in ("", "<slug:alias>/")
        for name, view in _VIEWS.items()
    ),
]
