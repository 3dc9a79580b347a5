"""The address of the protected resource metadata; to be included at the root of the site."""

from django.urls import path

from django_genauth.api.metadata import ProtectedResourceView
from django_genauth.protocol.protected_resource import WELL_KNOWN

app_name = "genauth_api"

_view = ProtectedResourceView.as_view()

urlpatterns = [
    path(WELL_KNOWN.removeprefix("/"), _view, name="protected-resource"),
    path(f"{WELL_KNOWN.removeprefix('/')}/<path:path>", _view, name="protected-resource-of-path"),
]
