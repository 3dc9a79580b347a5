"""The addresses of the example site, the admin, and the admin's style sheets."""

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import path

from website.urls import urlpatterns

urlpatterns = [
    *urlpatterns,
    path("admin/", admin.site.urls),
    path("static/<path:path>", serve, {"insecure": True}),
]
