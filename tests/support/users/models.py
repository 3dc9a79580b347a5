"""Users without a username, and with keys that are no numbers."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AbstractUser
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
