"""The doctor at npm's oidc-provider, the family that GenAuth's server belongs to."""

import pytest

from django_genauth import conf
from django_genauth.doctor.provider import examine_provider
from tests.support.provider.node_provider import NodeProvider, client

pytestmark = pytest.mark.providers

BACK = "https://www.acme.example/genauth/callback/"
OUT = "https://www.acme.example/genauth/logout/"


@pytest.fixture(scope="module", params=[6, 9])
def provider(request):
    """Run both versions in turn, with an app and a public one."""
    known = {"post_logout_redirect_uris": [OUT]}
    public = client("public", BACK, token_endpoint_auth_method="none", **known)
    with NodeProvider(request.param, [client("site", BACK, **known), public]) as running:
        yield running


@pytest.fixture
def examined(provider, settings):
    """Lend a way to examine an app of the provider."""

    def examine_it(name="site", *, back=BACK, out=OUT, **changes):
        settings.GENAUTH = {"default": provider.app(name) | changes}
        return examine_provider(conf.get_client(), redirect_uri=back, post_logout_redirect_uri=out)

    return examine_it


def codes(examination):
    return [finding.code for finding in examination.findings]


@pytest.mark.parametrize("name", ["site", "public"])
def test_an_app_that_is_set_up_right_has_no_findings(examined, name):
    examination = examined(name)

    assert (examination.findings, examination.could_not_ask) == ([], None)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({"APP_SECRET": "x" * 64}, ["credentials.invalid_client"], id="secret"),
        pytest.param({"SCOPE": "openid nobodys"}, [], id="a scope that is passed over"),
        pytest.param({"back": f"{BACK}x"}, ["redirect_uri"], id="redirect URI"),
        pytest.param({"out": f"{OUT}x"}, ["post_logout_redirect_uri"], id="after signing out"),
    ],
)
def test_a_single_mistake_is_named(examined, changes, found):
    assert codes(examined(**changes)) == found
