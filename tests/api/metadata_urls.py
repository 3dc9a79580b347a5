"""A site that serves the metadata of its API."""

from django.urls import include, path

from tests.api.views import urlpatterns as views

urlpatterns = [path("", include("django_genauth.api.urls")), *views]
