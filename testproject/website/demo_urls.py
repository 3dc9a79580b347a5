"""The addresses of the demo: those of the example site, the admin, and the admin's style sheets."""

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import path

from website.urls import urlpatterns as website

urlpatterns = [
    *website,
    path("admin/", admin.site.urls),
    # Django's own server serves these only while DEBUG is on, which hides the demo's 404 page.
    path("static/<path:path>", serve, {"insecure": True}),
]
