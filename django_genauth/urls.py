"""The addresses of this app; each once for the default app and once for any other by its alias."""

from django.urls import path

from django_genauth.views import CallbackView, LinkView, LoginView, LogoutView

app_name = "genauth"

urlpatterns = [
    path("login/", LoginView.as_view(), name="login"),
    path("callback/", CallbackView.as_view(), name="callback"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("link/", LinkView.as_view(), name="link"),
    path("<slug:alias>/login/", LoginView.as_view(), name="login"),
    path("<slug:alias>/callback/", CallbackView.as_view(), name="callback"),
    path("<slug:alias>/logout/", LogoutView.as_view(), name="logout"),
    path("<slug:alias>/link/", LinkView.as_view(), name="link"),
]
