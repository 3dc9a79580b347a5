"""Users of all kinds that products have: other names, other keys, other groups, other rules."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AbstractUser, PermissionsMixin, UserManager
from django.db import models


class EmailUser(AbstractBaseUser):
    """Be known by e-mail address alone, without names, groups and permissions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    objects = BaseUserManager["EmailUser"]()

    USERNAME_FIELD = "email"


class EmailKeyUser(AbstractBaseUser):
    """Have the address for a key."""

    email = models.EmailField(primary_key=True)
    objects = BaseUserManager["EmailKeyUser"]()

    USERNAME_FIELD = "email"


class HeirUser(EmailKeyUser):
    """Have that key from a model of its own table."""

    nickname = models.CharField(max_length=20, blank=True)


class UuidUser(AbstractUser):
    """Have everything that Django's user has, and a UUID for a key."""

    id: Any = models.UUIDField(primary_key=True, default=uuid.uuid4)


class MemberUser(AbstractUser):
    """Have an address of one's own, which may be missing."""

    email = models.EmailField(unique=True, null=True)  # noqa: DJ001 # two may be missing


class Team(models.Model):
    """Be a group of the site's own, as NetBox has them."""

    name = models.CharField(max_length=20, unique=True)
    description = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return self.name


class TeamUser(AbstractUser):
    """Be in groups of the site's own."""

    groups: Any = models.ManyToManyField(Team, blank=True)


class Crew(models.Model):
    """Be a group that needs more than a name."""

    name = models.CharField(max_length=20, unique=True)
    captain = models.ForeignKey("users.CrewUser", on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.name


class CrewUser(AbstractUser):
    """Be in groups that need more than a name."""

    groups: Any = models.ManyToManyField(Crew, blank=True)


class TitledUser(AbstractUser):
    """Be in groups that have no names."""

    class Title(models.Model):
        """Have no name."""

        text = models.CharField(max_length=20)

        class Meta:
            app_label = "users"

        def __str__(self) -> str:
            return self.text

    groups: Any = models.ManyToManyField(Title, blank=True)


class StrictUser(AbstractUser):
    """Validate everything at each save."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.full_clean()
        super().save(*args, **kwargs)


class FullNameUser(AbstractBaseUser, PermissionsMixin):
    """Have one name in place of two, as Weblate has it, and no date of joining."""

    username = models.CharField(max_length=150, unique=True)
    full_name = models.CharField(max_length=150)
    email = models.EmailField()
    is_active = models.BooleanField(default=True)
    objects = BaseUserManager["FullNameUser"]()

    USERNAME_FIELD = "username"


class BareUser(AbstractBaseUser):
    """Have a name and nothing else, no address either."""

    username = models.CharField(max_length=10, unique=True)
    nickname = models.CharField(max_length=5, unique=True, null=True)  # noqa: DJ001 # likewise
    objects = BaseUserManager["BareUser"]()

    USERNAME_FIELD = "username"


class LivingUsers(UserManager["SoftUser"]):
    """Leave out the users who are deleted."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(deleted=False)


class SoftUser(AbstractUser):
    """Stay in the table when deleted."""

    deleted = models.BooleanField(default=False)
    objects = LivingUsers()
    everyone = models.Manager["SoftUser"]()
