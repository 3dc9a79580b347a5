"""The client certificate for mutual TLS: its files are checked before anything is sent (RFC 8705).

The connections that show it are made in `transport`.
"""

from __future__ import annotations

import ssl

from django_genauth.client.registration import invalid_setting

__all__ = ["check_certificate"]


def check_certificate(paths: tuple[str, str]) -> None:
    """Raise ConfigurationError for files that no connection can show."""
    for name, path in zip(("certificate", "key"), paths, strict=True):
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise invalid_setting(
                "CLIENT_CERTIFICATE",
                f"names a {name} that cannot be read ({type(error).__name__}): {path}",
            ) from None
    try:
        # A key under a password would have the process wait for somebody who types it.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*paths, password=lambda: b"")
    except (ssl.SSLError, ValueError):
        # Out of the chain, as OpenSSL's words tell nobody what to do.
        pass
    else:
        return
    raise invalid_setting(
        "CLIENT_CERTIFICATE",
        "has to be the paths of a PEM certificate and of its own private key, unencrypted",
    )
