"""The app as Django sees it."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.core.signals import request_started
from django.db.models.signals import post_save, pre_delete
from django.utils.translation import gettext_lazy as _


class GenAuthConfig(AppConfig):
    """The app: its name, its system checks and its receivers."""

    name = "django_genauth"
    label = "genauth"
    verbose_name = _("GenAuth")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and connect the receivers."""
        # Here and not above: models must be loaded first.
        import django_genauth.checks.addresses
        import django_genauth.checks.api
        import django_genauth.checks.keys
        import django_genauth.checks.profile
        import django_genauth.checks.servers
        import django_genauth.checks.settings
        import django_genauth.checks.site  # noqa: F401 # they register themselves
        from django_genauth import prefetching, receivers
        from django_genauth.logout import by_site
        from django_genauth.models import Identity, LoginSession
        from django_genauth.signals import revocation_pending

        pre_delete.connect(receivers.mark_before_deletion, sender=Identity)
        pre_delete.connect(receivers.revoke_after_deletion, sender=Identity)
        pre_delete.connect(receivers.end_after_deletion, sender=LoginSession)
        revocation_pending.connect(receivers.revoke_later)
        # Whatever is saved, as a user may be saved as a proxy or a child of AUTH_USER_MODEL.
        post_save.connect(receivers.end_sessions_of_inactive_user)
        # Before the row is deleted, which has what the provider is shown.
        user_logged_out.connect(by_site.note)
        request_started.connect(prefetching.prefetch)
        user_logged_out.connect(receivers.delete_session_row)
