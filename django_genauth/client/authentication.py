"""Client authentication: with which method, secret or key the app proves itself at an endpoint.

What is sent for a method stands in `protocol.client_auth`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from django_genauth.client.client_certificate import check_certificate
from django_genauth.client.profile import PROFILE_ALGORITHMS, keys_shortfall
from django_genauth.client.registration import (
    ClientRegistration,
    beneath_profile,
    invalid_setting,
)
from django_genauth.client.token_algorithms import ENCRYPTED, encryption_of
from django_genauth.protocol.client_assertion import client_assertion
from django_genauth.protocol.client_auth import (
    ASSERTING_METHODS,
    CERTIFICATE_METHODS,
    METHODS,
    ClientCredentials,
)
from django_genauth.protocol.client_keys import (
    ClientKey,
    certificate_key,
    load_keys,
    public_key_set,
)
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.jwks import secret_key
from django_genauth.protocol.jws import ALGORITHMS

_ENDPOINTS: Final = ("token", "introspection", "revocation")
_HMAC: Final = ("HS256", "HS384", "HS512")
_AUDIENCES: Final = ("issuer", "endpoint")


class ClientAuthentication:
    """Hold an app's private `keys`, and make its credentials.

    Raises ConfigurationError for settings that cannot work together. Keys are read once.
    """

    def __init__(self, registration: ClientRegistration, clock: Callable[[], float]) -> None:
        self._registration = registration
        self.clock = clock
        self.keys = load_keys(registration.client_keys)
        if registration.profile is not None and (shortfall := keys_shortfall(self.keys)):
            raise beneath_profile(shortfall)
        self._methods = {endpoint: self._method(endpoint) for endpoint in _ENDPOINTS}
        if registration.client_assertion_audience not in _AUDIENCES:
            raise invalid_setting(
                "CLIENT_ASSERTION_AUDIENCE", f"has to be one of {', '.join(_AUDIENCES)}"
            )
        if registration.request_object_signing_alg is not None:
            self.request_object_key(registration.request_object_signing_alg)
        if registration.client_certificate is not None:
            certificate, key = registration.client_certificate
            check_certificate((certificate, key))
        for endpoint, method in self._methods.items():
            self._check(f"{endpoint}_endpoint_auth_method".upper(), method)

    def method(self, endpoint: str) -> str:
        """Return the authentication method at `token`, `introspection` or `revocation`."""
        return self._methods[endpoint]

    def credentials(self, endpoint: str) -> ClientCredentials:
        """Return the app's credentials at `token`, `introspection` or `revocation`."""
        app, method = self._registration, self._methods[endpoint]
        return ClientCredentials(
            client_id=app.app_id,
            client_secret=app.secret,
            method=method,
            assertion=partial(self._assertion, method) if method in ASSERTING_METHODS else None,
        )

    def request_object_key(self, algorithm: str) -> ClientKey | str:
        """Return what signs request objects with an algorithm: a private key, or the secret.

        Raises ConfigurationError where no key of CLIENT_KEYS does, or the secret is too short.
        """
        if algorithm in _HMAC:
            secret = self._registration.secret or ""
            secret_key(secret, algorithm)
            return secret
        for key in self.keys:
            if key.signs and algorithm in key.algorithms:
                return key
        raise invalid_setting(
            "REQUEST_OBJECT_SIGNING_ALG", "is none that a key of CLIENT_KEYS signs with"
        )

    @property
    def shared_secret(self) -> str | None:
        """Return a text that the processes of the site alone know, or None for a public client."""
        private = [key.jwk.export_private() for key in self.keys[:1]]
        return self._registration.secret or "".join(private) or None

    def public_keys(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set of the public halves, which the provider reads (RFC 7517 5).

        A certificate that nobody vouches for is among them: by that the provider knows it.
        """
        settings = vars(self._registration)
        algorithms = [encryption_of(settings, kind)[0] for kind in ENCRYPTED]
        published = public_key_set(self.keys, decrypting=[each for each in algorithms if each])
        certificate = self._registration.client_certificate
        if certificate is not None and "self_signed_tls_client_auth" in self._methods.values():
            published["keys"].append(certificate_key(Path(certificate[0]).read_bytes()))
        return published

    def _method(self, endpoint: str) -> str:
        app = self._registration
        method: str | None = getattr(app, f"{endpoint}_endpoint_auth_method")
        if method is not None:
            return method
        if app.secret and app.profile is None:
            return "client_secret_post"
        # Whoever has a key means to use it, and without one anybody could pose as the app.
        if app.client_assertion is not None or any(key.signs for key in self.keys):
            return "private_key_jwt"
        if app.profile is None:
            return "none"
        return "tls_client_auth" if app.client_certificate is not None else "private_key_jwt"

    def _check(self, name: str, method: str) -> None:
        if method not in METHODS:
            raise invalid_setting(name, f"has to be one of {', '.join(METHODS)}")
        if method.startswith("client_secret") and not self._registration.secret:
            raise invalid_setting(
                name, f"cannot be {method} without APP_SECRET; set that, or leave this out"
            )
        if method in ASSERTING_METHODS and self._registration.client_assertion is None:
            self._key_for(method)
        if method in CERTIFICATE_METHODS and self._registration.client_certificate is None:
            raise invalid_setting(name, f"cannot be {method} without CLIENT_CERTIFICATE")

    def _assertion(self, method: str, endpoint_url: str) -> str:
        app = self._registration
        if app.client_assertion is not None:
            return _finished(app.client_assertion)
        key, algorithm = self._key_for(method)
        of_issuer = app.client_assertion_audience == "issuer"
        return client_assertion(
            app.app_id,
            key,
            algorithm=algorithm,
            audience=app.issuer if of_issuer else endpoint_url,
            now=self.clock(),
        )

    def _key_for(self, method: str) -> tuple[ClientKey | str, str]:
        """Return what signs assertions for a method, and the algorithm."""
        return self._signing_key() if method == "private_key_jwt" else self._secret()

    def _signing_key(self) -> tuple[ClientKey, str]:
        """Return the first key that signs with CLIENT_ASSERTION_ALG, and that algorithm."""
        wanted = self._registration.client_assertion_alg
        accepted = ALGORITHMS if self._registration.profile is None else PROFILE_ALGORITHMS
        for key in self.keys:
            for algorithm in key.algorithms:
                if algorithm in accepted and wanted in (None, algorithm):
                    return key, algorithm
        if wanted is None:
            raise invalid_setting(
                "CLIENT_KEYS", "has no key that signs; `genauth_keys` makes one for private_key_jwt"
            )
        raise invalid_setting(
            "CLIENT_ASSERTION_ALG", "is none that a key of CLIENT_KEYS signs with"
        )

    def _secret(self) -> tuple[str, str]:
        """Return the secret and the algorithm that signs with it. Raises ConfigurationError."""
        algorithm = self._registration.client_assertion_alg or "HS256"
        if algorithm not in _HMAC:
            raise invalid_setting(
                "CLIENT_ASSERTION_ALG", f"has to be one of {', '.join(_HMAC)} for client_secret_jwt"
            )
        secret = self._registration.secret or ""
        secret_key(secret, algorithm)
        return secret, algorithm


def _finished(make: Callable[[], str]) -> str:
    """Return the assertion that somebody else signed. Raises ConfigurationError without one."""
    try:
        assertion = make()
        if isinstance(assertion, str) and assertion.isascii() and assertion.count(".") == 2:
            return assertion.strip()
        failure = "it returns no signed token"
    except Exception as error:  # noqa: BLE001 # it is the site's, and may ask whomever it likes
        failure = type(error).__name__
    # Out here, as the other error may quote the token.
    raise ConfigurationError(
        f"The callable in CLIENT_ASSERTION failed ({failure}). Call it in `manage.py shell` to see"
        " why.",
        reason="client_assertion",
    )
