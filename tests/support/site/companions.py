"""The addresses of a site that has other packages beside this app.

Imported after their apps are installed, as their models can only be loaded then.
"""

from django.urls import include, path

from tests.support.site.urls import urlpatterns as site_urls

urlpatterns = [
    *site_urls,
    path("hijack/", include("hijack.urls")),
    path("__debug__/", include("debug_toolbar.urls")),
]
