"""Watch a site for secrets: in its pages and its log, in errors, and in the addresses that it asks.

Secret is what a provider handed out or was sent in secret, and what a browser holds. What a refusal
is stands in `conftest`.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse

from tests.support.provider.scripted import ScriptedProvider

# Shorter texts are found in other texts by chance, and keep nothing secret.
_SHORTEST = 16
_SENT_IN_SECRET = ("code", "client_secret", "code_verifier", "refresh_token", "token")


class Watcher:
    """Be the outermost middleware of a site, and remember what went in and out."""

    answers: list[HttpResponse] = []
    from_browsers: set[str] = set()

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.from_browsers.update(request.COOKIES.values())
        for name in ("code", "state", "access_token", "id_token"):
            self.from_browsers.update(request.GET.getlist(name), request.POST.getlist(name))
        response = self._get_response(request)
        self.answers.append(response)
        return response

    @classmethod
    def forget(cls) -> None:
        """Forget what earlier tests did."""
        cls.answers.clear()
        cls.from_browsers.clear()


def secrets_of(provider: ScriptedProvider) -> set[str]:
    """Return what may show nowhere, of a provider and of the browsers that were watched."""
    known = {provider.client_secret or "", *provider.grants.secrets, *provider.states}
    known |= provider.issued_id_tokens | Watcher.from_browsers
    for request in provider.requests:
        known |= {request.form[name] for name in _SENT_IN_SECRET if name in request.form}
        known.add((request.headers.get("Authorization") or "").partition(" ")[2])
        known.add(request.headers.get("DPoP") or "")
    # Of a token that is cut short, a part can be left.
    parts = {part for text in known if text.count(".") >= 2 for part in text.split(".")[1:]}
    return {text for text in known | parts if len(text) >= _SHORTEST}


def shown_in_pages() -> Iterator[str]:
    """Return what the browsers were shown, and where they were sent to."""
    for answer in Watcher.answers:
        yield answer.content.decode()
        yield from (value for name, value in answer.items() if name != "Location")


class Everything(logging.Handler):
    """Write down what each log record holds when it is made, its arguments and errors included."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Write one down."""
        self.texts += [record.getMessage(), repr(record.args)]
        if record.exc_info and record.exc_info[1]:
            self.texts += traceback.format_exception(record.exc_info[1])
            self.texts += held_by(record.exc_info[1])


def held_by(error: BaseException | None) -> Iterator[str]:
    """Return what an error holds, and each error that it came from."""
    while error is not None:
        yield f"{error!r} {error.args!r} {vars(error)!r}"
        yield from (repr(vars(each)) for each in vars(error).values() if hasattr(each, "__dict__"))
        yield from held_by(error.__cause__)
        error = error.__context__
