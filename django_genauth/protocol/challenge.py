"""The WWW-Authenticate challenge: what a resource says of a token that it refuses (RFC 6750 3).

Only a developer sees what it says; nothing is decided by it. The challenge that a site's own API
writes stands in `bearer`.
"""

from __future__ import annotations

import re
from typing import Final

from django_genauth.protocol.error_codes import registered
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.refusals import one_line

__all__ = ["challenge_text"]

_LONGEST: Final = 200
_LONGEST_HEADER: Final = 4_000
# RFC 9110 11.2: a name, and a token or a quoted text.
_PARAMETER: Final = re.compile(
    r"(?<![^\s,])(error|error_description)\s*=\s*" r'(?:"((?:[^"\\]|\\.)*+)"|([^\s,"]++))'
)


def challenge_text(response: HttpResponse) -> str:
    """Return the challenge of a refusal as one line of at most 200 characters.

    It has the error's word, where a specification knows it, and the description without control
    characters and without anything that may be a token. Empty where the header says nothing.
    """
    header = response.headers.get("www-authenticate", "")[:_LONGEST_HEADER]
    said = {name: quoted or plain for name, quoted, plain in _PARAMETER.findall(header)}
    if not said:
        return ""
    description = one_line(said.get("error_description"))
    word = registered(said["error"]) if "error" in said else ""
    return ": ".join(filter(None, (word, description)))[:_LONGEST]
