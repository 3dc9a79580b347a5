"""The address of a visitor, for the log: what a ban or an alert is about.

No decision of this app depends on it.
"""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest

from django_genauth.conf import App, get_app
from django_genauth.protocol.errors import ConfigurationError


def visitor_ip(request: HttpRequest, app: App | str) -> str | None:
    """Return the IP address of a visitor to an app or its alias, or None where it is not known.

    It is that of the connection, or what VISITOR_IP_HEADER says, as the site's own proxy set it: a
    header that has several addresses names that of the nearest proxy's visitor last. Any visitor
    can send a header, so that no other is read, and never two of them.
    """
    try:
        header = (get_app(app) if isinstance(app, str) else app).visitor_ip_header
    except ConfigurationError:
        # Which header the proxy sets is not known either.
        return None
    told = request.META.get("REMOTE_ADDR", "") if header is None else request.headers.get(header)
    return _address(str(told or "").rpartition(",")[2].strip())


def _address(text: str) -> str | None:
    """Return an address without a port, as some proxies add one; None for any other text."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        # The name of a zone could be any text, and a line break in it a second line of the log.
        return None if "%" in text else str(ip_address(text))
    except ValueError:
        return None
