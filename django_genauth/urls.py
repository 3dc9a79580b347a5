"""The addresses of this app; each once for the default app and once for any other by its alias."""

from django.urls import path

from django_genauth.login.views import CallbackView, LinkView, LoginView
from django_genauth.logout.remote_views import BackChannelLogoutView, FrontChannelLogoutView
from django_genauth.logout.views import LogoutView
from django_genauth.sessions.views import OwnSessionsView
from django_genauth.webhook.views import WebhookView

app_name = "genauth"

urlpatterns = [
    path("login/", LoginView.as_view(), name="login"),
    path("callback/", CallbackView.as_view(), name="callback"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("link/", LinkView.as_view(), name="link"),
    path("backchannel-logout/", BackChannelLogoutView.as_view(), name="backchannel-logout"),
    path("frontchannel-logout/", FrontChannelLogoutView.as_view(), name="frontchannel-logout"),
    path("webhook/", WebhookView.as_view(), name="webhook"),
    # A person's sessions are not an app's.
    path("sessions/", OwnSessionsView.as_view(), name="sessions"),
    path("<slug:alias>/login/", LoginView.as_view(), name="login"),
    path("<slug:alias>/callback/", CallbackView.as_view(), name="callback"),
    path("<slug:alias>/logout/", LogoutView.as_view(), name="logout"),
    path("<slug:alias>/link/", LinkView.as_view(), name="link"),
    path(
        "<slug:alias>/backchannel-logout/",
        BackChannelLogoutView.as_view(),
        name="backchannel-logout",
    ),
    path(
        "<slug:alias>/frontchannel-logout/",
        FrontChannelLogoutView.as_view(),
        name="frontchannel-logout",
    ),
    path("<slug:alias>/webhook/", WebhookView.as_view(), name="webhook"),
]
