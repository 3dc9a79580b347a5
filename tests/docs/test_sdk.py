"""The examples of the page on GenAuth's Node library give what the page says that they give.

They run against providers on sockets of this machine. What the methods do beyond the page stands
in `test_sdk`.
"""

import doctest
import json
from base64 import urlsafe_b64decode
from contextlib import ExitStack

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.client.endpoints import Endpoints
from django_genauth.client.introspections import Introspections
from django_genauth.client.token_endpoint import TokenEndpoint
from tests.support.pages import taken
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.provider.server import Answer

BLOCKS = taken("pycon", "reference/genauth-sdk")
# The first section makes the client and the tokens that all others use.
OPENING = [block for block in BLOCKS if block.section == "The client"]
EXAMPLES = [block for block in BLOCKS if block.section != "The client"]


class GenAuth(ScriptedProvider):
    """Have GenAuth's interface for the validation of tokens, too."""

    @property
    def routes(self):
        return super().routes | {"/api/v2/oidc/validate_token": ("validation", self._validation)}

    def _validation(self, request):
        ((name, token),) = request.query.items()
        if token not in self.issued_id_tokens:
            return Answer.json({"code": 400, "message": f"{name} is illegal"})
        return Answer.json(json.loads(urlsafe_b64decode(token.split(".")[1] + "==")))


@pytest.fixture
def providers():
    """Run what stands at the three hosts of the page."""
    with ExitStack() as running:
        hosts = {
            "https://acme.genauth.ai": GenAuth(alg="HS256"),
            "https://public.genauth.ai": GenAuth(client_secret=None),
            "https://oauth.genauth.ai": GenAuth(protocol="oauth"),
        }
        hosts["https://acme.genauth.ai"].machines["the-access-key"] = "the-secret-key"
        for provider in hosts.values():
            running.enter_context(provider)
        yield hosts


@pytest.fixture
def run(providers):
    """Run a block of the page in the names of those before it, and return what went wrong."""
    by_issuer = {provider.issuer: provider for provider in providers.values()}

    def sign_in(url):
        provider = by_issuer[url.partition("/auth?")[0]]
        return provider.authorize(url, sub="5ff701d846b9203e2f6ac6f3")

    names = {"sign_in": sign_in}

    def run(block):
        text = block.text.replace('secret="..."', f'secret="{CLIENT_SECRET}"')
        for host, provider in providers.items():
            insecure = f'app_host="{provider.base_url}", allow_insecure_http=True,'
            text = text.replace(f'app_host="{host}",', insecure)
            text = text.replace(host, provider.base_url)
        test = doctest.DocTestParser().get_doctest(text, names, block.section, None, 0)
        wrong = []
        doctest.DocTestRunner(verbose=False).run(test, out=wrong.append, clear_globs=False)
        names.update(test.globs)
        return "".join(wrong)

    return run


def test_the_opening_makes_a_client_and_signs_in(run):
    assert [run(block) for block in OPENING] == ["", ""]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda block: block.section)
def test_an_example_gives_what_it_says(run, example):
    *_, wrong = [run(block) for block in [*OPENING, example]]

    assert wrong == ""


ENDPOINTS = (Endpoints, Introspections, TokenEndpoint)


def test_every_method_of_the_client_has_an_example():
    # The names of the specifications are those of the endpoints.
    own = {
        name
        for name in vars(AuthenticationClient)
        if not name.startswith("_") and not any(hasattr(each, name) for each in ENDPOINTS)
    }
    shown = {name for name in own for block in EXAMPLES if f".{name}(" in block.text}

    assert shown == own


def test_the_app_of_the_page_is_the_one_that_the_providers_know():
    assert f'app_id="{CLIENT_ID}"' in OPENING[0].text
