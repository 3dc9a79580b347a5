"""The actions of the admin's lists: introspect grants, revoke them, end sign-ins.

A page waits for an action, so it is bounded in rows, and in time where a provider is slow: whole
tables are for the commands. The lists themselves stand in the package's `__init__`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable
from django_genauth.sessions import ended, registry

Result = TypeVar("Result")
Row = TypeVar("Row", bound=Model)

MOST_ROWS: Final = 100
_MOST_LINES: Final = 20
# In seconds. With the longest request after it, that is what gunicorn lets a worker have.
_LAST_START: Final = 20


@admin.action(description=gettext_lazy("Introspect at the provider"), permissions=["introspect"])
def introspect(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Grant]
) -> None:
    """Introspect each grant at the provider, and show the answers as messages."""
    chosen = chosen_rows(model_admin, request, queryset, command="genauth_introspect")
    answers = _ask_each(chosen, lambda grant: grants.introspect(grant, get_app(grant.app)))
    lines = [
        (_level(answer), f"{label(grant)}: {_state_in_words(answer)}") for grant, answer in answers
    ]
    levels = [level for level, _line in lines]
    _show(model_admin, request, lines)
    _sum_up(
        model_admin,
        request,
        done={
            _("Active"): levels.count(messages.INFO),
            _("Not active"): levels.count(messages.WARNING),
        },
        undone={
            _("Not answered"): levels.count(messages.ERROR),
            _not_tried(): len(chosen) - len(answers),
        },
    )


@admin.action(description=gettext_lazy("Revoke at the provider"), permissions=["revoke"])
def revoke(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Grant]
) -> TemplateResponse | None:
    """Revoke each grant at the provider, after a confirmation, and write it to the admin's log."""
    chosen = chosen_rows(model_admin, request, queryset, command="genauth_revoke")
    if chosen and not request.POST.get("post"):
        return _confirmation(model_admin, request, chosen)
    alive = [grant for grant in chosen if grant.state != Grant.State.ENDED]

    def revoke_and_log(grant: Grant) -> None:
        try:
            grants.revoke(grant, get_app(grant.app))
        except GenAuthError as error:
            reason = _("Not revoked at the provider: %(code)s.") % {"code": error.code}
            model_admin.log_change(request, grant, reason)
            raise
        model_admin.log_change(request, grant, _("Revoked at the provider."))

    answers = _ask_each(alive, revoke_and_log)
    failed = [(grant, answer) for grant, answer in answers if answer is not None]
    _show(
        model_admin,
        request,
        [
            (messages.ERROR, f"{label(grant)}: {_not_revoked(grant, error)}")
            for grant, error in failed
        ],
    )
    _sum_up(
        model_admin,
        request,
        done={
            _("Revoked"): len(answers) - len(failed),
            _("Over before"): len(chosen) - len(alive),
        },
        undone={
            _("Not revoked"): len(failed),
            _not_tried(): len(alive) - len(answers),
        },
    )
    return None


@admin.action(description=gettext_lazy("End the chosen sign-ins"), permissions=["end"])
def end(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[LoginSession]
) -> None:
    """End each session, and write it to the admin's log."""
    chosen = chosen_rows(model_admin, request, queryset, command="genauth_logout")
    if chosen:
        # Before, as afterwards there is no row to be named.
        model_admin.log_deletions(request, queryset)
        _end_and_tell(model_admin, request, chosen)


@admin.action(description=gettext_lazy("End all sign-ins"), permissions=["end_sessions"])
def end_sessions(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Identity]
) -> None:
    """End all sessions of each identity, and write it to the admin's log."""
    chosen = chosen_rows(model_admin, request, queryset, command="genauth_logout")
    theirs = registry.rows().filter(identity__in=[identity.pk for identity in chosen])
    # Access tokens of before are refused, too; people who come with them alone have no session.
    ended.mark_identities(chosen)
    if chosen:
        _end_and_tell(model_admin, request, list(theirs))
    for identity in chosen:
        model_admin.log_change(request, identity, _("Sign-ins ended."))


def _end_and_tell(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, sessions: list[LoginSession]
) -> None:
    try:
        registry.end(sessions)
    except GenAuthError as error:
        text = _("Not all sign-ins were ended (%(code)s).") % {"code": error.code}
        model_admin.message_user(request, text, messages.ERROR)
        return
    text = _("Sign-ins ended: %(count)d.") % {"count": len(sessions)}
    model_admin.message_user(request, text, messages.SUCCESS)


def chosen_rows(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    queryset: QuerySet[Row],
    *,
    command: str = "",
) -> list[Row]:
    """Return the rows; none, with a message, where they are more than a page can wait for."""
    rows = list(queryset[: MOST_ROWS + 1])
    if len(rows) <= MOST_ROWS:
        return rows
    text = _("Nothing was done: at most %(most)d at once.") % {"most": MOST_ROWS}
    if command:
        text += " " + _("For more there is manage.py %(command)s.") % {"command": command}
    model_admin.message_user(request, text, messages.ERROR)
    return []


def label(grant: Grant) -> str:
    """Return the text by which an administrator knows a grant."""
    who = f"#{grant.pk}" if grant.identity is None else grant.identity.subject
    return f"{who} @ {grant.app}"


def _ask_each(
    chosen: Iterable[Grant], ask: Callable[[Grant], Result]
) -> list[tuple[Grant, Result | GenAuthError]]:
    """Ask for one grant after the other while there is time, and return the answers.

    A provider that could not answer is not asked again.
    """
    answers: list[tuple[Grant, Result | GenAuthError]] = []
    silent: set[str] = set()
    last_start = time.monotonic() + _LAST_START
    for grant in chosen:
        if grant.app in silent or time.monotonic() > last_start:
            continue
        try:
            answers.append((grant, ask(grant)))
        except GenAuthError as error:
            answers.append((grant, error))
            if isinstance(error, ProviderUnavailable):
                silent.add(grant.app)
    return answers


def _level(answer: dict[str, Any] | GenAuthError) -> int:
    if isinstance(answer, GenAuthError):
        return messages.ERROR
    return messages.INFO if answer["active"] else messages.WARNING


def _state_in_words(answer: dict[str, Any] | GenAuthError) -> str:
    if isinstance(answer, GenAuthError):
        return _("not answered (%(code)s)") % {"code": answer.code}
    if not answer["active"]:
        return _("not active")
    try:
        until = localtime(datetime.fromtimestamp(answer["exp"], tz=UTC))
    # RFC 7662 2.2: exp is optional; and what is no date is not shown.
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return _("active")
    return _("active until %(date)s") % {"date": localize(until)}


def _not_revoked(grant: Grant, error: GenAuthError) -> str:
    grant.refresh_from_db(fields=["state"])
    if grant.state == Grant.State.REVOKING:
        return _(
            "not revoked (%(code)s); kept to be tried again by genauth_revoke --all --pending"
        ) % {"code": error.code}
    return _("not revoked (%(code)s)") % {"code": error.code}


def _not_tried() -> str:
    return _("Not tried, as the provider does not answer in time")


def _show(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, lines: list[tuple[int, str]]
) -> None:
    for level, line in lines[:_MOST_LINES]:
        model_admin.message_user(request, line, level)


def _sum_up(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    *,
    done: dict[str, int],
    undone: dict[str, int],
) -> None:
    text = " ".join(f"{name}: {count}." for name, count in (done | undone).items() if count)
    if text:
        level = messages.WARNING if any(undone.values()) else messages.SUCCESS
        model_admin.message_user(request, text, level)


def _confirmation(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, chosen: list[Grant]
) -> TemplateResponse:
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(
        request,
        "admin/genauth/grant/revoke_confirmation.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": _("Revoke grants at the provider"),
            "opts": model_admin.opts,
            "grants": chosen,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": model_admin.media,
        },
    )
