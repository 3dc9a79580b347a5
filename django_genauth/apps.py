"""The app as Django sees it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GenAuthConfig(AppConfig):
    """Name the app and connect its system checks."""

    name = "django_genauth"
    label = "genauth"
    verbose_name = _("GenAuth")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from django_genauth import checks  # noqa: F401 # models must be loaded first
