"""The doctor: finds what keeps people from signing in to an app, at the site and at the provider.

Each examination stands in a room: `site`, `provider`, `api` or `sign_in`; the order is decided
here. How the report is printed is the command's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.checks import run_checks

from django_genauth.conf import App, get_app
from django_genauth.doctor.addresses import addresses, is_guessed, known_address
from django_genauth.doctor.api import examine_api
from django_genauth.doctor.findings import Examination, Finding, console
from django_genauth.doctor.provider import examine_provider
from django_genauth.doctor.sign_in import TrialLogin, begin_trial, examine_login
from django_genauth.doctor.site import examine_settings, examine_site, is_about
from django_genauth.protocol.errors import ConfigurationError, GenAuthError


class Report:
    """All that was found for one app."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.issuer = ""
        self.console = ""
        self.good: list[str] = []
        self.notes: list[str] = []
        self.findings: list[Finding] = []
        self.unasked: list[str] = []
        self.addresses: dict[str, str] = {}
        self.is_guessed = False

    def add(self, examination: Examination) -> None:
        """Add the results of an examination."""
        self.good += examination.good
        self.notes += examination.notes
        self.findings += examination.findings
        if examination.could_not_ask is not None:
            error = examination.could_not_ask
            why = error.with_description()
            self.unasked.append(f"The provider could not be asked: {why} ({error.code})")

    @property
    def status(self) -> int:
        """Return 0 where all is good, 1 with findings, 2 where the provider could not be asked.

        Notes count for nothing.
        """
        return 2 if self.unasked else 1 if self.findings else 0

    def values(self) -> dict[str, Any]:
        """Return the report for scripts, in types that JSON has."""
        return {
            "app": self.alias,
            "issuer": self.issuer,
            "good": self.good,
            "notes": self.notes,
            "findings": [asdict(finding) for finding in self.findings],
            "could_not_ask": self.unasked,
            "register": self.addresses,
            "host_is_guessed": self.is_guessed,
        }


def examine(
    alias: str, ask: Callable[[TrialLogin], str] | None, *, site: str | None = None
) -> Report:
    """Examine an app of GENAUTH: its settings, the site, the provider, and a trial login.

    `site` is the address that the site has outside; without it the settings tell, or it is guessed.
    `ask` shows a person where to sign in, and returns the address at which their browser ended, or
    an empty text. Without `ask` no login is tried.
    """
    report = Report(alias)
    of_settings = examine_settings(alias)
    report.add(of_settings)
    messages = run_checks(tags=["genauth"])
    report.findings += [
        Finding(str(message.id), message.msg, message.hint or "")
        for message in messages
        # Those about the settings of an app are there already, and those of others are theirs.
        if message.id not in ("genauth.E001", "genauth.E002", "genauth.E003")
        and not message.is_silenced()
        and is_about(message, alias)
    ]
    # Without the addresses of this app there is none to come back to.
    if of_settings.findings or any(message.id == "genauth.E005" for message in messages):
        return report
    try:
        app = get_app(alias)
    except ConfigurationError as error:
        # From a callable in the settings, which is called here for the first time.
        report.findings.append(
            Finding(error.code, error.with_description(), "Look at what the callable returns.")
        )
        return report
    client = app.client
    report.issuer = client.registration.issuer
    report.console = console(client)
    report.addresses = addresses(client, alias, site)
    report.is_guessed = is_guessed(client, site)
    report.add(examine_site(client, alias, site))
    redirect_uri = known_address(report.addresses["redirect URI"])
    report.add(
        examine_provider(
            client,
            redirect_uri=redirect_uri,
            post_logout_redirect_uri=known_address(report.addresses["post-logout redirect URI"])
            if app.logout == "standard" and client.registration.is_oidc
            else None,
            revokes=app.revoke_on_logout or app.revoke_on_delete,
        )
    )
    if not report.unasked:
        report.add(examine_api(app))
    if ask is not None and not report.unasked:
        _try_login(report, app, redirect_uri, ask)
    return report


def _try_login(
    report: Report,
    app: App,
    redirect_uri: str | None,
    ask: Callable[[TrialLogin], str],
) -> None:
    if redirect_uri is None:
        report.unasked.append("No sign-in was tried, as nothing tells where it would come back to.")
        return
    try:
        trial = begin_trial(app.client, redirect_uri=redirect_uri)
    except GenAuthError as error:
        report.add(Examination(could_not_ask=error))
        return
    address = ask(trial)
    if address:
        report.add(examine_login(app, trial, address))
    else:
        report.unasked.append("No address was given, so that there is no sign-in to judge.")
