"""genauth_check: find what keeps people from signing in, at the site and at the provider.

    manage.py genauth_check [--app ALIAS] [--site URL] [--renew] [--login] [--format text|json]
                            [--json]

Ends with 0 where all is good, 1 where something was found, 2 where the provider could not be asked.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_genauth import conf
from django_genauth.conf import get_app
from django_genauth.doctor import Report, examine
from django_genauth.doctor.sign_in import TrialLogin
from django_genauth.management import interrupts
from django_genauth.management.arguments import add_app, add_format
from django_genauth.management.pipes import write_to_whoever_reads
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.tracebacks import without_variables

_INSTRUCTIONS: Final = """\
Open this address in a private window of a browser, and sign in:

{trial.url}

The browser ends at {trial.redirect_uri}
That page says that the sign-in did not work, or it cannot be reached. Both are as they should be.
Copy the whole address that the browser shows there, paste it here, and press Enter. If the browser
does not get there, press Enter alone.
"""


class Command(BaseCommand):
    """Print the doctor's report on each app."""

    help = "Look for what keeps people from signing in: at the site, and at the provider."
    # They are part of the report.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the choice of an app, and of what else is known, done and printed."""
        add_app(parser)
        parser.add_argument(
            "--site",
            metavar="URL",
            help="the address that people type; the addresses to register are made of it",
        )
        parser.add_argument(
            "--renew",
            action="store_true",
            help="first drop the provider's configuration and keys in every process",
        )
        parser.add_argument(
            "--login", action="store_true", help="with a sign-in, which you take part in"
        )
        add_format(parser, json="an array with an object for each app")
        parser.add_argument("--json", action="store_true", help="the same as --format json")

    @write_to_whoever_reads()
    @without_variables
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
        if options["site"] is not None and not _is_site(options["site"]):
            raise CommandError(
                f"--site {options['site']!r} is no address such as https://www.example.org.",
                returncode=2,
            )
        if options["login"] and len(aliases) > 1:
            raise CommandError(
                f"--login tries one app: give --app with one of {', '.join(map(str, aliases))}.",
                returncode=2,
            )
        as_json = options["json"] or options["format"] == "json"
        if options["renew"]:
            self._renew(aliases, silently=as_json)
        ask = self._ask if options["login"] else None
        try:
            reports = [examine(alias, ask, site=options["site"]) for alias in aliases]
        except KeyboardInterrupt:
            sys.exit(interrupts.EXIT_STATUS)
        if as_json:
            self.stdout.write(json.dumps([report.values() for report in reports], indent=2))
        else:
            for report in reports:
                self._print(report)
                if not report.status and not options["login"]:
                    self.stdout.write("  Not tried: a sign-in. Take part in one by --login.")
        status = max(report.status for report in reports)
        if status:
            sys.exit(status)

    def _renew(self, aliases: list[str], *, silently: bool) -> None:
        for alias in aliases:
            # What is wrong with the settings is in the report.
            with suppress(ConfigurationError):
                get_app(alias).client.provider.documents.drop()
                if not silently:
                    self.stdout.write(f"{alias}: configuration and keys are fetched anew.")

    def _ask(self, trial: TrialLogin) -> str:
        """Return the address that the person brings back, or an empty text."""
        # Standard output has the report, and nothing else; and this is no error, to be in red.
        self.stderr.write(_INSTRUCTIONS.format(trial=trial), str)
        with suppress(ImportError):
            # With it input() takes lines of any length. Without, a terminal cuts them off without a
            # word, at 4,095 characters or at 1,024, and some providers have long codes.
            import readline  # noqa: F401
        try:
            # Shown as it is pasted: the code in it is used up by the examination.
            return input().strip()
        except (EOFError, UnicodeDecodeError):
            return ""

    def _print(self, report: Report) -> None:
        heading = f"{report.alias}: {report.issuer}" if report.issuer else report.alias
        self.stdout.write(self.style.MIGRATE_HEADING(heading))
        for line in report.good:
            self.stdout.write(self.style.SUCCESS("  good  ") + line)
        for line in report.notes:
            self.stdout.write(self.style.NOTICE("  note  ") + line)
        for finding in report.findings:
            self.stdout.write(self.style.ERROR("  wrong ") + finding.what)
            self.stdout.write(f"        {finding.remedy}")
        for error in report.unasked:
            self.stdout.write(self.style.WARNING("  ?     ") + error)
        if report.addresses:
            self.stdout.write(f"  Register in {report.console}:")
        mark = self.style.WARNING("  ?     ") if report.is_guessed else "        "
        for name, address in report.addresses.items():
            self.stdout.write(f"{mark}{name}: {address}")
        if report.is_guessed and report.addresses:
            self.stdout.write("  The host is a guess. Name it by --site https://...")


def _is_site(address: str) -> bool:
    """Tell whether an address is a site's: of http or https, with a host, and a path at most."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 # raises for what is no port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and not (parts.query or parts.fragment or parts.username)
    )
