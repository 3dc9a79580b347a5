"""The authorization of requests to other APIs: an `auth` for the requests library.

Where the token comes from, and how it is renewed, is decided by whoever makes one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urljoin

from django_genauth.client.proofs import nonces, origin_of
from django_genauth.protocol.dpop import DpopKey, asks_for_nonce
from django_genauth.protocol.errors import GenAuthError
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.tokens import TokenSet
from django_genauth.tracebacks import methods_without_variables

_BECOMES_GET: Final = (302, 303)
_FORM_BECOMES_GET: Final = 301
_HEADERS: Final = ("Authorization", "DPoP")


@methods_without_variables
class RequestAuthorization:
    """Add an access token to each request, and the proof of its key where it has one.

    `token` returns the tokens to use, `renew` others for those that were refused. Both may raise a
    GenAuthError. Threads may share one.
    """

    def __init__(
        self,
        token: Callable[[], TokenSet],
        renew: Callable[[TokenSet], TokenSet],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._token = token
        self._renew = renew
        self._clock = clock

    def __repr__(self) -> str:
        return "<RequestAuthorization>"

    def __call__(self, request: Any) -> Any:
        """Add the headers to a prepared request, and watch its answer."""
        shown = _Shown(self._token(), request, self._clock)
        shown.add_to(request)

        def watch(response: Any, **kwargs: Any) -> Any:
            return self._answered(shown, response, kwargs)

        request.register_hook("response", watch)
        return request

    def _answered(self, shown: _Shown, response: Any, kwargs: dict[str, Any]) -> Any:
        """Return the answer of a request, or that of its next try."""
        if not shown.is_at_home(response.request.url):
            return response
        response = self._tried_with_nonce(shown, response, kwargs)
        if response.status_code == 401 and not shown.is_renewed and shown.can_send_again(response):
            shown.is_renewed = True
            try:
                shown.tokens = self._renew(shown.tokens)
            except GenAuthError:
                # What the API said is what the caller has to know; the log has the rest.
                return response
            response = self._tried_with_nonce(shown, _sent_again(shown, response, kwargs), kwargs)
        if response.is_redirect:
            shown.prepare_redirect(response)
        return response

    @staticmethod
    def _tried_with_nonce(shown: _Shown, response: Any, kwargs: dict[str, Any]) -> Any:
        """Send a request once more where the API asks for its nonce (RFC 9449 9)."""
        if shown.key is None:
            return response
        answer = _as_answer(response)
        nonces.learn(response.request.url, answer)
        if not asks_for_nonce(answer) or shown.has_nonce or not shown.can_send_again(response):
            return response
        # Once for a request: an API that asks again would have it go round in circles.
        shown.has_nonce = True
        response = _sent_again(shown, response, kwargs)
        nonces.learn(response.request.url, _as_answer(response))
        return response


class _Shown:
    """Hold what one request shows, and what was tried with it."""

    def __init__(self, tokens: TokenSet, request: Any, clock: Callable[[], float]) -> None:
        self._origin = origin_of(request.url)
        self._clock = clock
        self._has_left = False
        self.has_nonce = False
        self.is_renewed = False
        self.tokens = tokens

    @property
    def tokens(self) -> TokenSet:
        """Return the tokens that the request shows."""
        return self._tokens

    @tokens.setter
    def tokens(self, tokens: TokenSet) -> None:
        self._tokens = tokens
        self.key = None if tokens.dpop_key is None else DpopKey.load(tokens.dpop_key)

    def is_at_home(self, url: str) -> bool:
        """Tell whether an address is on the server that the request was for, and never left."""
        try:
            return not self._has_left and origin_of(url) == self._origin
        except ValueError:
            return False

    def add_to(self, request: Any, *, method: str | None = None, url: str | None = None) -> None:
        """Add the token, and a proof for what is about to be sent, to a request."""
        access_token, key = self.tokens.access_token, self.key
        if key is None:
            request.headers["Authorization"] = f"Bearer {access_token}"
            return
        url = url or request.url
        request.headers["Authorization"] = f"DPoP {access_token}"
        request.headers["DPoP"] = key.proof(
            method=method or request.method,
            url=url,
            now=self._clock(),
            access_token=access_token,
            nonce=nonces.get(url),
        )

    @staticmethod
    def can_send_again(response: Any) -> bool:
        """Tell whether the body of an answered request is there still, from its beginning."""
        body = response.request.body
        if body is None or isinstance(body, str | bytes):
            return True
        # A number where the library could tell at which place it began.
        return isinstance(getattr(response.request, "_body_position", None), int) and hasattr(
            body, "seek"
        )

    def prepare_redirect(self, response: Any) -> None:
        """Leave what the library takes along to another address: a proof for it, or nothing.

        Not to another server, whoever runs it: neither the token nor the proof is for it.
        """
        request = response.request
        url = urljoin(request.url, response.headers["Location"])
        if self.is_at_home(url):
            method = _method_after(response.status_code, request.method)
            self.add_to(request, method=method, url=url)
            return
        # For good: another server must not choose what is asked of this one.
        self._has_left = True
        for name in _HEADERS:
            request.headers.pop(name, None)


def _method_after(status: int, method: str) -> str:
    """Return the method with which the library follows a redirect."""
    becomes_get = status in _BECOMES_GET and method != "HEAD"
    is_form_answered = status == _FORM_BECOMES_GET and method == "POST"
    return "GET" if becomes_get or is_form_answered else method


def _sent_again(shown: _Shown, response: Any, kwargs: dict[str, Any]) -> Any:
    """Send an answered request once more, with what is shown now."""
    request = response.request
    # Read to its end, so that the connection is free.
    response.content  # noqa: B018 # a property that reads
    response.close()
    if not (request.body is None or isinstance(request.body, str | bytes)):
        request.body.seek(request._body_position)
    shown.add_to(request)
    again = response.connection.send(request, **kwargs)
    again.history.append(response)
    again.request = request
    return again


def _as_answer(response: Any) -> HttpResponse:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpResponse(status=response.status_code, headers=headers)
