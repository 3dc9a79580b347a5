"""A site one of whose views takes access tokens."""

from django.urls import include, path

from tests.api.views import reports
from tests.support.site.urls import urlpatterns as site

urlpatterns = [path("api/", include([path("reports/", reports)])), *site]
