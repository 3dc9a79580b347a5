"""What the tests of stored grants share: users whose tokens the provider really gave."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model

from django_genauth import conf, grants
from django_genauth.conf import get_app
from django_genauth.models import Grant, Identity
from tests.support.clients import tokens_of
from tests.support.provider.scripted import ScriptedProvider

OFFLINE = "openid offline_access"


def a_grant(
    provider: ScriptedProvider, *, name: str = "ada", left: int = -10, **changes: Any
) -> Grant:
    """Let a person sign in, and keep what was granted; its access token ran out, as a rule."""
    tokens = tokens_of(conf.get_client(), provider, scope=OFFLINE, sub=name)
    user, _ = get_user_model().objects.get_or_create(username=name)
    identity, _ = Identity.objects.get_or_create(user=user, issuer=provider.issuer, subject=name)
    kept = replace(tokens, **({"expires_at": time.time() + left} | changes))
    grant = grants.store(identity, get_app(), kept)
    provider.forget_requests()
    return Grant.objects.select_related("identity__user").get(pk=grant.pk)
