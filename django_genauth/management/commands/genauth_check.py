"""Look for what keeps people from signing in: at the site, and at the provider.

    manage.py genauth_check [--app ALIAS] [--login] [--json]

Ends with 0 where all is good, 1 where something was found, 2 where the provider could not be asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

from django.core.checks import run_checks
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_genauth import conf
from django_genauth.client import AuthenticationClient
from django_genauth.doctor.findings import Examination, Finding
from django_genauth.doctor.provider import examine_provider
from django_genauth.doctor.sign_in import Trial, begin_trial, examine_login
from django_genauth.doctor.site import (
    addresses,
    examine_settings,
    examine_site,
    known_redirect_uri,
)
from django_genauth.management import interrupts
from django_genauth.protocol.errors import ConfigurationError, GenAuthError

_INSTRUCTIONS: Final = """\
Open this address in a private window of a browser, and sign in:

{trial.url}

The browser ends at {trial.redirect_uri}
That page says that the sign-in did not work, or it cannot be reached. Both are as they should be.
Copy the whole address that the browser shows there, paste it here, and press Enter. If the browser
does not get there, press Enter alone.
"""


class Command(BaseCommand):
    """Print a report."""

    help = "Look for what keeps people from signing in: at the site, and at the provider."
    # They are part of the report.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the choice of apps, and of the form."""
        parser.add_argument("--app", metavar="ALIAS", help="an app of GENAUTH; else all")
        parser.add_argument(
            "--login", action="store_true", help="with a sign-in, which you take part in"
        )
        parser.add_argument("--json", action="store_true", help="for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine the apps one after the other, and exit with the status of the worst."""
        try:
            aliases = conf.aliases()
        except ConfigurationError as error:
            text = f"GENAUTH is missing or empty. {error}"
            raise CommandError(text, returncode=1) from None
        if options["app"] is not None:
            if options["app"] not in aliases:
                raise CommandError(
                    f"GENAUTH has no app {options['app']!r}, but {', '.join(map(str, aliases))}.",
                    returncode=2,
                )
            aliases = [options["app"]]
        if options["login"] and len(aliases) > 1:
            raise CommandError(
                f"--login tries one app: give --app with one of {', '.join(map(str, aliases))}.",
                returncode=2,
            )
        ask = self._ask if options["login"] else None
        try:
            reports = [_examine(alias, ask) for alias in aliases]
        except KeyboardInterrupt:
            sys.exit(interrupts.STATUS)
        if options["json"]:
            self.stdout.write(json.dumps([report.values() for report in reports], indent=2))
        else:
            for report in reports:
                self._print(report)
        status = max(report.status for report in reports)
        if status:
            sys.exit(status)

    def _ask(self, trial: Trial) -> str:
        """Return the address that the person brings back, or nothing."""
        # Standard output has the report, and nothing else; and this is no error, to be in red.
        self.stderr.write(_INSTRUCTIONS.format(trial=trial), str)
        with suppress(ImportError):
            # With it input() takes lines of any length. Without, a terminal cuts them off without a
            # word, at 4,095 characters or at 1,024, and some providers have long codes.
            import readline  # noqa: F401
        try:
            # Shown as it is pasted: what is in it is used up by being judged.
            return input().strip()
        except (EOFError, UnicodeDecodeError):
            return ""

    def _print(self, report: _Report) -> None:
        heading = f"{report.alias}: {report.issuer}" if report.issuer else report.alias
        self.stdout.write(self.style.MIGRATE_HEADING(heading))
        for line in report.good:
            self.stdout.write(self.style.SUCCESS("  good  ") + line)
        for finding in report.findings:
            self.stdout.write(self.style.ERROR("  wrong ") + finding.what)
            self.stdout.write(f"        {finding.remedy}")
        for error in report.unasked:
            self.stdout.write(self.style.WARNING("  ?     ") + error)
        if report.addresses:
            self.stdout.write("  Register in the provider's console:")
        for name, address in report.addresses.items():
            self.stdout.write(f"        {name}: {address}")


class _Report:
    """Hold all that was found for one app."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.issuer = ""
        self.good: list[str] = []
        self.findings: list[Finding] = []
        self.unasked: list[str] = []
        self.addresses: dict[str, str] = {}

    def add(self, examination: Examination) -> None:
        self.good += examination.good
        self.findings += examination.findings
        if examination.could_not_ask is not None:
            error = examination.could_not_ask
            self.unasked.append(f"The provider could not be asked: {error} ({error.code})")

    @property
    def status(self) -> int:
        return 2 if self.unasked else 1 if self.findings else 0

    def values(self) -> dict[str, Any]:
        return {
            "app": self.alias,
            "issuer": self.issuer,
            "good": self.good,
            "findings": [asdict(finding) for finding in self.findings],
            "could_not_ask": self.unasked,
            "register": self.addresses,
        }


def _examine(alias: str, ask: Callable[[Trial], str] | None) -> _Report:
    report = _Report(alias)
    examined = examine_settings(alias)
    report.add(examined)
    messages = run_checks(tags=["genauth"])
    report.findings += [
        Finding(str(message.id), message.msg, message.hint or "")
        for message in messages
        # Those about the settings of an app are there already, and those of others are theirs.
        if message.id not in ("genauth.E001", "genauth.E002", "genauth.E003")
        and not message.is_silenced()
    ]
    # Without the addresses of this app there is none to come back to.
    if examined.findings or any(message.id == "genauth.E005" for message in messages):
        return report
    try:
        client = conf.get_client(alias)
    except ConfigurationError as error:
        # A callable of the settings, which is not called before.
        report.findings.append(
            Finding(error.code, str(error), "Look at what the callable returns.")
        )
        return report
    report.issuer = client.issuer
    report.addresses = addresses(client, alias)
    report.add(examine_site(client, alias))
    redirect_uri = known_redirect_uri(client, alias)
    report.add(examine_provider(client, redirect_uri=redirect_uri))
    if ask is not None and not report.unasked:
        _try_login(report, client, redirect_uri, ask)
    return report


def _try_login(
    report: _Report,
    client: AuthenticationClient,
    redirect_uri: str | None,
    ask: Callable[[Trial], str],
) -> None:
    if redirect_uri is None:
        report.unasked.append("No sign-in was tried, as nothing tells where it would come back to.")
        return
    try:
        # Before the person is asked, as a callable of the settings may fail.
        app = conf.get_app(report.alias)
        trial = begin_trial(client, redirect_uri=redirect_uri)
    except GenAuthError as error:
        report.add(Examination(could_not_ask=error))
        return
    address = ask(trial)
    if address:
        report.add(examine_login(client, app, trial, address))
    else:
        report.unasked.append("No address was given, so that there is no sign-in to judge.")
