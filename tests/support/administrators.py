"""What the tests of the admin share: staff with some permissions, and what they read on a page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client

GRANTS = "/admin/genauth/grant/"
IDENTITIES = "/admin/genauth/identity/"


def an_administrator(*permissions: str, **flags: bool) -> Client:
    """Sign in a member of staff who has these permissions, and no other."""
    staff, _ = get_user_model().objects.get_or_create(
        username="staff", defaults={"is_staff": True, **flags}
    )
    staff.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def act(client: Client, address: str, action: str, *rows: Any, **fields: str) -> Any:
    """Choose an action for rows of a list, and return what comes next."""
    form = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
    return client.post(address, form)


def messages_of(response: Any) -> list[str]:
    """Return what the administrator is told on the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def levels_of(response: Any) -> list[str]:
    """Return how serious each message is."""
    return [message.level_tag for message in get_messages(response.wsgi_request)]


def text_of(response: Any) -> str:
    """Return what there is to read on a page, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
