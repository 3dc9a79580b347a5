"""The pages of providers that run in `tests/interop/real`: their settings, and what to click there.

What the settings do at the real provider is tested there, with the examples of the pages. Here they
are read, where no provider is installed.
"""

import json
import re
import textwrap

import pytest
from django.core import checks

from django_genauth import conf
from tests.support.pages import PAGES, ROOT, taken, values_of

REAL = ["keycloak", "lemonldap", "glewlwyd"]
SETTINGS = {name: taken("python", f"howto/providers/{name}.rst", "GENAUTH")[0] for name in REAL}
DOCUMENTS = {name: taken("json", f"howto/providers/{name}.rst") for name in REAL}
# Those that `tox -e spring` and `tox -e hydra` run.
(SPRINGS_CLIENT,) = taken("properties", "howto/providers/spring.rst")
(SPRINGS_CLAIMS,) = taken("java", "howto/providers/spring.rst")
(HYDRAS_CLIENT,) = taken("console", "howto/providers/ory-hydra.rst")
SITE = re.compile(r"https://YOUR-SITE/genauth/[a-z-]+/")


def addresses_in(text):
    return set(SITE.findall(text))


@pytest.mark.parametrize("name", REAL)
def test_the_settings_of_the_page_are_right(name, settings):
    settings.GENAUTH = values_of(SETTINGS[name])["GENAUTH"]

    assert conf.problems("default") == []
    assert checks.run_checks(tags=["genauth"]) == []


@pytest.mark.parametrize("name", REAL)
def test_what_is_clicked_registers_the_addresses_that_the_documents_register(name):
    documents = "".join(block.text for block in DOCUMENTS[name])

    prose = PAGES[f"docs/howto/providers/{name}.rst"]
    for block in DOCUMENTS[name]:
        prose = prose.replace(block.text.strip(), "")
    assert addresses_in(documents) - addresses_in(prose) == set()


@pytest.mark.parametrize("name", REAL)
def test_the_secret_there_is_the_secret_here(name):
    settings = values_of(SETTINGS[name])["GENAUTH"]["default"]
    documents = [json.loads(block.text) for block in DOCUMENTS[name]]

    # Keycloak makes one by itself.
    assert settings["APP_SECRET"] in json.dumps(documents) or name == "keycloak"
    assert settings["APP_ID"] in json.dumps(documents)


def test_the_bean_of_springs_page_is_the_one_that_runs():
    program = (ROOT / "tests/support/provider/real/spring/Provider.java").read_text("utf-8")

    assert textwrap.indent(SPRINGS_CLAIMS.text.strip(), "  ") in program


@pytest.mark.parametrize(
    ("client", "channel"),
    [
        pytest.param(SPRINGS_CLIENT, set(), id="Spring"),
        pytest.param(HYDRAS_CLIENT, {"backchannel-logout"}, id="Hydra"),
    ],
)
def test_a_client_that_is_made_by_a_text_has_the_addresses_of_the_site(client, channel):
    names = {"callback", "logout", *channel}

    assert addresses_in(client.text) == {f"https://YOUR-SITE/genauth/{name}/" for name in names}
