"""An admin in which a site's own admin of users says what became of their grants."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.urls import include, path

from django_genauth.admin import GrantsRevokedAdmin, IdentityAdmin
from django_genauth.models import Identity


class PeopleAdmin(GrantsRevokedAdmin, UserAdmin):  # type: ignore[type-arg] # generic in the stubs alone
    """Be Django's, and tell of the grants."""


people = admin.AdminSite(name="people")
people.register(get_user_model(), PeopleAdmin)
people.register(Identity, IdentityAdmin)

urlpatterns = [
    path("genauth/", include("django_genauth.urls")),
    path("admin/", people.urls),
]
