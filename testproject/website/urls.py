"""The addresses of the example site."""

from django.urls import include, path

from website import views

urlpatterns = [
    path("", views.home, name="home"),
    path("members/", views.members, name="members"),
    path("profile/", views.profile, name="profile"),
    path("tokens/", views.tokens, name="tokens"),
    path("api/me/", views.api_me, name="api-me"),
    path("genauth/", include("django_genauth.urls")),
]
