"""Admins that are entered in four ways: Django's, a site's own, by a wrapper, by a second factor.

The second factor stands for the packages that bring one: their page extends Django's, with another
form in the block `content`, and who is staff is let in only once they have shown it.
"""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tests.support.site.urls import home


class SecondFactorSite(admin.AdminSite):
    """Ask for a code after the password."""

    login_template = "site/second_factor.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who has shown the second factor."""
        return super().has_permission(request) and "second_factor" in request.session


class WrappedSite(admin.AdminSite):
    """Send people to LOGIN_URL, and not to a page of the admin."""

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the page to people who are signed in already, and are not staff."""
        return login_required(super().login)(request, extra_context)


own = admin.AdminSite(name="own")
wrapped = WrappedSite(name="wrapped")
second_factor = SecondFactorSite(name="second_factor")

urlpatterns = [
    path("", home),
    path("genauth/", include("django_genauth.urls")),
    path("admin/", admin.site.urls),
    path("own/", own.urls),
    path("wrapped/", wrapped.urls),
    path("factor/", second_factor.urls),
]
