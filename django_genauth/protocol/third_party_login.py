"""Third-party initiated login: another site asks this one to begin a login (OIDC Core 4).

`target_link_uri`, the page where the person lands, is the site's matter, as `next` is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django_genauth.protocol.errors import LoginRequestError

__all__ = ["PARAMETERS", "login_hint_of"]

PARAMETERS: Final = ("iss", "login_hint", "target_link_uri")

# In characters; an address has 254 at most (RFC 5321 4.5.3.1).
_LONGEST_HINT: Final = 255


def login_hint_of(pairs: Iterable[tuple[str, str]], *, issuer: str) -> str | None:
    """Check a request of another site to begin a login, and return its login_hint, if any.

    Without an `iss` nobody else began the login, and there is nothing to check or to hand on.
    Raises LoginRequestError.
    """
    given = [(name, value) for name, value in pairs if name in PARAMETERS]
    parameters = dict(given)
    if len(parameters) != len(given):
        raise LoginRequestError("A parameter stands twice.", reason="repeated")
    if "iss" not in parameters:
        return None
    if parameters["iss"] != issuer:
        # The app has one provider, and nobody else chooses another for the person.
        raise LoginRequestError(f"The iss is not {issuer}.", reason="iss")
    hint = parameters.get("login_hint")
    if hint is not None and not (len(hint) <= _LONGEST_HINT and hint.isprintable()):
        raise LoginRequestError(
            f"The login_hint is longer than {_LONGEST_HINT} characters, or holds control"
            " characters.",
            reason="login_hint",
        )
    return hint or None
