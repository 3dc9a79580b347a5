"""Look for what keeps people from signing in: at the site, and at the provider.

    manage.py genauth_check [--app ALIAS] [--json]

Ends with 0 where all is good, 1 where something was found, 2 where the provider could not be asked.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.checks import run_checks
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_genauth import conf
from django_genauth.findings import Examination, Finding
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.provider_examination import examine_provider
from django_genauth.site_examination import addresses, examine_settings, examine_site


class Command(BaseCommand):
    """Print a report."""

    help = "Look for what keeps people from signing in: at the site, and at the provider."
    # They are part of the report.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the choice of apps, and of the form."""
        parser.add_argument("--app", metavar="ALIAS", help="an app of GENAUTH; else all")
        parser.add_argument("--json", action="store_true", help="for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine the apps one after the other, and exit with the status of the worst."""
        try:
            aliases = conf.aliases()
        except ConfigurationError as error:
            raise CommandError(str(error), returncode=1) from None
        if options["app"] is not None:
            if options["app"] not in aliases:
                raise CommandError(f"GENAUTH has no app {options['app']!r}.", returncode=1)
            aliases = [options["app"]]
        reports = [_examine(alias) for alias in aliases]
        if options["json"]:
            self.stdout.write(json.dumps([report.values() for report in reports], indent=2))
        else:
            for report in reports:
                self._print(report)
        status = max(report.status for report in reports)
        if status:
            sys.exit(status)

    def _print(self, report: _Report) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"{report.alias}: {report.issuer}"))
        for line in report.good:
            self.stdout.write(self.style.SUCCESS("  good  ") + line)
        for finding in report.findings:
            self.stdout.write(self.style.ERROR("  wrong ") + finding.what)
            self.stdout.write(f"        {finding.remedy}")
        for error in report.unasked:
            self.stdout.write(
                self.style.WARNING("  ?     ") + f"The provider could not be asked: {error}"
            )
        if report.addresses:
            self.stdout.write("  Register in GenAuth's console:")
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
            self.unasked.append(f"{error} ({error.code})")

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


def _examine(alias: str) -> _Report:
    report = _Report(alias)
    examined = examine_settings(alias)
    report.add(examined)
    report.findings += [
        Finding(str(message.id), message.msg, message.hint or "")
        for message in run_checks(tags=["genauth"])
        # Those about the settings of an app are there already, and those of others are theirs.
        if message.id not in ("genauth.E001", "genauth.E002", "genauth.E003")
    ]
    if examined.findings:
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
    report.add(examine_provider(client, redirect_uri=report.addresses["redirect URI"]))
    return report
