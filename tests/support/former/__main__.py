"""One site in a process of its own, with one package to sign in by.

`python -m tests.support.former PACKAGE DATABASE SUB [COMMAND ...]` makes the tables that are
missing, runs a command of manage.py if there is one, lets a person sign in, and prints the user's
number.
"""

import os
import sys
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.test import Client

from benchmarks.packages import package, settings_of
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider

name, database, sub, *command = sys.argv[1:]
with ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET) as provider:
    installed = package(name, host=provider.base_url, client_secret=CLIENT_SECRET)
    of_file = {"ENGINE": "django.db.backends.sqlite3", "NAME": database}
    settings.configure(**settings_of(installed) | {"DATABASES": {"default": of_file}})
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    django.setup()
    execute_from_command_line(["manage.py", "migrate", "--verbosity", "0"])
    if command:
        execute_from_command_line(["manage.py", *command])
    browser = Client()
    leaving = browser.generic(installed.method, installed.login)["Location"]
    # The provider asks for a nonce, which not every package sends.
    address = leaving if "nonce=" in leaving else f"{leaving}&nonce=nobodys"
    claims = {"email": f"{sub}@example.org", "email_verified": True, "preferred_username": sub}
    back = urlsplit(provider.authorize(address, sub=sub, claims=claims))
    browser.get(f"{back.path}?{back.query}")
    print(browser.session["_auth_user_id"])  # noqa: T201 # what this program is for
