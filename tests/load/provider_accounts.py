"""The scripted provider that keeps accounts: whose each token is, and what became of each sign-in.

A sign-in is named by its number, in the order in which people signed in there.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django_genauth.testing.provider.grants import Grant, GrantStore, Refused
from tests.support.provider import faults
from tests.support.provider.scripted import ScriptedProvider
from tests.support.provider.server import Answer, Fault, Request


@dataclass
class Times:
    """Hold when the refresh tokens of one sign-in were rotated and used twice, in epoch seconds."""

    rotated: list[float] = field(default_factory=list)
    used_twice: list[float] = field(default_factory=list)


class TimedGrantStore(GrantStore):
    """Note when a refresh token comes, whether it is good or was used before."""

    def __init__(self) -> None:
        super().__init__()
        self.times: defaultdict[int, Times] = defaultdict(Times)

    def redeem_refresh_token(self, text: str, *, rotate: bool, jkt: str | None = None) -> Grant:
        """Take a refresh token as every provider does, and note when."""
        token = self.find_token(text)
        was_alive = token is not None and token.grant is not None and token.grant.alive
        times = self.times[id(token and token.grant)]
        try:
            grant = super().redeem_refresh_token(text, rotate=rotate, jkt=jkt)
        except Refused:
            if was_alive:
                times.used_twice.append(time.time())
            raise
        times.rotated.append(time.time())
        return grant

    def grant_of_code(self, code: str) -> Grant:
        """Return what a code was issued for."""
        return self._codes[code]

    def granted(self) -> set[int]:
        """Return the ids of those grants for which tokens were issued."""
        return {id(token.grant) for token in list(self._tokens.values())}


class AccountingProvider(ScriptedProvider):
    """Be honest, or silent, and account for all sign-ins."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.grants: TimedGrantStore = TimedGrantStore()
        self.is_frozen = threading.Event()
        self._sign_ins: list[Grant] = []

    def sign_in(self, authorization_url: str, sub: str) -> dict[str, Any]:
        """Sign a person in; return the callback's address, and how the sign-in is named."""
        sid = f"{sub}.{len(self._sign_ins)}"
        claims = {"email": f"{sub}@example.org", "sid": sid}
        callback = self.authorize(authorization_url, sub=sub, claims=claims)
        (code,) = parse_qs(urlsplit(callback).query)["code"]
        self._sign_ins.append(self.grants.grant_of_code(code))
        return {"callback": callback, "number": len(self._sign_ins) - 1, "sid": sid}

    def whose(self, text: str) -> dict[str, Any]:
        """Tell whose an access or refresh token is, and until when it is good."""
        token = self.grants.find_token(text)
        if token is None or token.grant is None:
            return {"sub": None, "number": None, "exp": 0}
        number = next(n for n, grant in enumerate(self._sign_ins) if grant is token.grant)
        return {"sub": token.grant.sub, "number": number, "exp": token.exp}

    def accounts(self) -> list[dict[str, Any]]:
        """Tell what became of each sign-in. It lives once its code was redeemed."""
        granted = self.grants.granted()
        return [
            {
                "sub": grant.sub,
                "lives": grant.alive and id(grant) in granted,
                **vars(self.grants.times[id(grant)]),
            }
            for grant in self._sign_ins
        ]

    def _respond(self, request: Request, closing: threading.Event) -> tuple[Answer, Fault | None]:
        if self.is_frozen.is_set():
            # Nothing is read, so that codes and refresh tokens stay as good as they were.
            return Answer(), faults.hang
        return super()._respond(request, closing)
