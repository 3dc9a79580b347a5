"""The one door to the network, and the only user of `requests`.

A request leaves here with a deadline for its whole life, a cap on what may come back, certificate
checks, and nothing taken from the environment: no proxy, no CA variable, no .netrc. No redirect is
followed, and nothing is sent twice but a GET on a stale connection. What an answer means is not
known here.
"""

from __future__ import annotations

import http.client
import os
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Final

from requests import PreparedRequest
from requests.exceptions import RequestException, SSLError
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError

from django_genauth import __version__
from django_genauth.client.deadlines import DeadlineAdapter, current
from django_genauth.protocol.errors import ConfigurationError, ProviderError, ProviderUnavailable
from django_genauth.protocol.messages import HttpRequest
from django_genauth.protocol.messages import HttpResponse as Answer

_CHUNK: Final = 16_384
# OpenSSL's words for an answer that is none of TLS.
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
# ... and for what the provider does not like, such as our certificate.
_ALERT: Final = "_ALERT_"
# What the libraries raise where no whole answer comes.
_FAILURES: Final = (RequestException, HTTPError, http.client.HTTPException, OSError, ValueError)


class Transport:
    """Send requests for one app over its own pool of connections.

    `timeout` is in seconds and bounds a request from its start to the last byte of its answer;
    `max_response_bytes` counts after decompression. Safe to share between threads, and begun anew
    in a forked process.
    """

    def __init__(
        self,
        *,
        timeout: float,
        max_response_bytes: int,
        ca_bundle: str | None,
        proxies: Mapping[str, str],
        allow_insecure_http: bool,
        pool_size: int = 32,
        client_certificate: Sequence[str] | None = None,
    ) -> None:
        self._timeout = timeout
        self._max_response_bytes = max_response_bytes
        self._verify = ca_bundle or True
        self._proxies = dict(proxies)
        self._certificate = None if client_certificate is None else tuple(client_certificate)
        self._allow_insecure_http = allow_insecure_http
        # A login holds a connection for one request; threads beyond this number open one of their
        # own.
        self._pool_size = pool_size
        self._open()

    def send(self, request: HttpRequest, *, shows_certificate: bool = False) -> Answer:
        """Send a request and return its whole answer, of whatever status.

        With `shows_certificate` it goes over connections that show the client's, and that no other
        request uses. Raises ProviderUnavailable where there is no whole answer in time,
        ProviderError where it is too large, ConfigurationError for an address that is not https.
        """
        if not (request.url.startswith("https://") or self._allow_insecure_http):
            raise ConfigurationError(
                "A request would leave without encryption. Use an https address, or for a test"
                " provider on this machine set ALLOW_INSECURE_HTTP.",
                reason="insecure_http",
            )
        if self._process != os.getpid():
            # Two processes that write into one inherited connection mix up their answers.
            self._open()
        current.begin(self._timeout, is_repeatable=request.method == "GET")
        try:
            certificate = self._certificate if shows_certificate else None
            return self._exchange_on_live_connection(request, certificate)
        except _FAILURES as error:
            failure = self._unavailable(error)
        finally:
            current.deadline = 0.0
        # Out here, as the library's errors hold the request, secret and all: none of them may be
        # found in the chain of this one.
        raise failure

    def _unavailable(self, error: Exception) -> ProviderUnavailable:
        if isinstance(error, SSLError):
            return ProviderUnavailable(
                "What answers there does not speak https. Compare the port in APP_HOST."
                if any(word in str(error) for word in _NO_TLS)
                else "The provider broke off the TLS handshake, as it does where it wants another"
                " client certificate. Look at CLIENT_CERTIFICATE."
                if _ALERT in str(error)
                else "The provider's certificate could not be verified. If it is signed by an"
                " authority of your own, name that in CA_BUNDLE.",
                reason="tls",
            )
        if time.monotonic() >= current.deadline or _is_timeout(error):
            return ProviderUnavailable(
                f"The provider gave no whole answer within {self._timeout:g} seconds.",
                reason="timeout",
            )
        return ProviderUnavailable(
            f"The connection to the provider failed ({_cause(error)}). Look at the host in APP_HOST"
            " and ISSUER, at PROXIES, and at the firewall.",
            reason="connection",
            was_sent=not isinstance(_inner(error), NewConnectionError),
        )

    def _open(self) -> None:
        self._adapter = DeadlineAdapter(pool_connections=8, pool_maxsize=self._pool_size)
        self._process = os.getpid()

    def _exchange_on_live_connection(
        self, request: HttpRequest, certificate: tuple[str, ...] | None
    ) -> Answer:
        try:
            return self._exchange(request, certificate)
        except _FAILURES:
            # RFC 9110 9.2.2 and RFC 9112 9.3.1: the provider closed the idle connection while the
            # request was on its way. A POST may have been read before that, and its code or refresh
            # token is good for one use.
            if request.method != "GET" or not current.met_stale_connection():
                raise
        # The pool has replaced the connection by a new one.
        return self._exchange(request, certificate)

    def _exchange(self, request: HttpRequest, certificate: tuple[str, ...] | None) -> Answer:
        prepared = PreparedRequest()
        # Not by its prepare(), which parses and encodes again what is in its final form here.
        prepared.method = request.method
        prepared.url = request.url
        prepared.body = request.body
        prepared.headers = CaseInsensitiveDict(
            {"User-Agent": f"django-genauth/{__version__}", **request.headers}
        )
        if request.body is not None:
            prepared.headers["Content-Length"] = str(len(request.body))
        response = self._adapter.send(
            prepared,
            stream=True,
            timeout=Timeout(total=self._timeout),  # type: ignore[arg-type] # not in its stubs
            verify=self._verify,
            # The library keeps a pool of connections for each host and certificate.
            cert=certificate,  # type: ignore[arg-type] # a pair, as was checked
            proxies=self._proxies,
        )
        raw: HTTPResponse = response.raw
        try:
            body = self._read(raw, raw.headers.get("Content-Encoding", "").strip().lower())
        except BaseException:
            # What is left of the answer must not be taken for the next one.
            raw.close()
            raise
        raw.release_conn()
        return Answer(
            status=raw.status,
            headers={name.lower(): value for name, value in raw.headers.items()},
            body=body,
        )

    def _read(self, raw: HTTPResponse, encoding: str) -> bytes:
        decompressor = None
        if encoding in ("gzip", "x-gzip", "deflate"):
            decompressor = zlib.decompressobj(wbits=47)  # gzip and zlib alike, by their first bytes
        elif encoding not in ("", "identity"):
            raise ProviderError("The answer has an unknown encoding.", reason="encoding")
        body = bytearray()
        room = self._max_response_bytes + 1
        try:
            while chunk := raw.read(_CHUNK, decode_content=False):
                body += decompressor.decompress(chunk, room - len(body)) if decompressor else chunk
                if len(body) >= room:
                    raise ProviderError(
                        f"The answer has more than {self._max_response_bytes} bytes, which"
                        " MAX_RESPONSE_BYTES decides.",
                        reason="too_large",
                    )
        except zlib.error:
            raise ProviderError("The answer cannot be unpacked.", reason="encoding") from None
        if decompressor and not decompressor.eof:
            raise ProviderError("The packed answer ends too early.", reason="encoding")
        return bytes(body)


def _cause(error: Exception) -> str:
    """Return the name of what the library's error is wrapped around; its text may hold a secret."""
    return type(_inner(error)).__name__


def _inner(error: Exception) -> Exception:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return reason if isinstance(reason, Exception) else error


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or "timed out" in str(error).lower()
