"""The app as Django sees it."""

from django.apps import AppConfig
from django.db.models.signals import pre_delete
from django.utils.translation import gettext_lazy as _


class GenAuthConfig(AppConfig):
    """Name the app and connect its system checks and receivers."""

    name = "django_genauth"
    label = "genauth"
    verbose_name = _("GenAuth")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and end grants with their identities."""
        # Here and not above: models must be loaded first.
        from django_genauth import checks  # noqa: F401 # they register themselves
        from django_genauth.grants import revoke_before_deletion
        from django_genauth.models import Identity

        pre_delete.connect(revoke_before_deletion, sender=Identity)
