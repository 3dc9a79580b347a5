"""Lines that the documentation tells to type, and what it shows that commands say."""

import re
import sys
from types import ModuleType

import pytest
from django.apps.registry import Apps
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, get_commands, load_command_class
from django.db import connection, models

from django_genauth.models import Grant, Identity
from django_genauth.protocol.client_keys import load_keys
from tests.support.documented_console import Console, plain
from tests.support.grantees import a_grant
from tests.support.pages import taken, values_of
from tests.support.signals import press_ctrl_c

ALLAUTH = taken("console", "howto/move-from-allauth")
SOCIAL_AUTH = taken("console", "howto/move-from-social-auth")
AUTHING = taken("console", "howto/move-from-authing-sdk")
(LIST_SUBJECTS,) = taken("python", "howto/move-from-authing-sdk")
MOZILLA = taken("console", "howto/move-from-mozilla", "genauth_migrate")
(WHO_HAS_NOT_COME,) = taken("console", "howto/move-from-mozilla", "shell")
(PEOPLE,) = taken("text", "howto/move-from-mozilla")
(ONE_PERSON,) = taken("console", "howto/sweeps", "genauth_introspect")
(FOUND,) = taken("console", "howto/sweeps", "found.txt")
(MAKING_A_KEY,) = taken("console", "howto/client-keys")
(MAKING_A_DECRYPTION_KEY,) = taken("console", "howto/encryption")
(STOPPED,) = taken("text", "howto/sweeps", "Stopped")
(REKEY,) = taken("console", "howto/sweeps", "genauth_rekey")
(CRONTAB,) = taken("text", "howto/sweeps", "genauth_purge")
USAGES = taken("text", "reference/commands", " [--")

SUB = "5f17a529f64fb009b794a300"


@pytest.fixture
def console(tmp_path, monkeypatch):
    """Sit at the site's console."""
    return Console(tmp_path, monkeypatch)


@pytest.fixture
def ada(transactional_db):
    return get_user_model().objects.create_user("ada", "ada@example.org")


def test_people_come_from_django_allauth_and_go_back(console, allauth, ada):
    allauth.add(17, 204, SUB, provider="PROVIDER_ID")
    allauth.add(18, ada.pk, "adas-subject", provider="PROVIDER_ID")

    console.follow(*ALLAUTH)

    assert console.statuses == [1, 1, 0]


def test_a_key_is_made_in_a_file(console, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    console.follow(MAKING_A_KEY)

    assert load_keys([(tmp_path / "client-key.json").read_text()])


def test_a_key_that_decrypts_is_made_in_a_file(console, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    console.follow(MAKING_A_DECRYPTION_KEY)

    (key,) = load_keys([(tmp_path / "decryption-key.json").read_text()])
    assert key.decrypts == ("RSA-OAEP",)


def test_people_come_from_social_auth_and_go_back(console, social_auth, ada):
    social_auth.add(17, 204, "ada", provider="oidc", id_key="nickname")
    social_auth.add(18, ada.pk, "adas-subject", provider="oidc", id_key="sub")

    console.follow(*SOCIAL_AUTH)

    assert console.statuses == [1, 1, 0]


@pytest.fixture
def profiles(transactional_db, monkeypatch):
    """Have the members of a site that kept their subjects itself."""

    class Profile(models.Model):  # noqa: DJ008 # nobody reads it
        user_id = models.BigIntegerField(primary_key=True)
        authing_id = models.CharField(max_length=64)

        class Meta:
            app_label = "members"
            apps = Apps()

    module = ModuleType("members.models")
    module.Profile = Profile  # type: ignore[attr-defined] # a module may have any
    monkeypatch.setitem(sys.modules, "members", ModuleType("members"))
    monkeypatch.setitem(sys.modules, "members.models", module)
    with connection.schema_editor() as editor:
        editor.create_model(Profile)
    yield Profile.objects  # type: ignore[attr-defined] # the plugin knows no model in a function
    with connection.schema_editor() as editor:
        editor.delete_model(Profile)


def test_people_come_from_a_list_of_the_sites_own_and_go_back(console, profiles, ada):
    profiles.create(user_id=ada.pk, authing_id=SUB)
    profiles.create(user_id=204, authing_id="")
    console.commands["list_subjects"] = values_of(LIST_SUBJECTS)["Command"]()
    *there, back = AUTHING

    console.follow(*there)
    known = Identity.objects.get()
    console.follow(back)

    assert (known.user, known.subject) == (ada, SUB)
    assert console.statuses == [0, 0, 0, 0]
    assert not Identity.objects.exists()


def test_people_come_from_mozilla_django_oidc_by_a_file_and_go_back(console, ada, tmp_path):
    (tmp_path / PEOPLE.caption).write_text(PEOPLE.text.rstrip() + "\n", "utf-8")
    get_user_model().objects.create_user("alan", "alan@example.org")
    *there, back = MOZILLA

    console.follow(*there)
    who_has_not_come = console.run(WHO_HAS_NOT_COME.text.removeprefix("$ "))
    console.follow(back)

    assert console.statuses == [1, 1, 0, 0]
    assert who_has_not_come == "alan\n"


@pytest.fixture
def grant(provider, app, threads):
    """Have a grant of the person of the page."""
    granted = a_grant(provider, name="ada")
    granted.identity.subject = SUB
    granted.identity.save()
    provider.lie("introspection", edit=lambda answer: answer | {"exp": 1_800_000_000})
    return granted


def test_one_person_is_looked_at(console, grant):
    console.follow(ONE_PERSON)

    assert console.statuses == [0]


def test_a_token_that_somebody_found_is_revoked(console, grant, tmp_path):
    (tmp_path / "found.txt").write_text(f"{grant.token_set['refresh_token']}\n")

    console.follow(FOUND)

    assert console.statuses == [0]
    assert Grant.objects.get().state == Grant.State.ENDED


@pytest.mark.parametrize("line", CRONTAB.text.strip().splitlines())
def test_a_line_of_the_crontab_runs(console, grant, line):
    *when, _ = line.split(maxsplit=5)

    console.run(line)

    assert all(re.fullmatch(r"\d+|\*", field) for field in when)
    assert console.statuses == [0]


def test_ctrl_c_ends_a_command_as_the_page_says(console, grant, provider):
    provider.lie("introspection", when=lambda request: press_ctrl_c())

    said = console.run("manage.py genauth_introspect --all")

    assert plain(said.splitlines()[-1]) == plain(STOPPED.text.strip())


def test_what_is_sealed_is_sealed_anew(console, grant, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]

    console.follow(REKEY)

    assert console.statuses == [0]


def options(command):
    return set(command.create_parser("manage.py", "command")._option_string_actions)


@pytest.mark.parametrize("block", USAGES, ids=str)
def test_a_usage_has_each_option_of_its_command(block):
    name = re.search(r"genauth_\w+", block.text)[0]
    command = load_command_class(get_commands()[name], name)

    assert set(re.findall(r"--[\w-]+", block.text)) == options(command) - options(BaseCommand())
